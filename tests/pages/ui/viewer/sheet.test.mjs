import assert from "node:assert/strict";
import test from "node:test";

import { canvasOf } from "./canvas.mjs";
import { load, random } from "./modules.mjs";
import { correctedOver, mapOver, maskOver, phantom, value } from "./phantom.mjs";

globalThis.document = { createElement: () => canvasOf(0, 0) };

const { keyOf, Sheet } = await load("sheet");
const { Mask, Picture } = await load("picture");
const { flippedAcross, flippedDown, storedBasis, turnedRight } = await load("planes");
const { pixel } = await load("overlays");

/** A sheet, the phantom, and `paint`, which gives the pixels of the plane on show. */
function sheetOf({ axis = 0, ...more } = {}) {
  const [sheet, picture] = [new Sheet(), phantom(more)];
  const wish = (change) => ({
    picture, axis, basis: picture.hanging(axis), position: picture.index[axis], frame: picture.frame, hidden: false, step: 1, thick: 1, ...change,
  });
  const paint = (change) => {
    picture.touch();
    sheet.paint(wish(change));
    return [...sheet.image];
  };
  return { sheet, picture, wish, paint };
}

const reds = (pixels) => pixels.map((each) => each & 255);
const placesOf = (pixels, wanted) => pixels.flatMap((each, place) => (each === wanted ? [place] : []));

// ---------------------------------------------------------------- pixels

const PIXELS = [
  ["axial, as stored", {}, 5, (x, y) => value(1, y, x)],
  ["coronal, from the front", { axis: 1 }, 5, (x, y) => value(2 - y, 2, x)],
  ["sagittal, nose to the left", { axis: 2 }, 4, (x, y) => value(2 - y, x, 3)],
];

for (const [name, more, width, wanted] of PIXELS) {
  test(`pixels of a plane: ${name}, of either frame`, () => {
    const { paint } = sheetOf(more);
    for (const frame of [0, 1]) {
      const pixels = paint({ frame });
      assert.deepEqual(reds(pixels), pixels.map((_, place) => wanted(place % width, Math.floor(place / width)) + 60 * frame));
      assert.ok(pixels.every((each) => each >>> 24 === 255), "nothing shines through");
    }
  });
}

test("in a slab, padding takes no part, and is black where there is nothing else", () => {
  const { paint, picture } = sheetOf({ padding: value(2, 0, 0) });
  picture.slab = { mode: "max", mm: 6 };
  assert.equal(reds(paint())[0], value(1, 0, 0));
  assert.equal(reds(paint())[1], value(2, 0, 1));
  picture.voxels.data.fill(value(2, 0, 0));
  for (const mode of ["min", "max", "mean"]) {
    picture.slab = { mode, mm: 6 };
    assert.deepEqual([...new Set(reds(paint()))], [0], mode);
  }
});

test("every second pixel only", () => {
  const { sheet, paint } = sheetOf();
  const rows = [0, 2].flatMap((row) => [0, 2, 4].map((column) => value(1, row, column)));
  assert.deepEqual(reds(paint({ step: 2 })), rows);
  assert.deepEqual([sheet.canvas.width, sheet.canvas.height], [3, 2]);
});

test("a slab of neighbouring slices", () => {
  const { paint, picture } = sheetOf();
  picture.slab = { mode: "max", mm: 6 };
  assert.equal(reds(paint())[0], value(2, 0, 0));
  picture.slab = { mode: "min", mm: 6 };
  assert.equal(reds(paint())[0], value(1, 0, 0));
  picture.slab = { mode: "mean", mm: 9 };
  assert.equal(reds(paint())[7], value(1, 1, 2));
});

test("colours are the file's, flipped or not, in either frame", () => {
  const { paint, picture } = sheetOf({ colour: true, windows: [], affine: null });
  const colour = (row, column, frame) => {
    const from = (3 * value(1, row, column, frame)) % 256;
    return pixel(from, (from + 1) % 256, (from + 2) % 256) >>> 0;
  };
  for (const frame of [0, 1]) {
    assert.equal(paint({ frame })[7], colour(1, 2, frame));
    assert.equal(paint({ frame, basis: flippedAcross(flippedDown(picture.hanging(0))) })[6], colour(2, 3, frame));
  }
});

