import assert from "node:assert/strict";
import test from "node:test";

import { Clock } from "./clock.mjs";
import { load } from "./modules.mjs";

const { Correcting, TOOLS } = await load("correcting");
const { History } = await load("history");
const { Mask, Picture } = await load("picture");

globalThis.setTimeout = () => 0; // nothing waits but where a test has a clock
globalThis.clearTimeout = () => {};

const SHAPE = [3, 20, 30];
const PLANE = 600;
const WORDS = {
  brush_size: "brush {size} {unit}", pixels_added: "added {n} on {slice}", pixels_removed: "removed {n} on {slice}", part_dropped: "part gone", part_added: "part looked for",
  edits_left: "edits {n}", edits_discarded: "all gone", nothing_to_correct: "no mask", correct_main: "not main", correct_frame: "other frame", correct_seen: "hidden",
  correct_acquired: "not acquired", too_many_edits: "too many", loading_overlay: "loading",
};
const NOTHING = { n: 0, ids: [], slices: {}, item: null, said: "" };
const LABELS = [{ value: 1, name: "one", colour: [255, 0, 0] }, { value: 2, name: "two", colour: [0, 255, 0] }];

/** A mask that can be corrected: label 1 in a block of every slice. */
function maskOf(id, more = {}) {
  const data = new Uint8Array(3 * PLANE);
  for (const slice of [0, 1, 2]) for (let row = 5; row < 10; row += 1) data.fill(1, slice * PLANE + row * 30 + 5, slice * PLANE + row * 30 + 10);
  const voxels = {
    id, data, shape: [1, ...SHAPE], planeLength: PLANE, rows: 20, columns: 30, missing: 0, has: () => true, listeners: new Set(),
    link: { address: "/v", session: "s", fetcher: { ask: () => {} } },
  };
  const mask = new Mask({ id, title: id, model: true, labels: LABELS, frame: null, edits: NOTHING, ...more }, voxels);
  mask.key = `key-${id}`;
  return mask;
}

/** A viewer as far as correcting knows one: rows 2 mm and columns 1 mm apart, one pane of slice 1. */
function viewerWith(tool = "brush", masks = [maskOf("m")], more = {}) {
  const description = { shape: [2, ...SHAPE], affine: null, spacing: [null, 2, 1], windows: [{ key: "a", width: 1 }], colour: false, title: "CT" };
  const main = new Picture(description, { planeLength: PLANE }, {});
  const log = { said: [], announced: [], touched: [], requested: 0, changes: 0, tells: 0, now: 0 };
  main.overlays = masks;
  const viewer = {
    main, tool, hidden: false, words: WORDS, log, history: new History(),
    get overlays() { return main.overlays; },
    say: (text) => log.said.push(text),
    announce: (text) => log.announced.push(text),
    touched: (pane, box, key) => log.touched.push({ ...box, key }),
    request: () => (log.requested += 1),
    changed: () => (log.changes += 1),
    tell: () => (log.tells += 1),
    telling: { now: () => (log.now += 1) },
    setOverlay: (over, change) => Object.assign(over.setting, change),
    ...more,
  };
  viewer.pane = paneOf(main, 0);
  viewer.panes = [viewer.pane];
  viewer.correcting = new Correcting(viewer);
  for (const mask of masks) if (mask.correction) viewer.correcting.take(mask, NOTHING);
  const { correcting, pane } = viewer;
  const stroke = (...points) => {
    correcting.press(pane, [1, ...points[0]]);
    for (const point of points.slice(1)) correcting.follow(pane, [main.index[0], ...point]);
    correcting.release();
  };
  return { viewer, correcting, pane, log, stroke, mask: masks[0], correction: masks[0]?.correction };
}

function paneOf(picture, axis) {
  return {
    picture, axis, basis: { x: 2, y: 1 }, ratio: 2, key: "painted",
    get position() { return picture.index[axis]; },
    painted() { return this.key; },
    inside: (index) => index.every((value, each) => value >= -0.5 && value <= SHAPE[each] - 0.5),
    scale: () => [8, 16],
  };
}

/** Pixels of slice 1 that differ from the model's, as "row,column". */
const differing = ({ correction, mask }) =>
  [...correction.labels.subarray(PLANE, 2 * PLANE)].flatMap((value, at) => (value === mask.voxels.data[PLANE + at] ? [] : [`${Math.floor(at / 30)},${at % 30}`]));

// ---------------------------------------------------------------- strokes

