import assert from "node:assert/strict";
import test from "node:test";

import { canvasOf } from "./canvas.mjs";
import { load } from "./modules.mjs";
import { mapOver, maskOver, phantom, value } from "./phantom.mjs";

globalThis.document = { createElement: () => canvasOf(0, 0) };

const { keyOf, Sheet } = await load("sheet");
const { flippedAcross, flippedDown } = await load("planes");
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
  const broken = { kind: "mask", setting: { visible: true }, voxels: { missing: 0 }, offset: () => 0, looks() { throw new Error("no looks"); } };
  picture.overlays = [broken];
  assert.throws(() => sheet.paint(wish({ position: 2 })), /no looks/);
  assert.equal(sheet.key, "");
  broken.looks = () => [];
  broken.voxels.data = new Uint8Array(60);
  sheet.paint(wish({ position: 2 }));
  assert.deepEqual([sheet.ctx.named("putImageData").length, reds([...sheet.image])[0]], [2, value(2, 0, 0)]);
  assert.equal(sheet.key, keyOf(wish({ position: 2 })));
});
