import assert from "node:assert/strict";
import test from "node:test";

import { canvasOf } from "./canvas.mjs";
import { load } from "./modules.mjs";
import { correctedOver, mapOver, maskOver, phantom, value } from "./phantom.mjs";

globalThis.document = { createElement: () => canvasOf(0, 0) };

const { Pane } = await load("pane");
const { flippedAcross, turnedRight } = await load("planes");

const WORDS = {
  image: "Image", frame: "Frame", coronal: "Coronal", sagittal: "Sagittal", reformatted: "reformatted", thickness: "Thickness", mean: "Mean",
  max: "MIP", colour: "colour", inverted: "inverted", width: "W", level: "L", zoom: "Zoom", loading: "Loading {share} %", failed: "Failed", loading_overlay: "Loading the overlay", overlay_failed: "Overlay failed", outside: "Outside",
  single_slice: "single slice", not_reviewed: "AI - not reviewed", not_diagnostic: "Not for diagnostic use", corrected: "Corrected", corrections_hidden: "The model's own",
};

/** A pane of 400 x 300 pixels of the page over the phantom. */
function paneOf({ axis = 0, ratio = 1, ...more } = {}) {
  const picture = phantom(more);
  const canvas = canvasOf(400, 300);
  const pane = new Pane(canvas, picture, axis, WORDS);
  pane.resize(ratio);
  return { pane, picture, context: canvas.context, canvas };
}

const SCENE = { hidden: false, smooth: true, measurements: [], chosen: null, crosshair: false, planes: [] };
const reds = (pane) => [...pane.image].map((each) => each & 255);
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

// ---------------------------------------------------------------- painting

/** How often a pane has painted a plane. */
const painted = (pane) => pane.sheets.reduce((sum, { ctx }) => sum + (ctx?.named("putImageData").length ?? 0), 0);

test("flipped and turned, the pixels follow", () => {
  const { pane } = paneOf();
  pane.basis = turnedRight(pane.basis);
  pane.render(false);
  assert.deepEqual([pane.native.width, pane.native.height], [4, 5]);
  assert.deepEqual(reds(pane).slice(0, 4), [3, 2, 1, 0].map((row) => value(1, row, 0)), "the lowest row comes to the left");
});

test("painted anew only when something changed", () => {
  const { pane, picture } = paneOf();
  pane.render(false);
  pane.render(false);
  assert.equal(painted(pane), 1);
  const changes = [() => picture.touch(), () => (picture.index[0] = 2), () => (pane.basis = flippedAcross(pane.basis)), () => (picture.frame = 1)];
  changes.forEach((change, place) => {
    change();
    pane.render(false);
    assert.equal(painted(pane), place + 2);
  });
  pane.render(true);
  assert.equal(painted(pane), 6, "without overlays");
});

const NEXT = [
  ["the next slice", {}, () => {}, (picture) => (picture.index[0] = 2), value(2, 0, 0)],
  ["the slice before, after a step back", {}, (picture) => (picture.index[0] = 1), (picture) => (picture.index[0] = 0), value(0, 0, 0), 2],
  ["the next frame, after a step in time", {}, (picture) => (picture.frame = 1), (picture) => (picture.frame = 0), value(1, 0, 0)],
];

for (const [name, more, before, after, wanted, begin = 1] of NEXT) {
  test(`painted beforehand: ${name}`, () => {
    const { pane, picture } = paneOf(more);
    picture.index[0] = begin;
    pane.from = [begin, 0];
    pane.render(false);
    before(picture);
    pane.render(false);
    pane.prepare(false);
    const count = painted(pane);
    after(picture);
    pane.render(false);
    assert.deepEqual([painted(pane), reds(pane)[0]], [count, wanted]);
  });
}

test("nothing is painted beforehand beyond the last slice, or before all voxels are there", () => {
  const { pane, picture } = paneOf();
  picture.index[0] = 2;
  pane.render(false);
  pane.prepare(false);
  assert.equal(painted(pane), 1);
  const waiting = paneOf({ loaded: (plane) => plane !== 5 });
  waiting.pane.render(false);
  waiting.pane.prepare(false);
  assert.equal(painted(waiting.pane), 1);
});

