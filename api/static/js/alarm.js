// On every page of the staff: emergencies that nobody has taken, in a band with a button to take them, in the tab's title and
// icon, and in sound.

import "./page.js";
import { DutySound } from "./duty_sound.js";
import { wakeLock } from "./wake_lock.js";

const RETRY_MS = 2_000;
const band = document.getElementById("alarm");
const bar = document.getElementById("alarm-bar");
const announcement = document.getElementById("alarm-now");
const icon = document.querySelector("link[rel=icon]");
const plainIcon = icon.href;
const plainTitle = document.title;
const screenState = document.getElementById("screen-state");

let emergencies = 0;
let isLost = false;
let known = null; // keys of the emergencies that were shown
let isFetching = false;
let isStale = false;

// What sticks below the band, and what is scrolled to, keeps clear of it.
const covering = new ResizeObserver(() => {
  const height = getComputedStyle(band).position === "sticky" ? band.offsetHeight : bar.offsetHeight;
  document.documentElement.style.setProperty("--alarm-height", `${height}px`);
});
covering.observe(band);
covering.observe(bar);

const keepLit = wakeLock((isLit) => {
  screenState.textContent = isLit ? screenState.dataset.on : screenState.dataset.off;
});
const sound = new DutySound((state) => {
  if (screenState) {
    screenState.hidden = !state.isWanted;
    keepLit(state.isWanted);
  }
  if (state.isLost !== isLost) {
    isLost = state.isLost;
    showCount();
  }
});

async function refresh() {
  if (isFetching) {
    isStale = true;
    return;
  }
  isFetching = true;
  let isWhole = false;
  try {
    const answer = await fetch(band.dataset.source, { headers: { Accept: "text/html" } });
    // The stream says it to somebody who has signed out.
    isWhole = answer.redirected || answer.status === 401 || answer.status === 403;
    if (answer.ok && !answer.redirected) {
      renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
      isWhole = true;
    }
  } catch {
    // The line is broken; what came on it must not be forgotten.
  } finally {
    isFetching = false;
    if (!isWhole) setTimeout(refresh, RETRY_MS);
    else if (isStale) refresh();
    if (isWhole) isStale = false;
  }
}

function renew(page) {
  const fresh = page.getElementById("alarm-fresh");
  const focused = document.activeElement?.closest?.("#alarm [data-number]")?.dataset.number;
  band.replaceChildren(...document.importNode(fresh, true).childNodes);
  const rows = [...band.querySelectorAll("[data-number]")];
  // On an emergency's own page its button is in the page.
  for (const row of rows) row.hidden = location.pathname === `/alerts/${row.dataset.number}`;
  if (focused) band.querySelector(`[data-number="${focused}"] button`)?.focus();
  announce(rows);
  emergencies = Number(fresh.dataset.emergencies);
  band.hidden = !rows.some((row) => !row.hidden);
  bar.hidden = band.hidden;
  bar.firstElementChild.replaceChildren(...[...band.querySelectorAll(".alarm__head > :not(a)")].map((part) => part.cloneNode(true)));
  showCount();
  sound.look(JSON.parse(fresh.dataset.waiting));
}

/** Screen readers announce each emergency once. */
function announce(rows) {
  const added = rows.filter((row) => !row.hidden && known && !known.has(row.dataset.key));
  known = new Set(rows.map((row) => row.dataset.key));
  if (added.length) announcement.textContent = added.map((row) => row.dataset.say).join(" ");
}

function showCount() {
  const marks = [emergencies > 0 ? `(${emergencies}) ${band.dataset.word}` : "", isLost ? band.dataset.mute : ""];
  const text = [...marks.filter(Boolean), plainTitle].join(" · ");
  if (document.title !== text) document.title = text;
  const picture = emergencies > 0 ? countIcon(emergencies) : plainIcon;
  if (icon.href !== picture) icon.href = picture;
  // Only where the pages were installed like a program.
  if (emergencies > 0) navigator.setAppBadge?.(emergencies).catch(() => {});
  else navigator.clearAppBadge?.().catch(() => {});
}

/** The emergency's octagon with a number in it. */
function countIcon(count) {
  const text = count > 9 ? "9+" : String(count);
  const picture =
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#ce0000" d="M7 0h10l7 7v10l-7 7H7l-7-7V7z"/>' +
    `<text x="12" y="18" font-family="sans-serif" font-weight="700" font-size="17" fill="#fff" text-anchor="middle">${text}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(picture)}`;
}

document.body.addEventListener("mimamori-alert", refresh);
// What happened between making the page and the first word of the stream.
document.body.addEventListener("mimamori-tick", refresh, { once: true });
document.body.addEventListener("mimamori-late", ({ detail: isLate }) => isLate && sound.late());
document.body.addEventListener("mimamori-blind", ({ detail: isBlind }) => isBlind && sound.late());
refresh();
