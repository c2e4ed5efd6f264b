// Where a live run is now, between two batches of events. Events are late by the way they travelled; the least
// delay seen so far is the best guess of the shift between the run's clock and the page's.

export class LiveClock {
  #shift = Infinity;

  /** An event of time `ts` (µs) was known at `now` (ms). */
  observe(ts, now) {
    this.#shift = Math.min(this.#shift, now - ts / 1000);
  }

  /** The run's time in µs at the page's `now` in ms; 0 before the first event. */
  time(now) {
    return this.#shift === Infinity ? 0 : Math.max(0, (now - this.#shift) * 1000);
  }
}
