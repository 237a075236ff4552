import assert from "node:assert/strict";
import test from "node:test";

import { Clock } from "./clock.mjs";
import { load } from "./modules.mjs";
import { phantom } from "./phantom.mjs";

const { restorePicture, Telling } = await load("telling");

const QUIET_MS = 250;
const WORDS = { edges: "left {0}, right {1}, top {2}, bottom {3}", no_edges: "no directions", no_overlay: "no overlay", corrected: "corrected" };
const WINDOWS = [
  { key: "stored", name: "As stored", centre: 127.5, width: 255, function: "LINEAR_EXACT" },
  { key: "preset:soft", name: "Soft tissue", centre: 40, width: 400, function: "LINEAR" },
];
const PALETTES = { "": null, HOT: new Uint8Array(768) };

/** A viewer as far as telling knows one: one pane of the phantom, one measurement. */
function viewerOf({ beside = null, ...more } = {}) {
  const main = phantom({ windows: WINDOWS, title: "CT Thorax", ...more });
  const canvas = { setAttribute: (name, text) => (canvas[name] = text) };
  const pane = {
    picture: main, canvas, placeLines: () => [`Image ${main.index[0] + 1}/3`, "I 1.0 mm"], windowLine: () => "W 255 L 128", letters: () => ["R", "L", "A", "P"],
  };
  const viewer = {
    main, other: beside, panes: [pane], pane, palettes: PALETTES, words: WORDS, closed: false, hidden: false, smooth: true, tool: "window",
    layoutKey: "one:0", savedPanes: {}, holdings: { settings: {} }, cine: { playing: false }, live: { textContent: "" }, states: [],
    measuring: { list: [{ id: "m-1", kind: "probe", axis: 0, frame: 0, points: [[1, 2, 3]], lines: ["33 HU"], waiting: false }] },
    correcting: { choice: { size: 8, key: "mask", label: 2 }, begun: [], begin(choice) { this.begun.push(choice); }, messages: () => [] },
    remember() { this.savedPanes[0] = { basis: { normal: 0 }, zoom: 2, pan: [3, 4] }; },
    setState(name, value) { this.states.push([name, JSON.parse(JSON.stringify(value))]); },
  };
  viewer.telling = new Telling(viewer);
  return viewer;
}

// ---------------------------------------------------------------- when it is told

test("told once, when the reader has rested", (t) => {
  const clock = new Clock().install(t);
  const viewer = viewerOf();
  for (let move = 0; move < 10; move += 1) {
    viewer.telling.soon();
    clock.pass(QUIET_MS - 1);
  }
  assert.equal(viewer.states.length, 0, "moving still");
  viewer.main.index[0] = 2;
  clock.pass(1);
  assert.equal(viewer.states.length, 1);
  const [[name, { of, n, view, measurements }]] = viewer.states;
  assert.deepEqual([name, of, n, view.index], ["seen", "a", 1, [2, 2, 3]]);
  assert.deepEqual(measurements, [{ id: "m-1", kind: "probe", axis: 0, frame: 0, points: [[1, 2, 3]] }], "values are for Python to find");
  clock.pass(60_000);
  assert.equal(viewer.states.length, 1);
});

test("told at once when it must be known, and not again", (t) => {
  const clock = new Clock().install(t);
  const viewer = viewerOf();
  viewer.telling.soon();
  viewer.telling.now();
  assert.equal(viewer.states.length, 1);
  viewer.telling.now();
  clock.pass(60_000);
  assert.equal(viewer.states.length, 1, "nothing twice");
  viewer.telling.soon();
  clock.pass(QUIET_MS);
  assert.deepEqual(viewer.states.map(([, { n }]) => n), [1, 2], "numbered: the same view again is news, too");
});

test("with nothing to tell, nothing is told", (t) => {
  const clock = new Clock().install(t);
  const viewer = viewerOf();
  viewer.telling.now();
  clock.pass(60_000);
  assert.deepEqual(viewer.states, []);
});

