import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { retryDelay, RunSocket } from "../../static/js/run_socket.js";

/** The server's side of a connection, moved by hand. */
class Line {
  constructor() {
    this.readyState = 0;
    this.sent = [];
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.drop();
  }

  open() {
    this.readyState = 1;
    this.onopen();
  }

  say(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }

  drop() {
    this.readyState = 3;
    this.onclose();
  }
}

let lines;
let timers;
let socket;
let heard;

beforeEach(() => {
  lines = [];
  timers = [];
  heard = [];
  socket = new RunSocket({
    url: "/ws/runs/",
    connect: () => lines[lines.push(new Line()) - 1],
    later: (act, ms) => timers.push({ act, ms }),
    random: () => 0.5,
  });
  for (const type of ["accepted", "watching", "started", "events", "end", "error", "inputerror", "connection"]) {
    socket.addEventListener(type, ({ detail }) => heard.push([type, detail]));
  }
});

const numbers = () => heard.filter(([type]) => type === "events").flatMap(([, { events }]) => events.map(({ q }) => q));
const events = (run, ...qs) => ({ type: "events", run, events: qs.map((q) => ({ q })) });
const words = (type) => heard.filter(([each]) => each === type).map(([, detail]) => detail);

function startRun() {
  socket.start({ lesson: "gil", parameters: {} });
  lines[0].open();
  lines[0].say({ type: "accepted", ref: "1", run: "r1", lesson: "gil" });
}

function comeBack() {
  timers.at(-1).act();
  lines.at(-1).open();
}

test("a start is sent as soon as the connection is open", () => {
  socket.start({ lesson: "gil", parameters: { N: 1 } });
  assert.deepEqual(lines[0].sent, []);
  lines[0].open();
  assert.deepEqual(lines[0].sent, [{ type: "start", ref: "1", lesson: "gil", parameters: { N: 1 } }]);
});

test("a second start uses the connection that is there", () => {
  startRun();
  lines[0].say({ type: "end", run: "r1", reason: "finished", last: 0 });
  socket.start({ lesson: "gil", parameters: {} });
  assert.equal(lines.length, 1);
  assert.equal(lines[0].sent[1].ref, "2");
});

test("after a lost connection it watches from the last event it has", () => {
  startRun();
  lines[0].say(events("r1", 1, 2, 3));
  lines[0].drop();
  comeBack();
  assert.deepEqual(lines[1].sent, [{ type: "watch", run: "r1", after: 3 }]);
});

test("events told twice are handed on once", () => {
  startRun();
  lines[0].say(events("r1", 1, 2, 3));
  lines[0].drop();
  comeBack();
  lines[1].say({ type: "watching", run: "r1", state: "running", after: 3 });
  lines[1].say(events("r1", 2, 3, 4, 5));
  assert.deepEqual(numbers(), [1, 2, 3, 4, 5]);
});

test("a gap is not handed on but asked for, once", () => {
  startRun();
  lines[0].say(events("r1", 1, 2));
  lines[0].say(events("r1", 5, 6));
  lines[0].say(events("r1", 7));
  assert.deepEqual(lines[0].sent.slice(1), [{ type: "watch", run: "r1", after: 2 }]);
  lines[0].say({ type: "watching", run: "r1", state: "running", after: 2 });
  lines[0].say(events("r1", 3, 4, 5, 6, 7));
  assert.deepEqual(numbers(), [1, 2, 3, 4, 5, 6, 7]);
});

test("an ended run is not watched again", () => {
  startRun();
  lines[0].say({ type: "end", run: "r1", reason: "finished", last: 0 });
  lines[0].drop();
  assert.deepEqual(timers, []);
});

test("a start that was never answered is sent again", () => {
  socket.start({ lesson: "gil", parameters: {} });
  lines[0].open();
  lines[0].drop();
  comeBack();
  assert.deepEqual(lines[1].sent, [{ type: "start", ref: "1", lesson: "gil", parameters: {} }]);
});

