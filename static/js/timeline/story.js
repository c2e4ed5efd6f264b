// Key moments of a run as plain sentences, made from its events: [{ts, text, lane|null}].

import { formatLength } from "./scale.js";

const TOGETHER_US = 5000;
const LONGEST_MESSAGE = 64;

const ENDINGS = {
  finished: "The program finished",
  failed: "The program failed",
  stopped: "The run was stopped",
  abandoned: "The run was stopped",
  runner_lost: "The run was cut off",
};

const plural = (n, word) => `${n} ${word}${n === 1 ? "" : "s"}`;
const shorten = (text) => (text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE - 1)}…` : text);

export class Story {
  constructor(model) {
    this.model = model;
    this.moments = [];
  }

  /** Takes the same events as the model, after it has taken them. */
  add(events) {
    for (const event of events) {
      if (event.ph === "B") this.#created(event);
      else if (event.ph === "i" && event.cat === "cancel") this.#cancelled(event);
      else if (event.ph === "E") this.#ended(event);
      else if (event.ph === "M" && event.name === "dropped") this.#dropped(event);
      else if (event.ph === "M" && event.name === "end") this.#finished(event);
    }
  }

  /** The latest moment at or before `time`, or undefined. */
  at(time) {
    return this.moments.findLast((moment) => moment.ts <= time);
  }

  #tell(moment) {
    this.moments.push(moment);
  }

  /** Adds to the moment before when it tells of the same thing at nearly the same time. */
  #count(key, ts, lane, words) {
    const before = this.moments.at(-1);
    if (before?.key === key && ts - before.latest <= TOGETHER_US) {
      before.n += 1;
      before.latest = ts;
      before.text = words(before.n);
      return;
    }
    this.#tell({ ts, latest: ts, key, n: 1, lane, text: words(1) });
  }

  #created(event) {
    const lane = this.model.byTid.get(event.tid);
    if (!lane?.parent) {
      if (lane) this.#tell({ ts: event.ts, lane, text: `${lane.label} begins` });
      return;
    }
    const { parent } = lane;
    this.#count(`create ${parent.tid}`, event.ts, parent, (n) =>
      n === 1 ? `${parent.label} starts ${lane.label}` : `${parent.label} starts ${plural(n, "task")}`,
    );
  }

  #cancelled(event) {
    const lane = this.model.byTid.get(event.tid);
    if (!lane || event.args.ok === false) return;
    const { why } = event.args;
    // A group also wakes the task it belongs to, by the same means; that one is not asked to stop.
    if (why === "TaskGroup" && lane.children.some((child) => child.outcome === "failed")) return;
    if (why === "timeout") {
      this.#tell({ ts: event.ts, lane, text: `${lane.label} ran out of time and is asked to stop` });
    } else if (why === "TaskGroup") {
      this.#count(`cancel ${why}`, event.ts, lane, (n) => `TaskGroup cancels ${plural(n, "sibling")}`);
    } else {
      const who = this.#canceller(event.args);
      this.#count(`cancel ${who}`, event.ts, lane, (n) =>
        n === 1 ? `${who} cancels ${lane.label}` : `${who} cancels ${plural(n, "task")}`,
      );
    }
  }

  #canceller({ by, why }) {
    if (why === "gather") return "gather";
    if (why === "runner") return "The end of the run";
    return this.model.byTask.get(by)?.label ?? "The program";
  }

  #ended(event) {
    const lane = this.model.byTid.get(event.tid);
    if (!lane) return;
    if (lane.outcome === "failed") this.#failed(event, lane);
    else if (lane.outcome === "cancelled") this.#stopped(event, lane);
    else if (lane.swallowed) {
      this.#tell({ ts: event.ts, lane, text: `${lane.label} swallowed its cancellation and went on to the end` });
    }
  }

  #failed(event, lane) {
    const { type, msg, line, sub } = lane.error ?? { type: "an exception", msg: "" };
    if (type === "TimeoutError") {
      this.#tell({ ts: event.ts, lane, text: `${lane.label} timed out after ${formatLength(event.ts - lane.start)}` });
      return;
    }
    const where = line ? ` at line ${line}` : "";
    const what = sub?.length ? `${type} of ${sub.length}` : shorten(`${type}${msg ? `: ${msg}` : ""}`);
    this.#tell({ ts: event.ts, lane, text: `${lane.label} failed${where}: ${what}` });
  }

  #stopped(event, lane) {
    if (lane.cancel?.why === "timeout") {
      this.#tell({ ts: event.ts, lane, text: `${lane.label} timed out after ${formatLength(event.ts - lane.start)}` });
      return;
    }
    this.#count("stopped", event.ts, lane, (n) =>
      n === 1 ? `${lane.label} was cancelled` : `${plural(n, "task")} were cancelled`,
    );
  }

  #dropped(event) {
    this.#tell({ ts: event.ts, lane: null, text: `${event.args.n.toLocaleString("en")} left out: ${event.args.reason}` });
  }

  #finished(event) {
    const { reason } = event.args;
    const tasks = [...this.model.byTid.values()];
    const count = (outcome) => tasks.filter((lane) => lane.outcome === outcome).length;
    const parts = [
      [count("done"), "done"],
      [count("failed"), "failed"],
      [count("cancelled"), "cancelled"],
      [count(null), "cut off"],
    ].filter(([n]) => n > 0);
    const tally = parts.map(([n, word]) => `${n} ${word}`).join(", ");
    const word = ENDINGS[reason] ?? `The run ended at the ${reason.replace("_", " ")}`;
    const text = tally ? `${word}: ${plural(tasks.length, "task")}, ${tally}` : word;
    this.#tell({ ts: event.ts, lane: null, text });
  }
}
