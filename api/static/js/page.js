// Every page: the service's clock, ages that keep counting, and the live stream as DOM events on <body>.
//   mimamori-alert   an alert changed (detail: what the stream said)
//   mimamori-alert-N the alert with this number changed
//   mimamori-resync  something was missed: read everything anew
//   mimamori-blind   nothing new can be seen any more, or can again (detail: which)
//   mimamori-tick    the service is alive (detail: time, devices in contact)
//   mimamori-groups  residents' states may have changed; at most once in 15 s

import { follow } from "./stream.js";

const body = document.body;
const texts = JSON.parse(body.dataset.texts);
const SILENCE_MS = 30_000;
const GROUPS_EVERY_MS = 15_000;
const ENDING_MS = 5 * 60_000;
const TWICE_MS = 3_000;

let anchor = { service: Date.parse(body.dataset.now), machine: performance.now() };
const factor = Number(body.dataset.factor) || 0;

/** The service's time in milliseconds; in a demo it runs faster than this machine's. */
export function serviceNow() {
  return anchor.service + (performance.now() - anchor.machine) * factor;
}

/** Fill `{names}` of a text of the catalogue. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A length of time in its largest fitting unit, as the server writes it. */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return fill(texts.seconds, { n: seconds });
  if (seconds < 3600) return fill(texts.minutes, { n: Math.floor(seconds / 60) });
  if (seconds < 48 * 3600) return fill(texts.hours, { n: Math.floor(seconds / 3600) });
  return fill(texts.days, { n: Math.floor(seconds / 86400) });
}

function showAges() {
  const now = serviceNow();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = fill(texts.ago, { span: span(now - Date.parse(time.dateTime)) });
    if (time.textContent !== text) time.textContent = text;
  }
}

/** What nobody has taken in time says so, by how much. */
function showOverdue() {
  const now = serviceNow();
  for (const line of document.querySelectorAll(".overdue[data-due]")) {
    const past = now - Date.parse(line.dataset.due);
    line.hidden = past <= 0;
    const text = past > 0 ? fill(line.dataset.text, { span: span(past) }) : "";
    if (line.textContent !== text) line.textContent = text;
  }
}

function fire(name, detail) {
  body.dispatchEvent(new CustomEvent(`mimamori-${name}`, { detail, bubbles: true }));
}

let heardAt = performance.now();
let groupsAt = 0;
let isLate = false;

function receive(name, text) {
  heardAt = performance.now();
  body.dataset.stream = "open";
  showLate(false);
  const detail = parsed(text);
  HANDLERS[name](detail);
}

const HANDLERS = {
  alert(change) {
    fire("alert", change);
    fire(`alert-${change.number}`, change);
    groupsMayHaveChanged();
  },
  status(status) {
    if (status.now) anchor = { service: Date.parse(status.now), machine: performance.now() };
    showBlind(Boolean(status.is_blind));
    showEnding(status.session_ends_in_s);
    fire("tick", status);
    groupsMayHaveChanged();
  },
  resync() {
    fire("alert", {});
    fire("resync", {});
  },
  // The session has ended: the page would show an old state for ever.
  signed_out: () => location.reload(),
};

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function showLate(late) {
  if (late === isLate) return;
  isLate = late;
  document.getElementById("stream-late").hidden = !late;
  body.classList.toggle("is-late", late);
  fire("late", late);
}

/** What the page says of people was evaluated before: say so, and read it anew when that changes. */
function showBlind(blind) {
  const banner = document.getElementById("blind");
  if (banner.hidden === !blind) return;
  banner.hidden = !blind;
  fire("blind", blind);
  fire("alert", {});
  groupsAt = -Infinity;
}

function showEnding(seconds) {
  const banner = document.getElementById("session-ending");
  const isSoon = typeof seconds === "number" && seconds * 1000 < ENDING_MS;
  if (isSoon) {
    const line = banner.querySelector("p");
    const text = fill(line.dataset.text, { span: span(Math.ceil(seconds / 60) * 60_000) });
    if (line.textContent !== text) line.textContent = text;
  }
  banner.hidden = !isSoon;
}

document.querySelector("#session-ending form").addEventListener("submit", async (event) => {
  // Without leaving the page: what somebody has typed stays.
  event.preventDefault();
  const form = event.target;
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
  if (answer?.type === "opaqueredirect") showEnding(null);
  else form.submit();
});

// A second press while the answer is on its way would do the same again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const now = performance.now();
  if (now - (Number(form.dataset.sentAt) || -Infinity) < TWICE_MS) event.preventDefault();
  else form.dataset.sentAt = String(now);
});

function groupsMayHaveChanged() {
  if (performance.now() - groupsAt < GROUPS_EVERY_MS) return;
  groupsAt = performance.now();
  fire("groups");
}

if (body.dataset.live) {
  follow(body.dataset.live, body.dataset.channel, receive);
  setInterval(() => showLate(performance.now() - heardAt > SILENCE_MS), 1000);
}
setInterval(showAges, 1000);
setInterval(showOverdue, 1000);
// A page from the browser's memory shows an old state.
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
