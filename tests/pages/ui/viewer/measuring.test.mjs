import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { History } = await load("history");
const { Measuring } = await load("measuring");

const WORDS = { area: "Area", mean: "Mean", sd: "SD", least: "Min", most: "Max", measure_main: "Only on the main picture", too_many: "Too many" };

/** A viewer with one picture of 5 slices, 20 rows, 30 columns without geometry: everything is said in pixels. */
function viewerWith(tool, measurements = []) {
  const there = { all: true };
  const main = {
    shape: [5, 20, 30], frame: 0, index: [2, 10, 15], affine: null, spacing: null, spacingNote: "", colour: false, unit: "",
    voxels: { has: () => there.all },
    readAt: (frame, [slice, row, column]) => 1000 * slice + 30 * row + column,
  };
  const viewer = { main, tool, words: WORDS, there, said: [], changes: 0, requests: 0 };
  viewer.changed = () => (viewer.changes += 1);
  viewer.request = () => (viewer.requests += 1);
  viewer.say = (text) => viewer.said.push(text);
  viewer.history = new History();
  viewer.measuring = new Measuring(viewer);
  viewer.measuring.begin(measurements);
  viewer.pane = paneOf(main, 0);
  return viewer;
}

function paneOf(picture, axis) {
  return { picture, axis, get position() { return picture.index[axis]; } };
}

const at = ([row, column], slice = 2) => [slice, row, column];

/** The gestures as the pointer passes them on. */
const gestures = (viewer, pane = viewer.pane) => {
  const { measuring } = viewer;
  const press = (place) => measuring.press(pane, at(place));
  const hover = (place) => measuring.drawing && measuring.follow(at(place), false);
  const click = (place) => {
    hover(place);
    press(place);
    measuring.release(false);
  };
  const drag = (from, ...through) => {
    press(from);
    for (const place of through) measuring.follow(at(place), true);
    measuring.release(true);
  };
  return { press, hover, click, drag };
};

const pointsOf = (viewer, place = 0) => viewer.measuring.list[place].points.map(([, row, column]) => [row, column]);

const MADE = [
  ["length by a drag", "length", ({ drag }) => drag([1, 1], [2, 3], [4, 5]), [[1, 1], [4, 5]], ["5.00 px"]],
  ["length by two clicks", "length", ({ click }) => [[1, 1], [4, 5]].forEach(click), [[1, 1], [4, 5]], ["5.00 px"]],
  ["angle by a drag and a click", "angle", ({ drag, hover, click }) => {
    drag([1, 5], [5, 5]);
    hover([5, 7]);
    click([5, 9]);
  }, [[1, 5], [5, 5], [5, 9]], ["90.0\u00b0"]],
  ["angle by three clicks", "angle", ({ click }) => [[1, 5], [5, 5], [9, 9]].forEach(click), [[1, 5], [5, 5], [9, 9]], ["135.0\u00b0"]],
  ["bidirectional by two drags", "bidirectional", ({ drag, hover }) => {
    drag([5, 0], [5, 10]);
    hover([2, 2]);
    drag([3, 5], [7, 5]);
  }, [[5, 0], [5, 10], [3, 5], [7, 5]], ["10.0 x 4.00 px"]],
  ["bidirectional by four clicks", "bidirectional", ({ click }) => [[3, 5], [7, 5], [5, 0], [5, 10]].forEach(click),
    [[3, 5], [7, 5], [5, 0], [5, 10]], ["10.0 x 4.00 px"]],
  ["rectangle by a drag", "rectangle", ({ drag }) => drag([1, 1], [2, 3]), [[1, 1], [2, 3]],
    ["Area 2.00 px\u00b2", "Mean 2047  SD 15.0", "Min 2031  Max 2063"]],
  ["ellipse by two clicks", "ellipse", ({ click }) => [[1, 1], [3, 3]].forEach(click), [[1, 1], [3, 3]],
    ["Area 3.14 px\u00b2", "Mean 2062  SD 19.0", "Min 2032  Max 2092"]],
  ["freehand by a drag, small steps left out", "freehand", ({ drag }) => drag([1, 1], [1, 4], [1.2, 4.1], [4, 4], [4, 1]),
    [[1, 1], [1, 1], [1, 4], [4, 4], [4, 1]], ["Area 9.00 px\u00b2", "Mean 2062  SD 24.5", "Min 2031  Max 2093"]],
  ["probe by a click", "probe", ({ click }) => click([4, 7]), [[4, 7]], ["2127"]],
  ["probe by a drag, where it ends", "probe", ({ drag }) => drag([1, 1], [4, 6], [4, 7]), [[4, 7]], ["2127"]],
  ["freehand outlines, to a hundredth of a pixel", "freehand", ({ drag }) => drag([1.0049, 1.00501], [1.123456, 4.987654], [4.5, 3.999]),
    [[1, 1.01], [1, 1.01], [1.12, 4.99], [4.5, 4]], ["Area 6.79 px\u00b2", "Mean 2083  SD 22.7", "Min 2062  Max 2124"]],
];

