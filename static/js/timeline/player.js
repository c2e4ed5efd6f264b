// Replays an ended run. Knows no clock: `tick` is told the time.

export const SPEEDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2];
const GOOD_LENGTH_US = 9_000_000;

/** The speed at which a run of this length (µs) takes nearest to nine seconds to watch. */
export function goodSpeed(length) {
  const off = (speed) => Math.abs(Math.log(length / speed / GOOD_LENGTH_US));
  return SPEEDS.reduce((best, speed) => (off(speed) < off(best) ? speed : best));
}

export class Player {
  /** `position` is the playhead in µs, or null at the end, where all is shown. */
  constructor(length = 0) {
    this.length = length;
    this.speed = goodSpeed(Math.max(length, 1));
    this.position = null;
    this.isPlaying = false;
    this.before = null;
  }

  play() {
    this.position ??= 0;
    this.isPlaying = true;
    this.before = null;
  }

  pause() {
    this.isPlaying = false;
  }

  seek(position) {
    this.position = position >= this.length ? null : Math.max(0, position);
    if (this.position === null) this.pause();
  }

  /** Moves on to the page's time `now` in ms. */
  tick(now) {
    if (!this.isPlaying) return;
    const passed = this.before === null ? 0 : now - this.before;
    this.before = now;
    this.seek(this.position + passed * 1000 * this.speed);
  }
}
