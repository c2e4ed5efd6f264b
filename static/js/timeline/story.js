// Key moments of a run as plain sentences, made from its events: [{ts, text, lane|null}].

import { countOut, plural } from "../words.js";
import { Flow } from "./flow.js";
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

const shorten = (text) => (text.length > LONGEST_MESSAGE ? `${text.slice(0, LONGEST_MESSAGE - 1)}…` : text);

export class Story {
  constructor(model) {
    this.model = model;
    this.moments = [];
    this.flow = new Flow(model, {
      tell: (moment) => this.#tell(moment),
      count: (...all) => this.#count(...all),
    });
  }

  /** Takes the same events as the model, after it has taken them. */
  add(events) {
    for (const event of events) {
      this.flow.take(event);
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

  /** A step is known when it has ended; its moment goes before what happened during it. */
  #tell(moment) {
    const place = this.moments.findLastIndex(({ ts }) => ts <= moment.ts) + 1;
    this.moments.splice(place, 0, moment);
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
    if (lane.isHelper) return;
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
      this.#count(`cancel ${why}`, event.ts, lane.owner, (n) => (n === 1 ? outOfTime(lane) : `${plural(n, "task")} ran out of time`));
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
      this.#timedOut(event, lane);
      return;
    }
    const where = line ? ` at line ${line}` : "";
    const what = sub?.length ? `${type} of ${sub.length}` : shorten(`${type}${msg ? `: ${msg}` : ""}`);
    this.#count(`failed ${where} ${what}`, event.ts, lane, (n) =>
      n === 1 ? `${lane.label} failed${where}: ${what}` : `${plural(n, "task")} failed${where}: ${what}`,
    );
  }

  #stopped(event, lane) {
    if (lane.cancel?.why === "timeout") {
      this.#timedOut(event, lane);
      return;
    }
    this.#count("stopped", event.ts, lane, (n) =>
      n === 1 ? `${lane.label} was cancelled` : `${plural(n, "task")} were cancelled`,
    );
  }

  #timedOut(event, lane) {
    const after = formatLength(event.ts - lane.start);
    this.#count("timed out", event.ts, lane.owner, (n) => {
      if (n > 1) return `${plural(n, "task")} gave up after ${after}`;
      return lane.isHelper ? `${lane.owner.label} gave up waiting after ${after}` : `${lane.label} timed out after ${after}`;
    });
  }

  #dropped(event) {
    this.#tell({ ts: event.ts, lane: null, text: `left out: ${countOut(event.args)}` });
  }

  #finished(event) {
    const { reason, error, exit } = event.args;
    const tasks = [...this.model.byTid.values()];
    const count = (outcome) => tasks.filter((lane) => lane.outcome === outcome).length;
    const parts = [
      [count("done"), "done"],
      [count("failed"), "failed"],
      [count("cancelled"), "cancelled"],
      [count(null), "cut off"],
    ].filter(([n]) => n > 0);
    const tally = parts.map(([n, word]) => `${n.toLocaleString("en")} ${word}`).join(", ");
    const word = ENDINGS[reason] ?? `The run ended at the ${reason.replace("_", " ")}`;
    const details = tally ? `${plural(tasks.length, "task")}, ${tally}` : whatFailed(error, exit);
    this.#tell({ ts: event.ts, lane: null, text: details ? `${word}: ${details}` : word });
  }
}

function outOfTime(lane) {
  if (lane.isHelper) return `${lane.owner.label} ran out of time, what it waits for is asked to stop`;
  return `${lane.label} ran out of time and is asked to stop`;
}

function whatFailed(error, exit) {
  if (error?.type === "Killed") return error.msg;
  if (error) return shorten(`${error.type}${error.msg ? `: ${error.msg}` : ""}`);
  return exit ? `exit code ${exit}` : "";
}
