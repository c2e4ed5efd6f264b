// What is known about a task at one moment, in words: {title, state, rows: [[name, value]]}.

import { formatLength } from "./scale.js";

const WAKERS = { io: "I/O", timer: "a timer", thread: "a thread", outside: "the start or end of the loop" };

export function describe(model, lane, time) {
  const now = lane.stateAt(time);
  const rows = [stateRow(now), lineRow(model, lane, now), wakeRow(model, lane, now)];
  rows.push(cancelRow(model, lane, time), startRow(lane), endRow(lane, time));
  return { title: lane.label, state: stateWords(model, lane, now), rows: rows.filter(Boolean) };
}

/** One sentence for a reader that does not see the picture. */
export function sayLane(model, lane, time) {
  const facts = describe(model, lane, time);
  return [`${facts.title}: ${facts.state}`, ...facts.rows.map(([name, value]) => `${name} ${value}`)].join(", ");
}

/** The line that a task is at, or where it was last seen in the program; undefined when unknown. */
export function lineAt(model, lane, time) {
  for (let { step } = lane.stateAt(time); step >= 0; step -= 1) {
    const line = model.lineOf(lane.site[step]);
    if (line !== undefined) return line;
  }
  return model.lineOf(lane.createdAt);
}

function stateWords(model, lane, now) {
  if (now.state === "waiting") return now.word === "done" ? "done" : `waiting: ${waitWords(model, lane, now)}`;
  if (now.state === "ready") return "ready, waiting for its turn on the loop";
  return { running: "running", done: "done", failed: "failed", cancelled: "cancelled" }[now.state];
}

function waitWords(model, lane, now) {
  return now.word + (lane.on[now.step] === "semaphore" ? limitOf(model, lane, now.step) : "");
}

function limitOf(model, lane, step) {
  const limit = model.resources.get(lane.res[step])?.limit;
  return limit === undefined || limit === null ? "" : ` of ${limit}`;
}

function stateRow(now) {
  if (now.until === null || now.until === undefined) return null;
  return [{ running: "ran for", ready: "ready for", waiting: "waits for" }[now.state], formatLength(now.until - now.since)];
}

function lineRow(model, lane, now) {
  const line = model.lineOf(now.step >= 0 ? lane.site[now.step] : lane.createdAt);
  return line === undefined ? null : ["line", String(line)];
}

function wakeRow(model, lane, now) {
  if (now.step < 0 || (now.state !== "running" && now.state !== "ready")) return null;
  const by = lane.by[now.step];
  const who = WAKERS[by] ?? model.byTask.get(by)?.label;
  return who ? ["woken by", who] : null;
}

function cancelRow(model, lane, time) {
  if (!lane.cancel || time < lane.cancel.ts) return null;
  const who = { user: model.byTask.get(lane.cancel.by)?.label ?? "the program", runner: "the end of the run" };
  return ["asked to stop by", who[lane.cancel.why] ?? lane.cancel.why];
}

function startRow(lane) {
  return lane.parent ? ["started by", lane.via ? `${lane.parent.label}, ${lane.via}` : lane.parent.label] : null;
}

function endRow(lane, time) {
  if (lane.end === null || time < lane.end) return null;
  if (lane.error) return ["error", `${lane.error.type}: ${lane.error.msg}`];
  return lane.result === null ? ["lasted", formatLength(lane.end - lane.start)] : ["result", lane.result];
}
