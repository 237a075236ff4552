import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { Mask, Picture, SaliencyMap } = await load("picture");
const { conventionalBasis, storedBasis } = await load("planes");
const { pixel } = await load("overlays");

const WINDOWS = [
  { key: "preset:soft", name: "Soft tissue", centre: 40, width: 400, function: "LINEAR" },
  { key: "auto", name: "Automatic", centre: 0, width: 900, function: "LINEAR_EXACT" },
];
// axial, but stored from head to feet and with columns to the Right: slices 3 mm, rows 0.5 mm, columns 0.7 mm
const AFFINE = [0, 0, -0.7, 10, 0, 0.5, 0, 20, -3, 0, 0, 30, 0, 0, 0, 1];

function pictureOf(more = {}, loaded = true) {
  const description = {
    id: "a", dtype: "int16", shape: [2, 4, 6, 8], colour: false, affine: AFFINE, letters: null, spacing: [3, 0.5, 0.7], spacingNote: "",
    unit: "HU", monochrome1: false, padding: null, inverse: false, windows: WINDOWS, asStored: false, times: null, ...more,
  };
  const [frames, slices, rows, columns] = description.shape;
  const planeLength = rows * columns * (description.colour ? 3 : 1);
  const data = Int16Array.from({ length: frames * slices * planeLength }, (_, place) => place);
  const voxels = { data, planeLength, missing: loaded ? 0 : 1, has: (plane) => loaded || plane !== 1 };
  return new Picture(description, voxels, { HOT: Uint8Array.from({ length: 768 }, (_, place) => place % 256) });
}

test("a picture begins in its middle, with its first window", () => {
  const picture = pictureOf();
  assert.deepEqual([picture.index, picture.frame, picture.frames, picture.shape], [[2, 3, 4], 0, 2, [4, 6, 8]]);
  assert.deepEqual([picture.window, picture.inverted, picture.palette], [WINDOWS[0], false, ""]);
  assert.notEqual(picture.window, WINDOWS[0], "a copy: dragging never changes what is on offer");
  assert.equal(pictureOf({ inverse: true }).inverted, true);
  assert.equal(pictureOf({ colour: true, windows: [] }).window, null);
});

test("DICOM's slices hang as they are stored, other planes as radiologists hang them", () => {
  assert.deepEqual(pictureOf({ asStored: true }).hanging(0), storedBasis(0));
  assert.deepEqual(pictureOf().hanging(0), conventionalBasis(AFFINE, 0));
  assert.equal(pictureOf().hanging(0).xSign, -1);
  assert.deepEqual(pictureOf({ asStored: true }).hanging(1), conventionalBasis(AFFINE, 1));
  assert.deepEqual(pictureOf({ affine: null }).hanging(0), storedBasis(0));
});

test("only volumes with geometry are cut in other planes", () => {
  assert.equal(pictureOf().reformats, true);
  assert.equal(pictureOf({ affine: null }).reformats, false);
  assert.equal(pictureOf({ shape: [1, 1, 6, 8] }).reformats, false);
  assert.equal(pictureOf({ colour: true, windows: [] }).reformats, false);
});

test("size of a pixel: from the affine, from the tags, or none", () => {
  const size = (more, axis) => pictureOf(more).pixelSize(storedBasis(axis)).map((value) => Number(value.toFixed(6)));
  assert.deepEqual([size({}, 0), size({}, 1), size({}, 2)], [[0.7, 0.5], [0.7, 3], [0.5, 3]]);
  assert.deepEqual(size({ affine: null, spacing: [0, 0.2, 0.3] }, 0), [0.3, 0.2]);
  assert.deepEqual(size({ affine: null, spacing: null }, 0), [1, 1]);
  assert.deepEqual([{}, { affine: null }, { affine: null, spacing: null }].map((more) => pictureOf(more).inMillimetres), [true, true, false]);
});

test("greys follow the window; MONOCHROME1 is white where low, and inverting it makes it black", () => {
  const shadeOf = (picture, value) => picture.grey().shade(value);
  const picture = pictureOf();
  assert.deepEqual([-161, 40, 240].map((value) => shadeOf(picture, value)), [0, 128, 255]);
  assert.equal(picture.grey(), picture.grey(), "computed once");
  picture.inverted = true;
  assert.equal(shadeOf(picture, -161), 255);
  assert.equal(shadeOf(pictureOf({ monochrome1: true }), -161), 255);
  const both = pictureOf({ monochrome1: true });
  both.inverted = true;
  assert.equal(shadeOf(both, -161), 0);
  assert.equal(shadeOf(pictureOf({ monochrome1: true, padding: -161 }), -161), 0, "padding is black, whatever the picture");
  assert.equal(picture.choose("auto"), true);
  assert.equal(shadeOf(picture, 450), 0);
});

