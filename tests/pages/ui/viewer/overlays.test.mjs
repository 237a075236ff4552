import assert from "node:assert/strict";
import test from "node:test";

import { differences, expected, load, random } from "./modules.mjs";

const overlays = await load("overlays");
const { blendTable, coverOf, lookOf, mapMaxima, mapPeak, mapPlane, paintContour, paintMap, paintMask, paletteOf, pixel } = overlays;
const { conventionalBasis, flippedAcross, flippedDown, layoutOf, storedBasis, toIndex, turnedRight } = await load("planes");
const { blends, contours } = expected("overlays");

const channels = (image) => Uint8Array.from([...image].flatMap((each) => [each & 255, (each >> 8) & 255, (each >> 16) & 255]));
const unsigned = (red, green, blue) => pixel(red, green, blue) >>> 0;

// ---------------------------------------------------------------- colours

for (const each of blends) {
  test(`the core's colours: opacity ${each.opacity}, threshold ${each.threshold}, ${each.alpha}${each.signed ? ", signed" : ""}`, () => {
    const ours = channels(blendTable(each.colours, each));
    assert.deepEqual(differences(ours, each.pixels, 1), [], "[byte, ours, NumPy's]");
    // NumPy computes in single precision, so that a share of the bytes falls on the other side of a half
    const other = ours.filter((value, place) => value !== each.pixels[place]).length;
    assert.ok(other <= 40, `${other} of ${ours.length} bytes are one level off`);
  });
}

test("a palette of 256 colours, or plain grey", () => {
  const colours = Uint8Array.from({ length: 768 }, (_, place) => (place * 7) % 256);
  assert.equal(paletteOf(colours)[9], unsigned(189, 196, 203));
  assert.equal(paletteOf(undefined)[9], unsigned(9, 9, 9));
  assert.equal(new Uint8Array(paletteOf(undefined).buffer)[4 * 9 + 3], 255);
});

test("how far a map covers", () => {
  const setting = { opacity: 0.8, threshold: 0.5, alpha: "by_value" };
  assert.deepEqual([0, 64, 128, 255].map((level) => Number(coverOf(level, setting).toFixed(4))), [0, 0.2016, 0.8, 0.8]);
  assert.deepEqual([0, 127, 128].map((level) => coverOf(level, { ...setting, alpha: "constant" })), [0, 0, 0.8]);
});

test("maps over greys and over colours agree, and leave alone what they do not speak of", () => {
  const { colours } = blends[0];
  const map = { scale: 2, opacity: 0.5, threshold: 0.3, alpha: "by_value", colours };
  const values = Float32Array.of(NaN, 0, -1, 0.3, 0.6, 1, 2, 5);
  const greys = Uint8Array.of(10, 60, 110, 160, 210, 255, 0, 77);
  const plain = () => Uint32Array.from(greys, (grey) => pixel(grey, grey, grey));
  const [byTable, byChannel] = [plain(), plain()];
  paintMap(byTable, greys, values, map, blendTable(colours, map));
  paintMap(byChannel, null, values, map, null);
  assert.deepEqual(byTable, byChannel);
  assert.deepEqual(byTable.slice(0, 3), plain().slice(0, 3), "NaN, nothing and less than nothing are clear");
  const top = [0, 1, 2].map((channel) => Math.floor(colours[765 + channel] * 0.5 + 0.5));
  assert.deepEqual([...channels(byTable.slice(6, 7))], top, "the top of the scale over black");
  assert.notEqual(byTable[7], plain()[7], "beyond the scale saturates");
});

test("of a signed map evidence against is seen, too, and nothing around zero", () => {
  const { colours } = blends.find(({ signed }) => signed);
  const map = { scale: 2, opacity: 1, threshold: 0.5, alpha: "by_value", signed: true, colours };
  const values = Float32Array.of(-9, -2, 0, 2, 9, NaN);
  const greys = Uint8Array.from(values, () => 50);
  const images = [greys, null].map((shades) => {
    const image = Uint32Array.from(greys, (grey) => pixel(grey, grey, grey));
    paintMap(image, shades, values, map, shades && blendTable(colours, map));
    return image;
  });
  assert.deepEqual(images[0], images[1], "over greys and over colours");
  const end = (level) => unsigned(...[0, 1, 2].map((channel) => colours[3 * level + channel]));
  const bare = unsigned(50, 50, 50);
  assert.deepEqual([...images[0]].map((each) => each >>> 0), [end(0), end(0), bare, end(255), end(255), bare]);
});