test("a stroke is drawn as the pointer moves, and is one edit when the button comes up", () => {
  const made = viewerWith();
  const { correcting, pane, log, correction } = made;
  correcting.sizeTo(2);
  log.changes = 0;
  correcting.press(pane, [1, 2, 20]);
  assert.deepEqual(differing(made), ["2,19", "2,20", "2,21"], "rows are 2 mm apart");
  correcting.follow(pane, [1, 2, 23]);
  assert.deepEqual(differing(made), ["2,19", "2,20", "2,21", "2,22", "2,23", "2,24"]);
  assert.deepEqual(log.touched, [{ top: 2, bottom: 2, left: 19, right: 21, key: "painted" }, { top: 2, bottom: 2, left: 19, right: 24, key: "painted" }]);
  assert.deepEqual([correction.edits.length, correction.any, log.changes], [0, true, 0]);
  correcting.release();
  assert.deepEqual([log.announced.at(-1), log.changes], ["added 6 on 2", 1]);
  const [edit] = correction.edits;
  assert.deepEqual([edit.kind, edit.label, edit.slice, edit.frame, edit.erase, edit.runs], ["stroke", 1, 1, 0, false, [79, 6]]);
  assert.deepEqual(correcting.messages().map(({ ids }) => ids), [[edit.id]]);
});

test("the eraser, and a pen's other end, take away", () => {
  for (const [tool, more] of [["eraser", {}], ["brush", { erase: true }]]) {
    const made = viewerWith(tool);
    const { correcting, pane, log } = made;
    correcting.sizeTo(1);
    correcting.press(pane, [1, 6, 7], more);
    correcting.release();
    assert.deepEqual([differing(made), log.announced.at(-1)], [["6,7"], "removed 1 on 2"]);
  }
});

test("a stroke that changes nothing is none", () => {
  const { correcting, correction, viewer, stroke, log } = viewerWith();
  correcting.sizeTo(1);
  stroke([6, 6], [7, 7]);
  assert.deepEqual([correction.edits, viewer.history.past, log.touched, correcting.messages()], [[], [], [], []]);
});

test("a stroke that the system ends leaves nothing", () => {
  const made = viewerWith();
  const { correcting, pane, correction, viewer, log } = made;
  correcting.press(pane, [1, 2, 20]);
  correcting.cancel();
  correcting.release();
  assert.deepEqual([differing(made), correction.edits, viewer.history.past, correction.drawing], [[], [], [], false]);
  assert.ok(log.requested > 0, "and is drawn away");
});

test("scrolled on with the button down, the stroke ends with its slice", () => {
  const { correcting, correction, viewer, pane } = viewerWith();
  correcting.press(pane, [1, 2, 20]);
  viewer.main.index[0] = 2;
  correcting.follow(pane, [2, 2, 24]);
  correcting.follow(pane, [2, 2, 26]);
  correcting.release();
  assert.deepEqual([correction.edits.map(({ slice }) => slice), [...correction.names.keys()]], [[1], [1]]);
});

test("only the pane that was pressed draws; others of the picture follow now and then", () => {
  const { correcting, viewer, pane, log } = viewerWith();
  const other = paneOf(viewer.main, 1);
  viewer.panes = [pane, other];
  viewer.request = (panes) => (log.requested += panes.includes(other) && !panes.includes(pane) ? 1 : 100);
  correcting.press(pane, [1, 2, 20]);
  for (let column = 21; column < 29; column += 1) correcting.follow(pane, [1, 2, column]);
  correcting.follow(other, [1, 15, 3]);
  assert.equal(log.requested, 1);
  correcting.release();
  assert.equal(correcting.stroke, null);
});

const REFUSED = [
  ["no mask", "no mask", ({ viewer }) => (viewer.main.overlays = [])],
  ["a mask that cannot be corrected", "no mask", ({ viewer }) => (viewer.main.overlays = [maskOf("n", { edits: null })])],
  ["another series", "not main", ({ pane }) => (pane.picture = {})],
  ["another plane", "not acquired", ({ pane }) => (pane.axis = 1)],
  ["another frame", "other frame", ({ mask }) => (mask.frame = 1)],
  ["hidden overlays", "hidden", ({ viewer }) => (viewer.hidden = true)],
  ["a hidden mask", "hidden", ({ mask }) => (mask.setting.visible = false)],
  ["the model's mask on show", "hidden", ({ mask }) => (mask.setting.model = true)],
  ["a slice that is not there yet", "loading", ({ mask }) => (mask.voxels.has = () => false)],
  ["as many edits as Python keeps", "too many", ({ correction }) => (correction.edits = Array(500).fill({ id: "a" }))],
];

