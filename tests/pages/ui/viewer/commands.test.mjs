import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { COMMANDS } = await load("commands");
const { flippedAcross, flippedDown, storedBasis, turnedLeft, turnedRight } = await load("planes");

/** A viewer that writes down what it is told. */
function told(more = {}) {
  const log = [];
  const note = (name) => (...values) => log.push([name, ...values]);
  const picture = {
    frame: 2, colour: false, inverted: false, palette: "", versions: 0,
    offered: [{ key: "file:0", width: 9 }, { key: "preset:lung", width: 1500 }, { key: "preset:bone", width: 2000 }, { key: "auto", width: 7 }],
    touch() { this.versions += 1; },
    auto: note("picture.auto"), description: { inverse: false }, outside: true,
  };
  const pane = { picture, axis: 2, count: 30, ready: true, zoom: 3, pan: [4, 5], basis: storedBasis(0) };
  const viewer = {
    pane, panes: [pane, {}, {}], pictures: [picture, { outside: true }], active: 0, smooth: true, main: { shape: [30, 9, 9], frame: 2, moves: [], move(...step) { this.moves.push(step); }, touch() {} },
    overlays: [], hidden: false, linked: true, layoutKey: "one:0", tool: "length", data: { straightened: false },
    words: { no_peak: "no peak", linked_by_step: "by step" }, sheet: { hidden: true, querySelector: () => ({ focus: note("sheet.focus") }) },
    side: { element: { hidden: true } }, cine: { toggle: note("cine.toggle"), stop: note("cine.stop") },
    measuring: { chosen: null, cancel: note("measuring.cancel"), choose: note("measuring.choose"), remove: note("measuring.remove") },
    correcting: { can: true, ready() { return this.can; }, cancel: note("correcting.cancel"), release: note("correcting.release"), resize: note("correcting.resize"), sizeTo: note("correcting.sizeTo") },
    history: { undo: () => log.push(["history.undo"]), redo: () => log.push(["history.redo"]) },
    layouts: () => ["one:0", "one:1", "three"].map((key) => ({ key })), together: () => [pane], comparable: () => true,
    ...more,
  };
  viewer.root = { children: [{}, { inert: false }, viewer.sheet] };
  for (const name of ["setOverlay", "step", "goTo", "frameTo", "ask", "zoomBy", "changed", "request", "turn", "setWindow", "reset", "layout", "tell", "thicken", "say", "moved", "focus", "snapshot"]) {
    viewer[name] = note(name);
  }
  const run = (text) => {
    const [name, ...rest] = text.split(":");
    COMMANDS[name](viewer, rest.join(":"), pane, picture);
    return log.splice(0);
  };
  return { viewer, pane, picture, run };
}

const SIMPLE = [
  ["previous", "step", -1], ["next", "step", 1], ["previousTen", "step", -10], ["nextTen", "step", 10],
  ["first", "goTo", 0], ["last", "goTo", 29], ["previousFrame", "frameTo", 1], ["nextFrame", "frameTo", 3],
  ["zoomIn", "zoomBy", 1.25], ["zoomOut", "zoomBy", 0.8],
];

for (const [command, step, value] of SIMPLE) {
  test(`${command}: ${step} ${value}`, () => {
    const { run, pane } = told();
    assert.deepEqual(run(command), [[step, pane, value]]);
  });
}

const ASKED = [
  ["previousSeries", { step: -1 }], ["nextSeries", { step: 1 }], ["straighten", { straighten: true }], ["overlays", { map: true }],
];

for (const [command, wish] of ASKED) {
  test(`${command} is asked of Python: ${JSON.stringify(wish)}`, () => assert.deepEqual(told().run(command), [["ask", wish]]));
}

const TURNS = { turnRight: turnedRight, turnLeft: turnedLeft, flipAcross: flippedAcross, flipDown: flippedDown };

for (const [command, turn] of Object.entries(TURNS)) {
  test(command, () => assert.deepEqual(told().run(command), [["turn", turn]]));
}