// ---------------------------------------------------------------- maps on planes

const SHAPE = [6, 9, 11];
const NATIVE = [3, 5, 7]; // no pixel lies half way between two cells of the coarser grid below

function randomMap(seed, toNative, more = {}) {
  const chance = random(seed);
  const data = Float32Array.from({ length: NATIVE[0] * NATIVE[1] * NATIVE[2] }, chance);
  return { data, shape: NATIVE, toNative, native: false, only: null, ...more };
}

/** Value at a native place, straight from the definition. */
function trilinear({ data, shape, native }, place) {
  if (place.some((value, axis) => value < -0.5 - 1e-6 || value > shape[axis] - 0.5 + 1e-6)) return NaN;
  const inside = place.map((value, axis) => Math.min(Math.max(value, 0), shape[axis] - 1));
  const cell = (index) => data[(index[0] * shape[1] + index[1]) * shape[2] + index[2]];
  if (native) return cell(inside.map((value) => Math.floor(value + 0.5)));
  let sum = 0;
  for (const corner of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const upper = [corner & 1, (corner >> 1) & 1, corner >> 2];
    const weights = inside.map((value, axis) => (upper[axis] ? value % 1 : 1 - (value % 1)));
    const index = inside.map((value, axis) => Math.min(Math.floor(value) + upper[axis], shape[axis] - 1));
    sum += cell(index) * weights[0] * weights[1] * weights[2];
  }
  return sum;
}

const nativeOf = (matrix, index) =>
  [0, 1, 2].map((row) => index.reduce((sum, value, axis) => sum + matrix[4 * row + axis] * value, matrix[4 * row + 3]));

const MATRICES = {
  // half-pixel centres: outer edges of both grids coincide
  "a coarser grid over all of the volume": [0.5, 0, 0, -0.25, 0, 5 / 9, 0, (5 / 9 - 1) / 2, 0, 0, 7 / 11, (7 / 11 - 1) / 2],
  "a grid that begins inside and ends inside": [0.5, 0, 0, -1, 0, 0.61, 0, -1.3, 0, 0, 0.73, -2.2],
  "axes swapped and turned about": [0, 0.3, 0, -0.2, 0, 0, -0.37, 3.9, -0.9, 0, 0, 4.7],
  "a slanted grid": [0.5, 0.05, -0.02, -0.3137, -0.06, 0.44, 0.03, -0.4171, 0.02, -0.07, 0.45, 0.1313],
  "turned within the slices": [0.5, 0, 0, -0.2137, 0, 0.4, 0.1, -0.9171, 0, -0.1, 0.4, 0.6313],
};
const BASES = [0, 1, 2].flatMap((axis) => [
  [`plane ${axis}`, storedBasis(axis)],
  [`plane ${axis} turned and flipped`, flippedDown(turnedRight(storedBasis(axis)))],
]);

for (const [name, matrix] of Object.entries(MATRICES)) {
  for (const native of [false, true]) {
    test(`a map on a plane, ${native ? "its own cells" : "between its cells"}: ${name}`, () => {
      const map = randomMap(7, matrix, { native });
      let outside = 0;
      for (const [plane, basis] of BASES) {
        for (const [position, step] of [[0, 1], [SHAPE[basis.normal] - 1, 1], [3, 2]]) {
          const { width, height } = layoutOf(SHAPE, basis, position, step);
          const out = new Float32Array(width * height);
          assert.equal(mapPlane(out, map, SHAPE, basis, position, step), true);
          const place = (at) => toIndex(SHAPE, basis, position, (at % width) * step, Math.floor(at / width) * step);
          const wanted = Array.from(out, (_, at) => trilinear(map, nativeOf(matrix, place(at))));
          outside += wanted.filter(Number.isNaN).length;
          assert.deepEqual(differences(out, wanted, 1e-5), [], `${plane} at ${position}, every ${step}`);
        }
      }
      if (name.includes("begins inside")) assert.ok(outside > 50, "beyond the map there is nothing");
      if (name.includes("all of the volume")) assert.equal(outside, 0);
    });
  }
}