test("what was painted beforehand is not shown when it has changed since", () => {
  const { pane, picture } = paneOf();
  pane.render(false);
  pane.prepare(false);
  picture.inverted = true;
  picture.touch();
  picture.index[0] = 2;
  pane.render(false);
  assert.equal(reds(pane)[0], 255 - value(2, 0, 0));
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
  const table = (missing) => (picture) => (picture.tables = { stored: { first: 0, voxels: { data: [0, 1], missing } } });
  assert.equal(line({}, table(0)), "As stored  HU  Zoom 1.00");
  assert.equal(line({}, table(1)), "W 255 L 128  HU  Zoom 1.00", "what a drag would begin with");
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

test("a map's mark is read wherever the map is seen, and nowhere else", () => {
  const { pane, picture, context } = paneOf();
  const marked = (change, scene = SCENE) => {
    context.calls.length = 0;
    picture.overlays = [Object.assign(mapOver(), { mark: "FOLDED" }, change)];
    pane.draw(scene);
    return Boolean(context.text("FOLDED"));
  };
  const found = [marked({}), marked({ only: [2, 2] }), marked({ setting: { ...mapOver().setting, visible: false } }), marked({}, { ...SCENE, hidden: true })];
  assert.deepEqual(found, [true, false, false, false]);
});

test("a signed map's bar runs from minus its scale", () => {
  const { pane, picture, context } = paneOf();
  picture.overlays = [Object.assign(mapOver(), { signed: true })];
  pane.draw(SCENE);
  assert.ok(context.text("2") && context.text("-2"));
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
  picture.voxels.failure = "503";
  pane.draw(SCENE);
  assert.equal(context.text("Failed"), undefined, "it is tried again");
  picture.voxels.lost = true;
  pane.draw(SCENE);
  assert.ok(context.text("Failed"));
});

for (const axis of [0, 1]) {
  test(`a picture whose table is not there yet is not shown with another window: axis ${axis}`, () => {
    const { pane, context, picture } = paneOf({ axis });
    const voxels = { data: Float32Array.from({ length: 256 }, (_, place) => 1 - place / 255), missing: 1, lost: false };
    picture.tables = { stored: { first: 0, voxels } };
    assert.equal(pane.ready, false);
    pane.draw(SCENE);
    pane.prepare(false);
    assert.deepEqual([context.named("drawImage").length, painted(pane)], [0, 0]);
    assert.ok(context.text("Loading 100 %"));
    voxels.lost = true;
    pane.draw(SCENE);
    assert.ok(context.text("Failed"));
    Object.assign(voxels, { missing: 0, lost: false });
    assert.equal(pane.ready, true);
    pane.draw(SCENE);
    assert.deepEqual([context.named("drawImage").length, reds(pane)[0]], [1, 255 - (axis ? value(2, 2, 0) : value(1, 0, 0))]);
  });
}

const TROUBLES = [
  ["all is there", () => {}, []],
  ["the other picture ends before this place", (picture) => (picture.outside = true), ["Outside"]],
  ["an overlay is on its way", (picture) => (picture.overlays[1].voxels.missing = 1), ["Loading the overlay"]],
  ["an overlay is lost", (picture) => Object.assign(picture.overlays[0].voxels, { missing: 1, lost: true }), ["Overlay failed"]],
  ["one is on its way, one is lost", (picture) => {
    picture.overlays[0].voxels.missing = 1;
    Object.assign(picture.overlays[1].voxels, { missing: 1, lost: true });
  }, ["Overlay failed"]],
  ["what is on its way is switched off", (picture) => {
    picture.overlays[1].voxels.missing = 1;
    picture.overlays[1].setting.visible = false;
  }, []],
  ["the slice is not there, nor the overlay", (picture) => {
    picture.voxels.has = () => false;
    picture.outside = true;
    picture.overlays[1].voxels.missing = 1;
  }, ["Loading 100 %", "Loading the overlay"]],
];

for (const [name, change, wanted] of TROUBLES) {
  test(`what is amiss: ${name}`, () => {
    const { pane, picture, context } = paneOf();
    picture.overlays = [maskOver(), mapOver()];
    change(picture);
    assert.deepEqual(pane.troubles(SCENE), wanted);
    assert.equal(pane.troubles({ ...SCENE, hidden: true }).some((text) => /overlay/i.test(text)), false, "nobody misses what is hidden");
    pane.draw(SCENE);
    for (const text of wanted) assert.ok(context.text(text), text);
  });
}

const CAUTIONS = [[null, 1, true], [[1, 2], 1, true], [[0, 2], 1, false], [[0], 0, true]];

for (const [cautionSlices, slice, wanted] of CAUTIONS) {
  test(`a caution ${cautionSlices ? `for slices ${cautionSlices}` : "for all of it"} is ${wanted ? "" : "not "}on slice ${slice}`, () => {
    const { pane, picture, context } = paneOf({ caution: "Looks mirrored", cautionSlices });
    picture.index[0] = slice;
    pane.draw(SCENE);
    assert.equal(Boolean(context.text("Looks mirrored")), wanted);
  });
}

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

test("a crosshair takes the place of the own picture's reference lines", () => {
  const { pane, picture, context } = paneOf();
  const coronal = { picture, frameOfReference: "f", point: [0, 20.75, 0], normal: [0, 1, 0] };
  pane.draw({ ...SCENE, planes: [coronal], crosshair: true });
  assert.equal(context.named("setLineDash").length, 0);
  pane.draw({ ...SCENE, planes: [coronal] });
  assert.equal(context.named("setLineDash").length, 1);
});

test("what no model made is not said to be one's", () => {
  const { pane, picture, context } = paneOf();
  const mask = maskOver();
  mask.model = false;
  picture.overlays = [mask];
  pane.draw(SCENE);
  assert.equal(context.text("AI - not reviewed"), undefined);
});

test("whose mask is seen is said where the reader corrected one", () => {
  const said = (change) => {
    const { pane, picture, context } = paneOf();
    const mask = correctedOver();
    picture.overlays = [mask];
    const scene = change(mask) ?? {};
    pane.draw({ ...SCENE, ...scene });
    return ["Corrected", "The model's own"].map((text) => Boolean(context.text(text)));
  };
  assert.deepEqual(said(() => {}), [true, false]);
  assert.deepEqual(said((mask) => void (mask.setting.model = true)), [false, true]);
  assert.deepEqual(said((mask) => void (mask.setting.visible = false)), [false, false]);
  assert.deepEqual(said(() => ({ hidden: true })), [false, false]);
  assert.deepEqual(said((mask) => mask.correction.become([])), [false, false]);
});

test("a stroke draws what it changed, and nothing beside it", () => {
  const { pane, picture, context } = paneOf();
  const mask = correctedOver();
  picture.overlays = [mask];
  assert.equal(pane.painted(false), "", "nothing is painted yet");
  pane.draw(SCENE);
  const key = pane.painted(false);
  assert.notEqual(key, "");
  mask.correction.paint({ label: 1, slice: 1 }, [{ row: 2, first: 3, last: 4 }], mask.correction.blank(1));
  assert.equal(pane.painted(false), "", "not any more");
  context.calls.length = 0;
  assert.equal(pane.patch(SCENE, { top: 2, bottom: 2, left: 3, right: 4, key }), true);
  // outlines one pixel around change, too: columns 2 to 4 of rows 1 to 3
  const [[x, y, width, height]] = context.named("rect").map(({ values }) => values);
  assert.deepEqual([x, y, x + width, y + height], [160, 110, 400, 230]);
  const order = context.calls.map(({ name }) => name);
  assert.ok(order.indexOf("clip") < order.indexOf("drawImage") && order.indexOf("drawImage") < order.indexOf("fillText"), "marks stay on top");
  assert.equal(context.depth, 0);
  assert.equal(pane.painted(false), pane.sheets[0].key);
  context.calls.length = 0;
  pane.draw(SCENE);
  assert.equal(context.named("drawImage").length, 1);
});

test("where something else was drawn meanwhile, all is drawn", () => {
  const { pane, picture } = paneOf();
  picture.overlays = [correctedOver()];
  pane.draw(SCENE);
  const box = { top: 2, bottom: 2, left: 3, right: 4 };
  assert.equal(pane.patch(SCENE, { ...box, key: "another plane" }), false);
  const key = pane.painted(false);
  picture.voxels.loaded[1] = 0;
  assert.equal(pane.patch(SCENE, { ...box, key }), false, "a slice that is not there");
});

test("large planes are drawn coarsely where the screen has fewer pixels, small ones never", () => {
  const { pane, picture } = paneOf();
  assert.equal(pane.coarseness(0.2), 1);
  picture.shape = [1, 2000, 2500];
  assert.deepEqual([0.2, 0.4, 0.9, 3].map((scale) => pane.coarseness(scale)), [5, 2, 1, 1]);
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

const LENGTH = { id: "m-1", kind: "length", points: [[1, 0, 0], [1, 3, 4]], lines: ["4.27 mm"] };
const PROBE = { id: "m-2", kind: "probe", points: [[1, 2, 2]], lines: ["32 HU"] };
const BOX = { id: "m-3", kind: "rectangle", points: [[1, 0, 0], [1, 3, 4]], lines: ["Area 6 mm\u00b2", "Mean 30 HU"] };

test("values measured in a slab are said to be those of the single slice; lengths need no such word", () => {
  for (const [measurement, wanted] of [[LENGTH, false], [PROBE, true], [BOX, true]]) {
    const { pane, picture, context } = paneOf();
    const scene = { ...SCENE, measurements: [measurement] };
    pane.draw(scene);
    assert.equal(context.text("single slice"), undefined);
    picture.slab = { mode: "max", mm: 6 };
    pane.draw(scene);
    assert.equal(Boolean(context.text("single slice")), wanted, measurement.kind);
    assert.ok(context.text(measurement.lines[0]));
  }
});

// ---------------------------------------------------------------- the colours beside the picture

/** Colours of the bar from its top, and its figures, or null where there is none. */
function barOf({ pane, context }, scene = SCENE) {
  pane.drawBar(scene, 12);
  const rows = context.named("fillRect").filter(({ values }) => values[3] === 1);
  if (!rows.length) return null;
  return { top: rows[0].fillStyle, bottom: rows.at(-1).fillStyle, texts: context.texts.map(({ text }) => text) };
}

const colour = (picture, level) => `rgb(${picture.palettes.HOT.subarray(3 * level, 3 * level + 3)})`;

test("a palette's bar runs over its window", () => {
  const view = paneOf();
  view.picture.palette = "HOT";
  Object.assign(view.picture.window, { centre: 30, width: 100 });
  assert.deepEqual(barOf(view), { top: colour(view.picture, 255), bottom: colour(view.picture, 0), texts: ["HU", "80", "-20"] });
});

for (const [inverted, monochrome1] of [[false, false], [true, false], [false, true], [true, true]]) {
  test(`the bar's colours are the picture's: inverted ${inverted}, MONOCHROME1 ${monochrome1}`, () => {
    const view = paneOf({ monochrome1 });
    const { pane, picture } = view;
    Object.assign(picture, { palette: "HOT", inverted });
    picture.voxels.data.set([0, 255], 20); // on slice 1: the lowest value, and the highest
    pane.render(false);
    const [lowest, highest] = [...pane.image].map((each) => `rgb(${each & 255},${(each >> 8) & 255},${(each >> 16) & 255})`);
    const { top, bottom } = barOf(view);
    assert.notEqual(lowest, highest);
    assert.deepEqual([bottom, top], [lowest, highest]);
  });
}

const BARS = [
  ["a map that speaks of this plane", { change: (picture) => (picture.overlays = [mapOver()]) }, true],
  ["a map of another slice", { change: (picture) => (picture.overlays = [mapOver({}, { only: [2, 2] })]) }, false],
  ["a map of slices, on a plane across them", { axis: 1, change: (picture) => (picture.overlays = [mapOver()]) }, false],
  ["a map of another time point", { change: (picture) => (picture.overlays = [mapOver({}, { frame: 1 })]) }, false],
  ["a map that is switched off", { change: (picture) => (picture.overlays = [mapOver({ visible: false })]) }, false],
  ["a map that is hidden", { scene: { ...SCENE, hidden: true }, change: (picture) => (picture.overlays = [mapOver()]) }, false],
  ["a mask", { change: (picture) => (picture.overlays = [maskOver()]) }, false],
  ["the second of two maps, which speaks", { change: (picture) => (picture.overlays = [mapOver({}, { only: [0, 0], unit: "other" }), mapOver()]) }, true],
];

for (const [name, { axis = 0, scene = SCENE, change }, wanted] of BARS) {
  test(`${wanted ? "a" : "no"} bar of ${name}`, () => {
    const view = paneOf({ axis });
    change(view.picture);
    const bar = barOf(view, scene);
    assert.equal(Boolean(bar), wanted);
    if (wanted) assert.deepEqual([bar.texts[0], bar.texts.includes("2")], ["log-odds", true]);
  });
}

test("beside a map's slices the palette's bar stands", () => {
  const view = paneOf();
  Object.assign(view.picture, { palette: "HOT", overlays: [mapOver({}, { only: [2, 2] })] });
  assert.equal(barOf(view).texts[0], "HU");
});

test("a table's window has no ends to write at a bar", () => {
  const view = paneOf();
  Object.assign(view.picture, { palette: "HOT", tables: { stored: { first: 0, voxels: { data: [0, 1], missing: 0 } } } });
  assert.equal(barOf(view), null);
});