test("while images play it waits until it is asked", (t) => {
  const clock = new Clock().install(t);
  const viewer = viewerOf();
  viewer.telling.soon(); // a move just before
  clock.pass(100);
  viewer.cine.playing = true;
  for (let image = 0; image < 20; image += 1) {
    viewer.telling.soon();
    clock.pass(1000);
  }
  assert.equal(viewer.states.length, 0);
  viewer.telling.now(); // the pointer leaves
  assert.equal(viewer.states.length, 1);
  viewer.telling.soon();
  viewer.cine.playing = false;
  viewer.telling.soon(); // stopped
  clock.pass(QUIET_MS);
  assert.equal(viewer.states.length, 2);
});

test("a closed viewer, or one without a picture, tells nothing", (t) => {
  const clock = new Clock().install(t);
  for (const change of [{ closed: true }, { main: null }]) {
    const viewer = viewerOf();
    viewer.telling.soon();
    Object.assign(viewer, change);
    clock.pass(QUIET_MS);
    viewer.telling.now();
    assert.deepEqual(viewer.states, []);
  }
});

// ---------------------------------------------------------------- what is told

test("a view is found again as it was left", () => {
  const left = viewerOf();
  Object.assign(left, { hidden: true, smooth: false, tool: "ellipse", layoutKey: "three" });
  Object.assign(left.main, { index: [2, 0, 4], frame: 1, inverted: true, palette: "HOT", slab: { mode: "max", mm: 7 } });
  left.main.choose("preset:soft");
  left.holdings.settings = { "key-m": { visible: false } };
  const view = JSON.parse(JSON.stringify(left.telling.view()));
  assert.equal(view.beside, null);
  const again = viewerOf();
  again.telling.restore(view);
  assert.deepEqual(JSON.parse(JSON.stringify(again.telling.view())), view);
  assert.deepEqual([again.main.index, again.main.frame, again.main.window, again.tool], [[2, 0, 4], 1, WINDOWS[1], "ellipse"]);
  assert.deepEqual([again.savedPanes[0].zoom, again.holdings.settings], [2, { "key-m": { visible: false } }]);
});

test("of a window its numbers are told, not what it brings along", () => {
  const viewer = viewerOf();
  Object.assign(viewer.main.window, { table: { id: "secret" }, name: "File" });
  assert.deepEqual(Object.keys(viewer.telling.view().window), ["key", "centre", "width", "function"]);
});

test("a window of the reader's own comes back; one of a name that is known comes as it is offered", () => {
  const own = { key: "own", centre: 12, width: 34, function: "LINEAR" };
  const offered = { ...WINDOWS[1], centre: 999 };
  for (const [window, wanted] of [[own, own], [{ key: "plane", centre: 1, width: 2, function: "LINEAR_EXACT" }, null], [offered, WINDOWS[1]]]) {
    const picture = phantom({ windows: WINDOWS });
    restorePicture(picture, { window }, PALETTES);
    assert.deepEqual(picture.window, wanted ?? window);
  }
});

test("the picture beside is told with its name, and found again by itself", () => {
  const beside = phantom({ windows: WINDOWS, id: "b" });
  Object.assign(beside, { index: [0, 1, 2], inverted: true });
  const viewer = viewerOf({ beside });
  viewer.layoutKey = "beside";
  const { beside: told, layout } = viewer.telling.view();
  assert.deepEqual([told.of, told.index, layout], ["b", [0, 1, 2], "beside"]);
  const again = phantom({ windows: WINDOWS, id: "b" });
  restorePicture(again, told, PALETTES);
  assert.deepEqual([again.index, again.inverted], [[0, 1, 2], true]);
  const alone = viewerOf();
  alone.telling.restore({ layout });
  assert.equal(alone.layoutKey, "one:0", "there is nothing beside it yet");
});

test("a picture of colours has neither window nor palette, told or restored", () => {
  const viewer = viewerOf({ colour: true, windows: [] });
  assert.equal(viewer.telling.view().window, null);
  viewer.telling.restore({ window: { key: "own", centre: 1, width: 2, function: "LINEAR" }, palette: "HOT" });
  assert.deepEqual([viewer.main.window, viewer.main.palette], [null, ""]);
});