const TABLED = { key: "file:0", name: "T", first: -1, centre: 0, width: 2, function: "LINEAR_EXACT", table: {} };

test("a table takes the place of its window as soon as it is there, not before", () => {
  const picture = pictureOf({ windows: [TABLED, ...WINDOWS] });
  const shades = () => [-1, 0, 1].map((value) => picture.grey().shade(value));
  assert.equal(picture.waiting, false, "none is on its way");
  const voxels = { data: Float32Array.of(0.2, 1, 0.6), missing: 1 };
  picture.tables = { "file:0": { first: -1, voxels } };
  assert.deepEqual([picture.waiting, picture.voi()], [true, picture.window]);
  assert.deepEqual(shades(), [0, 128, 255], "its window's");
  voxels.missing = 0;
  assert.equal(picture.waiting, false);
  assert.deepEqual(picture.voi(), { first: -1, entries: voxels.data });
  assert.deepEqual(shades(), [51, 255, 153], "the greys from before are not kept");
  voxels.missing = 1;
  picture.choose("auto");
  assert.deepEqual([picture.waiting, picture.voi()], [false, picture.window], "another window needs no table");
  assert.equal(pictureOf({ colour: true, windows: [] }).waiting, false);
});

test("a drag begins with the window, or with the values that its table spans", () => {
  const picture = pictureOf();
  assert.deepEqual(picture.draggable(), WINDOWS[0]);
  assert.notEqual(picture.draggable(), picture.window);
  assert.equal(pictureOf({ colour: true, windows: [] }).draggable(), null);
  const tabled = pictureOf({ windows: [TABLED] });
  tabled.tables = { "file:0": { first: -100, voxels: { data: new Float32Array(301), missing: 0 } } };
  assert.deepEqual(tabled.draggable(), { key: "own", centre: 50, width: 300, function: "LINEAR_EXACT" });
  tabled.tables["file:0"].voxels.missing = 1;
  assert.deepEqual(tabled.draggable(), TABLED);
});

test("windows are chosen by name", () => {
  const picture = pictureOf();
  assert.deepEqual([picture.choose("auto"), picture.window.key, picture.version], [true, "auto", 1]);
  assert.deepEqual([picture.choose("no such"), picture.window.key, picture.version], [false, "auto", 1]);
  assert.equal(picture.range(), 900);
});

test("a window of the slice on show", () => {
  const picture = pictureOf();
  picture.frame = 1;
  picture.auto(); // slice 2 of frame 1: values 288 to 335
  const { key, centre, width } = picture.window;
  assert.deepEqual([key, centre, Number(width.toFixed(6)), picture.version], ["plane", 311.5, 46.06, 1]);
});

/** What lies in a plane of frame 1 at slice 2, row 3, column 4: each voxel's value is its place. */
const IN_PLANE = [
  [0, 48, ([row, column]) => (4 + 2) * 48 + row * 8 + column, 8],
  [1, 32, ([slice, column]) => (4 + slice) * 48 + 3 * 8 + column, 8],
  [2, 24, ([slice, row]) => (4 + slice) * 48 + row * 8 + 4, 6],
];

for (const [axis, count, valueAt, across] of IN_PLANE) {
  test(`values of the plane on show across axis ${axis}, and a window of them`, () => {
    const picture = pictureOf();
    picture.frame = 1;
    const wanted = Array.from({ length: count }, (_, place) => valueAt([Math.floor(place / across), place % across]));
    const ascending = (values) => [...values].sort((a, b) => a - b);
    assert.deepEqual(ascending(picture.plane(axis)), ascending(wanted));
    picture.auto(axis);
    const middle = (Math.min(...wanted) + Math.max(...wanted)) / 2;
    assert.ok(Math.abs(picture.window.centre - middle) < 1e-9, `${picture.window.centre}, not ${middle}`);
  });
}

test("a plane's own window leaves padding out", () => {
  const picture = pictureOf({ padding: 143 });
  picture.voxels.data.fill(143);
  picture.voxels.data.set([10, 20], 96); // on slice 2
  picture.auto(0);
  assert.equal(picture.window.centre, 15);
});

const SLABS = [
  ["off", 10, 0, 2, 2, 1],
  ["max", 1, 0, 2, 2, 1],
  ["max", 6, 0, 2, 2, 2],
  ["max", 9, 0, 2, 1, 3],
  ["max", 9, 0, 0, 0, 3],
  ["mean", 9, 0, 3, 1, 3],
  ["min", 500, 0, 3, 0, 4],
  ["max", 1.5, 1, 3, 2, 3],
];

