import assert from "node:assert/strict";
import test from "node:test";

import { load, random } from "./modules.mjs";

const { Area, covered, firstSize, nextSize, SIZES, spansOf } = await load("brush");

/** Pixels of spans, as "row,column". */
const pixelsOf = (spans) => spans.flatMap(({ row, first, last }) => Array.from({ length: last - first + 1 }, (_, at) => `${row},${first + at}`));

const unique = (places) => [...new Set(places)].sort();

/** The same by asking every pixel how far its centre is from the line. */
function byDistance([ay, ax], [by, bx], radius, [down, across], [rows, columns]) {
  const found = new Set();
  const [vy, vx] = [(by - ay) * down, (bx - ax) * across];
  const length = vy ** 2 + vx ** 2;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const [py, px] = [(row - ay) * down, (column - ax) * across];
      const share = length ? Math.min(Math.max((py * vy + px * vx) / length, 0), 1) : 0;
      if (Math.hypot(py - share * vy, px - share * vx) <= radius) found.add(`${row},${column}`);
    }
  }
  return [...found].sort();
}

const DABS = [
  ["one pixel, smaller than a pixel", [3, 4], 0.1, [1, 1], ["3,4"]],
  ["one pixel, nearest to the pointer", [3.4, 4.45], 0.1, [1, 1], ["3,4"]],
  ["a cross", [3, 4], 1, [1, 1], ["2,4", "3,3", "3,4", "3,5", "4,4"]],
  ["rows twice as far apart: none above and below", [3, 4], 1, [2, 1], ["3,3", "3,4", "3,5"]],
  ["columns twice as far apart: none beside", [3, 4], 1, [1, 2], ["2,4", "3,4", "4,4"]],
  ["between four pixels", [3.5, 4.5], 0.75, [1, 1], ["3,4", "3,5", "4,4", "4,5"]],
  ["at the corner", [0, 0], 1, [1, 1], ["0,0", "0,1", "1,0"]],
  ["beyond the edge", [-2, 4], 2.2, [1, 1], ["0,4"]],
  ["far beyond the edge", [-9, 4], 2, [1, 1], []],
];

for (const [name, at, radius, spacing, wanted] of DABS) {
  test(`a dab: ${name}`, () => assert.deepEqual(unique(pixelsOf(covered(at, at, radius, spacing, [8, 10]))), wanted));
}

test("a stroke covers what lies within its radius in millimetres, on pixels of any shape", () => {
  const next = random(11);
  for (let turn = 0; turn < 300; turn += 1) {
    const size = [12, 17];
    const spacing = [0.3 + 2 * next(), 0.3 + 2 * next()];
    const point = () => [next() * 14 - 1, next() * 19 - 1];
    const from = point();
    const to = turn % 5 === 0 ? [from[0], point()[1]] : turn % 7 === 0 ? [point()[0], from[1]] : point();
    const radius = Math.hypot(...spacing) / 2 + next() * 4;
    const spans = covered(from, to, radius, spacing, size);
    assert.deepEqual(pixelsOf(spans).sort(), byDistance(from, to, radius, spacing, size), JSON.stringify([from, to, radius, spacing]));
    assert.equal(new Set(spans.map(({ row }) => row)).size, spans.length, "each row once");
  }
});

test("a brush smaller than a pixel leaves no gaps, and nothing beside the line", () => {
  const next = random(3);
  for (let turn = 0; turn < 100; turn += 1) {
    const spacing = [0.5 + next(), 0.5 + next()];
    const [from, to] = [[next() * 11, next() * 16], [next() * 11, next() * 16]];
    const places = unique(pixelsOf(covered(from, to, 0.1, spacing, [12, 17]))).map((place) => place.split(",").map(Number));
    const ends = [from, to].map((end) => end.map(Math.round).join());
    for (const end of ends) assert.ok(places.some((place) => place.join() === end), "its ends");
    const reached = new Set([ends[0]]);
    for (let grown = -1; grown !== reached.size; ) {
      grown = reached.size;
      for (const [row, column] of places) {
        if ([...reached].some((each) => each.split(",").every((value, axis) => Math.abs(value - [row, column][axis]) <= 1))) reached.add(`${row},${column}`);
      }
    }
    assert.equal(reached.size, places.length, "one line");
    assert.deepEqual(places.map(([row, column]) => `${row},${column}`).filter((place) => !byDistance(from, to, Math.hypot(...spacing), spacing, [12, 17]).includes(place)), []);
  }
});

const AREAS = [
  ["nothing", [], []],
  ["one span", [[2, 3, 5]], [23, 3]],
  ["spans that touch are one", [[2, 3, 5], [2, 6, 7]], [23, 5]],
  ["spans that overlap are one", [[2, 3, 5], [2, 1, 4], [2, 4, 4]], [21, 5]],
  ["one span joins two", [[2, 1, 2], [2, 5, 6], [2, 3, 4]], [21, 6]],
  ["spans apart, in rising order", [[4, 8, 8], [2, 6, 7], [2, 1, 2]], [21, 2, 26, 2, 48, 1]],
  ["a full row goes on into the next", [[3, 0, 4], [2, 0, 9], [1, 7, 9]], [17, 18]],
];

for (const [name, spans, runs] of AREAS) {
  test(`runs: ${name}`, () => {
    const area = new Area(10);
    for (const [row, first, last] of spans) area.add({ row, first, last });
    assert.deepEqual(area.runs(), runs);
    const again = new Area(10);
    for (const span of spansOf(runs, 10)) again.add(span);
    assert.deepEqual(again.runs(), runs, "there and back");
  });
}

test("runs of a wild stroke hold its pixels, rising and apart", () => {
  const next = random(5);
  const area = new Area(31);
  const wanted = new Set();
  for (let turn = 0; turn < 60; turn += 1) {
    const row = Math.floor(next() * 20);
    const first = Math.floor(next() * 31);
    const last = Math.min(first + Math.floor(next() * 9), 30);
    area.add({ row, first, last });
    for (let column = first; column <= last; column += 1) wanted.add(row * 31 + column);
  }
  const runs = area.runs();
  const found = [];
  for (let at = 0; at < runs.length; at += 2) for (let n = 0; n < runs[at + 1]; n += 1) found.push(runs[at] + n);
  assert.deepEqual(found, [...wanted].sort((a, b) => a - b));
  for (let at = 2; at < runs.length; at += 2) assert.ok(runs[at] > runs[at - 2] + runs[at - 1]);
});

test("sizes go up and down, and end", () => {
  assert.deepEqual([nextSize(10, 1), nextSize(10, -1), nextSize(11, 1), nextSize(11, -1)], [12, 8, 12, 10]);
  assert.deepEqual([nextSize(SIZES.at(-1), 1), nextSize(SIZES[0], -1)], [SIZES.at(-1), SIZES[0]]);
  assert.deepEqual([firstSize(360), firstSize(21), firstSize(5000)], [12, 1, 100]);
});
