import assert from "node:assert/strict";
import { test } from "node:test";

import { leftOutWords } from "../../static/js/words.js";

const told = (...numbers) => leftOutWords(new Map(numbers));

test("bytes and events that were left out are told apart", () => {
  assert.equal(told(["events", 10], ["bytes of stdout", 12345]), "12,345 bytes of stdout and 10 events left out");
});

test("events that were left out for reasons of their own count as events", () => {
  assert.equal(told(["a run may hold 100 events", 10], ["the tracer failed: X", 2], ["events", 3]), "15 events left out");
});

test("one is one", () => {
  assert.equal(
    told(["bytes of stdout", 1], ["bytes of stderr", 1], ["invalid events", 1], ["events", 1]),
    "1 byte of stderr, 1 byte of stdout, 1 event and 1 invalid event left out",
  );
});

test("nothing left out is not worth a word", () => {
  assert.equal(told(), "");
});
