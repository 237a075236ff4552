import assert from "node:assert/strict";
import test from "node:test";

import { expected, load } from "./modules.mjs";

const { angleAt, distance, figure, insideTest, measured, pixelArea, POINTS, said } = await load("measure");
const KINDS = Object.keys(POINTS);

const relative = (actual, wanted) => Math.abs(actual - wanted) <= 1e-9 * Math.abs(wanted);
const AGREES = {
  length: relative,
  long: relative,
  short: relative,
  area: relative,
  angle: (actual, wanted) => Math.abs(actual - wanted) <= 1e-6,
};

/** Volume of reference.py as the viewer's picture has it. */
function readerOf({ array, shape }) {
  return ([slice, row, column]) => {
    assert.ok([slice, row, column].every((value, axis) => value >= 0 && value < shape[axis]), "read inside the volume only");
    return array[(slice * shape[1] + row) * shape[2] + column];
  };
}

/** What the core says, too: values that are no numbers are left out. */
const finite = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));

const VOLUMES = ["axis-aligned", "oblique and sheared, with voxels that are no numbers", "at the detector", "without geometry", "colour"];

for (const [place, volume] of expected("measure").entries()) {
  for (const kind of KINDS) {
    test(`the core's values: ${kind}, ${VOLUMES[place]}`, () => {
      const own = volume.measurements.filter((each) => each.kind === kind);
      assert.equal(own.length, 40);
      for (const each of own) {
        const { unit, values } = measured(volume, each, readerOf(volume));
        assert.equal(unit, kind === "angle" ? "deg" : each.unit);
        const found = finite(values);
        assert.deepEqual(Object.keys(found).sort(), Object.keys(each.values).sort());
        for (const [name, value] of Object.entries(each.values)) {
          const agrees = (AGREES[name] ?? Object.is)(found[name], value);
          assert.ok(agrees, `${name}: ${found[name]}, not ${value}, of ${JSON.stringify(each.points.slice(0, 4))}`);
        }
      }
    });
  }
}

test("the random measurements are no trifles", () => {
  const all = expected("measure").flatMap(({ measurements }) => measurements);
  assert.equal(all.length, 200 * KINDS.length);
  assert.ok(all.filter(({ values }) => values.n > 20).length > 200);
  assert.ok(all.some(({ values }) => values.n === 0));
});

const sheet = { affine: null, spacing: [0, 0.5, 2], shape: [1, 9, 9], spacingNote: "at the detector" };
const pixels = { affine: null, spacing: null, shape: [1, 9, 9], spacingNote: "" };
const solid = { affine: [0, 0, 0.7, 5, 0, 0.5, 0, 6, 3, 0, 0, 7, 0, 0, 0, 1], shape: [4, 9, 9], spacingNote: "" };

test("by hand: a length, an angle, the area of a pixel", () => {
  assert.equal(distance(sheet, [0, 0, 0], [0, 6, 2]), 5);
  assert.equal(distance(pixels, [0, 0, 0], [0, 3, 4]), 5);
  assert.equal(distance(solid, [0, 0, 1], [1, 8, 1]), 5);
  assert.ok(Math.abs(angleAt(sheet, [0, 4, 0], [0, 0, 0], [0, 0, 1]) - 90) < 1e-12);
  assert.ok(Math.abs(angleAt(sheet, [0, 4, 0], [0, 0, 0], [0, 4, 1]) - 45) < 1e-12, "millimetres, not pixels");
  assert.deepEqual([0, 1, 2].map((axis) => Number(pixelArea(solid, axis).toFixed(9))), [0.35, 2.1, 1.5]);
  assert.equal(pixelArea(sheet, 0), 1);
});

test("a voxel belongs to a region when its centre does; regions that share an edge share no voxel", () => {
  const lower = insideTest("freehand", [[0, 0, 0], [0, 0, 4], [0, 4, 4], [0, 4, 0]], 0);
  const upper = insideTest("freehand", [[0, 4, 0], [0, 4, 4], [0, 8, 4], [0, 8, 0]], 0);
  for (let x = 0; x < 4; x += 1) assert.equal(Number(lower(4, x)) + Number(upper(4, x)), 1);
  const round = insideTest("ellipse", [[0, 0, 0], [0, 4, 8]], 0);
  assert.deepEqual([round(2, 0), round(0, 4), round(0, 0), round(4, 5)], [true, true, false, false]);
  assert.equal(insideTest("ellipse", [[0, 0, 0], [0, 4, 0]], 0)(2, 0), false, "none where it has no width");
});

