// Draws the whole picture: axis, loop row, resources, lanes, playhead; and tells what lies under a point.

import { LaneDrawing } from "./lane_drawing.js";
import { lastNotAbove } from "./model.js";
import { formatLength } from "./scale.js";

const LEAST_SLICE = 2;
const SLACK_PX = 3;

export class View {
  /** `frame` = {model, resources, scale, layout, palette, scrollTop, now, playhead, selected, hovered, isLive}. */
  draw(context, frame) {
    Object.assign(this, frame, { context });
    context.textBaseline = "middle";
    context.fillStyle = this.palette.paper;
    context.fillRect(0, 0, this.layout.width, this.layout.height);
    this.#grid();
    this.#lanes();
    this.#head();
    this.#veil();
    this.#playhead();
  }

  /** What is at this point: {lane, time} or {time} over the loop row, null in the gutter's head. */
  hit(x, y, { model, scale, layout, scrollTop }) {
    const lane = model.rows()[layout.laneAt(y, scrollTop)];
    const time = x < layout.gutter ? null : scale.time(x);
    if (lane) return { lane, time: time === null ? null : snap(lane, time, scale) };
    const inLoop = y >= layout.loopTop && y < layout.loopTop + layout.loopHeight;
    if (!inLoop || time === null) return null;
    const slack = (SLACK_PX * scale.span) / scale.width;
    return { lane: model.laneRunningAt(time, slack), time, isLoop: true };
  }

