import assert from "node:assert/strict";
import { test } from "node:test";

import { describe, lineAt, sayLane } from "../../static/js/timeline/facts.js";
import { Model } from "../../static/js/timeline/model.js";
import { goodSpeed, Player } from "../../static/js/timeline/player.js";
import { Story } from "../../static/js/timeline/story.js";
import { cancelled, counted, created, dropped, ended, resource, runEnded, site, step } from "./events.js";

function tell(...events) {
  const model = new Model();
  const story = new Story(model);
  model.add(events);
  story.add(events);
  return { model, story, texts: story.moments.map(({ text }) => text) };
}

const family = () => [
  created(1, 0, { name: "main" }),
  created(2, 100, { parent: 1 }),
  created(3, 120, { parent: 1 }),
  created(4, 140, { parent: 1 }),
];

test("a burst of new tasks is one moment", () => {
  assert.deepEqual(tell(...family()).texts, ["main #1 begins", "main #1 starts 3 tasks"]);
});

test("what was left out is told with its reason, be it events or bytes", () => {
  assert.equal(tell(dropped(4096, "bytes of stdout")).texts.at(-1), "left out: 4,096 bytes of stdout");
  assert.equal(tell(dropped(1, "the tracer failed: X")).texts.at(-1), "left out: 1 event: the tracer failed: X");
});

test("a group that cancels its tasks is one moment with their number", () => {
  const { texts } = tell(...family(), cancelled(2, 9000, "TaskGroup"), cancelled(3, 9010, "TaskGroup"));
  assert.equal(texts.at(-1), "TaskGroup cancels 2 siblings");
});

test("cancels far apart are told apart", () => {
  const { texts } = tell(...family(), cancelled(2, 9000, "TaskGroup"), cancelled(3, 90_000, "TaskGroup"));
  assert.deepEqual(texts.slice(2), ["TaskGroup cancels 1 sibling", "TaskGroup cancels 1 sibling"]);
});

test("a timeout names the task and how long it took", () => {
  const { texts } = tell(...family(), cancelled(2, 50_000, "timeout"), ended(2, 50_100, "cancelled"));
  assert.deepEqual(texts.slice(2), ["fetch #2 ran out of time and is asked to stop", "fetch #2 timed out after 50 ms"]);
});

test("timeouts of several tasks at once are one moment", () => {
  const both = [cancelled(2, 50_000, "timeout"), cancelled(3, 50_010, "timeout")];
  const { texts } = tell(...family(), ...both, ended(2, 50_100, "cancelled"), ended(3, 50_120, "cancelled"));
  assert.deepEqual(texts.slice(2), ["2 tasks ran out of time", "2 tasks gave up after 50 ms"]);
});

test("what befalls a library's own task is told of the task it works for", () => {
  const helper = created(5, 200, { name: "ClientSession._request", parent: 2, via: "wait_for" });
  const { texts } = tell(...family(), helper, cancelled(5, 50_200, "timeout"), ended(5, 50_200, "cancelled"));
  assert.deepEqual(texts.slice(2), [
    "fetch #2 ran out of time, what it waits for is asked to stop",
    "fetch #2 gave up waiting after 50 ms",
  ]);
});

test("equal failures at the same time are one moment", () => {
  const error = { type: "ValueError", msg: "no", line: 3, sub: [] };
  const { texts } = tell(...family(), ended(2, 500, "failed", { error }), ended(3, 510, "failed", { error }));
  assert.equal(texts.at(-1), "2 tasks failed at line 3: ValueError: no");
});

test("a semaphore is told when it is full and when its queue is empty", () => {
  const counts = [[1, 0], [2, 0], [2, 1], [2, 2], [1, 2], [2, 1], [1, 1], [2, 0], [1, 0]];
  const { texts } = tell(
    ...family(),
    resource(1, "semaphore", 2),
    ...counts.map(([held, waiting], i) => counted(1, 1000 + i * 10_000, held, waiting)),
  );
  assert.deepEqual(texts.slice(2), [
    "The semaphore(2) is full: 2 inside, 2 waiting",
    "Nobody waits for the semaphore(2) any more",
  ]);
});

test("work in a thread leaves the loop free, a long step holds it", () => {
  const thread = [step(1, 1000, 50, { on: "thread" }), step(1, 300_000, 20, { by: "thread" })];
  assert.deepEqual(tell(...family(), ...thread).texts.slice(2), [
    "main #1 waits for a thread, the loop stays free",
    "The thread is done, main #1 goes on",
  ]);
  const { texts } = tell(...family(), step(1, 1000, 423_000), step(2, 500_000, 20));
  assert.deepEqual(texts.slice(2), ["main #1 holds the loop for 423 ms, nothing else can run"]);
});

test("a long step is told before what happened during it", () => {
  const { story } = tell(created(1, 0, { name: "main" }), created(2, 150_000, { parent: 1 }), step(1, 1000, 200_000));
  assert.deepEqual(story.moments.map(({ ts }) => ts), [0, 1000, 150_000]);
});