test("three meaningful digits, whole numbers from 100 on, below one no more than there are", () => {
  const figures = [
    [0, "0"], [0.0012, "0.0012"], [-0.00123456, "-0.00123"], [0.5, "0.5"], [0.2371, "0.237"], [0.99951, "1"], [1, "1.00"], [9.5, "9.50"],
    [3.14159, "3.14"], [-3.14159, "-3.14"], [31.4159, "31.4"], [314.159, "314"], [NaN, "-"], [Infinity, "-"],
  ];
  for (const [value, text] of figures) assert.equal(figure(value), text);
});

const words = { area: "Area", mean: "Mean", sd: "SD", least: "Min", most: "Max" };
const full = { area: 12.34, n: 3, mean: 40.6, sd: 7.1, min: -5, max: 120 };
const SAID = [
  ["length", solid, { unit: "mm", values: { length: 12.345 } }, "HU", ["12.3 mm"]],
  ["length", sheet, { unit: "mm", values: { length: 12.345 } }, "", ["12.3 mm at the detector"]],
  ["length", pixels, { unit: "px", values: { length: 7 } }, "", ["7.00 px"]],
  ["angle", sheet, { unit: "deg", values: { angle: 89.96 } }, "", ["90.0\u00b0"]],
  ["bidirectional", sheet, { unit: "mm", values: { long: 20.04, short: 9.5 } }, "", ["20.0 x 9.50 mm at the detector"]],
  ["probe", solid, { unit: "mm", values: { value: -1000 } }, "HU", ["-1000 HU"]],
  ["probe", pixels, { unit: "px", values: { value: 5 } }, "", ["5"]],
  ["probe", pixels, { unit: "px", values: {} }, "", []],
  ["ellipse", solid, { unit: "mm", values: full }, "HU", ["Area 12.3 mm\u00b2", "Mean 40.6 HU  SD 7.10", "Min -5  Max 120"]],
  ["rectangle", sheet, { unit: "mm", values: full }, "", ["Area 12.3 mm\u00b2 at the detector", "Mean 40.6  SD 7.10", "Min -5  Max 120"]],
  ["freehand", pixels, { unit: "px", values: { area: 0.2, n: 0 } }, "", ["Area 0.2 px\u00b2"]],
  ["ellipse", pixels, { unit: "px", values: { ...full, min: 0.00123456, max: 10.0625 } }, "", ["Area 12.3 px\u00b2", "Mean 40.6  SD 7.10", "Min 0.00123  Max 10.1"]],
  ["probe", solid, { unit: "mm", values: { value: 0.00123456 } }, "SUVbw", ["0.00123 SUVbw"]],
  ["probe", solid, { unit: "mm", values: { value: 123456 } }, "", ["123456"]],
  ["probe", solid, { unit: "mm", values: { value: 1234.5 } }, "", ["1235"]],
  ["probe", solid, { unit: "mm", values: { value: NaN } }, "HU", ["- HU"]],
];

for (const [kind, volume, result, unit, lines] of SAID) {
  test(`what is said: ${kind}, ${JSON.stringify(lines)}`, () => {
    assert.deepEqual(said(volume, { kind }, result, words, unit), lines);
  });
}

test("every kind has its number of points", () => {
  assert.deepEqual(POINTS, { length: 2, angle: 3, bidirectional: 4, ellipse: 2, rectangle: 2, freehand: 3, probe: 1 });
});

test("values that are no numbers are left out of everything", () => {
  const values = [1, NaN, 3, Infinity, 5, -Infinity, 7, 9, 11];
  const volume = { affine: null, spacing: null, shape: [1, 3, 3] };
  const points = [[0, 0, 0], [0, 2, 2]];
  const { values: found } = measured(volume, { kind: "rectangle", points, axis: 0 }, ([, row, column]) => values[3 * row + column]);
  assert.deepEqual(found, { area: 4, n: 6, mean: 6, sd: Math.sqrt(70 / 6), min: 1, max: 11 });
});
