import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { nearOutline, Pointer, wheelSteps } = await load("pointer");

/** Steps of some wheel events one after the other. */
function scrolled(deltas, deltaMode = 0) {
  let rest = 0;
  return deltas.map((deltaY) => {
    const found = wheelSteps({ deltaY, deltaMode }, rest);
    rest = found.rest;
    return found.steps + 0; // no minus nought
  });
}

const WHEELS = [
  ["a mouse's notch is one slice", [100, -100, 120, -120, 53], 0, [1, -1, 1, -1, 1]],
  ["a fast wheel is several", [240, -360, 1200], 0, [2, -3, 10]],
  ["a trackpad's movements add up", [10, 10, 10, 10, 10, 35], 0, [0, 0, 0, 1, 0, 1]],
  ["turning round begins anew", [30, -30, -15, 5], 0, [0, 0, -1, 0]],
  ["a notch forgets what had added up", [39, 100, 39, 2], 0, [0, 1, 0, 1]],
  ["a wheel that counts lines", [3, -3, 1, -1], 1, [1, -1, 1, -1]],
  ["a wheel that counts pages", [1, -1], 2, [3, -3]],
  ["nothing is nothing", [0, 0], 0, [0, 0]],
];

for (const [name, deltas, mode, steps] of WHEELS) test(name, () => assert.deepEqual(scrolled(deltas, mode), steps));

const NEAR = [
  ["length", [[0, 0], [100, 0]], [50, 8], true],
  ["length", [[0, 0], [100, 0]], [50, 9], false],
  ["length", [[0, 0], [100, 0]], [109, 0], false],
  ["length", [[5, 5], [5, 5]], [5, 12], true],
  ["angle", [[0, 0], [100, 0], [100, 100]], [95, 50], true],
  ["angle", [[0, 0], [100, 0], [100, 100]], [50, 50], false],
  ["angle", [[0, 0]], [0, 0], false],
  ["bidirectional", [[0, 0], [100, 0], [50, -50], [50, 50]], [50, 40], true],
  ["bidirectional", [[0, 0], [100, 0], [50, -50], [50, 50]], [75, -25], false],
  ["bidirectional", [[0, 0], [100, 0], [50, -50]], [50, 3], true],
  ["rectangle", [[0, 0], [100, 60]], [100, 30], true],
  ["rectangle", [[0, 0], [100, 60]], [-5, 30], true],
  ["rectangle", [[0, 0], [100, 60]], [50, 30], false],
  ["ellipse", [[0, 0], [100, 60]], [50, 60], true],
  ["ellipse", [[0, 0], [100, 60]], [0, 30], true],
  ["ellipse", [[0, 0], [100, 60]], [50, 30], false],
  ["ellipse", [[0, 0], [100, 60]], [0, 0], false],
  ["ellipse", [[0, 0], [100, 20]], [50, 25], true],
  ["ellipse", [[0, 0], [0, 60]], [0, 30], false],
  ["freehand", [[0, 0], [100, 0], [100, 100]], [50, 50], true],
  ["freehand", [[0, 0], [100, 0], [100, 100]], [80, 40], false],
  ["probe", [[0, 0]], [0, 0], false],
];

for (const [kind, points, place, wanted] of NEAR) {
  test(`${kind} ${JSON.stringify(points)} is ${wanted ? "" : "not "}near ${JSON.stringify(place)}`, () => {
    assert.equal(Boolean(nearOutline(kind, points, place, 8)), wanted);
  });
}

// ---------------------------------------------------------------- what a viewer is told

/** A pane whose pixels are the page's, and a viewer that writes down what it is told. */
function watched(tool, measurements = []) {
  const told = [];
  const note = (name) => (...values) => told.push([name, ...values.filter((value) => value !== pane)]);
  const steps = {};
  const pane = {
    ratio: 2, // the canvas has twice as many pixels as the page, and begins at (1000, 2000) of it
    canvas: {
      addEventListener: (name, step) => (steps[name] = step),
      focus: () => {},
      setPointerCapture: () => {},
      getBoundingClientRect: () => ({ left: 1000, top: 2000, width: 400, height: 300 }),
    },
    picture: { window: { centre: 40, width: 300, function: "LINEAR", key: "auto" }, range: () => 300, draggable() { return { ...this.window }; } },
    canvasOf: ([, row, column]) => [2 * column, 2 * row],
    indexAt: ({ clientX, clientY }) => [0, clientY - 2000, clientX - 1000],
  };
  const viewer = { tool, activate: () => {}, hover: () => {}, hurry: () => {} };
  for (const name of ["setWindow", "panBy", "zoomBy", "step", "reset", "crosshairTo"]) viewer[name] = note(name);
  viewer.measuring = { drawing: null, on: () => measurements };
  for (const name of ["press", "follow", "release", "cancel", "choose", "drag", "drop"]) viewer.measuring[name] = note(name);
  viewer.correcting = {};
  for (const name of ["press", "follow", "release", "cancel"]) viewer.correcting[name] = note(`correct.${name}`);
  new Pointer(viewer, pane);
  const send = (name, x, y, more = {}) =>
    steps[name]({ clientX: 1000 + x, clientY: 2000 + y, button: 0, pointerId: 1, pointerType: "mouse", altKey: false, preventDefault: () => {}, ...more });
  const drag = (from, to, more) => {
    send("pointerdown", ...from, more);
    send("pointermove", ...to, more);
    send("pointerup", ...to, more);
  };
  const names = () => told.map(([name]) => name);
  return { told, names, viewer, pane, send, drag };
}