for (const [mode, mm, axis, position, first, count] of SLABS) {
  test(`a slab: ${mode} of ${mm} mm around ${position} along axis ${axis}`, () => {
    const picture = pictureOf();
    picture.slab = { mode, mm };
    const found = picture.slabAt(axis, position);
    assert.deepEqual([found.first, found.count], [first, count]);
    if (mode !== "off") assert.ok(Math.abs(found.mm - count * [3, 0.5, 0.7][axis]) < 1e-9, "its thickness is what it holds");
  });
}

test("without geometry there is no slab", () => {
  const picture = pictureOf({ affine: null });
  picture.slab = { mode: "max", mm: 50 };
  assert.deepEqual(picture.slabAt(0, 1), { first: 1, count: 1 });
});

test("the place stays in the volume", () => {
  const picture = pictureOf();
  for (const [axis, to, wanted] of [[0, 99, 3], [0, -1, 0], [1, 2.6, 3], [2, 7.5, 7]]) {
    picture.move(axis, to);
    assert.equal(picture.index[axis], wanted);
  }
});

test("played, the place goes on from the last plane to the first, and back", () => {
  const picture = pictureOf();
  picture.index = [2, 0, 7];
  const steps = [[0, 1, 1, 3], [0, 1, -3, 0], [0, -1, 3, 3], [1, -1, 5, 5], [2, 1, -7, 0]];
  for (const [axis, by, went, place] of steps) assert.deepEqual([picture.step(axis, by), picture.index[axis]], [went, place]);
});

test("values: of the frame, by slice, row and column; none before they are there", () => {
  const picture = pictureOf();
  assert.equal(picture.read([1, 2, 3]), 1 * 48 + 2 * 8 + 3);
  picture.frame = 1;
  assert.equal(picture.read([1, 2, 3]), 5 * 48 + 2 * 8 + 3);
  const waiting = pictureOf({}, false);
  assert.deepEqual([waiting.read([1, 0, 0]), waiting.read([2, 0, 0])], [NaN, 96]);
  const colours = pictureOf({ colour: true, windows: [], shape: [2, 4, 6, 8] });
  colours.frame = 1;
  const from = (4 + 1) * 144 + 3 * (2 * 8 + 3);
  assert.deepEqual(colours.readColour([1, 2, 3]), [from, from + 1, from + 2]);
});

test("screen pixels through a palette, or plain", () => {
  const picture = pictureOf();
  assert.equal(picture.pixels()[9], pixel(9, 9, 9) >>> 0);
  picture.palette = "HOT";
  assert.equal(picture.pixels()[9], pixel(27, 28, 29) >>> 0);
});

// ---------------------------------------------------------------- overlays

const LABELS = [{ value: 1, name: "liver", colour: [200, 0, 0] }, { value: 3, name: "spleen", colour: [0, 0, 200] }];
/** Voxels of a mask with the counts of its first label in slices, rows and columns, frame by frame. */
const counted = (...frames) => ({ counts: frames.map((counts) => new Map([[1, counts.map((each) => Uint32Array.from(each))]])) });

test("looks of a mask: outlines, filled, hidden, recoloured", () => {
  const mask = new Mask({ id: "m", title: "Organs", labels: LABELS }, counted([[0], [0], [0]]));
  const looks = mask.looks();
  assert.deepEqual([looks[1].fill, looks[1].outline, looks[1].colour, looks[2]], [0, true, [200, 0, 0], undefined]);
  Object.assign(mask.setting, { style: "fill", opacity: 0.4, hidden: [1], colours: { 3: [1, 2, 3] } });
  const changed = mask.looks();
  assert.deepEqual([changed[1], changed[3].fill, changed[3].colour, changed[3].pixel], [undefined, 0.4, [1, 2, 3], pixel(1, 2, 3)]);
});

test("a mask's peak is where most of it lies; an empty one has none", () => {
  const mask = new Mask({ labels: LABELS }, counted([[0, 3, 9, 1], [5, 8], [1, 0, 12]]));
  for (const frame of [0, 3]) {
    assert.deepEqual(mask.peak([4, 2, 3], frame), [2, 1, 2], "one mask for all frames");
    assert.deepEqual([...mask.strip(0, [4, 2, 3], frame)], [0, 3, 9, 1]);
  }
  assert.equal(new Mask({ labels: LABELS }, counted([[0, 0], [0], [0]])).peak([2, 1, 1], 0), null);
});

