// When the board rings: an emergency until somebody takes it, "check soon" again after five minutes, the rest once.

import { fill } from "./page.js";
import { Tones } from "./tones.js";

const MUTE_MS = 120_000;
const EMERGENCY_AGAIN_MS = 10_000;
const CHECK_SOON_AGAIN_MS = 300_000;

const box = document.getElementById("sound");
const start = document.getElementById("sound-start");
const state = document.getElementById("sound-state");
const mute = document.getElementById("sound-mute");

export class BoardSound {
  #tones = new Tones();
  #unclaimed = new Map(); // row id -> { level, rangAt }
  #shown = "";

  constructor() {
    box.hidden = false;
    start.addEventListener("click", async () => {
      if (await this.#tones.start()) this.#tones.play(3);
      this.#showState();
    });
    mute.addEventListener("click", () => {
      this.#tones.mute(MUTE_MS);
      this.#showState();
    });
    setInterval(() => this.#again(), 1000);
  }

  /** Look at the present rows; ring for those that are new. */
  look(rows, added) {
    const now = Date.now();
    const present = new Map();
    for (const row of rows) {
      if (row.dataset.held === "yes") continue;
      present.set(row.id, this.#unclaimed.get(row.id) ?? { level: Number(row.dataset.level), rangAt: now });
    }
    this.#unclaimed = present;
    const levels = added.map((row) => Number(row.dataset.level)).filter((level) => level <= 3);
    if (levels.length) this.#tones.play(Math.min(...levels));
  }

  late() {
    this.#tones.play("late");
  }

  show() {
    this.#showState();
  }

  #again() {
    const now = Date.now();
    let worst = 9;
    for (const alert of this.#unclaimed.values()) {
      const every = { 1: EMERGENCY_AGAIN_MS, 2: CHECK_SOON_AGAIN_MS }[alert.level];
      if (!every || now - alert.rangAt < every) continue;
      alert.rangAt = now;
      worst = Math.min(worst, alert.level);
    }
    if (worst < 9) this.#tones.play(worst);
    this.#showState();
  }

  #showState() {
    const isOn = this.#tones.isOn;
    const left = Math.ceil(this.#tones.mutedForMs / 1000);
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    start.hidden = isOn;
    mute.hidden = !isOn || left > 0;
    const text = !isOn ? box.dataset.off : left > 0 ? fill(box.dataset.muted, { clock }) : box.dataset.on;
    // Screen readers announce the state when it changes, not each second of the countdown.
    state.setAttribute("aria-live", left > 0 && this.#shown.startsWith("m") ? "off" : "polite");
    this.#shown = left > 0 ? "muted" : "plain";
    if (state.textContent !== text) state.textContent = text;
  }
}