test("windows: presets by their number, any by its name", () => {
  const { run, picture } = told();
  assert.deepEqual(run("preset:1"), [["setWindow", picture, { key: "preset:bone", width: 2000 }]]);
  assert.deepEqual(run("preset:3"), [], "there are only two");
  assert.deepEqual(run("window:file:0"), [["setWindow", picture, { key: "file:0", width: 9 }]]);
  assert.deepEqual(run("window:no such"), []);
  const [[, , given]] = run("window:auto");
  assert.notEqual(given, picture.offered[3], "the offered one is never changed");
});

test("the automatic window waits for its voxels, and leaves colours alone", () => {
  const { run, picture, pane } = told();
  assert.deepEqual(run("auto"), [["picture.auto", 2], ["changed"]], "of the plane on show");
  pane.ready = false;
  assert.deepEqual(run("auto"), []);
  Object.assign(pane, { ready: true });
  picture.colour = true;
  assert.deepEqual(run("auto"), []);
});

test("inverted and back; colours never", () => {
  const { run, picture } = told();
  run("invert");
  assert.deepEqual([picture.inverted, picture.versions], [true, 1]);
  run("invert");
  assert.equal(picture.inverted, false);
  picture.colour = true;
  assert.deepEqual([run("invert"), picture.inverted], [[], false]);
});

test("a palette", () => {
  const { run, picture } = told();
  run("palette:HOT_IRON");
  assert.deepEqual([picture.palette, picture.versions], ["HOT_IRON", 1]);
});

test("a palette runs from low to high; without one the picture is as it was made to be seen", () => {
  for (const inverse of [true, false]) {
    const { run, picture } = told();
    Object.assign(picture, { inverted: true, description: { inverse } });
    assert.deepEqual(run("palette:HOT_IRON"), [["changed"]]);
    assert.equal(picture.inverted, false);
    run("palette:");
    assert.deepEqual([picture.palette, picture.inverted], ["", inverse]);
  }
});

test("fit takes zoom and pan back", () => {
  const { run, pane } = told();
  run("fit");
  assert.deepEqual([pane.zoom, pane.pan], [1, [0, 0]]);
});

test("overlays hide and come back", () => {
  const { run, viewer } = told({ overlays: [{ kind: "mask" }] });
  run("overlays");
  assert.equal(viewer.hidden, true);
  run("overlays");
  assert.equal(viewer.hidden, false);
});

test("a map's own grid, of maps only", () => {
  const overlays = [{ kind: "map", setting: { native: false } }, { kind: "mask", setting: {} }];
  const { run } = told({ overlays });
  assert.deepEqual(run("native"), [["setOverlay", overlays[0], { native: true }]], "so that it is kept");
  overlays[0].setting.native = true;
  assert.deepEqual(run("native"), [["setOverlay", overlays[0], { native: false }]]);
});

test("to the peak of the first overlay that is seen", () => {
  const peak = (shape, frame) => (frame === 2 && shape.length === 3 ? [7, 2, 3] : null);
  const overlays = [{ setting: { visible: false }, peak: () => [9, 9, 9] }, { setting: { visible: true }, peak }];
  const { run, viewer } = told({ overlays });
  assert.deepEqual(run("peak"), [["moved", viewer.main]]);
  assert.deepEqual(viewer.main.moves, [[0, 7], [1, 2], [2, 3]], "of the frame on show");
  assert.deepEqual(told({ overlays: [{ setting: { visible: true }, peak: () => null }] }).run("peak"), [["say", "no peak"]]);
  assert.deepEqual(told().run("peak"), [["say", "no peak"]]);
});

test("panes and layouts go round", () => {
  const { run, viewer } = told();
  run("previousPane");
  assert.equal(viewer.active, 2);
  run("nextPane");
  assert.equal(viewer.active, 0);
  assert.deepEqual(run("previousLayout"), [["layout", "three"], ["tell"]]);
  viewer.layoutKey = "three";
  assert.deepEqual(run("nextLayout"), [["layout", "one:0"], ["tell"]]);
  assert.deepEqual(run("layout:one:1"), [["layout", "one:1"], ["tell"]]);
});

test("a slab, of a thickness that makes sense", () => {
  const { run } = told();
  assert.deepEqual(run("slab:max"), [["thicken", { mode: "max" }]]);
  assert.deepEqual(run("slabmm:7.5"), [["thicken", { mm: 7.5 }]]);
  for (const mm of ["0", "", "-3", "501", "thick"]) assert.deepEqual(run(`slabmm:${mm}`), []);
});

