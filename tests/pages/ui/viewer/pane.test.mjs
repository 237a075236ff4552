import assert from "node:assert/strict";
import test from "node:test";

import { canvasOf } from "./canvas.mjs";
import { load } from "./modules.mjs";

globalThis.document = { createElement: () => canvasOf(0, 0) };

const { Pane } = await load("pane");
const { Mask, Picture, SaliencyMap } = await load("picture");
const { flippedAcross, turnedRight } = await load("planes");
const { pixel } = await load("overlays");

const WORDS = {
  image: "Image", frame: "Frame", coronal: "Coronal", sagittal: "Sagittal", reformatted: "reformatted", thickness: "Thickness", mean: "Mean",
  max: "MIP", colour: "colour", inverted: "inverted", zoom: "Zoom", loading: "Loading {share} %", failed: "Failed", outside: "Outside",
  not_reviewed: "AI - not reviewed", not_diagnostic: "Not for diagnostic use",
};
const WINDOW = { key: "stored", name: "As stored", centre: 127.5, width: 255, function: "LINEAR_EXACT" };
// axial head first: slices 3 mm to Superior from z = -4, rows 0.5 mm to Posterior, columns 1 mm to Left
const AFFINE = [0, 0, 1, 10, 0, 0.5, 0, 20, 3, 0, 0, -4, 0, 0, 0, 1];
const SHAPE = [3, 4, 5];

/** A pane of 400 x 300 pixels of the page over 2 frames of 3 slices, 4 rows, 5 columns. */
function paneOf({ axis = 0, loaded = () => true, ratio = 1, ...more } = {}) {
  const description = {
    id: "a", dtype: "uint8", shape: [2, ...SHAPE], colour: false, affine: AFFINE, letters: null, spacing: [3, 0.5, 1], spacingNote: "", unit: "HU",
    monochrome1: false, padding: null, inverse: false, windows: [WINDOW], asStored: true, times: null, thickness: null, frameOfReference: "f",
    marks: { left: ["P-0001"], right: ["CT"], banner: ["SYNTHETIC"] }, ...more,
  };
  const planeLength = 20 * (description.colour ? 3 : 1);
  const there = Uint8Array.from({ length: 6 }, (_, plane) => Number(loaded(plane)));
  const missing = there.filter((each) => !each).length;
  const data = Uint8Array.from({ length: 6 * planeLength }, (_, place) => place);
  const voxels = { data, planeLength, loaded: there, missing, failure: "", share: 1 - missing / 6, has: (plane) => there[plane] === 1 };
  const picture = new Picture(description, voxels, { HOT: Uint8Array.from({ length: 768 }, (_, place) => 255 - (place % 256)) });
  picture.index = [1, 2, 3];
  const canvas = canvasOf(400, 300);
  const pane = new Pane(canvas, picture, axis, WORDS);
  pane.resize(ratio);
  return { pane, picture, context: canvas.context, canvas };
}

const SCENE = { hidden: false, smooth: true, measurements: [], chosen: null, crosshair: false, planes: [] };
const reds = (pane) => [...pane.image].map((each) => each & 255);
const value = (slice, row, column, frame = 0) => frame * 60 + slice * 20 + row * 5 + column;
const rounded = (values) => values.map((each) => Number(each.toFixed(6)));

// ---------------------------------------------------------------- places

test("the picture fits the pane in millimetres, in the middle", () => {
  const { pane } = paneOf(); // 5 mm across, 2 mm down: 80 pixels a millimetre fit across
  assert.deepEqual(pane.scale(), [80, 40]);
  assert.deepEqual(pane.frame(), { left: 0, right: 400, top: 70, bottom: 230 });
  const coronal = paneOf({ axis: 1 }).pane; // 5 mm across, 9 mm down
  assert.deepEqual(rounded(coronal.scale()), rounded([100 / 3, 100]));
});

test("the canvas follows its place on the page, in the screen's own pixels", () => {
  const { pane, canvas } = paneOf({ ratio: 2 });
  assert.deepEqual([canvas.width, canvas.height], [800, 600]);
  assert.deepEqual([pane.resize(2), pane.resize(1), canvas.width], [false, true, 400]);
});

test("from voxels to the canvas and back, zoomed, moved, turned and flipped", () => {
  for (const axis of [0, 1, 2]) {
    for (const ratio of [1, 2]) {
      const { pane } = paneOf({ axis, ratio });
      Object.assign(pane, { basis: turnedRight(flippedAcross(pane.basis)), zoom: 2.5, pan: [30, -17] });
      const index = [1.25, 2, 3.5];
      index[axis] = pane.position;
      const [x, y] = pane.canvasOf(index);
      assert.deepEqual(rounded(pane.indexAt({ clientX: x / ratio, clientY: y / ratio })), index);
    }
  }
});

