import assert from "node:assert/strict";
import { test } from "node:test";

import { lastNotAbove, Model, waitWord } from "../../static/js/timeline/model.js";
import { cancelled, counted, created, dropped, ended, resource, runEnded, site, step } from "./events.js";

function modelOf(...events) {
  const model = new Model();
  model.add(events);
  return model;
}

test("binary search finds the last entry that is not above", () => {
  assert.equal(lastNotAbove([], 5), -1);
  assert.equal(lastNotAbove([10, 20, 30], 9), -1);
  assert.equal(lastNotAbove([10, 20, 30], 20), 1);
  assert.equal(lastNotAbove([10, 20, 20, 30], 20), 2);
  assert.equal(lastNotAbove([10, 20, 30], 99), 2);
});

test("lanes are a tree, parents before children, in the order of creation", () => {
  const model = modelOf(
    created(1, 0, { name: "main" }),
    created(2, 10, { parent: 1 }),
    created(3, 11, { parent: 1 }),
    created(4, 12, { parent: 2 }),
  );
  assert.deepEqual(
    model.rows().map(({ task, depth, row }) => [task, depth, row]),
    [
      [1, 0, 0],
      [2, 1, 1],
      [4, 2, 2],
      [3, 1, 3],
    ],
  );
});

test("a task created later finds its place under its parent", () => {
  const model = modelOf(created(1, 0), created(2, 1));
  assert.deepEqual(model.rows().map(({ task }) => task), [1, 2]);
  model.add([created(3, 2, { parent: 1 })]);
  assert.deepEqual(model.rows().map(({ task }) => task), [1, 3, 2]);
});

test("a task is ready from its creation until its first step", () => {
  const [lane] = modelOf(created(1, 100), step(1, 150, 10, { ready_us: 50 })).rows();
  const { state, since, until } = lane.stateAt(120);
  assert.deepEqual([state, since, until], ["ready", 100, 150]);
});

test("a step covers its time, both edges included", () => {
  const [lane] = modelOf(created(1, 0), step(1, 100, 20)).rows();
  assert.equal(lane.stateAt(100).state, "running");
  assert.equal(lane.stateAt(120).state, "running");
  assert.equal(lane.stateAt(121).state, "waiting");
});

test("the wait after a step lasts until the task is ready again", () => {
  const [lane] = modelOf(
    created(1, 0),
    step(1, 0, 10, { on: "sleep", arg: 0.5 }),
    step(1, 500, 10, { ready_us: 40 }),
  ).rows();
  const waiting = lane.stateAt(200);
  assert.deepEqual([waiting.state, waiting.since, waiting.until, waiting.word], ["waiting", 10, 460, "sleep 0.5"]);
  assert.equal(lane.stateAt(470).state, "ready");
});

test("a task made ready during its own step is not ready before that step ended", () => {
  const [lane] = modelOf(created(1, 0), step(1, 0, 30, { on: "yield" }), step(1, 50, 5, { ready_us: 45 })).rows();
  assert.equal(lane.readyAt(1), 30);
});

test("the wait of a task that goes on has no end yet", () => {
  const [lane] = modelOf(created(1, 0), step(1, 0, 10)).rows();
  assert.equal(lane.stateAt(5000).until, null);
});

test("after its end a task is what it ended as", () => {
  const [lane] = modelOf(created(1, 0), step(1, 0, 10, { on: "done" }), ended(1, 10, "failed")).rows();
  assert.equal(lane.stateAt(10).state, "failed");
});

test("the first accepted request to cancel is remembered, refused ones are not", () => {
  const [lane] = modelOf(
    created(1, 0),
    cancelled(1, 10, "user", { ok: false }),
    cancelled(1, 20, "timeout"),
    cancelled(1, 30, "user"),
  ).rows();
  assert.deepEqual([lane.cancel.ts, lane.cancel.why], [20, "timeout"]);
});

test("the loop row holds all steps in the order of time", () => {
  const model = modelOf(created(1, 0), created(2, 0), step(1, 0, 10), step(2, 30, 5), step(1, 20, 40));
  assert.deepEqual(model.loop.at, [0, 20, 30]);
  assert.deepEqual(model.loop.lane.map(({ task }) => task), [1, 1, 2]);
  assert.equal(model.laneRunningAt(5).task, 1);
  assert.equal(model.laneRunningAt(15), undefined);
});

test("lines come from the innermost frame of the learner's own", () => {
  const model = modelOf(site(3, [[40, "main"], [12, "fetch"]]));
  assert.equal(model.lineOf(3), 12);
  assert.equal(model.lineOf(99), undefined);
});

test("a semaphore's count is kept with its highest stack", () => {
  const model = modelOf(resource(1, "semaphore", 2), counted(1, 10, 2, 3), counted(1, 20, 2, 1));
  assert.equal(model.counters.get(2_000_001).most, 5);
  assert.equal(model.resourceWord(1), "semaphore(2)");
});

test("events of unknown tasks and of unknown kinds change no lane", () => {
  const model = modelOf(step(9, 0, 5), ended(9, 5), { q: 1, ph: "Z", cat: "new", name: "kind", tid: 1, ts: 7 });
  assert.deepEqual(model.rows(), []);
  assert.equal(model.eventCount, 3);
});

test("the end of the run is known with its reason", () => {
  const model = modelOf(runEnded(900, "wall_limit"));
  assert.equal(model.ended.reason, "wall_limit");
  assert.equal(model.last, 900);
});

test("a thousand tasks with ten steps each keep every step", () => {
  const model = new Model();
  for (let task = 1; task <= 1000; task += 1) model.add([created(task, task)]);
  for (let round = 0; round < 10; round += 1) {
    for (let task = 1; task <= 1000; task += 1) model.add([step(task, 2000 + round * 5000 + task * 4, 3)]);
  }
  assert.equal(model.stepCount, 10_000);
  assert.equal(model.rows().length, 1000);
  assert.ok(model.loop.at.every((at, i) => i === 0 || at >= model.loop.at[i - 1]));
});

test("waits are named in the field's words", () => {
  assert.equal(waitWord("sleep", 0.6000000000000001), "sleep 0.6");
  assert.equal(waitWord("gather", 5), "gather of 5");
  assert.equal(waitWord("task", 7), "task #7");
  assert.equal(waitWord("http.headers", undefined), "the answer");
  assert.equal(waitWord("queue.get", undefined), "queue.get");
  assert.equal(waitWord("sleep", undefined), "sleep");
});

test("what was left out counts by its last number for each reason", () => {
  const model = modelOf(dropped(1, "events"), dropped(5, "bytes of stdout"), dropped(40, "events"));
  assert.deepEqual([...model.leftOut], [["events", 40], ["bytes of stdout", 5]]);
});