test("colours are grey under a map, and come back when it is hidden", () => {
  const { paint, picture } = sheetOf({ colour: true, windows: [], affine: null });
  const [first] = paint();
  picture.overlays = [mapOver()];
  assert.equal(paint()[0], pixel(61, 61, 61) >>> 0, "where the map is clear");
  assert.equal(paint({ hidden: true })[0], first);
  picture.overlays[0].setting.visible = false;
  assert.equal(paint()[0], first);
});

test("a palette colours the greys", () => {
  const { paint, picture } = sheetOf();
  picture.palette = "HOT";
  const grey = value(1, 0, 1);
  const [red, green, blue] = [0, 1, 2].map((channel) => 255 - ((3 * grey + channel) % 256));
  assert.equal(paint()[1], pixel(red, green, blue) >>> 0);
});

// ---------------------------------------------------------------- overlays

const RED = pixel(255, 0, 0) >>> 0;
const CYAN = pixel(0, 255, 255) >>> 0;

test("a mask is on its slice, and on every plane through it", () => {
  const axial = sheetOf();
  axial.picture.overlays = [maskOver()];
  assert.deepEqual(placesOf(axial.paint(), RED), [6, 7]);
  assert.deepEqual(placesOf(axial.paint({ frame: 1 }), RED), [6, 7], "one mask for all frames");
  assert.deepEqual(placesOf(axial.paint({ position: 2 }), RED), []);
  const coronal = sheetOf({ axis: 1 });
  coronal.picture.overlays = [maskOver()];
  assert.deepEqual(placesOf(coronal.paint({ position: 1 }), RED), [6, 7]);
});

test("a mask of a time series is on its frame", () => {
  const { paint, picture } = sheetOf();
  const mask = maskOver();
  Object.assign(mask.voxels, { shape: [2, 3, 4, 5], data: Uint8Array.from({ length: 120 }, (_, place) => Number(place === value(1, 3, 0, 1))), loaded: new Uint8Array(6) });
  picture.overlays = [mask];
  assert.deepEqual([placesOf(paint(), RED), placesOf(paint({ frame: 1 }), RED)], [[], [15]]);
});

test("a map and its contour; hidden, or not there yet, the picture is as it was", () => {
  const { paint, picture } = sheetOf();
  const plain = paint();
  const map = mapOver();
  picture.overlays = [map];
  const painted = paint();
  const column = [4, 9, 14, 19];
  assert.deepEqual(painted.flatMap((each, place) => (each === plain[place] ? [] : [place])), column);
  assert.deepEqual(placesOf(painted, CYAN), column, "its edge is the contour");
  assert.deepEqual(paint({ hidden: true }), plain);
  map.setting.opacity = 0;
  assert.deepEqual(paint(), plain, "a clear map has no contour");
  Object.assign(map.setting, { opacity: 1, visible: false });
  assert.deepEqual(paint(), plain);
  Object.assign(map.setting, { visible: true });
  map.voxels.missing = 1;
  assert.deepEqual(paint(), plain);
});

test("a map of one time point is on its frame only, and only there colours are grey", () => {
  const { paint, picture } = sheetOf({ colour: true, windows: [], affine: null });
  const plain = [0, 1].map((frame) => paint({ frame }));
  picture.overlays = [mapOver({}, { frame: 1 })];
  assert.deepEqual(paint({ frame: 0 }), plain[0]);
  const over = paint({ frame: 1 });
  assert.notDeepEqual(over, plain[1]);
  assert.deepEqual(placesOf(over, CYAN), [4, 9, 14, 19]);
});

test("beside the slices that a map speaks of, colours stay as they are", () => {
  const { paint, picture } = sheetOf({ colour: true, windows: [], affine: null });
  const plain = [0, 2].map((position) => paint({ position }));
  picture.overlays = [mapOver()];
  assert.deepEqual([0, 2].map((position) => paint({ position })), plain);
});

test("a mask lies over a map", () => {
  const { paint, picture } = sheetOf();
  const mask = maskOver({ style: "fill", opacity: 1 });
  mask.voxels.data.fill(1);
  picture.overlays = [mask, mapOver()];
  assert.equal(paint()[4], RED);
});

// ---------------------------------------------------------------- corrections

