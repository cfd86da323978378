// The tones of alerts. A browser plays nothing in a page before somebody pressed something in it or in the page that led to it.

const TONES = {
  1: [[880, 0, 0.25], [660, 0.3, 0.25], [880, 0.6, 0.25], [660, 0.9, 0.25], [880, 1.2, 0.25]],
  2: [[660, 0, 0.2], [660, 0.3, 0.2], [660, 0.6, 0.2]],
  3: [[520, 0, 0.35]],
  late: [[330, 0, 0.5], [330, 0.7, 0.5]],
};
const VOLUME = { 1: 0.5, 2: 0.3, 3: 0.12, late: 0.3 };

export class Tones {
  #context = null;
  #onChange;

  /** `onChange` is called when the browser begins or ceases to let this page sound. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get isOn() {
    return this.#context?.state === "running";
  }

  /** Sound from now on, as far as the browser allows it; without a press of a key or button it may not. */
  start() {
    if (!this.#context) {
      this.#context = new AudioContext();
      this.#context.addEventListener("statechange", () => this.#onChange());
    }
    // Where it is forbidden this stays open until somebody presses something.
    if (!this.isOn) this.#context.resume().catch(() => {});
    this.#onChange();
  }

  stop() {
    this.#context?.close();
    this.#context = null;
    this.#onChange();
  }

  /** Play the tone of a level (1 to 3) or "late"; nothing while the browser forbids it. */
  play(kind) {
    if (!this.isOn || !TONES[kind]) return;
    const start = this.#context.currentTime + 0.02;
    for (const [pitch, after, length] of TONES[kind]) this.#note(pitch, start + after, length, VOLUME[kind]);
  }

  #note(pitch, at, length, volume) {
    const oscillator = this.#context.createOscillator();
    const gain = this.#context.createGain();
    oscillator.frequency.value = pitch;
    // A short rise and fall, so that it does not click.
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(volume, at + 0.02);
    gain.gain.setValueAtTime(volume, at + length - 0.04);
    gain.gain.linearRampToValueAtTime(0, at + length);
    oscillator.connect(gain).connect(this.#context.destination);
    oscillator.start(at);
    oscillator.stop(at + length);
  }
}
