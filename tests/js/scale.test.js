import assert from "node:assert/strict";
import { test } from "node:test";

import { LiveClock } from "../../static/js/timeline/clock.js";
import { Layout, rowHeight } from "../../static/js/timeline/layout.js";
import { formatLength, liveSpan, niceStep, Scale } from "../../static/js/timeline/scale.js";

const WHOLE = { start: 0, end: 1_000_000 };
const make = () => new Scale({ start: 0, end: 1_000_000, left: 100, width: 500 });

test("time and pixels are each other's inverse", () => {
  const scale = make();
  assert.equal(scale.x(500_000), 350);
  assert.equal(scale.time(350), 500_000);
});

test("zooming keeps the time under the pointer where it is", () => {
  const scale = make();
  scale.zoom(0.5, 225, WHOLE);
  assert.equal(scale.span, 500_000);
  assert.ok(Math.abs(scale.time(225) - 250_000) < 1e-6);
});

test("zooming out ends at the whole run", () => {
  const scale = make();
  scale.zoom(0.1, 300, WHOLE);
  scale.zoom(1000, 300, WHOLE);
  assert.deepEqual([scale.start, scale.end], [0, 1_000_000]);
});

test("zooming in ends at a span that still means something", () => {
  const scale = make();
  scale.zoom(1e-12, 300, WHOLE);
  assert.equal(Math.round(scale.span), 20);
});

test("panning stops at both ends", () => {
  const scale = make();
  scale.zoom(0.5, 100, WHOLE);
  scale.pan(-5000, WHOLE);
  assert.equal(scale.start, 0);
  scale.pan(5000, WHOLE);
  assert.equal(scale.end, 1_000_000);
});

test("ticks are round, in view and far enough apart", () => {
  const scale = make();
  const ticks = scale.ticks(90);
  assert.deepEqual(ticks.map(({ label }) => label), ["0 ms", "200 ms", "400 ms", "600 ms", "800 ms", "1,000 ms"]);
});

test("fine ticks keep their decimals", () => {
  const scale = new Scale({ start: 0, end: 1000, left: 0, width: 500 });
  assert.deepEqual(scale.ticks(90).map(({ label }) => label).slice(0, 3), ["0.0 ms", "0.2 ms", "0.4 ms"]);
});

test("steps are 1, 2 and 5 times a power of ten", () => {
  assert.deepEqual([1, 1.5, 3, 7, 10, 140].map(niceStep), [1, 2, 5, 10, 10, 200]);
});

test("a live picture grows in few jumps", () => {
  assert.deepEqual([0, 400_000, 480_000, 3_000_000, 15_900_000].map(liveSpan), [500_000, 500_000, 1_000_000, 4_000_000, 32_000_000]);
});

test("lengths come in the unit a reader would choose", () => {
  assert.deepEqual([20, 2500, 45_000, 1_234_000].map(formatLength), ["20 µs", "2.5 ms", "45 ms", "1.23 s"]);
});

test("the live clock takes the least delay that it saw as the truth", () => {
  const clock = new LiveClock();
  assert.equal(clock.time(50), 0);
  clock.observe(0, 1000);
  clock.observe(100_000, 1080);
  clock.observe(200_000, 1300);
  assert.equal(clock.time(1180), 200_000);
});

test("many lanes become thin, so that more of them show", () => {
  assert.deepEqual([1, 16, 17, 41, 201, 1000].map(rowHeight), [30, 30, 24, 18, 6, 6]);
});

test("only the lanes in view are asked for, however many there are", () => {
  const layout = new Layout({ lanes: 1000, width: 800, most: 500 });
  const [first, last] = layout.visible(600);
  assert.equal(first, 100);
  assert.ok(last - first < 80);
  assert.deepEqual(new Layout({ lanes: 2, width: 800 }).visible(0), [0, 1]);
});

test("a point finds its lane, and none above or below the lanes", () => {
  const layout = new Layout({ lanes: 3, width: 800 });
  assert.equal(layout.laneAt(layout.head - 1, 0), -1);
  assert.equal(layout.laneAt(layout.head + 31, 0), 1);
  assert.equal(layout.laneAt(layout.head + 91, 0), -1);
});

test("a selected lane is scrolled into view and no further", () => {
  const layout = new Layout({ lanes: 100, width: 800, most: 400 });
  assert.equal(layout.scrollTo(5, 0), 0);
  assert.equal(layout.scrollTo(2, 500), 36);
  assert.ok(layout.laneTop(60, layout.scrollTo(60, 0)) + layout.row <= 400);
});