for (const [name, tool, gesture, points, lines] of MADE) {
  test(name, () => {
    const viewer = viewerWith(tool);
    gesture(gestures(viewer));
    const { measuring } = viewer;
    assert.equal(measuring.drawing, null);
    assert.deepEqual(pointsOf(viewer), points);
    const [made] = measuring.list;
    assert.deepEqual([made.kind, made.axis, made.frame, made.lines], [tool, 0, 0, lines]);
    assert.equal(measuring.chosen, made.id);
    assert.equal(viewer.changes, 1, "Python is told once");
    assert.deepEqual(Object.keys(measuring.plain[0]).sort(), ["axis", "frame", "id", "kind", "points"]);
  });
}

const UNMADE = [
  ["a length of nothing", "length", ({ click }) => [[1, 1], [1, 1]].forEach(click)],
  ["a freehand outline that was only a click", "freehand", ({ click }) => click([1, 1])],
  ["a rectangle of nothing", "rectangle", ({ drag }) => drag([3, 3], [3, 3])],
  ["an angle with an arm of nothing", "angle", ({ click }) => [[1, 5], [1, 5], [9, 9]].forEach(click)],
];

for (const [name, tool, gesture] of UNMADE) {
  test(`${name} is none`, () => {
    const viewer = viewerWith(tool);
    gesture(gestures(viewer));
    assert.deepEqual([viewer.measuring.list, viewer.measuring.drawing, viewer.history.past], [[], null, []]);
  });
}

test("while it is made it is seen, and says what it can say", () => {
  const viewer = viewerWith("length");
  const { measuring, pane } = viewer;
  const { press } = gestures(viewer);
  press([0, 0]);
  assert.deepEqual(measuring.drawnOn(pane)[0].lines, []);
  measuring.follow(at([3, 4]), true);
  assert.deepEqual(measuring.drawnOn(pane)[0].lines, ["5.00 px"]);
  assert.deepEqual(measuring.drawnOn(paneOf(viewer.main, 1)), [], "not on another pane");
  measuring.cancel();
  assert.deepEqual([measuring.drawnOn(pane), measuring.list], [[], []]);
});

test("a probe is done when the button comes up: a second finger can still end it", () => {
  const viewer = viewerWith("probe");
  const { measuring, pane } = viewer;
  const { press, click } = gestures(viewer);
  press([4, 7]);
  assert.deepEqual([measuring.list, viewer.changes], [[], 0]);
  measuring.follow(at([4, 9]), true);
  const [seen] = measuring.drawnOn(pane);
  assert.deepEqual([seen.points, seen.lines], [[at([4, 9])], ["2129"]], "one point, under the pointer");
  measuring.cancel();
  measuring.release(true);
  assert.deepEqual([measuring.list, measuring.drawing], [[], null]);
  click([4, 7]);
  assert.equal(measuring.list.length, 1);
});

