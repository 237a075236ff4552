import assert from "node:assert/strict";
import test from "node:test";

import { expected, load, random } from "./modules.mjs";

const planes = await load("planes");
const { conventionalBasis, cut, direction, edgeLetters, flippedAcross, flippedDown, lettersOf, opposite } = planes;
const { planeName, planeNormal, planeStep, storedBasis, toIndex, toPixel, toVoxel, toWorld, turnedLeft, turnedRight } = planes;

const near = (actual, wanted, tolerance = 1e-9) =>
  actual.forEach((value, place) =>
    assert.ok(Math.abs(value - wanted[place]) <= tolerance, `${JSON.stringify(actual)}, not ${JSON.stringify(wanted)}`),
  );

/** Affine whose slice, row and column index grow toward these letters, with steps in mm. */
function affineOf(letters, steps = [3, 0.5, 0.7]) {
  const affine = [0, 0, 0, 10, 0, 0, 0, 20, 0, 0, 0, 30, 0, 0, 0, 1];
  [...letters].forEach((letter, axis) => {
    const place = ["RL", "AP", "IS"].findIndex((pair) => pair.includes(letter));
    affine[4 * place + axis] = "LPS".includes(letter) ? steps[axis] : -steps[axis];
  });
  return affine;
}

test("letters, planes and places are the core's: 48 axis-aligned orientations, oblique and sheared ones", () => {
  const cases = expected("planes");
  assert.equal(new Set(cases.slice(0, 48).map(({ letters }) => letters.join())).size, 48);
  for (const { affine, letters, edges, plane, steps, world } of cases) {
    for (const axis of [0, 1, 2]) near(planeNormal(affine, axis).map((value) => value * planeStep(affine, axis)), steps[axis]);
    assert.deepEqual([0, 1, 2].map((axis) => lettersOf(direction(affine, axis))), letters);
    assert.deepEqual(edgeLetters({ affine }, storedBasis(0)), edges);
    assert.equal(planeName(affine, 0), plane);
    near(toWorld(affine, [1.5, -2, 7]), world);
  }
});

test("no geometry, no letters; those of a planar image as its tags give them", () => {
  assert.equal(edgeLetters({ affine: null, letters: null }, storedBasis(0)), null);
  assert.equal(planeName(null, 0), "");
  const chest = { affine: null, letters: ["L", "F"] };
  assert.deepEqual(edgeLetters(chest, storedBasis(0)), ["R", "L", "H", "F"]);
  assert.deepEqual(edgeLetters(chest, flippedAcross(storedBasis(0))), ["L", "R", "H", "F"]);
  assert.deepEqual(edgeLetters(chest, turnedRight(storedBasis(0))), ["F", "H", "R", "L"]);
  assert.equal(edgeLetters(chest, storedBasis(1)), null, "nothing is said of the third axis");
  assert.equal(opposite("PIL"), "ASR");
});

// Left, right, top, bottom of an axial plane that shows R, L, A, P at first.
const TURNS = [
  ["as it is", (basis) => basis, "RLAP"],
  ["turned right", turnedRight, "PARL"],
  ["turned twice", (basis) => turnedRight(turnedRight(basis)), "LRPA"],
  ["turned left", turnedLeft, "APLR"],
  ["flipped across", flippedAcross, "LRAP"],
  ["flipped down", flippedDown, "RLPA"],
  ["flipped across, turned right", (basis) => turnedRight(flippedAcross(basis)), "PALR"],
  ["flipped across, turned left", (basis) => turnedLeft(flippedAcross(basis)), "APRL"],
];

for (const [name, turn, wanted] of TURNS) {
  test(`letters at the edges: ${name}`, () => {
    const affine = affineOf("SPL");
    assert.equal(edgeLetters({ affine }, turn(storedBasis(0))).join(""), wanted);
  });
}

test("flips and turns are a group of eight", () => {
  const key = (basis) => JSON.stringify(basis, Object.keys(basis).sort());
  const begin = storedBasis(0);
  const found = new Set(TURNS.map(([, turn]) => key(turn(begin))));
  assert.equal(found.size, 8);
  for (const [, one] of TURNS) for (const [, other] of TURNS) assert.ok(found.has(key(other(one(begin)))));
  assert.equal(key(turnedLeft(turnedRight(begin))), key(begin));
  assert.equal(key(flippedAcross(flippedAcross(begin))), key(begin));
});

// Axial from the feet, coronal from the front, sagittal nose to the left, however the voxels lie in the file.
const CONVENTION = { axial: "RLAP", coronal: "RLSI", sagittal: "APSI" };
const ACQUIRED = {
  "axial head first": "SPL",
  "axial stacked downward": "IPL",
  "axial prone": "SAR",
  "coronal": "PIL",
  "coronal from behind": "AIR",
  "sagittal": "LIP",
  "sagittal from the right": "RIA",
  "NIfTI in RAS": "SAR",
  "NIfTI in LAS": "SAL",
  "NIfTI with rows across": "SLP",
};