test("what is hidden, or no label any more, is neither counted nor gone to", () => {
  const counts = new Map([[1, [[0, 9, 0], [9], [9]]], [2, [[40, 0, 0], [40], [40]]], [3, [[0, 1, 2], [3], [3]]]]);
  const seen = (labels, hidden) => {
    const mask = new Mask({ labels }, { counts: [counts] }, { hidden });
    return [mask.seen, [...mask.strip(0, [3, 1, 1], 0)], mask.peak([3, 1, 1], 0)?.[0]];
  };
  assert.deepEqual(seen(LABELS, []), [[1, 3], [0, 10, 2], 1]);
  assert.deepEqual(seen(LABELS, [1]), [[3], [0, 1, 2], 2]);
  assert.deepEqual(seen(LABELS.slice(0, 1), []), [[1], [0, 9, 0], 1]);
  assert.deepEqual(seen(LABELS, [1, 3]), [[], [0, 0, 0], undefined]);
});

test("a mask of a time series has strips, a peak and voxels in each of its frames", () => {
  const counts = counted([[0, 4], [3, 1], [4, 0]], [[7, 0], [2, 5], [0, 7]], [[0, 0], [0, 0], [0, 0]]);
  const data = Uint8Array.from({ length: 24 }, (_, place) => ({ 4: 1, 11: 3, 23: 2 })[place] ?? 0);
  const mask = new Mask({ labels: LABELS }, { ...counts, shape: [3, 2, 2, 2], planeLength: 4, columns: 2, data });
  assert.deepEqual([0, 1, 2].map((frame) => mask.peak([2, 2, 2], frame)), [[1, 0, 0], [0, 1, 1], null]);
  assert.deepEqual([0, 1].map((frame) => [...mask.strip(1, [2, 2, 2], frame)]), [[3, 1], [2, 5]]);
  assert.deepEqual([0, 1, 2].map((frame) => mask.offset(frame)), [0, 8, 16]);
  assert.deepEqual([0, 1].map((frame) => [mask.nameAt([1, 0, 0], frame), mask.nameAt([0, 1, 1], frame)]), [["liver", ""], ["", "spleen"]]);
  assert.equal(mask.nameAt([1, 1, 1], 2), "", "a label without a name");
  assert.equal(mask.speaks(1, 0, 2), true);
});

test("one mask for all frames begins at its first voxel in each of them", () => {
  const mask = new Mask({ labels: LABELS }, { shape: [1, 2, 2, 2], planeLength: 4, columns: 2, data: Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0) });
  assert.deepEqual([mask.offset(0), mask.offset(5), mask.nameAt([1, 1, 0], 5)], [0, 0, "liver"]);
});

function mapOf(setting, usual = 4, more = {}) {
  const description = { id: "s", title: "Grad-CAM", unit: "", toNative: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], toVolume: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], only: null, scales: { own: 2, usual }, ...more };
  const voxels = { shape: [1, 2, 1, 2], data: Float32Array.of(0.1, 0.2, 0.3, 2), missing: 0 };
  return new SaliencyMap(description, voxels, Uint8Array.from({ length: 768 }, () => 100), setting);
}

test("a map's scale is the usual one, or its own where there is none or it is stretched", () => {
  assert.deepEqual([mapOf().map.scale, mapOf({ stretched: true }).map.scale, mapOf({}, null).map.scale], [4, 2, 2]);
  assert.deepEqual(mapOf().map.shape, [2, 1, 2]);
});

test("a map's table is made anew when its setting changes, and only then", () => {
  const over = mapOf();
  const before = over.table();
  assert.equal(over.table(), before);
  over.setting.opacity = 1;
  assert.notEqual(over.table(), before);
  assert.equal(over.table()[(255 << 8) | 7], pixel(100, 100, 100) >>> 0);
});

test("a map's strip and peak wait for its voxels", () => {
  const over = mapOf();
  over.voxels.missing = 1;
  assert.deepEqual([[...over.strip(0, [2, 1, 2])], over.peak([2, 1, 2])], [[0, 0], null]);
  over.voxels.missing = 0;
  assert.deepEqual([...over.strip(0, [2, 1, 2])], [...Float32Array.of(0.2, 2)]);
  assert.deepEqual(over.peak([2, 1, 2]), [1, 0, 1]);
});