test("no more than Python keeps, which is said; what is moved or deleted goes on", () => {
  const many = Array.from({ length: 199 }, (_, place) => ({ ...LENGTH, id: `m-${place}` }));
  const viewer = viewerWith("length", many);
  const { measuring } = viewer;
  const { drag } = gestures(viewer);
  drag([1, 1], [4, 5]);
  assert.deepEqual([measuring.list.length, viewer.said], [200, []]);
  drag([1, 1], [4, 5]);
  assert.deepEqual([measuring.list.length, measuring.drawing, viewer.said], [200, null, [WORDS.too_many]]);
  assert.equal(viewer.history.past.length, 1, "nothing to take back");
  measuring.remove("m-7");
  drag([1, 1], [4, 5]);
  assert.deepEqual([measuring.list.length, viewer.said.length], [200, 1]);
});

test("points end at the edge of the picture", () => {
  const viewer = viewerWith("length");
  gestures(viewer).drag([5, 5], [99, -99]);
  assert.deepEqual(pointsOf(viewer), [[5, 5], [19.5, -0.5]]);
});

test("a measurement never spans two slices: the next press begins anew", () => {
  const viewer = viewerWith("length");
  const { measuring, main, pane } = viewer;
  const { click } = gestures(viewer);
  click([1, 1]);
  main.index[0] = 3;
  assert.deepEqual(measuring.drawnOn(pane), [], "its first point is on another slice");
  measuring.follow(at([2, 2], 3), false);
  measuring.press(pane, at([4, 4], 3));
  measuring.release(false);
  measuring.follow(at([4, 9], 3), false);
  measuring.press(pane, at([4, 9], 3));
  measuring.release(false);
  assert.deepEqual(measuring.plain.map(({ points }) => points), [[[3, 4, 4], [3, 4, 9]]]);
});

test("nothing is measured on a picture beside the main one", () => {
  const viewer = viewerWith("length");
  const beside = paneOf({ ...viewer.main }, 0);
  viewer.measuring.press(beside, at([1, 1]));
  assert.deepEqual([viewer.said, viewer.measuring.drawing], [[WORDS.measure_main], null]);
});

const LENGTH = { id: "m-1", kind: "length", axis: 0, frame: 0, points: [[2, 1, 1], [2, 4, 5]] };
const CORONAL = { id: "m-2", kind: "length", axis: 1, frame: 0, points: [[0, 10, 1], [4, 10, 1]] };

test("what Python kept is on its plane, in its frame", () => {
  const viewer = viewerWith("window", [LENGTH, CORONAL, { ...LENGTH, id: "m-3", frame: 1 }]);
  const { measuring, main, pane } = viewer;
  const ids = (each) => measuring.on(each).map(({ id }) => id);
  assert.deepEqual([ids(pane), ids(paneOf(main, 1)), ids(paneOf(main, 2))], [["m-1"], ["m-2"], []]);
  main.frame = 1;
  assert.deepEqual(ids(pane), ["m-3"]);
  main.index[0] = 1;
  assert.deepEqual(ids(pane), []);
  assert.deepEqual(measuring.plain[0], LENGTH);
});

test("a handle moves alone, the whole by its line; each drag is one step back", () => {
  const viewer = viewerWith("window", [LENGTH]);
  const { measuring, pane } = viewer;
  const held = (handle) => ({ id: "m-1", handle, start: measuring.list[0].points, from: at([4, 5]) });
  const handle = held(1);
  for (const to of [[4, 6], [4, 13], [1, 13]]) measuring.drag(pane, handle, at(to));
  measuring.drop();
  assert.deepEqual([pointsOf(viewer), measuring.list[0].lines], [[[1, 1], [1, 13]], ["12.0 px"]]);
  const whole = held(-1);
  for (const to of [[5, 5], [6, 7]]) measuring.drag(pane, whole, at(to));
  measuring.drop();
  assert.deepEqual([pointsOf(viewer), measuring.list[0].lines], [[[3, 3], [3, 15]], ["12.0 px"]]);
  viewer.history.undo();
  assert.deepEqual(pointsOf(viewer), [[1, 1], [1, 13]]);
  viewer.history.undo();
  assert.deepEqual(pointsOf(viewer), [[1, 1], [4, 5]]);
  viewer.history.redo();
  viewer.history.redo();
  assert.deepEqual(pointsOf(viewer), [[3, 3], [3, 15]]);
});