for (const [name, letters] of Object.entries(ACQUIRED)) {
  test(`hung as radiologists do: ${name}, ${letters}`, () => {
    const affine = affineOf(letters);
    const shown = [0, 1, 2].map((axis) => [planeName(affine, axis), edgeLetters({ affine }, conventionalBasis(affine, axis)).join("")]);
    assert.deepEqual(Object.fromEntries(shown), CONVENTION);
  });
}

test("an oblique plane hangs by its nearest anatomical one", () => {
  const [cos, sin] = [Math.cos(0.4), Math.sin(0.4)];
  // an axial stack whose gantry leans: rows run to Posterior and Inferior, slices to Superior and Posterior
  const affine = [0, 0, 0.7, 0, 3 * sin, 0.5 * cos, 0, 0, 3 * cos, -0.5 * sin, 0, 0, 0, 0, 0, 1];
  assert.equal(planeName(affine, 0), "axial");
  assert.deepEqual(edgeLetters({ affine }, conventionalBasis(affine, 0)), ["R", "L", "AS", "PI"]);
});

test("without geometry, a plane hangs as it is stored", () => {
  assert.deepEqual(conventionalBasis(null, 1), { x: 2, xSign: 1, y: 0, ySign: 1, normal: 1 });
});

test("pixels to indices and back", () => {
  const shape = [4, 7, 9];
  const chance = random(5);
  for (const axis of [0, 1, 2]) {
    for (const [, turn] of TURNS) {
      const basis = turn(storedBasis(axis));
      const pixel = [chance() * 6, chance() * 6];
      const index = toIndex(shape, basis, 2, ...pixel);
      assert.equal(index[axis], 2);
      near(toPixel(shape, basis, index), pixel, 1e-12);
    }
  }
  assert.deepEqual(toIndex(shape, flippedAcross(storedBasis(0)), 3, 0, 1), [3, 1, 8]);
  assert.deepEqual(toIndex(shape, turnedRight(storedBasis(0)), 3, 0, 1), [3, 6, 1]);
});

test("voxels to millimetres and back", () => {
  for (const { affine } of expected("planes")) {
    const index = [1.25, -3, 17.5];
    near(toVoxel(affine, toWorld(affine, index)), index, 1e-9);
  }
});

test("distance of sheared planes is along their normal", () => {
  const tilt = (20 * Math.PI) / 180;
  // slices step 3 mm to Superior and, sheared, 3 tan(20 degrees) to Posterior
  const affine = [0, 0, 0.5, 0, 3 * Math.tan(tilt), 0.5, 0, 0, 3, 0, 0, 0, 0, 0, 0, 1];
  near([planeStep(affine, 0)], [3]);
  near(planeNormal(affine, 0), [0, 0, 1]);
  near([planeStep(affine, 1)], [0.5 * Math.cos(tilt)]);
  near([planeStep(affine, 2)], [0.5]);
  near(planeNormal(affineOf("IPL"), 0), [0, 0, -1]);
});

// 4 slices 3 mm apart, 6 rows of 0.5 mm, 8 columns of 0.7 mm; the first voxel lies at (10, 20, 30).
const volume = { shape: [4, 6, 8], affine: affineOf("SPL") };

const CUTS = [
  ["a coronal plane through row 2", storedBasis(0), 1, { point: [0, 21, 0], normal: [0, 1, 0] }, [[7.5, 2], [-0.5, 2]]],
  ["a sagittal plane through column 5", storedBasis(0), 1, { point: [13.5, 0, 0], normal: [-1, 0, 0] }, [[5, -0.5], [5, 5.5]]],
  ["an axial plane, on the coronal one upside down", flippedDown(storedBasis(1)), 0, { point: [0, 0, 33], normal: [0, 0, 1] }, [[7.5, 2], [-0.5, 2]]],
  ["a parallel plane", storedBasis(0), 1, { point: [0, 0, 33], normal: [0, 0, 1] }, null],
  ["a plane that passes beside", storedBasis(0), 1, { point: [0, 24, 0], normal: [0, 1, 0] }, null],
];

for (const [name, basis, position, other, wanted] of CUTS) {
  test(`reference line: ${name}`, () => {
    const found = cut(volume, basis, position, other);
    if (wanted === null) assert.equal(found, null);
    else [...found].sort().forEach((end, place) => near(end, [...wanted].sort()[place]));
  });
}

test("reference line: a slanted plane through two corners", () => {
  const [a, b] = [[-0.5, -0.5], [7.5, 5.5]].map(([x, y]) => toWorld(volume.affine, [0, y, x]));
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const size = Math.hypot(dx, dy);
  const found = cut(volume, storedBasis(0), 0, { point: a, normal: [dy / size, -dx / size, 0] });
  near(found.flat().sort((x, y) => x - y), [-0.5, -0.5, 5.5, 7.5], 1e-6);
});
