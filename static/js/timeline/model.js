// Events of a run become lanes. Knows no DOM and no clock; every time is in microseconds since the run's start.

const NO_STEP = -1;

/** Index of the last entry of a rising list that is not above `value`, or -1. */
export function lastNotAbove(list, value) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

const WAITS = {
  taskgroup: () => "the TaskGroup",
  thread: () => "a thread",
  future: () => "a future",
  lock: () => "a lock",
  event: () => "an event",
  "http.pool": () => "a free connection",
  "http.connect": () => "the connection",
  "http.headers": () => "the answer",
  "http.body": () => "the rest of the answer",
  "io.read": () => "data to read",
  "io.write": () => "room to write",
  sleep: (arg) => `sleep ${typeof arg === "number" ? Number(arg.toPrecision(3)) : arg}`,
  gather: (arg) => `gather of ${arg}`,
  task: (arg) => `task #${arg}`,
};

/** The words for what a suspended task waits for. */
export function waitWord(on, arg) {
  if (!WAITS[on] || (arg === undefined && WAITS[on].length > 0)) return on ?? "";
  return WAITS[on](arg);
}

class Lane {
  constructor(known) {
    const { tid, task, name, parent, depth, start, via, createdAt } = known;
    Object.assign(this, { tid, task, name, parent, depth, start, via, createdAt });
    this.children = [];
    this.end = null;
    this.outcome = null;
    this.error = null;
    this.result = null;
    this.swallowed = false;
    this.cancel = null;
    // One entry per step, all lists of equal length, in the order of time.
    this.at = [];
    this.dur = [];
    this.ready = [];
    this.by = [];
    this.on = [];
    this.arg = [];
    this.res = [];
    this.site = [];
  }

  get label() {
    return `${this.name} #${this.task}`;
  }

  /** A task that a library started for itself: its coroutine is private by Python's own custom. */
  get isHelper() {
    return this.parent !== null && this.name.startsWith("_");
  }

  /** The nearest task of the learner's: this one, or the one that the helper works for. */
  get owner() {
    return this.isHelper ? this.parent.owner : this;
  }

  /** The last step that began at or before `time`, or -1. */
  stepAt(time) {
    return lastNotAbove(this.at, time);
  }

  stepEnd(step) {
    return this.at[step] + this.dur[step];
  }

  /** When the task was woken for this step; never before the step before it had ended. */
  readyAt(step) {
    const floor = step === 0 ? this.start : this.stepEnd(step - 1);
    return Math.max(floor, this.at[step] - this.ready[step]);
  }

  waitAfter(step) {
    return waitWord(this.on[step], this.arg[step]);
  }

  /** What the task is doing at `time`: {state, since, until|null, step, word}. */
  stateAt(time) {
    if (this.end !== null && time >= this.end) {
      return { state: this.outcome, since: this.end, until: null, step: this.at.length - 1, word: "" };
    }
    const step = this.stepAt(time);
    if (step === NO_STEP) {
      const until = this.at.length ? this.at[0] : this.end;
      return { state: "ready", since: this.start, until, step: NO_STEP, word: "" };
    }
    if (time <= this.stepEnd(step)) {
      return { state: "running", since: this.at[step], until: this.stepEnd(step), step, word: "" };
    }
    const next = step + 1;
    if (next < this.at.length && time >= this.readyAt(next)) {
      return { state: "ready", since: this.readyAt(next), until: this.at[next], step: next, word: "" };
    }
    const until = next < this.at.length ? this.readyAt(next) : this.end;
    return { state: "waiting", since: this.stepEnd(step), until, step, word: this.waitAfter(step) };
  }
}

export class Model {
  constructor() {
    this.lanes = [];
    this.byTid = new Map();
    this.byTask = new Map();
    this.sites = new Map();
    this.resources = new Map();
    this.counters = new Map();
    // Every step of every task, for the row that shows what the loop runs.
    this.loop = { at: [], dur: [], lane: [] };
    this.roots = [];
    this.facts = null;
    this.ended = null;
    // How much was left out, by reason: each reason's last event has its final number.
    this.leftOut = new Map();
    this.last = 0;
    this.eventCount = 0;
    this.stepCount = 0;
    this.ordered = true;
  }

  /** Takes events in the order of their numbers. */
  add(events) {
    for (const event of events) {
      this.eventCount += 1;
      this.last = Math.max(this.last, event.ts + (event.dur ?? 0));
      const take = TAKERS[`${event.ph} ${event.cat === "task" ? "task" : event.name}`];
      take?.(this, event, event.args ?? {});
    }
  }

