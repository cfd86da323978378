// Adds new messages at the top of each phone and leaves everything else as it is, so that nobody loses their place.
"use strict";

const LOOK_MS = 1000;
const body = document.body;
const phones = document.querySelector(".phones");
const arrived = document.querySelector(".arrived");
const lost = document.querySelector(".lost");
let newest = Number(body.dataset.newest);
// Whether it is said that a press was not taken: the next look does not take that away.
let untold = false;

function element(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// A message that changed (a call that ended, a button that was pressed) stays where it is, as open as it was.
function replace(old, message) {
  const details = old.querySelector("details");
  message.querySelector("details").open = details.open;
  const held = old.contains(document.activeElement) ? document.activeElement.dataset.place : undefined;
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(message);
  if (hadFocus) (message.querySelector(`[data-place="${held}"]`) || message.querySelector("summary")).focus();
}

function add(item) {
  newest = Math.max(newest, item.revision);
  const message = element(item.message);
  const old = document.querySelector(`.message[data-number="${item.number}"]`);
  if (old) {
    replace(old, message);
    return false;
  }
  let phone = document.getElementById(item.phone);
  if (!phone) {
    phone = element(item.frame);
    phones.prepend(phone);
  }
  message.classList.add("is-new");
  const mark = document.createElement("span");
  mark.className = "unread";
  mark.textContent = body.dataset.unread;
  message.querySelector(".line").append(mark);
  message.addEventListener("click", () => { message.classList.remove("is-new"); mark.remove(); }, { once: true });
  phone.querySelector(".messages").prepend(message);
  return true;
}

async function press(button) {
  const number = Number(button.closest(".message").dataset.number);
  const place = Number(button.dataset.place);
  for (const one of button.parentElement.children) one.disabled = true;
  let taken = false;
  try {
    taken = (await fetch("/press", { method: "POST", body: JSON.stringify({ number, place }) })).ok;
  } catch { /* said below */ }
  for (const one of button.parentElement?.children ?? []) one.disabled = false;
  lost.textContent = taken ? "" : lost.dataset.press;
  lost.hidden = taken;
  untold = !taken;
}

phones.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-place]");
  if (button) press(button);
});

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
    const fresh = items.filter(add);
    if (fresh.length) {
      document.querySelector(".empty").hidden = true;
      notify(fresh[fresh.length - 1]);
    }
    if (!untold) lost.hidden = true;
  } catch {
    if (lost.hidden) lost.textContent = lost.dataset.text;
    lost.hidden = false;
    untold = false;
  }
  setTimeout(look, LOOK_MS);
}

setTimeout(look, LOOK_MS);