for (const [name, word, change] of REFUSED) {
  test(`nothing is drawn, and it is said why: ${name}`, () => {
    const made = viewerWith();
    change(made);
    const { correcting, pane, log, correction } = made;
    correcting.press(pane, [1, 2, 20]);
    correcting.release();
    assert.deepEqual([log.said, correction.bytes], [[word], 0]);
  });
}

// ---------------------------------------------------------------- parts

test("a part goes where the mask is, and is looked for where it is not; Python is asked at once", () => {
  const { correcting, pane, correction, log } = viewerWith("part");
  correcting.press(pane, [1, 6.4, 6.6]);
  correcting.press(pane, [1, 0, 0]);
  assert.deepEqual(correction.edits.map(({ kind, point }) => [kind, point]), [["drop", [1, 6, 7]], ["add", [1, 0, 0]]]);
  assert.deepEqual([log.announced, log.now], [["part gone", "part looked for"], 2]);
  correcting.press(pane, [1, -3, 0]);
  assert.equal(correction.edits.length, 2, "nothing lies beside the picture");
});

test("with Alt the brush takes a part; in any plane the tool does", () => {
  const { correcting, pane, correction, viewer } = viewerWith("brush");
  correcting.press(pane, [1, 6, 6], { part: true });
  viewer.tool = "part";
  correcting.press(paneOf(viewer.main, 1), [2, 6, 6]);
  assert.deepEqual(correction.edits.map(({ kind, point }) => [kind, point]), [["drop", [1, 6, 6]], ["drop", [2, 6, 6]]]);
});

// ---------------------------------------------------------------- undo

test("one history with everything else, each stroke one step", () => {
  const made = viewerWith();
  const { viewer, stroke, correcting, correction, log } = made;
  const { history } = viewer;
  correcting.sizeTo(1);
  stroke([2, 20], [2, 21]);
  history.note({ of: "measurements", undo: () => log.said.push("measurement"), redo: () => {} });
  stroke([3, 20]);
  const both = differing(made);
  history.undo();
  assert.deepEqual(differing(made), ["2,20", "2,21"]);
  history.undo();
  assert.deepEqual(log.said, ["measurement"]);
  history.undo();
  assert.deepEqual([differing(made), log.announced.at(-1)], [[], "edits 0"]);
  while (history.redo());
  assert.deepEqual([differing(made), correction.edits.length], [both, 2]);
});

test("all of it can be taken back at once, and had again", () => {
  const made = viewerWith();
  const { viewer, stroke, correcting, mask, correction } = made;
  stroke([2, 20]);
  stroke([3, 25]);
  const both = differing(made);
  correcting.discard(mask);
  assert.deepEqual([differing(made), correction.edits], [[], []]);
  viewer.history.undo();
  assert.deepEqual(differing(made), both);
  correcting.discard(mask);
  correcting.discard(mask);
  assert.equal(viewer.history.past.length, 3, "nothing is not taken back");
});

test("what Python kept can be taken back, too", () => {
  const { viewer, correcting, mask, correction } = viewerWith();
  correcting.begin({});
  correcting.take(mask, { n: 4, ids: ["a", "b"], slices: { 1: "b" }, item: "i", said: "old" });
  assert.equal(viewer.history.past.length, 2);
  viewer.history.undo();
  viewer.history.undo();
  assert.deepEqual([correction.edits, correcting.messages().map(({ ids, n }) => [n, ids])], [[], [[6, []]]]);
  viewer.history.redo();
  assert.deepEqual(correction.edits.map(({ id }) => id), ["a"]);
});

test("what Python says is said once, and not on another page", () => {
  const { correcting, mask, log, stroke, correction } = viewerWith();
  stroke([2, 20]);
  const [{ id }] = correction.edits;
  const told = { n: 1, ids: [id], slices: { 1: id }, item: "i", said: "no part there" };
  correcting.take(mask, told);
  correcting.take(mask, { ...told });
  assert.deepEqual(log.said, ["no part there"]);
  correcting.begin({});
  correcting.take(mask, { ...told });
  assert.deepEqual(log.said, ["no part there"]);
});

test("steps go when Python dropped what they were made of", () => {
  const { viewer, correcting, mask, stroke } = viewerWith();
  stroke([2, 20]);
  stroke([4, 20]);
  viewer.history.note({ of: "measurements" });
  correcting.take(mask, { ...NOTHING, n: 2 });
  assert.deepEqual(viewer.history.past.map(({ of }) => of), ["measurements"]);
});

