// The care board: fresh rows as alerts change, an order that holds still under pointer and focus, filters and keys.

import { fill, serviceNow } from "./page.js";

const queue = document.getElementById("queue");
const newcomers = document.getElementById("newcomers");
const filters = document.getElementById("filters");
const search = document.getElementById("search");

const hiddenNote = document.getElementById("hidden-note");
const found = document.getElementById("found");
const SEARCH_PAUSE_MS = 200;

let foundResidents = new Set(); // numbers that the service found for the search
let asking = 0;
let show = new URLSearchParams(location.search).get("show") ?? "all";
let waiting = null; // the newest rows, while the order must hold still
let isFetching = false;
let isStale = false;

const rows = (root = queue) => [...root.querySelectorAll(".alert-row")];
const keyOf = (row) => row.id;

// Fresh rows ------------------------------------------------------------------------------------
async function refresh() {
  if (isFetching) {
    isStale = true;
    return;
  }
  isFetching = true;
  try {
    const answer = await fetch(queue.dataset.source, { headers: { Accept: "text/html" } });
    if (answer.redirected || answer.status === 401) return void location.reload();
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    arrive(page);
  } catch {
    // The stream's banner says it; the next event tries again.
  } finally {
    isFetching = false;
    if (isStale) {
      isStale = false;
      refresh();
    }
  }
}

function arrive(page) {
  const counters = page.getElementById("fresh-counters");
  if (counters) filters.replaceChildren(...counters.childNodes);
  page.getElementById("fresh-counters")?.remove();
  const fresh = page.body;
  announce(rows(fresh));
  if (isHeldStill()) {
    waiting = fresh;
    updateInPlace(fresh);
  } else {
    showFresh(fresh);
  }
  markFilter();
}

function showFresh(fresh) {
  waiting = null;
  newcomers.hidden = true;
  const opened = [...queue.querySelectorAll("details[id][open]")].map((box) => box.id);
  queue.replaceChildren(...document.adoptNode(fresh).childNodes);
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  applyFilter();
}

function updateInPlace(fresh) {
  const byKey = new Map(rows(fresh).map((row) => [keyOf(row), row]));
  for (const row of rows()) {
    const now = byKey.get(keyOf(row));
    byKey.delete(keyOf(row));
    if (!now) {
      row.classList.add("alert-row--gone");
      continue;
    }
    if (now.dataset.version === row.dataset.version && now.dataset.say === row.dataset.say) continue;
    const hadFocus = row.contains(document.activeElement);
    const copy = document.importNode(now, true);
    row.replaceWith(copy);
    if (hadFocus) (copy.querySelector(".alert-row__act button, .alert-row__act a") ?? copy.querySelector("a"))?.focus();
  }
  const urgent = [...byKey.values()].some((row) => row.dataset.level === "1");
  newcomers.hidden = byKey.size === 0;
  newcomers.classList.toggle("newcomers--p1", urgent);
  newcomers.textContent = fill(newcomers.dataset.text, { n: byKey.size });
  applyFilter();
}

function isHeldStill() {
  const hovers = matchMedia("(hover: hover)").matches && queue.matches(":hover");
  return hovers || queue.contains(document.activeElement);
}

function maybeShowWaiting() {
  if (waiting && !isHeldStill()) showFresh(waiting);
}

newcomers.addEventListener("click", () => waiting && showFresh(waiting));
queue.addEventListener("pointerleave", () => setTimeout(maybeShowWaiting, 300));
queue.addEventListener("focusout", () => setTimeout(maybeShowWaiting, 300));

// Screen readers announce new alerts; emergencies are announced on every page -----------------------------------------------------------------
let known = new Set(rows().map(keyOf));

function announce(fresh) {
  const added = fresh.filter((row) => !known.has(keyOf(row)));
  known = new Set(fresh.map(keyOf));
  for (const row of added) {
    if (row.dataset.level === "1") continue;
    document.getElementById("announce").textContent = fill(queue.dataset.announce, { what: row.dataset.say });
  }
}

// Filters and search -------------------------------------------------------------------------------
/** A text as searches compare it; the service knows more forms of a name (`core/texts/search_key.py`). */
function searchKey(text) {
  const folded = text.normalize("NFKC").toLowerCase().replace(/[\u30a1-\u30f6]/g, (one) => String.fromCharCode(one.charCodeAt(0) - 0x60));
  return folded.replace(/[\s・·\-‐‑–‒_]/g, "");
}

function fits(row) {
  const wanted = searchKey(search.value);
  const isHeld = row.dataset.held === "yes";
  const inFilter = show === "all" || (show === "held" ? isHeld : `p${row.dataset.level}` === show);
  return inFilter && (!wanted || row.dataset.find.includes(wanted) || foundResidents.has(row.dataset.resident));
}

