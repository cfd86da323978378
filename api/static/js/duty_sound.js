// The sound of a shift. Once started, it goes on over pages and tabs: an emergency rings until somebody takes it, "check soon"
// again after five minutes, the rest once. One tab of the browser rings for all; when it goes, another one that may sound does.
//
// Chromium lets a page sound when somebody pressed something in it or in the page of this site that led to it (link, form, reload by a
// script), not after the browser's own reload, in a tab of its own, or under a typed address. Then the page says that it is mute, and
// the next press of any key or button mends it.

import { fill } from "./page.js";
import { Tones } from "./tones.js";

const MUTE_MS = 120_000;
const AGAIN_MS = { 1: 10_000, 2: 300_000 };
const NAME = document.body.dataset.channel;
const SHIFT = `${NAME}-shift`;
const RANG = `${NAME}-rang`;
const MUTED = `${NAME}-muted-until`;
const LOCK = `${NAME}-sound`;

const box = document.getElementById("sound");
const start = document.getElementById("sound-start");
const state = document.getElementById("sound-state");
const mute = document.getElementById("sound-mute");
const end = document.getElementById("sound-end");
const lost = document.getElementById("sound-lost");

export class DutySound {
  #tones = new Tones(() => this.#changed());
  #waiting = [];
  #release = null; // gives the right to ring to another tab
  #asking = null; // waits for that right
  #isElsewhere = "locks" in navigator; // until the first look, no page says that all are mute
  #shown = "";
  #onState;

  /** `onState` gets what the page's title shall say: whether sound was wanted and does not come. */
  constructor(onState) {
    this.#onState = onState;
    box.hidden = false;
    start.addEventListener("click", () => {
      localStorage.setItem(SHIFT, "on");
      this.#tones.start();
      this.#tones.play(3);
      this.#ring();
    });
    end.addEventListener("click", () => {
      localStorage.removeItem(SHIFT);
      this.#changed();
    });
    mute.addEventListener("click", () => {
      localStorage.setItem(MUTED, String(Date.now() + MUTE_MS));
      this.#show();
    });
    document.querySelector("form[action='/sign-out']")?.addEventListener("submit", () => localStorage.removeItem(SHIFT));
    for (const press of ["keydown", "pointerdown", "pointerup", "click"]) {
      document.addEventListener(press, () => this.isWanted && !this.#tones.isOn && this.#tones.start(), true);
    }
    document.addEventListener("keydown", (event) => this.#reloadWithSound(event));
    window.addEventListener("storage", ({ key }) => key === SHIFT && this.#changed());
    if (this.isWanted) this.#tones.start();
    setInterval(() => this.#everySecond(), 1000);
    this.#everySecond();
  }

  /** Whether a shift was started in this browser and not ended. */
  get isWanted() {
    return localStorage.getItem(SHIFT) === "on";
  }

  /** Take the alerts that wait for somebody, `[key, level, whether it rings on]` each; what is new among them rings at once. */
  look(waiting) {
    this.#waiting = waiting;
    this.#ring();
  }

  /** Ring for a page that is not up to date. */
  late() {
    if (this.#isTheOneThatRings && this.#mutedForMs === 0) this.#tones.play("late");
  }

  get #isTheOneThatRings() {
    return this.#tones.isOn && (this.#release !== null || !("locks" in navigator));
  }

  get #mutedForMs() {
    return Math.max(0, (Number(localStorage.getItem(MUTED)) || 0) - Date.now());
  }

  #ring() {
    if (!this.#isTheOneThatRings) return;
    const now = Date.now();
    const isMuted = this.#mutedForMs > 0;
    // In the browser's memory: it rings as often for whoever goes from page to page as for somebody who stays.
    const before = JSON.parse(localStorage.getItem(RANG) ?? "{}");
    const rang = {};
    let worst = 9;
    for (const [key, level, ringsOn] of this.#waiting) {
      const last = before[key];
      const isNew = last === undefined;
      const isDue = isNew || (ringsOn && now - last >= (AGAIN_MS[level] ?? Infinity));
      // Who stopped the sound knows what rang, not what came since.
      const rings = isDue && (!isMuted || (isNew && level === 1));
      if (rings) worst = Math.min(worst, level);
      if (rings || !isNew) rang[key] = rings ? now : last;
    }
    localStorage.setItem(RANG, JSON.stringify(rang));
    if (worst < 9) this.#tones.play(worst);
  }

  /** The browser began or ceased to let this page sound, or the shift began or ended. */
  #changed() {
    if (!this.isWanted && this.#tones.isOn) return void this.#tones.stop();
    if (this.#tones.isOn) this.#askToRing();
    else this.#letOthersRing();
    this.#show();
  }

  #askToRing() {
    if (!("locks" in navigator) || this.#release || this.#asking) return;
    const asking = new AbortController();
    this.#asking = asking;
    const ours = () =>
      new Promise((release) => {
        this.#asking = null;
        this.#release = release;
        this.#ring();
      });
    navigator.locks.request(LOCK, { signal: asking.signal }, ours).catch(() => {});
  }

  #letOthersRing() {
    this.#asking?.abort();
    this.#asking = null;
    this.#release?.();
    this.#release = null;
  }

  async #everySecond() {
    if ("locks" in navigator) {
      const { held } = await navigator.locks.query();
      this.#isElsewhere = !this.#release && held.some((lock) => lock.name === LOCK);
    }
    this.#ring();
    this.#show();
  }

  /** A reload that a script asks for keeps the right to sound; the browser's own would lose it. */
  #reloadWithSound(event) {
    const isReload = event.key === "F5" || (event.key === "r" && (event.ctrlKey || event.metaKey));
    if (!isReload || event.shiftKey || event.altKey || !this.#tones.isOn) return;
    event.preventDefault();
    location.reload();
  }

  #show() {
    const isWanted = this.isWanted;
    const sounds = isWanted && (this.#tones.isOn || this.#isElsewhere);
    const left = Math.ceil(this.#mutedForMs / 1000);
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    start.hidden = isWanted;
    end.hidden = !isWanted;
    mute.hidden = !sounds || left > 0;
    lost.hidden = !isWanted || sounds;
    const text = !sounds ? box.dataset.off : left > 0 ? fill(box.dataset.muted, { clock }) : box.dataset.on;
    // Screen readers announce the state when it changes, not each second of the countdown.
    state.setAttribute("aria-live", left > 0 && this.#shown === "muted" ? "off" : "polite");
    this.#shown = left > 0 ? "muted" : "plain";
    if (state.textContent !== text) state.textContent = text;
    this.#onState({ isWanted, isLost: isWanted && !sounds });
  }
}
