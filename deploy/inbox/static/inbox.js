// Adds new messages at the top of each phone and leaves everything else as it is, so that nobody loses their place.
"use strict";

const LOOK_MS = 1000;
const body = document.body;
const phones = document.querySelector(".phones");
const arrived = document.querySelector(".arrived");
const lost = document.querySelector(".lost");
let newest = Number(body.dataset.newest);

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function add(item) {
  let phone = document.getElementById(item.phone);
  if (!phone) {
    phone = element(item.frame);
    phones.prepend(phone);
  }
  const message = element(item.message);
  message.classList.add("is-new");
  const mark = document.createElement("span");
  mark.className = "unread";
  mark.textContent = body.dataset.unread;
  message.querySelector(".line").append(mark);
  message.addEventListener("click", () => { message.classList.remove("is-new"); mark.remove(); }, { once: true });
  phone.querySelector(".messages").prepend(message);
  newest = Math.max(newest, item.number);
}

// Says where the newest message is, for those who read another phone, and takes them there.
function notify(item) {
  const link = document.createElement("a");
  link.href = `#${item.phone}`;
  link.textContent = item.arrived;
  arrived.replaceChildren(link);
}

async function look() {
  try {
    const answer = await fetch(`/new?after=${newest}&lang=${document.documentElement.lang}`, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const items = await answer.json();
    items.forEach(add);
    if (items.length) {
      document.querySelector(".empty").hidden = true;
      notify(items[items.length - 1]);
    }
    lost.hidden = true;
  } catch {
    if (lost.hidden) lost.textContent = lost.dataset.text;
    lost.hidden = false;
  }
  setTimeout(look, LOOK_MS);
}

setTimeout(look, LOOK_MS);