const SPEAKS = [
  ["of all of the volume", {}, [[0, 0, 0], [1, 9, 3]], []],
  ["of some slices", { only: [2, 4] }, [[0, 2, 0], [0, 4, 7]], [[0, 1, 0], [0, 5, 0], [1, 3, 0], [2, 2, 0]]],
  ["of one time point", { frame: 3 }, [[0, 0, 3], [2, 8, 3]], [[0, 0, 2], [0, 0, 0]]],
  ["of the first time point", { frame: 0 }, [[0, 0, 0]], [[0, 0, 1]]],
  ["of every time point", { frame: null }, [[0, 0, 0], [0, 0, 1]], []],
  ["of a slice of one time point", { frame: 1, only: [2, 2] }, [[0, 2, 1]], [[0, 2, 0], [0, 1, 1]]],
];

for (const [name, more, yes, no] of SPEAKS) {
  test(`a map speaks ${name}`, () => {
    const over = mapOf({}, 4, more);
    for (const place of yes) assert.equal(over.speaks(...place), true, `${place}`);
    for (const place of no) assert.equal(over.speaks(...place), false, `${place}`);
    assert.equal(over.nameAt([0, 0, 0], 0), "");
  });
}

test("a map of one time point has a strip and a peak there only", () => {
  const over = mapOf({}, 4, { frame: 1 });
  assert.deepEqual([...over.strip(0, [2, 1, 2], 1)], [...Float32Array.of(0.2, 2)]);
  assert.deepEqual([over.peak([2, 1, 2], 1), over.peak([2, 1, 2], 0)], [[1, 0, 1], null]);
  assert.deepEqual([...over.strip(0, [2, 1, 2], 0)], [0, 0]);
  assert.deepEqual(mapOf({}, 4, { frame: null }).peak([2, 1, 2], 3), [1, 0, 1]);
});

test("what is seen of a mask that was corrected: labels, names, counts, peak", () => {
  const voxels = {
    shape: [1, 2, 2, 3], planeLength: 6, columns: 3, data: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0), missing: 0,
    counts: [new Map([[1, [[1, 0], [1, 0], [1, 0, 0]]], [2, [[0, 1], [1, 0], [0, 0, 1]]]])],
  };
  const mask = new Mask({ labels: LABELS, edits: {} }, voxels);
  assert.equal(mask.data, voxels.data, "the model's until something is corrected");
  assert.equal(mask.corrected, false);
  const { correction } = mask;
  const [edit, delta] = [{ id: "a", label: 3, slice: 1 }, correction.blank(1)];
  correction.paint(edit, [{ row: 1, first: 0, last: 2 }], delta);
  correction.add(edit, delta);
  const seen = () => [mask.corrected, mask.nameAt([1, 1, 0], 0), [0, 1, 2].map((axis) => [...mask.strip(axis, [2, 2, 3], 0)]), mask.peak([2, 2, 3], 0)];
  assert.deepEqual(seen(), [true, LABELS[1].name, [[1, 3], [1, 3], [2, 1, 1]], [1, 1, 0]]);
  mask.setting.hidden = [1];
  assert.deepEqual(seen()[2], [[0, 3], [0, 3], [1, 1, 1]], "of what is seen");
  Object.assign(mask.setting, { hidden: [], model: true });
  assert.deepEqual(seen(), [false, "", [[1, 0], [1, 0], [1, 0, 0]], [0, 0, 0]]);
  assert.equal(new Mask({ labels: LABELS, edits: {} }, voxels).correction, correction, "another page of the tab finds it there");
  assert.equal(new Mask({ labels: LABELS }, voxels).correction, null, "where nothing is to be corrected");
});

test("a mask of one time point says nothing of others", () => {
  const counts = new Map([[1, [[1], [1], [1]]]]);
  const mask = new Mask({ labels: LABELS, frame: 1 }, { shape: [1, 1, 1, 1], planeLength: 1, columns: 1, data: Uint8Array.of(1), missing: 0, counts: [counts] });
  assert.deepEqual([0, 1].map((frame) => [mask.nameAt([0, 0, 0], frame), [...mask.strip(0, [1, 1, 1], frame)], mask.speaks(0, 0, frame)]), [["", [0], false], [LABELS[0].name, [1], true]]);
  assert.deepEqual([mask.peak([1, 1, 1], 0), mask.peak([1, 1, 1], 1)], [null, [0, 0, 0]]);
});

test("an overlay is late while a part of it is on its way", () => {
  const voxels = { shape: [1, 1, 1, 1], planeLength: 1, missing: 0 };
  const mask = new Mask({ labels: LABELS, edits: {} }, voxels);
  assert.equal(mask.late, false);
  mask.correction.sure = false;
  assert.equal(mask.late, true);
  mask.correction.sure = true;
  voxels.missing = 1;
  assert.equal(mask.late, true);
});
