// <run-timeline>: the picture of a run with its caption, tooltip, keys, legend and replay.
//
//   timeline.begin()        an empty picture that follows a live run
//   timeline.add(events)    events in the order of their numbers
//   timeline.finish()       the run is over: everything fits, replay is offered
//
// Says "lineshow" with {line} when a moment points to a line of the program, and to none with null.

import { Surface } from "./canvas.js";
import { LiveClock } from "./clock.js";
import { describe, lineAt, sayLane } from "./facts.js";
import { Layout } from "./layout.js";
import { FRAME } from "./frame.js";
import { Model } from "./model.js";
import { buttonActs, keyActs, pointerActs } from "./moves.js";
import { Palette } from "./palette.js";
import { Player } from "./player.js";
import { PlayerBar } from "./player_bar.js";
import { followKeys, followPointer } from "./pointing.js";
import { formatLength, liveSpan, Scale } from "./scale.js";
import { Story } from "./story.js";
import { Tooltip } from "./tooltip.js";
import { View } from "./view.js";

const ROOM_RIGHT = 1.06;
const EMPTY_SPAN = 1_000_000;
const SPEAK_MS = 3000;
const TALLEST = 560;
const MOST_RESOURCES = 3;
const BEFORE = "Press Run. Every task gets a lane here, drawn while the program runs.";
const NO_TASKS =
  "This program started no asyncio task, so there are no lanes. Threads and processes are not drawn; what they printed stands under Output.";
const FAILED_EARLY = "The program failed before it started a task. The line above says with what.";

export class RunTimeline extends HTMLElement {
  #view = new View();
  #isBuilt = false;

  connectedCallback() {
    if (!this.#isBuilt) this.#build();
    this.#watchSurroundings();
    this.reset();
  }

  disconnectedCallback() {
    this.resizes.disconnect();
    this.schemes.removeEventListener("change", this.repaint);
    document.removeEventListener("themechange", this.repaint);
    this.surface.stop();
  }

  reset() {
    this.model = new Model();
    this.story = new Story(this.model);
    this.scale = new Scale();
    this.clock = new LiveClock();
    this.player = new Player();
    this.isLive = false;
    this.isFollowing = true;
    this.selected = this.hovered = null;
    this.tooltip.hide();
    this.piece("player").hidden = true;
    this.#showWords(BEFORE);
    this.request();
  }

  begin() {
    this.reset();
    this.isLive = true;
    this.#showWords("");
    this.request();
  }

  add(events) {
    if (!events.length) return;
    this.model.add(events);
    this.story.add(events);
    this.clock.observe(this.model.last, performance.now());
    this.request();
  }

  finish() {
    this.isLive = false;
    this.player = new Player(this.model.last);
    const hasLanes = this.model.rows().length > 0;
    this.piece("player").hidden = !hasLanes;
    this.#showWords(hasLanes ? "" : this.model.ended?.error ? FAILED_EARLY : NO_TASKS);
    this.request();
  }

  /** Where the picture has nothing to show, words say why. */
  #showWords(text) {
    this.piece("empty").textContent = text;
    this.piece("empty").hidden = !text;
  }

  piece(name) {
    return this.querySelector(`[data-part=${name}]`);
  }

  #build() {
    this.innerHTML = FRAME;
    this.#isBuilt = true;
    this.canvas = this.querySelector("canvas");
    this.scroller = this.piece("view");
    this.surface = new Surface(this.canvas, (context, now) => this.#draw(context, now));
    this.tooltip = new Tooltip(this.piece("tip"));
    this.bar = new PlayerBar(this.piece("player"), {
      toggle: () => this.toggle(),
      seek: (share) => this.seek(share * this.player.length),
      speed: (factor) => {
        this.player.speed = factor;
      },
    });
    this.scroller.addEventListener("scroll", () => this.request(), { passive: true });
    followPointer(this.scroller, pointerActs(this), (y) => y < this.layout.head);
    followKeys(this.scroller, keyActs(this));
    this.addEventListener("click", (event) => buttonActs(this)[event.target.closest("[data-do]")?.dataset.do]?.());
  }