test("a start that waits for its first connection is sent once", () => {
  socket.start({ lesson: "gil", parameters: {} });
  lines[0].drop();
  comeBack();
  assert.equal(lines[1].sent.length, 1);
});

test("a stop pressed while the connection is lost is sent after it is back", () => {
  startRun();
  lines[0].drop();
  socket.stop();
  comeBack();
  assert.deepEqual(lines.at(-1).sent.map(({ type }) => type), ["watch", "stop"]);
});

test("messages of another run are not ours", () => {
  startRun();
  lines[0].say(events("r0", 1));
  lines[0].say({ type: "end", run: "r0", reason: "finished", last: 1 });
  assert.deepEqual(numbers(), []);
  assert.equal(socket.isOver, false);
});

test("a refused start is over and tells its field", () => {
  socket.start({ lesson: "gil", parameters: { N: 99 } });
  lines[0].open();
  lines[0].say({ type: "error", ref: "1", code: "bad_parameter", field: "parameters.N", message: "N must be less" });
  assert.equal(socket.isOver, true);
  assert.equal(words("error")[0].field, "parameters.N");
});

test("a socket too many tells why and does not come back", () => {
  socket.watch("r1");
  lines[0].open();
  lines[0].say({ type: "error", code: "too_many", message: "You have too many pages open." });
  lines[0].drop();
  assert.equal(words("error").length, 1);
  assert.deepEqual(timers, []);
});

test("retries wait longer each time, spread by chance, up to a bound", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 9].map((tries) => retryDelay(tries, 0.5)), [250, 500, 1000, 2000, 4000, 4000]);
  assert.deepEqual([retryDelay(0, 0), retryDelay(0, 1)], [200, 300]);
});

test("a server that stays away is given up with a word, and can be tried again", () => {
  startRun();
  lines[0].drop();
  for (let i = 0; i < 12; i += 1) {
    timers.at(-1).act();
    lines.at(-1).drop();
  }
  assert.deepEqual(words("connection").at(-1), { state: "gone" });
  socket.retry();
  lines.at(-1).open();
  assert.deepEqual(lines.at(-1).sent, [{ type: "watch", run: "r1", after: 0 }]);
});

test("closing it for good starts no retry", () => {
  startRun();
  socket.close();
  assert.deepEqual(timers, []);
});

test("input goes to the run that is live, in order", () => {
  startRun();
  socket.sendInput("Ada\n");
  socket.endInput();
  assert.deepEqual(
    lines[0].sent.slice(1).map(({ type, run, text }) => [type, run, text]),
    [
      ["input", "r1", "Ada\n"],
      ["input_end", "r1", undefined],
    ],
  );
});

test("input typed while the connection is lost is sent once, after it is back", () => {
  startRun();
  socket.sendInput("before\n");
  lines[0].drop();
  socket.sendInput("meanwhile\n");
  comeBack();
  assert.deepEqual(lines[1].sent.map(({ type, text }) => text ?? type), ["watch", "meanwhile\n"]);
});

test("no input is sent before a run is accepted or after it has ended", () => {
  socket.start({ lesson: "gil", parameters: {} });
  socket.sendInput("early\n");
  lines[0].open();
  lines[0].say({ type: "accepted", ref: "1", run: "r1", lesson: "gil" });
  lines[0].say({ type: "end", run: "r1", reason: "finished", last: 0 });
  socket.sendInput("late\n");
  socket.endInput();
  assert.deepEqual(lines[0].sent.map(({ type }) => type), ["start"]);
});

test("input that is refused does not end the run for the page", () => {
  startRun();
  socket.sendInput("x".repeat(9));
  const { ref } = lines[0].sent.at(-1);
  lines[0].say({ type: "error", ref, run: "r1", code: "too_large", field: "text", message: "too much" });
  assert.equal(socket.isOver, false);
  assert.deepEqual([words("error").length, words("inputerror")[0].message], [0, "too much"]);
  lines[0].say(events("r1", 1));
  assert.deepEqual(numbers(), [1]);
});