test("zoomed, the middle stays; moved, all moves by pixels of the page", () => {
  const { pane } = paneOf({ ratio: 2 });
  const middle = pane.fromCanvas([400, 300]);
  pane.zoom = 3;
  assert.deepEqual(pane.fromCanvas([400, 300]), middle);
  const before = pane.toCanvas([0, 0]);
  pane.pan = [10, 20];
  assert.deepEqual(pane.toCanvas([0, 0]), [before[0] + 20, before[1] + 40]);
});

test("inside ends half a voxel beyond the outer centres", () => {
  const { pane } = paneOf();
  assert.deepEqual([[0, -0.5, 4.5], [0, -0.6, 0], [3, 0, 0]].map((index) => pane.inside(index)), [true, false, false]);
});

// ---------------------------------------------------------------- pixels

const PIXELS = [
  ["axial, as stored", {}, 5, (x, y) => value(1, y, x)],
  ["coronal, from the front", { axis: 1 }, 5, (x, y) => value(2 - y, 2, x)],
  ["sagittal, nose to the left", { axis: 2 }, 4, (x, y) => value(2 - y, x, 3)],
];

for (const [name, more, width, wanted] of PIXELS) {
  test(`pixels of a plane: ${name}, of the frame on show`, () => {
    const { pane, picture } = paneOf(more);
    for (const frame of [0, 1]) {
      picture.frame = frame;
      pane.render(false);
      const places = Array.from(pane.image, (_, place) => wanted(place % width, Math.floor(place / width)) + 60 * frame);
      assert.deepEqual(reds(pane), places);
    }
  });
}

test("flipped and turned, the pixels follow", () => {
  const { pane } = paneOf();
  pane.basis = turnedRight(pane.basis);
  pane.render(false);
  assert.deepEqual([pane.native.width, pane.native.height], [4, 5]);
  assert.deepEqual(reds(pane).slice(0, 4), [3, 2, 1, 0].map((row) => value(1, row, 0)), "the lowest row comes to the left");
});

test("drawn anew only when something changed", () => {
  const { pane, picture } = paneOf();
  pane.render(false);
  pane.render(false);
  assert.equal(pane.nativeCtx.named("putImageData").length, 1);
  picture.touch();
  pane.render(false);
  picture.index[0] = 2;
  pane.render(false);
  pane.basis = flippedAcross(pane.basis);
  pane.render(false);
  assert.equal(pane.nativeCtx.named("putImageData").length, 4);
});

test("a slab of neighbouring slices", () => {
  const { pane, picture } = paneOf();
  picture.slab = { mode: "max", mm: 6 };
  pane.render(false);
  assert.deepEqual(reds(pane)[0], value(2, 0, 0));
  picture.slab = { mode: "mean", mm: 9 };
  picture.touch();
  pane.render(false);
  assert.deepEqual(reds(pane)[7], value(1, 1, 2));
});

test("colours are the file's; under a map they are grey", () => {
  const { pane, picture } = paneOf({ colour: true, windows: [], affine: null });
  pane.render(false);
  const from = 60 + 3 * 7;
  assert.equal(pane.image[7], pixel(from, from + 1, from + 2) >>> 0);
  picture.overlays = [mapOver({ visible: true })];
  pane.render(false);
  assert.equal(pane.image[0], pixel(61, 61, 61) >>> 0, "where the map is clear");
});

test("a palette colours the greys", () => {
  const { pane, picture } = paneOf();
  picture.palette = "HOT";
  pane.render(false);
  const grey = value(1, 0, 1);
  assert.equal(pane.image[1], pixel(255 - ((3 * grey) % 256), 255 - ((3 * grey + 1) % 256), 255 - ((3 * grey + 2) % 256)) >>> 0);
});

// ---------------------------------------------------------------- overlays

/** A map of slice 1 whose right column is hot. */
function mapOver(setting) {
  const grid = [1, 0, 0, -1, 0, 1, 0, 0, 0, 0, 1, 0];
  const description = { id: "s", title: "Grad-CAM", unit: "log-odds", model: true, toNative: grid, toVolume: grid, only: [1, 1], scales: { own: 2, usual: null } };
  const voxels = { shape: [1, 1, 4, 5], data: Float32Array.from({ length: 20 }, (_, place) => (place % 5 === 4 ? 2 : 0)), missing: 0 };
  return new SaliencyMap(description, voxels, new Uint8Array(768).fill(200), { opacity: 1, ...setting });
}

