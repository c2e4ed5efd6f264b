// Events as the server sends them, for the tests beside this file.

export const TASK = 1_000_000;

let q = 0;

const event = (ph, cat, name, tid, ts, args, extra = {}) => ({ q: (q += 1), ph, cat, name, pid: 2, tid, ts, ...extra, args });

export const created = (task, ts, { name = "fetch", parent = null, via = "gather", site = null } = {}) =>
  event("B", "task", name, TASK + task, ts, { task, parent, site, via });

export const step = (task, ts, dur, args = {}) =>
  event("X", "run", "step", TASK + task, ts, { ready_us: 0, by: "io", on: "sleep", site: null, ...args }, { dur });

export const ended = (task, ts, outcome = "done", args = {}) =>
  event("E", "task", "fetch", TASK + task, ts, { outcome, ...args });

export const cancelled = (task, ts, why, { by = "io", ok = true } = {}) =>
  event("i", "cancel", "request", TASK + task, ts, { by, why, site: null, ok }, { s: "t" });

export const site = (id, stack) => event("M", "meta", "site", 1, 0, { id, stack, via: null });

export const resource = (id, kind, limit) => event("M", "meta", "res", 2_000_000 + id, 0, { id, kind, limit, site: null });

export const counted = (id, ts, held, waiting) =>
  event("C", "sem", "sem", 2_000_000 + id, ts, { free: 0, held, waiting });

export const printed = (tid, ts, text, stream = "stdout") =>
  event("i", "out", "out", tid, ts, { stream, text }, { s: "t" });

export const dropped = (n, reason, ts = 0) => event("M", "meta", "dropped", 0, ts, { n, reason });

export const runEnded = (ts, reason = "finished") => event("M", "meta", "end", 0, ts, { reason, exit: 0, wall_ms: ts / 1000 });