test("left windows: width to the right, centre downward", () => {
  const { told, drag } = watched("window");
  drag([100, 100], [120, 90]);
  const [, [name, picture, window]] = told; // first nothing is chosen
  assert.deepEqual([name, picture.range(), window.width, window.centre, window.key], ["setWindow", 300, 320, 30, "own"]);
});

test("a click of less than three pixels moves the crosshair, nothing else", () => {
  const { told, drag } = watched("window");
  drag([100, 100], [102, 101]);
  assert.deepEqual(told, [["choose", null], ["crosshairTo", [0, 101, 102]]]);
});

test("middle and Shift pan, right zooms around where it began", () => {
  for (const more of [{ button: 1 }, { shiftKey: true }]) {
    const { told, drag } = watched("window");
    drag([100, 100], [110, 95], more);
    assert.deepEqual(told.filter(([name]) => name !== "choose"), [["panBy", 10, -5]]);
  }
  const { told, drag } = watched("length");
  drag([100, 100], [100, 85], { button: 2 });
  assert.deepEqual(told, [["zoomBy", Math.exp(0.1), [1100, 2100]]]);
});

test("the wheel scrolls, with Ctrl it zooms; a double click puts back", () => {
  const { told, send } = watched("window");
  send("wheel", 10, 20, { deltaY: -120, deltaMode: 0 });
  send("wheel", 10, 20, { deltaY: -30, deltaMode: 0, ctrlKey: true });
  send("dblclick", 10, 20);
  assert.deepEqual(told, [["step", -1], ["zoomBy", Math.exp(0.1), [1010, 2020]], ["reset"]]);
});

const HELD = { id: "m-1", kind: "length", points: [[0, 50, 50], [0, 50, 150]] };

test("a handle is taken hold of before the line, whatever the tool", () => {
  for (const tool of ["window", "length"]) {
    const { told, drag, names } = watched(tool, [HELD]);
    drag([145, 52], [160, 70]);
    assert.deepEqual(names(), ["choose", "drag", "drop"]);
    assert.deepEqual(told[1].slice(1), [{ id: "m-1", handle: 1, start: HELD.points, from: [0, 52, 145] }, [0, 70, 160]]);
  }
  for (const [from, handle] of [[[100, 45], -1], [[48, 50], 0]]) {
    const { told, drag } = watched("window", [HELD]);
    drag(from, [100, 60]);
    assert.equal(told[1][1].handle, handle);
  }
});

test("a measuring tool presses, follows, lets go", () => {
  const { names, viewer, pane, send } = watched("length");
  send("pointerdown", 10, 10);
  viewer.measuring.drawing = { pane };
  send("pointermove", 40, 10);
  send("pointerup", 40, 10);
  assert.deepEqual(names(), ["choose", "press", "follow", "release"]);
});

const FINGERS = [
  ["apart: zoom", [[100, 100], [200, 100]], [[60, 100], [240, 100]], "zoomBy"],
  ["down together: scroll", [[100, 100], [200, 100]], [[100, 160], [200, 160]], "step"],
];

for (const [name, from, to, wanted] of FINGERS) {
  test(`two fingers ${name}`, () => {
    const { told, names, send } = watched("window");
    const finger = (place) => ({ pointerId: place, pointerType: "touch" });
    from.forEach((at, place) => send("pointerdown", ...at, finger(place)));
    for (let step = 1; step <= 20; step += 1) {
      const along = (place) => [0, 1].map((axis) => from[place][axis] + ((to[place][axis] - from[place][axis]) * step) / 20);
      for (const place of [0, 1]) send("pointermove", ...along(place), finger(place));
    }
    to.forEach((at, place) => send("pointerup", ...at, finger(place)));
    const moves = names().filter((each) => ["zoomBy", "step", "setWindow"].includes(each));
    assert.ok(moves.length > 0);
    assert.deepEqual([...new Set(moves)], [wanted]);
    if (wanted === "step") assert.equal(told.reduce((sum, [step, by]) => sum + (step === "step" ? by : 0), 0), 3, "20 pixels a slice");
  });
}

test("a double click with a measuring tool sets two points, and puts nothing back", () => {
  for (const [tool, wanted] of [["length", []], ["probe", []], ["freehand", []], ["window", ["reset"]], ["zoom", ["reset"]], ["crosshair", ["reset"]]]) {
    const { names, send } = watched(tool);
    send("dblclick", 10, 20);
    assert.deepEqual(names(), wanted, tool);
  }
});