test("a map of one slice is on that slice alone", () => {
  const chance = random(8);
  const matrix = [1, 0, 0, -2, 0, 0.5, 0, -0.25, 0, 0, 0.5, -0.25];
  const map = { data: Float32Array.from({ length: 20 }, chance), shape: [1, 4, 5], toNative: matrix, native: false, only: [2, 2] };
  const out = new Float32Array(99);
  assert.equal(mapPlane(out, map, SHAPE, storedBasis(0), 1), false);
  assert.equal(mapPlane(out, map, SHAPE, storedBasis(1), 2), false, "it has no depth to be cut through");
  assert.equal(mapPlane(out, map, SHAPE, flippedAcross(storedBasis(0)), 2), true);
  const wanted = Array.from(out, (_, at) => trilinear(map, nativeOf(matrix, [2, Math.floor(at / 11), 10 - (at % 11)])));
  assert.deepEqual(differences(out, wanted, 1e-6), []);
});

// ---------------------------------------------------------------- where a map has its largest values

test("largest value of each slice, row and column", () => {
  const matrix = MATRICES["a grid that begins inside and ends inside"];
  const map = randomMap(9, matrix);
  for (const axis of [0, 1, 2]) {
    const found = mapMaxima(map, SHAPE, axis);
    const wanted = Array.from(found, (_, slice) => {
      const along = matrix[4 * axis + axis] * slice + matrix[4 * axis + 3];
      const cells = [];
      for (let a = 0; a < NATIVE[(axis + 1) % 3]; a += 1) {
        for (let b = 0; b < NATIVE[(axis + 2) % 3]; b += 1) {
          const place = [0, 0, 0];
          [place[axis], place[(axis + 1) % 3], place[(axis + 2) % 3]] = [along, a, b];
          cells.push(trilinear(map, place));
        }
      }
      return Number.isNaN(cells[0]) ? 0 : Math.max(0, ...cells);
    });
    assert.deepEqual(differences(found, wanted, 1e-6), [], `along ${axis}`);
  }
});

test("a map of one slice has its largest value there", () => {
  const map = { data: Float32Array.of(0.25, 0.75, -3, 0.5), shape: [1, 2, 2], native: false, only: [2, 2] };
  const matrix = [1, 0, 0, -2, 0, 0.25, 0, -0.375, 0, 0, 0.2, -0.4];
  assert.deepEqual([...mapMaxima({ ...map, toNative: matrix }, SHAPE, 0)], [0, 0, 0.75, 0, 0, 0]);
  const flat = [0, 0, 0, 0, ...matrix.slice(4)];
  assert.deepEqual([...mapMaxima({ ...map, toNative: flat }, SHAPE, 0)], [0, 0, 0.75, 0, 0, 0]);
});

test("the voxel of a map's largest value", () => {
  const data = new Float32Array(60).fill(-1);
  data[1 * 20 + 3 * 5 + 4] = 0.5;
  const map = { data, shape: [3, 4, 5], toVolume: [2, 0, 0, 0.5, 0, 2.25, 0, 0.6, 0, 0, 2.2, 0.6, 0, 0, 0, 1] };
  assert.deepEqual(mapPeak(map, SHAPE), [3, 7, 9]);
  assert.deepEqual(mapPeak(map, [3, 5, 20]), [2, 4, 9], "kept inside the volume");
  assert.equal(mapPeak({ ...map, data: new Float32Array(60) }, SHAPE), null);
  assert.equal(mapPeak({ ...map, data: new Float32Array(60).fill(-1) }, SHAPE), null);
});

// ---------------------------------------------------------------- outlines

for (const { level, values, inside } of contours) {
  test(`the core's contour at ${level}, with pixels beyond the map`, () => {
    const image = new Uint32Array(values.length);
    paintContour(image, values, 23, 17, level, 7);
    assert.deepEqual([...image].map((each) => each / 7), [...inside]);
  });
}

const drawing = (image, width) =>
  Array.from({ length: image.length / width }, (_, row) =>
    [...image.slice(row * width, (row + 1) * width)].map((each) => ({ 0: ".", 1: "1", 2: "2" })[each] ?? "f").join(""),
  );

