// Key moments that are no task's beginning or end: a full semaphore, work in a thread, a loop held up.

import { plural } from "../words.js";
import { formatLength } from "./scale.js";

// From here on asyncio's own debug mode calls a step slow.
const HELD_UP_US = 100_000;

export class Flow {
  /** `tell(moment)` keeps {ts, lane, text}; `count(key, ts, lane, words)` tells of n of a kind at once. */
  constructor(model, { tell, count }) {
    Object.assign(this, { model, tell, count });
    this.crowds = new Map();
  }

  /** Takes an event after the model has taken it. */
  take(event) {
    if (event.ph === "X") this.#stepped(event);
    else if (event.ph === "C") this.#counted(event);
  }

  #stepped({ tid, ts, dur, args }) {
    const lane = this.model.byTid.get(tid);
    if (!lane || lane.isHelper) return;
    if (args.by === "thread" && lane.on.at(-2) === "thread") {
      this.count("back", ts, lane, (n) =>
        n === 1 ? `The thread is done, ${lane.label} goes on` : `${plural(n, "thread")} are done, their tasks go on`,
      );
    }
    if (dur >= HELD_UP_US) {
      this.tell({ ts, lane, text: `${lane.label} holds the loop for ${formatLength(dur)}, nothing else can run` });
    }
    if (args.on === "thread") {
      this.count("thread", ts + dur, lane, (n) =>
        n === 1 ? `${lane.label} waits for a thread, the loop stays free` : `${plural(n, "task")} wait for threads, the loop stays free`,
      );
    }
  }

  /** A semaphore is told of twice: when it is full, with how many queue up, and when the queue is empty. */
  #counted({ tid, ts, args: { held, waiting } }) {
    const name = this.model.counterWord(tid);
    const crowd = this.crowds.get(tid);
    if (!crowd && waiting > 0) {
      const moment = { ts, lane: null, text: fullWords(name, held, waiting) };
      this.crowds.set(tid, { moment, held, isOpen: true });
      this.tell(moment);
    } else if (crowd?.isOpen && held < crowd.held) {
      crowd.isOpen = false;
    } else if (crowd?.isOpen) {
      crowd.moment.text = fullWords(name, held, waiting);
    } else if (crowd?.moment && waiting === 0) {
      crowd.moment = null;
      this.tell({ ts, lane: null, text: `Nobody waits for the ${name} any more` });
    }
  }
}

function fullWords(name, held, waiting) {
  return `The ${name} is full: ${held.toLocaleString("en")} inside, ${waiting.toLocaleString("en")} waiting`;
}