  /** Lanes as a tree, parents before children; built again only when a task was created. */
  rows() {
    if (!this.ordered) {
      this.lanes = [];
      const open = [...this.roots].reverse();
      while (open.length) {
        const lane = open.pop();
        lane.row = this.lanes.length;
        this.lanes.push(lane);
        for (let i = lane.children.length - 1; i >= 0; i -= 1) open.push(lane.children[i]);
      }
      this.ordered = true;
    }
    return this.lanes;
  }

  /** The learner's own line where the site is, innermost; undefined when none is known. */
  lineOf(site) {
    const stack = this.sites.get(site);
    return stack?.length ? stack[stack.length - 1][0] : undefined;
  }

  /** Which lane's step covers `time`, with `slack` to either side; undefined when the loop sleeps. */
  laneRunningAt(time, slack = 0) {
    const { at, dur, lane } = this.loop;
    const i = lastNotAbove(at, time + slack);
    return i >= 0 && at[i] + dur[i] + slack >= time ? lane[i] : undefined;
  }

  resourceWord(id) {
    const resource = this.resources.get(id);
    if (!resource) return "";
    const limit = resource.limit === null || resource.limit === undefined ? "" : `(${resource.limit})`;
    return `${resource.kind}${limit}`;
  }

  /** The word for the resource that a counter counts. */
  counterWord(tid) {
    const resource = [...this.resources.values()].find((each) => each.tid === tid);
    return resource ? this.resourceWord(resource.id) : "semaphore";
  }
}

/** The last part of a qualified name: what the coroutine is called where it is written. */
function shortName(name) {
  return name.slice(name.lastIndexOf(".") + 1);
}

function addLane(model, event, args) {
  const parent = model.byTask.get(args.parent) ?? null;
  const depth = parent ? parent.depth + 1 : 0;
  const lane = new Lane({
    tid: event.tid,
    task: args.task,
    name: shortName(event.name),
    parent,
    depth,
    start: event.ts,
    via: args.via,
    createdAt: args.site,
  });
  (parent ? parent.children : model.roots).push(lane);
  model.byTid.set(event.tid, lane);
  model.byTask.set(args.task, lane);
  model.ordered = false;
}

function addStep(model, event, args) {
  const lane = model.byTid.get(event.tid);
  if (!lane) return;
  lane.at.push(event.ts);
  lane.dur.push(event.dur);
  lane.ready.push(args.ready_us ?? 0);
  lane.by.push(args.by);
  lane.on.push(args.on);
  lane.arg.push(args.arg);
  lane.res.push(args.res);
  lane.site.push(args.site);
  model.stepCount += 1;
  addToLoop(model.loop, event.ts, event.dur, lane);
}

/** Steps come in the order in which they end; one that another one enclosed is put where it began. */
function addToLoop({ at, dur, lane }, ts, length, owner) {
  const place = at.length === 0 || ts >= at[at.length - 1] ? at.length : lastNotAbove(at, ts) + 1;
  at.splice(place, 0, ts);
  dur.splice(place, 0, length);
  lane.splice(place, 0, owner);
}

function endLane(model, event, args) {
  const lane = model.byTid.get(event.tid);
  if (!lane) return;
  lane.end = event.ts;
  lane.outcome = args.outcome;
  lane.error = args.error ?? null;
  lane.result = args.result ?? null;
  lane.swallowed = Boolean(args.swallowed);
}

function requestCancel(model, event, args) {
  const lane = model.byTid.get(event.tid);
  if (lane && args.ok !== false) lane.cancel ??= { ts: event.ts, why: args.why, by: args.by, site: args.site };
}

function count(model, event, args) {
  if (!model.counters.has(event.tid)) {
    model.counters.set(event.tid, { at: [], held: [], waiting: [], free: [], most: 0 });
  }
  const counter = model.counters.get(event.tid);
  counter.at.push(event.ts);
  counter.held.push(args.held);
  counter.waiting.push(args.waiting);
  counter.free.push(args.free);
  counter.most = Math.max(counter.most, args.held + args.waiting);
}

const TAKERS = {
  "B task": addLane,
  "E task": endLane,
  "X step": addStep,
  "i request": requestCancel,
  "C sem": count,
  "M site": (model, event, args) => model.sites.set(args.id, args.stack),
  "M res": (model, event, args) => model.resources.set(args.id, { ...args, tid: event.tid }),
  "M run": (model, event, args) => {
    model.facts = args;
  },
  "M dropped": (model, event, args) => {
    model.leftOut.set(args.reason, args.n);
  },
  "M end": (model, event, args) => {
    model.ended = { ...args, ts: event.ts };
  },
};