  #watchSurroundings() {
    this.repaint = () => {
      this.palette = null;
      this.request();
    };
    this.resizes = new ResizeObserver(() => this.request());
    this.resizes.observe(this);
    this.schemes = matchMedia("(prefers-color-scheme: dark)");
    this.schemes.addEventListener("change", this.repaint);
    document.addEventListener("themechange", this.repaint);
  }

  request() {
    this.surface.request();
  }

  // Drawing

  #draw(context, now) {
    const width = this.scroller.clientWidth;
    if (width === 0) return;
    this.palette ??= new Palette(this);
    this.now = this.isLive ? Math.max(this.model.last, this.clock.time(now)) : this.model.last;
    this.player.tick(now);
    this.#arrange(width);
    const playhead = this.isLive ? this.now : this.player.position;
    const { model, scale, layout, palette, selected, hovered, isLive } = this;
    const resources = [...model.counters].slice(0, MOST_RESOURCES);
    const frame = { resources, model, scale, layout, palette, selected, hovered, isLive, now: this.now, playhead };
    this.#view.draw(context, { ...frame, scrollTop: this.scroller.scrollTop });
    this.#tell(playhead, now);
    if (this.isLive || this.player.isPlaying) this.request();
  }

  #arrange(width) {
    const lanes = this.model.rows().length;
    const most = Math.max(280, Math.min(TALLEST, window.innerHeight * 0.62));
    this.layout = new Layout({ lanes, resources: Math.min(this.model.counters.size, MOST_RESOURCES), width, most });
    this.scale.left = this.layout.gutter;
    this.scale.width = this.layout.plotWidth;
    if (this.isFollowing) this.scale.show(0, this.whole().end);
    if (this.surface.width === width && this.surface.height === this.layout.height && this.content === this.layout.content) return;
    this.content = this.layout.content;
    this.scroller.style.height = `${this.layout.height}px`;
    this.piece("spacer").style.height = `${Math.max(0, this.content - this.layout.height)}px`;
    this.surface.resize(width, this.layout.height);
  }

  whole() {
    const length = this.model.eventCount ? Math.max(this.model.last, 1000) : EMPTY_SPAN;
    const end = this.isLive ? liveSpan(this.now) : length * ROOM_RIGHT;
    return { start: 0, end };
  }

  /** Caption, replay controls and the line of the program that belong to this moment. */
  #tell(playhead, now) {
    const moment = this.story.at(playhead ?? Infinity);
    const text = moment?.text ?? "";
    const caption = this.piece("caption");
    if (caption.textContent !== text) caption.textContent = text;
    if (!this.isLive) this.bar.show(this.player);
    this.piece("moments").hidden = this.isLive || this.story.moments.length < 2;
    if (!this.isLive && playhead !== null && !this.hovered) {
      const running = this.model.laneRunningAt(playhead, this.scale.span / this.scale.width);
      this.#showLine(running ?? this.selected, playhead);
    }
    if (this.isLive && now - (this.spoken ?? -Infinity) > SPEAK_MS) {
      this.spoken = now;
      this.#say(text);
    }
  }

  #say(text) {
    const region = this.piece("speech");
    if (region.textContent !== text) region.textContent = text;
  }

  #showLine(lane, time) {
    const line = lane ? (lineAt(this.model, lane, time) ?? null) : null;
    if (line === this.line) return;
    this.line = line;
    this.dispatchEvent(new CustomEvent("lineshow", { detail: { line }, bubbles: true }));
  }

  // What can be done to the picture

  move(change) {
    change(this.scale, this.whole());
    this.isFollowing = false;
    this.tooltip.hide();
    this.request();
  }

  hit(x, y) {
    return this.#view.hit(x, y, { ...this, scrollTop: this.scroller.scrollTop });
  }

  point(x, y) {
    const hit = this.hit(x, y);
    const lane = hit?.lane ?? null;
    if (lane !== this.hovered) {
      this.hovered = lane;
      this.request();
    }
    if (!lane) {
      this.leave();
      return;
    }
    const time = hit.time ?? this.now;
    if (time < lane.start || time > this.now) {
      this.tooltip.hide();
      return;
    }
    this.tooltip.show(describe(this.model, lane, time), x, y + this.scroller.offsetTop);
    this.#showLine(lane, time);
  }

  leave() {
    this.tooltip.hide();
    this.#showLine(null);
    if (this.hovered === null) return;
    this.hovered = null;
    this.request();
  }

  select(lane) {
    this.selected = lane === this.selected ? null : lane;
    if (this.selected) {
      const time = this.player.position ?? this.now;
      this.#say(sayLane(this.model, this.selected, time));
      this.#showLine(this.selected, time);
    }
    this.request();
  }

  step(change) {
    const rows = this.model.rows();
    if (!rows.length) return;
    const from = this.selected ? this.selected.row : change > 0 ? -1 : rows.length;
    const index = Math.max(0, Math.min(rows.length - 1, from + change));
    if (rows[index] === this.selected) return;
    this.select(rows[index]);
    this.scroller.scrollTop = this.layout.scrollTo(index, this.scroller.scrollTop);
  }

  fit() {
    this.isFollowing = true;
    this.request();
  }

  // Replay

  toggle() {
    if (this.isLive || !this.player.length) return;
    if (this.player.isPlaying) this.player.pause();
    else this.player.play();
    this.request();
  }

  seek(time) {
    if (this.isLive || !this.player.length) return;
    this.player.seek(time);
    this.request();
  }

  /** To the key moment before or after the playhead. */
  moment(change) {
    if (this.isLive || !this.player.length) return;
    const here = this.player.position ?? this.player.length;
    const { moments } = this.story;
    const to = change > 0 ? moments.find(({ ts }) => ts > here) : moments.findLast(({ ts }) => ts < here);
    if (!to) return;
    this.player.pause();
    this.player.seek(to.ts);
    this.selected = to.lane ?? this.selected;
    this.#say(`${formatLength(to.ts)}: ${to.text}`);
    this.request();
  }
}

customElements.define("run-timeline", RunTimeline);
