import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { bare, complete, kept, movedPoints, newId, spoken, within } = await load("findings");

test("what Python keeps of a measurement", () => {
  const full = { id: "m-1", kind: "length", axis: 0, frame: 2, points: [[0, 1, 2], [0, 3, 4]], lines: ["2.8 px"], waiting: false, pane: {} };
  assert.deepEqual(bare(full), { id: "m-1", kind: "length", axis: 0, frame: 2, points: [[0, 1, 2], [0, 3, 4]] });
});

test("points stay in the volume, half a voxel beyond its outer centres at most, and in their plane", () => {
  const picture = { shape: [4, 6, 8] };
  assert.deepEqual(kept(picture, 0, 2, [2.4, -3, 99]), [2, -0.5, 7.5]);
  assert.deepEqual(kept(picture, 1, 5, [3.25, 5.2, 0]), [3.25, 5, 0]);
  assert.deepEqual(kept(picture, 2, 0, [-9, 9, 0.1]), [-0.5, 5.5, 0]);
});

test("one point moves, or all", () => {
  const start = [[0, 1, 1], [0, 5, 5]];
  assert.deepEqual(movedPoints({ start, handle: 1, from: [0, 5, 5] }, [0, 6, 4]), [[0, 1, 1], [0, 6, 4]]);
  assert.deepEqual(movedPoints({ start, handle: -1, from: [0, 3, 3] }, [0, 4, 1]), [[0, 2, -1], [0, 6, 3]]);
  assert.deepEqual(start, [[0, 1, 1], [0, 5, 5]], "what was is not touched");
});

test("a whole measurement goes as far as all its points stay inside; a single point is free", () => {
  const picture = { shape: [4, 20, 30] };
  const start = [[2, 3, 5], [2, 8, 25]];
  const held = { start, handle: -1, from: [2, 5, 10] };
  assert.deepEqual(within(picture, held, [2, 6, 9]), [2, 6, 9]);
  assert.deepEqual(within(picture, held, [2, 99, 99]), [2, 5 + 11.5, 10 + 4.5]);
  assert.deepEqual(within(picture, held, [2, -99, -99]), [2, 5 - 3.5, 10 - 5.5]);
  assert.deepEqual(within(picture, { ...held, handle: 0 }, [2, 99, -99]), [2, 99, -99]);
  assert.deepEqual(movedPoints({ start, handle: 0, from: [2, 3, 5] }, [2, 4, 4]), [[2, 4, 4], start[1]]);
});

const at = (...places) => places.map(([row, column]) => [0, row, column]);
const COMPLETE = [
  ["length", at([0, 0], [0, 1]), true],
  ["length", at([1, 1], [1, 1]), false],
  ["length", at([0, 0]), false],
  ["angle", at([0, 0], [1, 1], [2, 0]), true],
  ["angle", at([0, 0], [0, 0], [2, 0]), false],
  ["angle", at([0, 0], [2, 0], [2, 0]), false],
  ["bidirectional", at([0, 0], [4, 4], [0, 4], [4, 0]), true],
  ["bidirectional", at([0, 0], [4, 4], [2, 2], [2, 2]), false],
  ["bidirectional", at([0, 0], [4, 4], [2, 2]), false],
  ["freehand", at([0, 0], [0, 0], [1, 1]), true],
  ["freehand", at([0, 0], [1, 1]), false],
  ["ellipse", at([0, 0], [3, 3]), true],
  ["rectangle", at([2, 2], [2, 2]), false],
  ["probe", at([2, 2]), true],
];

for (const [kind, points, wanted] of COMPLETE) {
  test(`${kind} of ${JSON.stringify(points)} is ${wanted ? "complete" : "not complete"}`, () => {
    assert.equal(complete(kind, points), wanted);
  });
}

test("names are new, and such as the core takes", () => {
  const names = new Set(Array.from({ length: 500 }, newId));
  assert.equal(names.size, 500);
  for (const name of names) assert.match(name, /^[a-z0-9-]{1,40}$/);
});

test("a measurement waits for the voxels of its plane, and only for them", () => {
  const there = new Set([4 + 1]);
  const picture = {
    shape: [4, 2, 2], affine: null, spacing: null, spacingNote: "", colour: false, unit: "HU",
    voxels: { has: (plane) => there.has(plane) },
    readAt: (frame, [slice, row, column]) => 1000 * frame + 100 * slice + 10 * row + column,
  };
  const words = { area: "Area", mean: "Mean", sd: "SD", least: "Min", most: "Max" };
  const axial = { id: "m-1", kind: "rectangle", axis: 0, frame: 1, points: [[1, 0, 0], [1, 1, 1]] };
  const coronal = { id: "m-2", kind: "probe", axis: 1, frame: 1, points: [[1, 1, 0]] };
  const said = spoken(picture, axial, words);
  assert.deepEqual([said.waiting, said.lines], [false, ["Area 1.00 px\u00b2", "Mean 1106 HU  SD 5.02", "Min 1100  Max 1111"]]);
  const waits = spoken(picture, coronal, words);
  assert.deepEqual([waits.waiting, waits.lines], [true, ["..."]]);
  for (const plane of [4, 6, 7]) there.add(plane);
  assert.deepEqual(spoken(picture, waits, words).lines, ["1110 HU"]);
  assert.equal(spoken(picture, { ...axial, frame: 0 }, words).waiting, true, "another frame, other voxels");
});