function applyFilter() {
  const all = rows();
  // Whatever was left in the search or filter: an emergency is seen.
  for (const row of all) row.hidden = row.dataset.level !== "1" && !fits(row);
  // What is looked for is not left in a folded list.
  if (searchKey(search.value)) for (const box of queue.querySelectorAll("details")) box.open ||= rows(box).some((row) => !row.hidden);
  const hidden = all.filter((row) => row.hidden).length;
  const isNarrowed = show !== "all" || searchKey(search.value) !== "";
  const parts = [
    isNarrowed && !all.some(fits) ? hiddenNote.dataset.none : "",
    hidden > 0 ? fill(hiddenNote.dataset.text, { n: hidden }) : "",
  ].filter(Boolean);
  hiddenNote.hidden = parts.length === 0;
  const line = hiddenNote.querySelector("span");
  if (line.textContent !== parts.join(" ")) line.textContent = parts.join(" ");
}

/** Everybody and every device of the office, not only what is on this page. */
async function askService() {
  const wanted = search.value;
  if (!searchKey(wanted)) {
    foundResidents = new Set();
    found.hidden = true;
    found.replaceChildren();
    applyFilter();
    return;
  }
  const answer = await fetch(found.dataset.source, { method: "POST", body: new URLSearchParams({ q: wanted }) }).catch(() => null);
  if (!answer?.ok || search.value !== wanted) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("found-fresh");
  if (!fresh) return;
  foundResidents = new Set(fresh.dataset.residents.split(" ").filter(Boolean));
  found.replaceChildren(...document.importNode(fresh, true).childNodes);
  found.hidden = false;
  applyFilter();
}

function markFilter() {
  for (const link of filters.querySelectorAll("a")) {
    if (link.dataset.filter === show) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

filters.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-filter]");
  if (!link) return;
  event.preventDefault();
  show = link.dataset.filter;
  history.replaceState(null, "", show === "all" ? "/board" : `/board?show=${show}`);
  markFilter();
  applyFilter();
});
document.getElementById("show-all").addEventListener("click", (event) => {
  event.preventDefault();
  show = "all";
  search.value = "";
  history.replaceState(null, "", "/board");
  markFilter();
  askService();
  search.focus();
});
search.hidden = false;
search.addEventListener("input", () => {
  applyFilter();
  clearTimeout(asking);
  asking = setTimeout(askService, SEARCH_PAUSE_MS);
});

// Keys: only inside the list, and they can be turned off -------------------------------------------
const keysOn = document.getElementById("keys-on");
keysOn.checked = localStorage.getItem("board-keys") !== "off";
keysOn.addEventListener("change", () => localStorage.setItem("board-keys", keysOn.checked ? "on" : "off"));

queue.addEventListener("keydown", (event) => {
  if (!keysOn.checked || event.ctrlKey || event.metaKey || event.altKey) return;
  const visible = rows().filter((row) => !row.hidden);
  const here = visible.indexOf(event.target.closest(".alert-row"));
  const go = (row) => row?.querySelector(".alert-row__name").focus();
  const action = {
    j: () => go(visible[here + 1]),
    k: () => go(visible[here - 1]),
    c: () => visible[here]?.querySelector(".alert-row__act form")?.requestSubmit(),
    "/": () => search.focus(),
    "?": () => {
      const help = document.getElementById("keys-help");
      help.open = true;
      help.querySelector("summary").focus();
    },
  }[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// Clocks -------------------------------------------------------------------------------------------
const alive = document.getElementById("alive");

function showTimers() {
  const now = serviceNow();
  for (const timer of document.querySelectorAll("progress.timer")) {
    timer.value = Math.min(1, (now - Date.parse(timer.dataset.from)) / 1000 / Number(timer.dataset.seconds));
  }
}

function showAlive({ detail }) {
  const { last_received_at: last, devices_heard: in_contact, devices_expected: expected } = detail;
  const received = document.getElementById("alive-received").querySelector("time");
  if (received && last) received.dateTime = last;
  if (last && !received) location.reload();
  if (expected !== undefined) {
    document.getElementById("alive-devices").textContent = fill(alive.dataset.devices, { in_contact, expected });
  }
}

document.body.addEventListener("mimamori-alert", refresh);
document.body.addEventListener("mimamori-tick", showAlive);
// What happened between making the page and the first word of the stream.
document.body.addEventListener("mimamori-tick", refresh, { once: true });
document.body.addEventListener("htmx:after:swap", applyFilter);
setInterval(showTimers, 1000);
// What the page was loaded with may be narrowed down, by its address or by a field that the browser filled in.
if (search.value) askService();
applyFilter();