// Labels of one slice of 6 rows and 8 columns: 1 beside 2, 2 at the border.
const LABELS = ["........", ".1111122", ".1111122", ".1111122", ".1111122", "........"];
const labels = Uint8Array.from([".".repeat(48), ...LABELS].join(""), (each) => Number(each) || 0);
const MASKS = [
  ["outlines, a neighbouring label is an edge, the border is none", true, 0, ["........", ".1111122", ".1...12.", ".1...12.", ".1111122", "........"]],
  ["filled with an outline", true, 0.5, ["........", ".1111122", ".1fff12f", ".1fff12f", ".1111122", "........"]],
  ["filled without an outline", false, 0.5, ["........", ".fffffff", ".fffffff", ".fffffff", ".fffffff", "........"]],
];

for (const [name, outline, fill, wanted] of MASKS) {
  test(`a mask: ${name}`, () => {
    const image = new Uint32Array(48);
    const looks = [null, { ...lookOf([9, 9, 9], fill, outline), pixel: 1 }, { ...lookOf([9, 9, 9], fill, outline), pixel: 2 }];
    paintMask(image, labels, 48, layoutOf([1, 6, 8], storedBasis(0), 0), looks);
    assert.deepEqual(drawing(image, 8), wanted);
    const flipped = new Uint32Array(48);
    paintMask(flipped, labels, 48, layoutOf([1, 6, 8], flippedAcross(storedBasis(0)), 0), looks);
    assert.deepEqual(drawing(flipped, 8), wanted.map((row) => [...row].reverse().join("")));
  });
}

// A box beside the left border and one in the middle, 2 pixels thick: the line lies inside them, up to the border.
const THICK = ["............", ".####.......", ".####.#####.", ".####.#####.", ".####.#####.", ".####.#####.", ".####.#####.", "............"];
const LINED = ["............", ".1111.......", ".1111.11111.", ".1111.11111.", ".1111.11.11.", ".1111.11111.", ".1111.11111.", "............"];

test("thicker outlines of masks and maps, inward, beside the border too", () => {
  const inside = Uint8Array.from(THICK.join(""), (each) => Number(each === "#"));
  const mask = new Uint32Array(96);
  paintMask(mask, inside, 0, layoutOf([1, 8, 12], storedBasis(0), 0), [null, { ...lookOf([0, 0, 0], 0, true), pixel: 1 }], 2);
  assert.deepEqual(drawing(mask, 12), LINED);
  const contour = new Uint32Array(96);
  paintContour(contour, Float32Array.from(inside), 12, 8, 0.5, 1, 2);
  assert.deepEqual(drawing(contour, 12), LINED);
});

test("an outline that fills the picture has no edge, however thick", () => {
  for (const thick of [1, 2, 5]) {
    const image = new Uint32Array(12);
    paintContour(image, new Float32Array(12).fill(1), 4, 3, 0.5, 1, thick);
    assert.equal(image.some(Boolean), false);
  }
});

test("a hidden label is not drawn, and still an edge for the other", () => {
  const image = new Uint32Array(48);
  paintMask(image, labels, 48, layoutOf([1, 6, 8], storedBasis(0), 0), [null, { ...lookOf([0, 0, 0], 0, true), pixel: 1 }]);
  assert.deepEqual(drawing(image, 8), ["........", ".11111..", ".1...1..", ".1...1..", ".11111..", "........"]);
});

test("a mask on a coronal plane, from the second frame", () => {
  const volume = new Uint8Array(2 * 3 * 4 * 5);
  for (const slice of [0, 1]) for (const column of [1, 2, 3]) volume[60 + slice * 20 + 2 * 5 + column] = 1;
  const affine = [0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1];
  const image = new Uint32Array(15);
  const looks = [null, { ...lookOf([0, 0, 0], 0, true), pixel: 1 }];
  paintMask(image, volume, 60, layoutOf([3, 4, 5], conventionalBasis(affine, 1), 2), looks);
  assert.deepEqual(drawing(image, 5), [".....", ".111.", ".1.1."]);
});

test("a filled label lets the grey through", () => {
  const image = Uint32Array.of(pixel(100, 100, 100));
  paintMask(image, Uint8Array.of(1), 0, layoutOf([1, 1, 1], storedBasis(0), 0), [null, lookOf([255, 0, 50], 0.35, true)]);
  assert.deepEqual([...channels(image)], [154, 65, 83]);
});
