// The row of controls that replays an ended run.

import { formatLength } from "./scale.js";
import { SPEEDS } from "./player.js";

const STEPS = 1000;

export class PlayerBar {
  /** `act` is told what was asked for: play(), pause(), seek(µs), speed(factor). */
  constructor(element, act) {
    this.element = element;
    this.act = act;
    this.button = element.querySelector("[data-play]");
    this.scrub = element.querySelector("[data-scrub]");
    this.time = element.querySelector("[data-time]");
    this.speed = element.querySelector("[data-speed]");
    this.speed.append(...SPEEDS.map((speed) => new Option(speed === 1 ? "real time" : `${speed}×`, speed)));
    this.button.addEventListener("click", () => act.toggle());
    this.scrub.addEventListener("input", () => act.seek(this.scrub.value / STEPS));
    this.speed.addEventListener("change", () => act.speed(Number(this.speed.value)));
  }

  show(player) {
    const position = player.position ?? player.length;
    const word = player.isPlaying ? "Pause" : "Play";
    if (this.button.dataset.word !== word) {
      this.button.dataset.word = word;
      this.button.lastElementChild.textContent = word;
    }
    this.scrub.value = Math.round((position / Math.max(player.length, 1)) * STEPS);
    this.scrub.setAttribute("aria-valuetext", `${formatLength(position)} of ${formatLength(player.length)}`);
    this.time.textContent = `${formatLength(position)} / ${formatLength(player.length)}`;
    this.speed.value = player.speed;
  }
}
