// One task's lane: created, ready, running, waiting, cancel and end.

import { diamond, dot, endMark } from "./marks.js";

const LEAST_STEP = 3;
const QUEUES = new Set(["semaphore", "lock", "condition", "event", "barrier", "queue.get", "queue.put", "queue.join"]);

/** The heights of a lane's bars: running fills it, ready is lower, waiting is half. */
function heights(row) {
  const full = row > 12 ? row - 10 : Math.max(3, row - 2);
  return { full, ready: full * 0.8, wait: row >= 24 ? Math.max(12, full * 0.6) : full * 0.5 };
}

function bar(context, x1, x2, middle, height, fill) {
  context.fillStyle = fill;
  context.fillRect(x1, middle - height / 2, x2 - x1, height);
}

export class LaneDrawing {
  constructor({ context, scale, palette, layout, now }) {
    Object.assign(this, { context, scale, palette, layout, now });
    this.height = heights(layout.row);
    this.left = layout.gutter;
    this.right = layout.gutter + layout.plotWidth + 12;
  }

  draw(lane, top) {
    const middle = top + this.layout.row / 2;
    const end = lane.end ?? this.now;
    if (lane.start > this.scale.end) return;
    this.#firstWait(lane, middle, end);
    this.#steps(lane, middle, end);
    this.#cancel(lane, middle, end);
    if (lane.end !== null) this.#end(lane, middle);
    const created = this.scale.x(lane.start);
    if (created >= this.left) dot(this.context, created, middle, this.layout.hasLabels ? 3 : 1.5, this.palette.inkFaint);
  }

  /** Created, and ready until the first step. */
  #firstWait(lane, middle, end) {
    const until = lane.at.length ? lane.at[0] : end;
    this.#span(lane.start, until, middle, this.height.ready, this.palette.readyStripes);
  }

  #steps(lane, middle, end) {
    const first = Math.max(0, lane.stepAt(this.scale.start));
    let drawn = -Infinity;
    for (let i = first; i < lane.at.length && lane.at[i] <= this.scale.end; i += 1) {
      const last = i + 1 === lane.at.length;
      const wakes = last ? end : lane.readyAt(i + 1);
      const until = last ? end : lane.at[i + 1];
      // What falls into a pixel that is drawn already would change nothing.
      if (this.scale.x(until) - drawn < 0.5) continue;
      if (lane.on[i] !== "done") this.#wait(lane, i, wakes, middle);
      if (!last) this.#span(wakes, until, middle, this.height.ready, this.palette.readyStripes);
      drawn = this.#run(lane, i, middle);
    }
  }

  #run(lane, step, middle) {
    const x1 = this.scale.x(lane.at[step]);
    const x2 = Math.max(this.scale.x(lane.stepEnd(step)), x1 + LEAST_STEP);
    if (x2 > this.left) bar(this.context, Math.max(x1, this.left), Math.min(x2, this.right), middle, this.height.full, this.palette.running);
    return x2;
  }

  #wait(lane, step, until, middle) {
    const isQueue = QUEUES.has(lane.on[step]);
    const fill = isQueue ? this.palette.queued : this.palette.waiting;
    const [x1, x2] = this.#span(lane.stepEnd(step), until, middle, this.height.wait, fill);
    if (this.layout.hasWords && x2 - x1 > 36) this.#word(lane.waitAfter(step), x1 + LEAST_STEP, x2, middle, isQueue);
  }

  #word(word, x1, x2, middle, onHatch) {
    const { context, palette } = this;
    context.font = `11px ${palette.font}`;
    const width = context.measureText(word).width;
    if (width + 10 > x2 - x1) return;
    if (onHatch) bar(context, x1 + 3, x1 + width + 9, middle, this.height.wait, palette.waiting);
    context.fillStyle = palette.ink;
    context.fillText(word, x1 + 6, middle + 0.5);
  }

  /** A bar from one time to another, cut to the plot; returns its two edges. */
  #span(from, to, middle, height, fill) {
    const x1 = Math.max(this.scale.x(from), this.left);
    const x2 = Math.min(this.scale.x(to), this.right);
    if (x2 > x1) bar(this.context, x1, x2, middle, height, fill);
    return [x1, x2];
  }

  #cancel(lane, middle, end) {
    if (!lane.cancel) return;
    const isAbsorbed = lane.outcome === "done" && !lane.swallowed;
    const { context, palette, height } = this;
    const x1 = Math.max(this.scale.x(lane.cancel.ts), this.left);
    const x2 = Math.min(Math.max(this.scale.x(end), x1 + 2), this.right);
    context.fillStyle = palette.cancelled;
    if (x2 > x1 && !isAbsorbed) context.fillRect(x1, middle + height.full / 2 - 2, x2 - x1, 2.5);
    if (this.scale.x(lane.cancel.ts) >= this.left) diamond(context, x1, middle, this.layout.hasLabels ? 5 : 2.5, palette.cancelled);
  }

  #end(lane, middle) {
    const { context, palette, layout } = this;
    const x = this.scale.x(lane.end);
    if (x < this.left - 2 || x > this.right) return;
    if (!layout.hasLabels) {
      dot(context, x + 3, middle, 2, palette[lane.outcome]);
      return;
    }
    const mark = x + LEAST_STEP + 9;
    endMark(context, lane.outcome, mark, middle, layout.hasWords ? 4.5 : 3.5, palette);
    if (layout.hasWords && lane.outcome === "failed" && lane.error) this.#errorType(lane.error.type, mark + 11, middle);
  }

  #errorType(type, x, middle) {
    const { context, palette } = this;
    context.font = `11px ${palette.font}`;
    if (x + context.measureText(type).width > this.right) return;
    context.fillStyle = palette.failed;
    context.fillText(type, x, middle + 0.5);
  }
}
