// Time to pixels and back. Times are microseconds since the run's start, pixels are CSS pixels.

const SHORTEST_SPAN = 20;
const LIVE_SPANS = [500, 1000, 2000, 4000, 8000, 16000, 32000, 64000].map((ms) => ms * 1000);

/** Steps of 1, 2 and 5 times a power of ten. */
export function niceStep(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * 0.9999);
  return factor * power;
}

/** How much time a live picture shows, so that it grows in few jumps and not with every frame. */
export function liveSpan(now) {
  return LIVE_SPANS.find((span) => now <= span * 0.94) ?? niceStep(now * 1.1);
}

export function formatTime(time, step = 1000) {
  if (step >= 1e6 && Math.abs(time) >= 1e6) return `${trim(time / 1e6, step / 1e6)} s`;
  if (step < 1000) return `${trim(time / 1000, step / 1000)} ms`;
  return `${Math.round(time / 1000).toLocaleString("en")} ms`;
}

/** A length of time in the unit that a reader would choose. */
export function formatLength(length) {
  if (length < 1000) return `${Math.round(length)} µs`;
  if (length < 10_000) return `${(length / 1000).toFixed(1)} ms`;
  if (length < 1_000_000) return `${Math.round(length / 1000)} ms`;
  return `${(length / 1e6).toFixed(2)} s`;
}

function trim(value, step) {
  const places = Math.max(0, Math.min(3, -Math.floor(Math.log10(step) + 1e-9)));
  return value.toFixed(places);
}

export class Scale {
  constructor({ start = 0, end = 1_000_000, left = 0, width = 100 } = {}) {
    Object.assign(this, { start, end, left, width });
  }

  get span() {
    return this.end - this.start;
  }

  x(time) {
    return this.left + ((time - this.start) / this.span) * this.width;
  }

  time(x) {
    return this.start + ((x - this.left) / this.width) * this.span;
  }

  show(start, end) {
    this.start = start;
    this.end = Math.max(end, start + SHORTEST_SPAN);
  }

  /** Factor below 1 zooms in. The time under `x` stays under `x`; nothing outside `whole` is shown. */
  zoom(factor, x, whole) {
    const at = this.time(x);
    const span = Math.min(Math.max(this.span * factor, SHORTEST_SPAN), whole.end - whole.start);
    const start = at - ((x - this.left) / this.width) * span;
    this.#showWithin(start, span, whole);
  }

  pan(pixels, whole) {
    this.#showWithin(this.start + (pixels / this.width) * this.span, this.span, whole);
  }

  #showWithin(start, span, whole) {
    const first = Math.max(whole.start, Math.min(start, whole.end - span));
    this.show(first, first + span);
  }

  /** Round times on the axis, at least `gap` pixels apart: [{time, label}]. */
  ticks(gap = 90) {
    const step = niceStep((this.span * gap) / this.width);
    const first = Math.ceil(this.start / step - 1e-9);
    const last = Math.floor(this.end / step + 1e-9);
    return Array.from({ length: last - first + 1 }, (_, i) => {
      const time = (first + i) * step;
      return { time, label: formatTime(time, step) };
    });
  }
}