/** A mask with label 1 on row 1, columns 1 and 2 of slice 1. */
function maskOver(setting) {
  const data = new Uint8Array(60);
  data[value(1, 1, 1)] = 1;
  data[value(1, 1, 2)] = 1;
  const labels = [{ value: 1, name: "nodule", colour: [255, 0, 0] }];
  return new Mask({ id: "m", title: "Nodules", model: true, labels }, { data, planeLength: 20, loaded: new Uint8Array(3).fill(1), missing: 0 }, setting);
}

const RED = pixel(255, 0, 0) >>> 0;
const CYAN = pixel(0, 255, 255) >>> 0;

test("a mask is on its slice, and on every plane through it", () => {
  const { pane, picture } = paneOf();
  picture.overlays = [maskOver()];
  pane.render(false);
  assert.deepEqual([...pane.image].flatMap((each, place) => (each === RED ? [place] : [])), [6, 7]);
  picture.index[0] = 2;
  pane.render(false);
  assert.equal(pane.image.includes(RED), false);
  const coronal = paneOf({ axis: 1 });
  coronal.picture.index[1] = 1;
  coronal.picture.overlays = [maskOver()];
  coronal.pane.render(false);
  assert.deepEqual([...coronal.pane.image].flatMap((each, place) => (each === RED ? [place] : [])), [6, 7]);
});

test("a map and its contour; hidden, the picture is as it was", () => {
  const { pane, picture } = paneOf();
  pane.render(false);
  const plain = [...pane.image];
  picture.overlays = [mapOver({})];
  picture.touch();
  pane.render(false);
  const painted = [...pane.image];
  assert.deepEqual(painted.flatMap((each, place) => (each === plain[place] ? [] : [place])), [4, 9, 14, 19]);
  assert.ok(painted.every((each, place) => place % 5 !== 4 || each === CYAN), "its edge is the contour");
  pane.render(true);
  assert.deepEqual([...pane.image], plain);
  picture.overlays[0].setting.visible = false;
  picture.touch();
  pane.render(false);
  assert.deepEqual([...pane.image], plain);
});

test("a mask lies over a map", () => {
  const { pane, picture } = paneOf();
  const mask = maskOver();
  mask.voxels.data.fill(1);
  mask.setting.style = "fill";
  mask.setting.opacity = 1;
  picture.overlays = [mask, mapOver({})];
  pane.render(false);
  assert.equal(pane.image[4], RED);
});

// ---------------------------------------------------------------- lines

const PLACES = [
  ["an axial slice", {}, ["Image 2/3  Frame 1/2", "I 1.0 mm"]],
  ["with its thickness", { thickness: 2.5 }, ["Image 2/3  Frame 1/2", "I 1.0 mm  Thickness 2.5 mm"]],
  ["a coronal plane", { axis: 1, thickness: 2.5 }, ["Coronal 3/4  reformatted  Frame 1/2", "P 21.0 mm"]],
  ["a sagittal plane", { axis: 2 }, ["Sagittal 4/5  reformatted  Frame 1/2", "L 13.0 mm"]],
  ["with times", { times: [0, 41.6] }, ["Image 2/3  Frame 1/2  0 ms", "I 1.0 mm"]],
  ["without geometry", { affine: null }, ["Image 2/3  Frame 1/2"]],
];

for (const [name, more, lines] of PLACES) test(`where it is: ${name}`, () => assert.deepEqual(paneOf(more).pane.placeLines(), lines));

test("a slab says what it is, and how thick", () => {
  const { pane, picture } = paneOf();
  picture.slab = { mode: "max", mm: 6.2 };
  assert.deepEqual(pane.placeLines()[1], "I 1.0 mm  MIP 6 mm");
});

test("how it is windowed", () => {
  const line = (more, change = () => {}) => {
    const { pane, picture } = paneOf(more);
    change(picture, pane);
    return pane.windowLine();
  };
  assert.equal(line({}), "W 255 L 128  HU  Zoom 1.00");
  assert.equal(line({ unit: "" }, (picture, pane) => (pane.zoom = 1.256)), "W 255 L 128  Zoom 1.26");
  assert.equal(line({}, (picture) => Object.assign(picture.window, { width: 2.345678, centre: 0.5 })), "W 2.35 L 0.5  HU  Zoom 1.00");
  assert.equal(line({}, (picture) => (picture.inverted = true)), "W 255 L 128  HU  inverted  Zoom 1.00");
  assert.equal(line({}, (picture) => (picture.tables = { stored: { first: 0, entries: [0, 1] } })), "As stored  HU  Zoom 1.00");
  assert.equal(line({ colour: true, windows: [], unit: "" }), "colour  Zoom 1.00");
});