test("what is not heard is told again, less and less often", (t) => {
  const clock = new Clock().install(t);
  const { correcting, mask, stroke, correction, log } = viewerWith();
  stroke([2, 20]);
  const tells = [1, 3, 7, 15, 31, 63].map((steps) => 1500 * steps);
  for (const [count, at] of tells.entries()) {
    clock.pass(at - clock.now - 1);
    correcting.settle(); // runs of the script that bring no answer
    assert.equal(log.tells, count);
    clock.pass(1);
    assert.equal(log.tells, count + 1);
  }
  clock.pass(1e6);
  assert.equal(log.tells, tells.length, "not for ever");
  stroke([3, 20]);
  clock.pass(1500);
  assert.equal(log.tells, tells.length + 1, "something new is told anew");
  const { n, ids } = correction.message();
  correcting.take(mask, { n, ids, slices: { 1: ids[1] }, item: "i", said: "" });
  correcting.settle();
  clock.pass(1e6);
  assert.equal(log.tells, tells.length + 1, "heard");
});

test("what was drawn on another page and not heard there is told on this one", (t) => {
  const clock = new Clock().install(t);
  const { correcting, mask, stroke, log } = viewerWith();
  stroke([2, 20]);
  correcting.begin({});
  correcting.take(mask, NOTHING);
  correcting.settle();
  clock.pass(1500);
  assert.equal(log.tells, 1);
});

// ---------------------------------------------------------------- tools, labels, sizes

test("without a mask no tool, with one it is seen", () => {
  const { viewer, correcting, mask, log } = viewerWith("window");
  Object.assign(mask.setting, { visible: false, model: true, hidden: [1, 2] });
  viewer.hidden = true;
  assert.equal(correcting.ready(), true);
  assert.deepEqual([viewer.hidden, mask.setting.visible, mask.setting.model, mask.setting.hidden], [false, true, false, [2]]);
  viewer.main.overlays = [];
  assert.equal(correcting.ready(), false);
  assert.deepEqual(log.said, ["no mask"]);
  for (const tool of TOOLS) {
    viewer.tool = tool;
    correcting.settle();
    assert.equal(viewer.tool, "window");
  }
});

test("a mask that goes takes its steps with it, and the stroke in hand", () => {
  const { viewer, correcting, pane, stroke } = viewerWith();
  stroke([2, 20]);
  correcting.press(pane, [1, 12, 20]);
  viewer.main.overlays = [maskOf("n")];
  correcting.settle();
  assert.deepEqual([viewer.history.past, correcting.stroke, viewer.tool], [[], null, "brush"]);
});

test("the label chosen is painted, on the mask chosen", () => {
  const [one, other] = [maskOf("m"), maskOf("n")];
  const { correcting, stroke } = viewerWith("brush", [one, other]);
  assert.deepEqual([correcting.mask, correcting.label], [one, 1]);
  other.setting.hidden = [2];
  correcting.choose(other, 2);
  assert.deepEqual([correcting.mask, correcting.label, other.setting.hidden], [other, 2, []]);
  stroke([2, 20]);
  assert.deepEqual([one.correction.edits.length, other.correction.edits[0].label], [0, 2]);
  assert.deepEqual(correcting.choice, { size: 1, key: "key-n", label: 2 });
  correcting.begin({ size: 8, key: "gone", label: 9 });
  assert.deepEqual([correcting.mask, correcting.label, correcting.diameter], [one, 1, 8], "what is not there is the first");
});

test("sizes: a step, a number, nothing that makes no sense", () => {
  const { correcting, log } = viewerWith();
  correcting.begin({ size: "big" });
  assert.equal(correcting.diameter, 1);
  correcting.resize(1);
  correcting.resize(1);
  assert.deepEqual([correcting.diameter, log.announced.at(-1)], [2, "brush 2 mm"]);
  correcting.resize(-1);
  assert.equal(correcting.diameter, 1.5);
  correcting.sizeTo(33);
  for (const size of [0, -3, 101, NaN]) correcting.sizeTo(size);
  assert.equal(correcting.diameter, 33);
});

test("the circle is as large as the brush, and only where it paints", () => {
  const { correcting, pane, viewer } = viewerWith();
  correcting.sizeTo(10);
  assert.equal(correcting.circle(pane), 40, "10 mm of 8 pixels each, two of them one of the page's");
  viewer.tool = "eraser";
  assert.equal(correcting.circle(pane), 40);
  for (const tool of ["part", "window", "length"]) {
    viewer.tool = tool;
    assert.equal(correcting.circle(pane), 0);
  }
  viewer.tool = "brush";
  assert.equal(correcting.circle(paneOf(viewer.main, 1)), 0);
  viewer.main.overlays = [];
  assert.equal(correcting.circle(pane), 0);
});