  #grid() {
    const { context, scale, layout, palette } = this;
    this.ticks = scale.ticks(layout.plotWidth < 400 ? 72 : 96);
    context.fillStyle = palette.line;
    for (const { time } of this.ticks) {
      context.fillRect(Math.round(scale.x(time)), layout.axis, 1, layout.height - layout.axis);
    }
  }

  #lanes() {
    const { context, model, layout, scrollTop, palette } = this;
    const rows = model.rows();
    const drawing = new LaneDrawing(this);
    const [first, last] = layout.visible(scrollTop);
    for (let i = first; i <= last; i += 1) {
      const top = layout.laneTop(i, scrollTop);
      const lane = rows[i];
      if (lane === this.selected || lane === this.hovered) {
        context.fillStyle = lane === this.selected ? palette.wash : palette.sunken;
        context.fillRect(0, top, layout.width, layout.row);
      }
      drawing.draw(lane, top);
      if (layout.hasLabels) this.#label(lane, top);
    }
  }

  #label(lane, top) {
    const { context, layout, palette } = this;
    const indent = 12 + Math.min(lane.depth, 5) * layout.indent;
    const middle = top + layout.row / 2;
    context.fillStyle = palette.line;
    if (lane.depth > 0) {
      context.fillRect(indent - 9, top, 1, layout.row / 2);
      context.fillRect(indent - 9, middle, 6, 1);
    }
    const number = ` #${lane.task}`;
    context.font = `12px ${palette.font}`;
    const numberWidth = context.measureText(number).width;
    const name = fit(context, lane.name, layout.gutter - indent - numberWidth - 6);
    context.fillStyle = lane.isHelper ? palette.inkFaint : palette.ink;
    context.fillText(name, indent, middle + 0.5);
    const nameWidth = context.measureText(name).width;
    context.fillStyle = palette.inkFaint;
    context.fillText(number, indent + nameWidth, middle + 0.5);
  }

  /** Axis, loop and resources stay where they are while the lanes scroll beneath them. */
  #head() {
    const { context, scale, layout, palette } = this;
    context.fillStyle = palette.paper;
    context.fillRect(0, 0, layout.width, layout.head - 3);
    context.fillStyle = palette.line;
    context.fillRect(0, layout.head - 3, layout.width, 1);
    const flag = this.#flag();
    context.font = `11px ${palette.font}`;
    for (const { time, label } of this.ticks) {
      const x = Math.round(scale.x(time));
      context.fillStyle = palette.line;
      context.fillRect(x, layout.axis - 6, 1, layout.head - layout.axis + 3);
      context.fillStyle = palette.inkFaint;
      const width = context.measureText(label).width;
      const left = Math.min(x - (time === 0 ? 0 : width / 2), layout.width - width - 4);
      const isCovered = flag && left < flag.left + flag.width && left + width > flag.left;
      if (!isCovered) context.fillText(label, left, layout.axis / 2 - 1);
    }
    this.#loop();
    this.#resources();
  }

  #loop() {
    const { context, model, scale, layout, palette } = this;
    const { at, dur, lane } = model.loop;
    const middle = layout.loopTop + layout.loopHeight / 2;
    this.#rowLabel("event loop", middle);
    const [left, right] = [layout.gutter, Math.min(scale.x(this.now), layout.width)];
    context.fillStyle = palette.pressed;
    if (right > left) context.fillRect(left, middle - 1, right - left, 2);
    const focus = this.selected ?? this.hovered;
    let drawn = -Infinity;
    for (let i = Math.max(0, lastNotAbove(at, scale.start)); i < at.length && at[i] <= scale.end; i += 1) {
      const isFocus = lane[i] === focus;
      const x1 = Math.max(scale.x(at[i]), left);
      const x2 = Math.max(scale.x(at[i] + dur[i]), x1 + LEAST_SLICE);
      if (x2 < left || (x2 - drawn < 0.5 && !isFocus)) continue;
      context.fillStyle = focus && !isFocus ? palette.waiting : palette.running;
      context.fillRect(x1, middle - 8, x2 - x1, 16);
      drawn = x2;
    }
  }

  #rowLabel(text, middle) {
    const { context, palette } = this;
    context.font = `12px ${palette.font}`;
    context.fillStyle = palette.inkFaint;
    context.fillText(fit(context, text, this.layout.gutter - 20), 12, middle + 0.5);
  }

  /** Held as steps up to the limit's line, the waiting stacked above it. */
  #resources() {
    const { context, model, resources, layout, palette } = this;
    let top = layout.resourceTop;
    for (const [tid, counter] of resources) {
      const resource = [...model.resources.values()].find((each) => each.tid === tid);
      const limit = resource?.limit ?? counter.most;
      const unit = (layout.resourceHeight - 12) / Math.max(counter.most, limit, 1);
      const base = top + layout.resourceHeight - 5;
      this.#rowLabel(model.counterWord(tid), top + layout.resourceHeight / 2);
      this.#counter(counter, base, unit);
      context.fillStyle = palette.lineStrong;
      context.fillRect(layout.gutter, Math.round(base - limit * unit), layout.plotWidth, 1);
      top += layout.resourceHeight;
    }
  }

  #counter({ at, held, waiting }, base, unit) {
    const { context, scale, layout, palette } = this;
    for (let i = Math.max(0, lastNotAbove(at, scale.start)); i < at.length && at[i] <= scale.end; i += 1) {
      const x1 = Math.max(scale.x(at[i]), layout.gutter);
      const x2 = Math.min(scale.x(i + 1 < at.length ? at[i + 1] : this.now), layout.width);
      if (x2 <= x1) continue;
      context.fillStyle = palette.running;
      context.fillRect(x1, base - held[i] * unit, x2 - x1 + 0.5, held[i] * unit);
      context.fillStyle = palette.queued;
      context.fillRect(x1, base - (held[i] + waiting[i]) * unit, x2 - x1 + 0.5, waiting[i] * unit);
    }
  }

  /** What the playhead has not reached yet is there, but pale. */
  #veil() {
    if (this.playhead === null || this.isLive) return;
    const { context, scale, layout, palette } = this;
    const x = Math.max(scale.x(this.playhead), layout.gutter);
    context.globalAlpha = 0.78;
    context.fillStyle = palette.paper;
    context.fillRect(x, layout.axis, Math.max(0, layout.width - x), layout.height - layout.axis);
    context.globalAlpha = 1;
  }

  /** Where the playhead's time stands on the axis: {x, left, width, label}, or null when it is out of view. */
  #flag() {
    const { context, scale, layout, palette, playhead } = this;
    if (playhead === null) return null;
    const x = scale.x(playhead);
    if (x < layout.gutter || x > layout.width) return null;
    const label = formatLength(playhead);
    context.font = `600 11px ${palette.font}`;
    const width = context.measureText(label).width + 12;
    return { x, left: Math.min(Math.max(x - width / 2, layout.gutter), layout.width - width), width, label };
  }

  #playhead() {
    const flag = this.#flag();
    if (!flag) return;
    const { x, left, width, label } = flag;
    const { context, layout, palette } = this;
    context.fillStyle = palette.accent;
    context.fillRect(Math.round(x) - 0.5, layout.axis - 5, 1.5, layout.height);
    context.beginPath();
    context.roundRect(left, 3, width, 18, 4);
    context.fill();
    context.fillStyle = palette.paper;
    context.fillText(label, left + 6, 12.5);
  }
}

/** A step is drawn wider than it is; pointing at what is drawn means the step. */
function snap(lane, time, scale) {
  const step = lane.stepAt(time);
  if (step < 0 || time <= lane.stepEnd(step)) return time;
  const isDrawn = scale.x(time) - scale.x(lane.at[step]) <= SLACK_PX;
  return isDrawn ? lane.stepEnd(step) : time;
}

function fit(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let length = text.length - 1;
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length -= 1;
  return `${text.slice(0, length)}…`;
}