test("letters at the edges follow flips and turns", () => {
  const { pane } = paneOf();
  assert.deepEqual(pane.letters(), ["R", "L", "A", "P"]);
  pane.basis = flippedAcross(pane.basis);
  assert.deepEqual(pane.letters(), ["L", "R", "A", "P"]);
  assert.equal(paneOf({ affine: null }).pane.letters(), null);
});

// ---------------------------------------------------------------- drawn

test("everything that must be said is drawn", () => {
  const { pane, picture, context } = paneOf();
  picture.overlays = [maskOver(), mapOver({})];
  pane.draw(SCENE);
  for (const text of ["P-0001", "CT", "SYNTHETIC", "I 1.0 mm", "R", "L", "A", "P", "AI - not reviewed", "Not for diagnostic use", "log-odds", "1 mm"]) {
    assert.ok(context.text(text), `${text} is missing from ${context.texts.map((each) => each.text)}`);
  }
  assert.deepEqual(context.named("drawImage")[0].values.slice(1), [0, 70, 400, 160]);
});

test("nothing of a model when overlays are hidden", () => {
  const { pane, picture, context } = paneOf();
  picture.overlays = [mapOver({})];
  pane.draw({ ...SCENE, hidden: true });
  assert.deepEqual([context.text("AI - not reviewed"), context.text("log-odds")], [undefined, undefined]);
  assert.ok(context.text("Not for diagnostic use"), "that is always said");
});

test("no millimetres, no bar", () => {
  const { pane, context } = paneOf({ affine: null, spacing: null });
  pane.draw(SCENE);
  assert.equal(context.texts.some(({ text }) => text.endsWith("mm")), false);
});

test("a slice that is not there yet is not shown, and how far the loading is is said", () => {
  const { pane, context, picture } = paneOf({ loaded: (plane) => plane !== 1 && plane !== 2 });
  assert.equal(pane.ready, false);
  pane.draw(SCENE);
  assert.equal(context.named("drawImage").length, 0, "never another slice's pixels");
  assert.ok(context.text("Loading 66 %"));
  picture.index[0] = 0;
  assert.equal(pane.ready, true);
  picture.slab = { mode: "max", mm: 6 };
  assert.equal(pane.ready, false, "a slab needs all of its slices");
  picture.voxels.failure = "404";
  pane.draw(SCENE);
  assert.ok(context.text("Failed"));
});

test("a plane across the slices needs all of its frame", () => {
  const { pane, picture } = paneOf({ axis: 1, loaded: (plane) => plane !== 5 });
  assert.equal(pane.ready, true);
  picture.frame = 1;
  assert.equal(pane.ready, false);
});

test("reference lines of planes in the same frame of reference only", () => {
  const coronal = { picture: {}, frameOfReference: "f", point: [0, 20.75, 0], normal: [0, 1, 0] };
  const dashes = (planes, more = {}) => {
    const { pane, context } = paneOf(more);
    pane.draw({ ...SCENE, planes });
    return context.named("setLineDash").length;
  };
  assert.equal(dashes([coronal]), 1);
  assert.equal(dashes([{ ...coronal, frameOfReference: "other" }]), 0);
  assert.equal(dashes([{ ...coronal, frameOfReference: null }], { frameOfReference: null }), 0, "none is not the same");
  assert.equal(dashes([{ ...coronal, normal: [0, 0, 1] }]), 0);
});

test("a crosshair and measurements lie where their voxels do", () => {
  const { pane, context } = paneOf();
  const measurements = [{ id: "m-1", kind: "length", points: [[1, 0, 0], [1, 3, 4]], lines: ["4.27 mm"] }];
  pane.draw({ ...SCENE, measurements, crosshair: true });
  const ends = [pane.canvasOf([1, 0, 0]), pane.canvasOf([1, 3, 4])];
  assert.deepEqual(ends, [[40, 90], [360, 210]]);
  assert.ok(context.lines.some(([from, to]) => `${from}` === `${ends[0]}` && `${to}` === `${ends[1]}`));
  assert.ok(context.text("4.27 mm"));
  const [x, y] = pane.canvasOf([1, 2, 3]);
  assert.ok(context.lines.some(([from, to]) => from[0] === x && to[0] === x && to[1] === y - 12));
});