test("the corrected mask is seen; the model's outline is broken, or not there; or the model's mask alone", () => {
  const { paint, picture } = sheetOf();
  const mask = correctedOver();
  picture.overlays = [mask];
  assert.deepEqual(placesOf(paint(), RED), [7, 8], "this outline breaks at column 1");
  mask.setting.style = "fill";
  assert.deepEqual(placesOf(paint(), RED), [7, 8]);
  mask.setting.model = true;
  assert.deepEqual(placesOf(paint(), RED), [6, 7]);
  mask.setting.model = false;
  const moved = correctedOver();
  moved.voxels.data.fill(0);
  moved.voxels.data.fill(1, value(1, 0, 0), value(1, 3, 5)); // all of the slice: an outline of its edge, none inside
  picture.overlays = [moved];
  assert.deepEqual(placesOf(paint(), RED), [7, 8], "at the picture's edge there is no outline");
});

test("a broken outline has gaps, and turns with nothing", () => {
  const { sheet, picture, paint } = wide(3);
  const [mask] = picture.overlays;
  const model = mask.voxels.data;
  model.fill(0);
  for (let row = 5; row < 35; row += 1) model.fill(1, row * 50 + 5, row * 50 + 45);
  mask.correction.prepare();
  mask.correction.replace(0, new Uint8Array(2000));
  mask.correction.edits = [{ id: "a" }];
  picture.touch();
  paint();
  const at = (y, x) => sheet.image[y * 50 + x] === RED;
  const sides = {
    top: [...Array(40).keys()].map((each) => at(5, 5 + each)), left: [...Array(30).keys()].map((each) => at(5 + each, 5)),
    bottom: [...Array(40).keys()].map((each) => at(34, 5 + each)), right: [...Array(30).keys()].map((each) => at(5 + each, 44)),
  };
  for (const [name, side] of Object.entries(sides)) {
    const share = side.filter(Boolean).length / side.length;
    assert.ok(share > 0.35 && share < 0.65, `${name} ${share}`);
  }
  assert.ok(!at(20, 20), "nothing inside");
  mask.setting.compare = false;
  picture.touch();
  paint();
  assert.deepEqual(placesOf([...sheet.image], RED), []);
});

/** A picture of 40 x 50 pixels with a wild mask of two labels that can be corrected, and its sheet. */
function wide(seed) {
  const next = random(seed);
  const labels = [{ value: 1, name: "one", colour: [255, 0, 0] }, { value: 2, name: "two", colour: [0, 0, 255] }];
  const data = Uint8Array.from({ length: 2000 }, (_, place) => (place % 50 > 10 && place % 50 < 30 && next() < 0.7 ? 1 + Number(next() < 0.3) : 0));
  const voxels = { id: "m", data, shape: [1, 1, 40, 50], planeLength: 2000, rows: 40, columns: 50, missing: 0, has: () => true };
  const edits = { n: 0, ids: [], slices: {}, item: null, said: "" };
  const mask = new Mask({ id: "m", title: "", labels, edits }, voxels, { opacity: 0.4 });
  const values = Uint8Array.from({ length: 2000 }, () => 256 * next());
  const description = { id: "a", shape: [1, 1, 40, 50], dtype: "uint8", colour: false, affine: null, spacing: null, windows: [{ key: "w", centre: 128, width: 256, function: "LINEAR" }] };
  const picture = new Picture(description, { id: "a", data: values, planeLength: 2000, missing: 0 }, {});
  picture.overlays = [mask];
  const sheet = new Sheet();
  const wish = (change) => ({ picture, axis: 0, basis: storedBasis(0), position: 0, frame: 0, hidden: false, step: 1, thick: 1, ...change });
  return { sheet, picture, mask, next, wish, paint: (change) => sheet.paint(wish(change)) };
}

const LOOKS = [
  ["outlines", {}, {}], ["filled", {}, { style: "fill" }], ["thick outlines", { thick: 3 }, {}], ["one label", {}, { hidden: [2] }],
  ["without the model's", {}, { compare: false }], ["flipped", { basis: flippedAcross(storedBasis(0)) }, { style: "fill" }],
  ["turned", { basis: turnedRight(storedBasis(0)) }, {}], ["turned and thick", { basis: flippedDown(turnedRight(storedBasis(0))), thick: 2 }, {}],
];