test("moved to the edge as a whole, it keeps its size", () => {
  const viewer = viewerWith("window", [LENGTH]);
  const { measuring, pane } = viewer;
  measuring.drag(pane, { id: "m-1", handle: -1, start: LENGTH.points, from: at([2, 2]) }, at([-90, 90]));
  assert.deepEqual([pointsOf(viewer), measuring.list[0].lines], [[[-0.5, 25.5], [2.5, 29.5]], ["5.00 px"]]);
});

test("taken hold of and let go at once: nothing to take back", () => {
  const viewer = viewerWith("window", [LENGTH]);
  viewer.measuring.choose("m-1");
  viewer.measuring.drop();
  assert.deepEqual(viewer.history.past, []);
});

test("choosing draws anew, once", () => {
  const viewer = viewerWith("window", [LENGTH]);
  viewer.measuring.choose("m-1");
  viewer.measuring.choose("m-1");
  assert.deepEqual([viewer.measuring.chosen, viewer.requests], ["m-1", 1]);
  viewer.measuring.choose(null);
  assert.deepEqual([viewer.measuring.chosen, viewer.requests], [null, 2]);
});

test("deleted, taken back, had again", () => {
  const viewer = viewerWith("length", [LENGTH]);
  const { measuring } = viewer;
  gestures(viewer).drag([0, 0], [0, 9]);
  const ids = () => measuring.list.map(({ points }) => points[1][2]);
  measuring.remove("m-1");
  assert.deepEqual([ids(), measuring.chosen], [[9], null]);
  measuring.remove("no such");
  viewer.history.undo();
  assert.deepEqual(ids(), [5, 9]);
  viewer.history.undo();
  assert.deepEqual(ids(), [5]);
  viewer.history.undo();
  assert.deepEqual(ids(), [5], "nothing left to take back");
  viewer.history.redo();
  viewer.history.redo();
  assert.deepEqual(ids(), [9]);
  viewer.history.redo();
  assert.deepEqual(ids(), [9]);
});

test("what waited for its voxels says its values when they are there, taken back or not", () => {
  const viewer = viewerWith("window");
  viewer.there.all = false;
  viewer.measuring.begin([{ ...LENGTH, kind: "rectangle" }]);
  const { measuring } = viewer;
  const lines = () => measuring.list.map((each) => each.lines[0]);
  assert.deepEqual(lines(), ["..."]);
  measuring.respeak();
  assert.deepEqual(lines(), ["..."]);
  measuring.remove("m-1");
  viewer.there.all = true;
  measuring.respeak();
  viewer.history.undo();
  assert.deepEqual(lines(), ["Area 12.0 px\u00b2"]);
  viewer.there.all = false;
  measuring.begin([{ ...LENGTH, kind: "rectangle" }]);
  measuring.put([...measuring.list]);
  viewer.history.undo();
  viewer.there.all = true;
  viewer.history.redo();
  assert.deepEqual(lines(), ["Area 12.0 px\u00b2"]);
});

test("another picture: everything begins anew", () => {
  const viewer = viewerWith("length", [LENGTH]);
  gestures(viewer).press([0, 0]);
  viewer.measuring.remove("m-1");
  viewer.measuring.begin([CORONAL]);
  const { drawing, chosen, list } = viewer.measuring;
  assert.deepEqual([drawing, chosen, list.length], [null, null, 1]);
});
