// Events in words, for the table: {q, ts, time, task, what, detail, line}. Steps tell what they end in waiting for.

import { formatLength } from "./timeline/scale.js";
import { waitWord } from "./timeline/model.js";
import { countOut, showHidden } from "./words.js";

const WORDS = {
  "M run": (event, { args }) => ["run begins", `Python ${args.python}, ${args.gil ? "with" : "without"} the GIL`],
  "M end": (event, { args }) => ["run ends", args.reason.replaceAll("_", " ")],
  "M dropped": (event, { args }) => ["left out", countOut(args)],
  "B task": (event, { args, model }) => {
    const parent = model.byTask.get(args.parent);
    return ["created", [parent ? `by ${parent.label}` : "", args.via ?? ""].filter(Boolean).join(", ")];
  },
  "X step": (event, { args }) => {
    const then = args.on === "done" ? "then done" : `then waits: ${waitWord(args.on, args.arg)}`;
    return ["runs", `${formatLength(event.dur)}, ${then}`];
  },
  "E task": (event, { args }) => [args.outcome, endDetail(args)],
  "i request": (event, { args }) => ["cancel asked", args.why],
  "i acquire": (event, { args, model }) => ["acquires", model.resourceWord(args.res)],
  "i release": (event, { args, model }) => ["releases", model.resourceWord(args.res)],
  "C sem": (event, { args }) => ["semaphore", `${args.held} held, ${args.waiting} waiting, ${args.free} free`],
  "i out": (event, { args }) => [args.stream === "stderr" ? "prints an error" : "prints", showHidden(args.text.trimEnd())],
};

function endDetail({ error, result, swallowed }) {
  if (error) return `${error.type}: ${error.msg}`;
  if (swallowed) return "though it was asked to stop";
  return result ?? "";
}

/** The row of an event, or null for one that only names things. The model must have taken the event before. */
export function eventRow(event, model) {
  const words = WORDS[`${event.ph} ${event.cat === "task" ? "task" : event.name}`];
  if (!words) return null;
  const args = event.args ?? {};
  const [what, detail] = words(event, { args, model });
  const line = model.lineOf(args.site);
  return {
    q: event.q,
    ts: event.ts,
    time: (event.ts / 1000).toFixed(3),
    task: model.byTid.get(event.tid)?.label ?? "",
    what,
    detail,
    line: line === undefined ? "" : String(line),
  };
}

/** Whether a row holds every word of the filter. */
export function matches(row, words) {
  const text = `${row.task} ${row.what} ${row.detail} line ${row.line}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