test("a program that fails without tasks says with what", () => {
  const end = runEnded(400, "failed");
  end.args.error = { type: "SyntaxError", msg: "invalid syntax", line: 1, sub: [] };
  assert.deepEqual(tell(end).texts, ["The program failed: SyntaxError: invalid syntax"]);
  end.args.error = { type: "Killed", msg: "killed by SIGKILL", line: null, sub: [] };
  assert.deepEqual(tell(end).texts, ["The program failed: killed by SIGKILL"]);
});

test("a failure names task, line and exception", () => {
  const error = { type: "ValueError", msg: "no such page", line: 12, sub: [] };
  const { texts } = tell(...family(), ended(2, 500, "failed", { error }));
  assert.equal(texts.at(-1), "fetch #2 failed at line 12: ValueError: no such page");
});

test("a group of exceptions is told with its size", () => {
  const leaf = { type: "ValueError", msg: "", line: 1, sub: [] };
  const error = { type: "ExceptionGroup", msg: "unhandled", line: 3, sub: [leaf, leaf] };
  assert.equal(tell(...family(), ended(1, 500, "failed", { error })).texts.at(-1), "main #1 failed at line 3: ExceptionGroup of 2");
});

test("a swallowed cancellation is told", () => {
  const { texts } = tell(...family(), cancelled(2, 300, "user", { by: 1 }), ended(2, 900, "done", { swallowed: true }));
  assert.deepEqual(texts.slice(2), ["main #1 cancels fetch #2", "fetch #2 swallowed its cancellation and went on to the end"]);
});

test("the end counts what became of the tasks", () => {
  const { texts } = tell(...family(), ended(2, 300), ended(3, 310, "failed"), runEnded(400, "wall_limit"));
  assert.equal(texts.at(-1), "The run ended at the wall limit: 4 tasks, 1 done, 1 failed, 2 cut off");
});

test("the moment at a time is the latest one that has come", () => {
  const { story } = tell(...family());
  assert.equal(story.at(50).text, "main #1 begins");
  assert.equal(story.at(1000).text, "main #1 starts 3 tasks");
  assert.equal(story.at(-1), undefined);
});

test("facts name state, line, waker and starter", () => {
  const { model } = tell(
    ...family(),
    site(5, [[33, "fetch"]]),
    resource(1, "semaphore", 2),
    step(2, 200, 50, { by: 1, on: "semaphore", res: 1, site: 5 }),
    step(2, 900, 10, { by: 3, on: "sleep", arg: 1, site: 5 }),
  );
  const lane = model.byTask.get(2);
  const waiting = describe(model, lane, 400);
  assert.equal(waiting.state, "waiting: semaphore of 2");
  assert.deepEqual(waiting.rows, [["waits for", "650 µs"], ["line", "33"], ["started by", "main #1, gather"]]);
  assert.deepEqual(describe(model, lane, 905).rows[2], ["woken by", "fetch #3"]);
  assert.equal(lineAt(model, lane, 400), 33);
  assert.match(sayLane(model, lane, 400), /^fetch #2: waiting: semaphore of 2, waits for 650 µs/);
});

test("the line of a task that has ended is where it was last seen in the program", () => {
  const steps = [step(2, 200, 5, { site: 5 }), step(2, 300, 5, { on: "done" }), ended(2, 310)];
  const { model } = tell(...family(), site(5, [[33, "fetch"]]), ...steps);
  assert.equal(lineAt(model, model.byTask.get(2), 400), 33);
});

test("facts of a failed task tell its error", () => {
  const error = { type: "ValueError", msg: "bad", line: 3, sub: [] };
  const { model } = tell(...family(), step(2, 200, 5, { on: "done" }), ended(2, 300, "failed", { error }));
  const { state, rows } = describe(model, model.byTask.get(2), 400);
  assert.equal(state, "failed");
  assert.deepEqual(rows.at(-1), ["error", "ValueError: bad"]);
});

test("a replay begins at the start, moves at its speed and ends by showing all", () => {
  const player = new Player(1_000_000);
  player.speed = 0.5;
  player.play();
  player.tick(1000);
  player.tick(1400);
  assert.equal(player.position, 200_000);
  player.tick(9000);
  assert.deepEqual([player.position, player.isPlaying], [null, false]);
});

test("a paused replay stands still and goes on without a jump", () => {
  const player = new Player(1_000_000);
  player.speed = 1;
  player.seek(100_000);
  player.play();
  player.tick(0);
  player.tick(100);
  player.pause();
  player.tick(5000);
  player.play();
  player.tick(6000);
  assert.equal(player.position, 200_000);
});

test("short runs are slowed down, long ones are not", () => {
  assert.deepEqual([200_000, 900_000, 9_000_000].map(goodSpeed), [0.02, 0.1, 1]);
});