const NONSENSE = [
  ["nothing", {}],
  ["a place of words", { index: "middle" }],
  ["a place that is none", { index: [0, null, 0] }],
  ["a place of two numbers", { index: [0, 0] }],
  ["a place of four numbers", { index: [0, 0, 0, 0] }],
  ["a frame that is none", { frame: "1" }],
  ["a frame between two", { frame: 0.5 }],
  ["a window without a width", { window: { key: "own", centre: 1, width: 0, function: "LINEAR" } }],
  ["a window of a negative width", { window: { key: "own", centre: 1, width: -5, function: "LINEAR" } }],
  ["a window of an unknown function", { window: { key: "own", centre: 1, width: 5, function: "CUBIC" } }],
  ["a window without a centre", { window: { key: "own", centre: null, width: 5, function: "LINEAR" } }],
  ["a window that is a word", { window: "bone" }],
  ["inverted by a word", { inverted: "yes" }],
  ["a palette that there is not", { palette: "SPRING" }],
  ["a palette of the language", { palette: "toString" }],
  ["a slab of an unknown kind", { slab: { mode: "sum", mm: 5 } }],
  ["a slab of no thickness", { slab: { mode: "max", mm: 0 } }],
  ["a slab without a thickness", { slab: { mode: "max" } }],
  ["a tool that there is not", { tool: "scissors" }],
  ["a tool of the language", { tool: "toString" }],
];

for (const [name, view] of NONSENSE) {
  test(`left as it was: ${name}`, () => {
    const [restored, plain] = [viewerOf(), viewerOf()];
    restored.telling.restore(view);
    assert.deepEqual(restored.telling.view(), plain.telling.view());
  });
}

test("places and frames beyond the ends are those at the ends", () => {
  const picture = phantom({ windows: WINDOWS });
  restorePicture(picture, { index: [99, -3, 1.6], frame: 9 }, PALETTES);
  assert.deepEqual([picture.index, picture.frame], [[2, 0, 2], 1]);
  restorePicture(picture, { frame: -1 }, PALETTES);
  assert.equal(picture.frame, 0);
});

// ---------------------------------------------------------------- for those who do not see it

test("each pane is described: what, where, how, which way round, with what over it", () => {
  const viewer = viewerOf();
  const { pane, main } = viewer;
  viewer.telling.announce();
  assert.equal(viewer.live.textContent, "Image 2/3, I 1.0 mm");
  assert.equal(pane.canvas["aria-label"], "CT Thorax, Image 2/3, I 1.0 mm, W 255 L 128, left R, right L, top A, bottom P, no overlay");
  main.overlays = [["Lungs", true], ["Nodules", false], ["Grad-CAM", true]].map(([title, visible]) => ({ title, setting: { visible } }));
  main.overlays[0].corrected = true;
  pane.letters = () => null;
  assert.match(viewer.telling.described(pane), /no directions, Lungs \(corrected\), Grad-CAM$/);
  viewer.hidden = true;
  assert.match(viewer.telling.described(pane), /no directions, no overlay$/);
});

test("what is told is announced", () => {
  const viewer = viewerOf();
  viewer.telling.soon();
  viewer.telling.now();
  assert.ok(viewer.live.textContent.startsWith("Image 2/3"));
});

test("what was said of a stroke is not talked over while the place is the same", () => {
  const viewer = viewerOf();
  const tell = () => {
    viewer.telling.soon();
    viewer.telling.now();
  };
  tell();
  viewer.live.textContent = "added 8 pixels";
  tell();
  assert.equal(viewer.live.textContent, "added 8 pixels");
  viewer.main.index[0] = 0;
  tell();
  assert.ok(viewer.live.textContent.startsWith("Image 1/3"));
});

test("corrections are told beside the view, and the brush is kept with it", () => {
  const viewer = viewerOf();
  viewer.correcting.messages = () => [{ mask: "m", n: 3, ids: ["a"], made: [] }];
  viewer.telling.soon();
  viewer.telling.now();
  const [[, { edits, view }]] = viewer.states;
  assert.deepEqual([edits, view.brush], [[{ mask: "m", n: 3, ids: ["a"], made: [] }], { size: 8, key: "mask", label: 2 }]);
  viewer.telling.restore({ tool: "eraser", brush: { size: 5 } });
  viewer.telling.restore({});
  assert.deepEqual([viewer.tool, viewer.correcting.begun], ["eraser", [{ size: 5 }, {}]]);
});