for (const [name, change, setting] of LOOKS) {
  test(`a part painted again is as if all were: ${name}`, () => {
    const { sheet, picture, mask, next, wish } = wide(7);
    Object.assign(mask.setting, setting);
    mask.correction.drawing = true;
    sheet.paint(wish(change));
    const { basis } = wish(change);
    for (let turn = 0; turn < 40; turn += 1) {
      const [row, first] = [Math.floor(next() * 40), Math.floor(next() * 50)];
      const last = Math.min(first + Math.floor(next() * 8), 49);
      const before = sheet.key;
      mask.correction.paint({ label: 1 + Math.floor(next() * 2), slice: 0, erase: next() < 0.3 }, [{ row, first, last }], mask.correction.blank(0));
      if (keyOf(wish(change)) === before) continue;
      const ends = [first, last].map((column) => [basis.x === 2 ? column : row, basis.x === 2 ? row : column]);
      const [xs, ys] = [0, 1].map((axis) => ends.map((end) => end[axis]));
      const [width, height] = basis.x === 2 ? [50, 40] : [40, 50];
      const flip = (places, sign, size) => places.map((each) => (sign > 0 ? each : size - 1 - each));
      const [x, y] = [flip(xs, basis.xSign, width), flip(ys, basis.ySign, height)];
      const part = sheet.patch(wish(change), { left: Math.min(...x), right: Math.max(...x), top: Math.min(...y), bottom: Math.max(...y) });
      assert.equal(sheet.key, keyOf(wish(change)));
      assert.ok(part.box.left >= part.x && part.box.right < part.x + part.width && part.box.top >= part.y && part.box.bottom < part.y + part.height);
    }
    const whole = new Sheet();
    whole.paint(wish(change));
    assert.deepEqual([...sheet.image], [...whole.image]);
    const puts = sheet.ctx.named("putImageData").length;
    sheet.freshen();
    sheet.freshen();
    assert.equal(sheet.ctx.named("putImageData").length, puts + 1, "the canvas has it when it is asked for, once");
  });
}

test("all is painted where a part cannot be", () => {
  const box = { left: 3, right: 4, top: 5, bottom: 6 };
  const changes = [
    ({ picture }) => (picture.colour = true), ({ picture }) => (picture.palette = "HOT"), ({ sheet }) => (sheet.step = 2), ({ sheet }) => (sheet.key = ""),
    ({ picture }) => picture.overlays.push(mapOver({}, { only: [0, 0] })),
  ];
  for (const change of changes) {
    const made = wide(1);
    made.paint();
    change(made);
    assert.equal(made.sheet.patch(made.wish(), box), null);
  }
});

test("a mask of one time point is on its frame only", () => {
  const { paint, picture } = sheetOf();
  picture.overlays = [maskOver({}, { frame: 1 })];
  assert.deepEqual([placesOf(paint({ frame: 0 }), RED), placesOf(paint({ frame: 1 }), RED)], [[], [6, 7]]);
});

// ---------------------------------------------------------------- when it is painted

test("painted once for each plane, place, turn, frame and look", () => {
  const { sheet, picture, wish } = sheetOf();
  picture.overlays = [maskOver()];
  const times = () => sheet.ctx.named("putImageData").length;
  sheet.paint(wish());
  sheet.paint(wish());
  assert.equal(times(), 1);
  const changes = [
    { position: 2 }, { axis: 1, basis: picture.hanging(1) }, { basis: flippedAcross(picture.hanging(0)) }, { basis: flippedDown(picture.hanging(0)) },
    { frame: 1 }, { hidden: true }, { thick: 3 },
  ];
  const keys = [wish(), ...changes.map(wish), wish({ step: 2 })].map(keyOf);
  assert.equal(new Set(keys).size, keys.length);
  for (const change of [() => picture.touch(), () => (picture.voxels.missing = 3), () => (picture.overlays[0].voxels.missing = 2)]) {
    const old = keyOf(wish());
    change();
    assert.notEqual(keyOf(wish()), old);
  }
});

test("what broke off halfway is not taken for painted", () => {
  const { sheet, picture, wish } = sheetOf();
  sheet.paint(wish());
  const broken = { kind: "mask", setting: { visible: true }, voxels: { missing: 0 }, speaks: () => true, offset: () => 0, looks() { throw new Error("no looks"); } };
  picture.overlays = [broken];
  assert.throws(() => sheet.paint(wish({ position: 2 })), /no looks/);
  assert.equal(sheet.key, "");
  broken.looks = () => [];
  broken.data = new Uint8Array(60);
  sheet.paint(wish({ position: 2 }));
  assert.deepEqual([sheet.ctx.named("putImageData").length, reds([...sheet.image])[0]], [2, value(2, 0, 0)]);
  assert.equal(sheet.key, keyOf(wish({ position: 2 })));
});