test("a tool ends what was being drawn", () => {
  const { run, viewer } = told();
  assert.deepEqual(run("tool:angle"), [["measuring.cancel"], ["correcting.cancel"], ["changed", []]]);
  assert.equal(viewer.tool, "angle");
});

test("Escape: nothing drawn, nothing chosen, nothing played, the window tool, no sheet", () => {
  const { run, viewer } = told();
  viewer.sheet.hidden = false;
  assert.deepEqual(run("cancel"), [["measuring.cancel"], ["correcting.cancel"], ["measuring.choose", null], ["cine.stop"], ["focus"], ["changed", []]]);
  assert.deepEqual([viewer.tool, viewer.sheet.hidden], ["window", true]);
});

test("measurements: delete the chosen one, undo, redo", () => {
  const { run, viewer } = told();
  assert.deepEqual(run("delete"), []);
  viewer.measuring.chosen = "m-1";
  assert.deepEqual(run("delete"), [["measuring.remove", "m-1"]]);
  assert.deepEqual(run("undo"), [["correcting.release"], ["history.undo"], ["changed"]], "what is being drawn is the last step");
  assert.deepEqual(run("redo"), [["history.redo"], ["changed"]]);
  Object.assign(viewer.history, { undo: () => false, redo: () => false });
  assert.deepEqual([run("undo"), run("redo")], [[["correcting.release"]], []], "nothing to take back: nothing to draw or tell");
});

test("a correcting tool needs a mask that can be corrected", () => {
  const { run, viewer } = told();
  assert.deepEqual(run("tool:brush"), [["measuring.cancel"], ["correcting.cancel"], ["changed", []]]);
  assert.equal(viewer.tool, "brush");
  viewer.correcting.can = false;
  for (const tool of ["eraser", "part"]) run(`tool:${tool}`);
  assert.equal(viewer.tool, "brush");
  run("tool:length");
  assert.equal(viewer.tool, "length");
});

test("the brush grows, shrinks, has a size", () => {
  const { run } = told();
  assert.deepEqual([...run("larger"), ...run("smaller"), ...run("size:12.5")], [["correcting.resize", 1], ["correcting.resize", -1], ["correcting.sizeTo", 12.5]]);
});

test("two series scroll together; without a common frame of reference by steps, which is said", () => {
  const { run, viewer } = told();
  assert.deepEqual(run("link"), [["changed"]]);
  assert.equal(viewer.linked, false);
  assert.deepEqual(viewer.pictures.map(({ outside }) => outside), [false, false], "each by itself is outside of nothing");
  viewer.comparable = () => false;
  assert.deepEqual(run("link"), [["say", "by step"], ["changed"]]);
  assert.deepEqual(run("link"), [["changed"]], "apart again, nothing is said");
});

test("the help sheet takes the focus and gives it back", () => {
  const { run, viewer } = told();
  const inert = () => viewer.root.children.map((each) => Boolean(each.inert));
  assert.deepEqual([run("help"), viewer.sheet.hidden, inert()], [[["sheet.focus"]], false, [true, true, false]]);
  assert.deepEqual([run("help"), viewer.sheet.hidden, inert()], [[["focus"]], true, [false, false, false]]);
});

test("what is behind the sheet can be reached before the focus goes back to it", () => {
  const { run, viewer } = told();
  run("help");
  viewer.focus = () => assert.equal(viewer.root.children[0].inert, false);
  run("help");
});

test("pixels are smoothed, or seen as they are", () => {
  const { run, viewer } = told();
  assert.deepEqual([run("smooth"), viewer.smooth], [[["changed"]], false]);
  assert.deepEqual([run("smooth"), viewer.smooth], [[["changed"]], true]);
});

test("panel, picture, playing", () => {
  const { run, viewer } = told();
  run("panel");
  assert.equal(viewer.side.element.hidden, false);
  assert.deepEqual([...run("snapshot"), ...run("cine")], [["snapshot"], ["cine.toggle"]]);
  assert.deepEqual(run("reset").map(([name]) => name), ["reset"]);
});
