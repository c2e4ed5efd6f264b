import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { eventRow, matches } from "../../static/js/event_rows.js";
import { highlight } from "../../static/js/highlight.js";
import { checkNumber, literal, readParameter, writeParameter } from "../../static/js/parameters.js";
import { Model } from "../../static/js/timeline/model.js";
import { endWords, ordinal, queuedWords, showHidden } from "../../static/js/words.js";
import { created, ended, printed, site, step, TASK } from "./events.js";

const LESSONS = new URL("../../studyapp/content/lessons/concurrency/", import.meta.url);
const PROGRAM = 'PAGES = 10  #: 1 to 60. How many.\nHOW = "one by one"  #: one of a, b.\nTWICE = PAGES * 2\n';

test("a parameter's literal is read and written on its own line", () => {
  assert.equal(readParameter(PROGRAM, "PAGES"), "10");
  assert.equal(readParameter(PROGRAM, "HOW"), "one by one");
  assert.match(writeParameter(PROGRAM, "PAGES", "12"), /^PAGES = 12 {2}#: 1 to 60\. How many\.$/m);
  assert.match(writeParameter(PROGRAM, "HOW", literal("choice", "together")), /^HOW = "together" {2}#:/m);
});

test("a line that computes something, or is gone, is left alone", () => {
  assert.equal(readParameter(PROGRAM, "TWICE"), undefined);
  assert.equal(writeParameter(PROGRAM, "TWICE", "3"), PROGRAM);
  assert.equal(writeParameter(PROGRAM, "GONE", "3"), PROGRAM);
});

test("a number that only looks different is left as the author wrote it", () => {
  assert.equal(writeParameter("LIMIT = 200_000", "LIMIT", "200000"), "LIMIT = 200_000");
});

test("a value with signs that mean something in a replacement is written as it is", () => {
  assert.match(writeParameter(PROGRAM, "HOW", '"$& $1"'), /^HOW = "\$& \$1" {2}#:/m);
});

test("numbers are checked for kind and range", () => {
  const whole = { kind: "int", minimum: 1, maximum: 60 };
  assert.equal(checkNumber("60", whole), "");
  for (const text of ["61", "0", "1.5", "", "many", "0x10", "5e0", "1_0"]) {
    assert.equal(checkNumber(text, whole), "must be a whole number from 1 to 60");
  }
  assert.equal(checkNumber("0.25", { kind: "float", minimum: 0, maximum: 1 }), "");
});

test("colouring loses no letter of any lesson", () => {
  const files = readdirSync(LESSONS).filter((name) => name.endsWith(".py"));
  assert.ok(files.length >= 7);
  for (const name of files) {
    const program = readFileSync(new URL(name, LESSONS), "utf8");
    const joined = highlight(program).map((parts) => parts.map(([, text]) => text).join("")).join("\n");
    assert.equal(joined, program, name);
  }
});

test("strings, comments, keywords, numbers and names are told apart", () => {
  const parts = highlight("async def go(): return f'x' + 10  # end").flat().filter(([kind]) => kind);
  assert.deepEqual(parts, [["k", "async"], ["k", "def"], ["nf", "go"], ["k", "return"], ["s", "f'x'"], ["mi", "10"], ["c1", "# end"]]);
});

test("a string over several lines stays a string on each", () => {
  assert.deepEqual(highlight('"""if\nwhile"""\nx'), [[["s", '"""if']], [["s", 'while"""']], [["", "x"]]]);
});

test("a half-typed string ends with its line, a half-typed docstring with the program", () => {
  assert.deepEqual(highlight("x = 'if\nwhile")[1], [["k", "while"]]);
  assert.deepEqual(highlight('"""if\nwhile')[1], [["s", "while"]]);
});

test("events become rows in plain words", () => {
  const model = new Model();
  const list = [
    site(4, [[30, "fetch"]]),
    created(1, 0, { name: "main", via: "run" }),
    created(2, 1500, { parent: 1 }),
    step(2, 2000, 250, { on: "http.headers", site: 4 }),
    printed(TASK + 2, 2100, "hello\n"),
    ended(2, 3000, "failed", { error: { type: "ValueError", msg: "bad", line: 3, sub: [] } }),
  ];
  model.add(list);
  const rows = list.map((event) => eventRow(event, model));
  assert.equal(rows[0], null);
  const { time, task, what, detail, line } = rows[3];
  assert.deepEqual([time, task, what, detail, line], ["2.000", "fetch #2", "runs", "250 µs, then waits: the answer", "30"]);
  assert.equal(rows[2].detail, "by main #1, gather");
  assert.equal(rows[4].detail, "hello");
  assert.deepEqual([rows[5].what, rows[5].detail], ["failed", "ValueError: bad"]);
  assert.equal(matches(rows[3], ["fetch", "waits"]), true);
  assert.equal(matches(rows[3], ["fetch", "semaphore"]), false);
});

test("endings are told in a sentence", () => {
  assert.equal(endWords({ reason: "finished" }, 0.834), "Finished after 0.83 s.");
  assert.equal(endWords({ reason: "failed", error: { type: "ValueError", line: 7 } }, 12.34), "Ended with ValueError at line 7 after 12.3 s.");
  assert.equal(endWords({ reason: "new_reason" }), "Ended: new_reason.");
  assert.equal(endWords({ reason: "failed", error: null, exit: 3 }, 1), "Ended with exit code 3 after 1.00 s.");
  const killed = { type: "Killed", msg: "killed by SIGKILL", line: null };
  assert.equal(endWords({ reason: "failed", error: killed, exit: 137 }, 1), "Killed by SIGKILL after 1.00 s.");
});

test("what to do after a lost run stands in a sentence of its own", () => {
  const words = "Cut off after 0.79 s. The process that runs programs was lost; press Run to try again.";
  assert.equal(endWords({ reason: "runner_lost" }, 0.79), words);
});

test("signs that hide or reorder text are shown as Python writes them", () => {
  assert.equal(showHidden("a\x1b[31m \0 \u202eb\t\n<b>é 🎉"), "a\\x1b[31m \\x00 \\u202eb\t\n<b>é 🎉");
});

test("places in the queue are ordinal numbers", () => {
  assert.deepEqual([1, 2, 3, 4, 11, 12, 21, 112].map(ordinal), ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "112th"]);
  assert.equal(queuedWords(3), "3rd in line for a free place…");
});