test("a correcting tool presses, follows, lets go; every place that the pointer went through counts", () => {
  for (const tool of ["brush", "eraser", "part"]) {
    const { told, drag, send } = watched(tool, [HELD]);
    drag([50, 50], [51, 50]); // not the measurement under it, and from the first pixel on
    const press = ["correct.press", [0, 50, 50], { part: false, erase: false }];
    assert.deepEqual(told.splice(0), [press, ["correct.follow", [0, 50, 51]], ["correct.release"]]);
    send("pointerdown", 10, 10);
    send("pointermove", 40, 10, { getCoalescedEvents: () => [20, 30, 40].map((x) => ({ clientX: 1000 + x, clientY: 2010 })) });
    send("pointermove", 60, 10, { getCoalescedEvents: () => [] });
    assert.deepEqual(told.map(([name, at]) => [name, at?.[2]]).slice(1), [20, 30, 40, 60].map((x) => ["correct.follow", x]));
  }
});

test("Alt takes a part; a pen paints, its other end erases; other buttons do what they always do", () => {
  for (const [more, wanted] of [[{ altKey: true }, { part: true, erase: false }], [{ pointerType: "pen" }, { part: false, erase: false }], [{ pointerType: "pen", button: 5 }, { part: false, erase: true }]]) {
    const { told, send } = watched("brush");
    send("pointerdown", 10, 10, { altKey: false, ...more });
    assert.deepEqual(told, [["correct.press", [0, 10, 10], wanted]]);
  }
  const { names, drag, send } = watched("brush");
  drag([100, 100], [100, 85], { button: 2 });
  drag([100, 100], [110, 95], { shiftKey: true });
  send("dblclick", 10, 10);
  assert.deepEqual(names().filter((name) => name !== "choose"), ["zoomBy", "panBy"]);
});

test("a second finger, or the system, ends a stroke as if it had not been", () => {
  const finger = (pointerId) => ({ pointerId, pointerType: "touch" });
  const { names, send } = watched("brush");
  send("pointerdown", 100, 100, finger(1));
  send("pointermove", 110, 100, finger(1));
  send("pointerdown", 200, 100, finger(2));
  send("pointerup", 200, 100, finger(2));
  send("pointerup", 110, 100, finger(1));
  assert.deepEqual(names(), ["correct.press", "correct.follow", "cancel", "correct.cancel"]);
  const other = watched("brush");
  other.send("pointerdown", 10, 10);
  other.send("pointercancel", 10, 10);
  other.send("pointerup", 10, 10);
  assert.deepEqual(other.names(), ["correct.press", "correct.cancel"]);
});

test("the hand that holds a pen says nothing", () => {
  const { names, send } = watched("brush");
  const [pen, palm] = [{ pointerId: 7, pointerType: "pen" }, { pointerId: 8, pointerType: "touch" }];
  send("pointerdown", 100, 100, pen);
  send("pointerdown", 150, 150, palm);
  send("pointermove", 151, 150, palm);
  send("pointermove", 110, 100, pen);
  send("pointerup", 151, 150, palm);
  send("pointercancel", 151, 150, palm);
  send("pointermove", 120, 100, pen);
  send("pointerup", 120, 100, pen);
  assert.deepEqual(names(), ["correct.press", "correct.follow", "correct.follow", "correct.release"]);
});

test("a third finger says nothing: two go on scrolling", () => {
  const { told, names, send, viewer } = watched("length");
  const finger = (place) => ({ pointerId: place, pointerType: "touch" });
  send("pointerdown", 100, 100, finger(1));
  send("pointerdown", 200, 100, finger(2));
  const before = names().length;
  send("pointerdown", 300, 300, finger(3));
  send("pointermove", 340, 390, finger(3));
  assert.deepEqual(told.slice(before), []);
  assert.equal(viewer.measuring.drawing, null);
  for (let y = 101; y <= 160; y += 1) {
    send("pointermove", 100, y, finger(1));
    send("pointermove", 200, y, finger(2));
  }
  send("pointerup", 340, 390, finger(3));
  assert.deepEqual([...new Set(names().slice(before))], ["step"]);
  send("pointermove", 100, 180, finger(1));
  send("pointermove", 200, 180, finger(2));
  const steps = told.filter(([name]) => name === "step").reduce((sum, [, by]) => sum + by, 0);
  assert.equal(steps, 4, "after it was lifted, too");
});

test("a press that the system ends measures nothing", () => {
  const { names, send, viewer, pane } = watched("probe");
  send("pointerdown", 10, 10);
  viewer.measuring.drawing = { pane };
  send("pointercancel", 10, 10);
  send("pointerup", 10, 10);
  assert.deepEqual(names(), ["choose", "press", "cancel"]);
});

test("a drag that the system ends, or that a second finger ends, lets go of what it held", () => {
  for (const end of ["pointercancel", "pointerdown"]) {
    const { names, send } = watched("window", [HELD]);
    const touch = { pointerType: "touch" };
    send("pointerdown", 100, 50, touch);
    send("pointermove", 100, 80, touch);
    send(end, 200, 50, { ...touch, pointerId: end === "pointerdown" ? 2 : 1 });
    assert.ok(names().includes("drop"), end);
  }
});
