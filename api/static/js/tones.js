// The board's tones. Browsers play nothing before somebody pressed something, hence the shift-start button.

const TONES = {
  1: [[880, 0, 0.25], [660, 0.3, 0.25], [880, 0.6, 0.25], [660, 0.9, 0.25], [880, 1.2, 0.25]],
  2: [[660, 0, 0.2], [660, 0.3, 0.2], [660, 0.6, 0.2]],
  3: [[520, 0, 0.35]],
  late: [[330, 0, 0.5], [330, 0.7, 0.5]],
};
const VOLUME = { 1: 0.5, 2: 0.3, 3: 0.12, late: 0.3 };

export class Tones {
  #context = null;
  #mutedUntil = 0;

  get isOn() {
    return this.#context?.state === "running";
  }

  get mutedForMs() {
    return Math.max(0, this.#mutedUntil - Date.now());
  }

  async start() {
    this.#context ??= new AudioContext();
    await this.#context.resume();
    return this.isOn;
  }

  mute(milliseconds) {
    this.#mutedUntil = Date.now() + milliseconds;
  }

  /** Play the tone of a level (1 to 3) or "late"; nothing while muted or not started. */
  play(kind) {
    if (!this.isOn || this.mutedForMs > 0 || !TONES[kind]) return false;
    const start = this.#context.currentTime + 0.02;
    for (const [pitch, after, length] of TONES[kind]) this.#note(pitch, start + after, length, VOLUME[kind]);
    return true;
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
