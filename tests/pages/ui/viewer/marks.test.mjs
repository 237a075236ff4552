import assert from "node:assert/strict";
import test from "node:test";

import { Context } from "./canvas.mjs";
import { load } from "./modules.mjs";

const marks = await load("marks");
const { colourBar, corners, crosshair, edgeMarks, fitted, INK, lineHeight, measurement, referenceLine, scaleBar, wrapped } = marks;

const SIZE = 12;
const NOTHING = { topLeft: [], topRight: [], topCentre: [], bottomLeft: [], bottomCentre: [] };

function drawn(step, ...values) {
  const context = new Context();
  step(context, ...values);
  assert.equal(context.depth, 0, "every save has its restore");
  return context;
}

test("text grows with the pane, within limits, and with the screen's pixels", () => {
  assert.deepEqual([[300, 1], [700, 1], [2000, 1], [700, 2]].map(([height, ratio]) => lineHeight(height, ratio)), [11, 12, 15, 24]);
});

test("text has a dark rim", () => {
  const context = drawn(marks.write, "CT", 10, 20, { size: SIZE });
  assert.deepEqual(context.calls.map(({ name }) => name), ["strokeText", "fillText"]);
  assert.match(context.calls[0].strokeStyle, /^rgba\(0,0,0/);
});

test("a line is cut to its room, with dots", () => {
  const context = new Context();
  assert.equal(fitted(context, "12 letters..", 72, SIZE), "12 letters..");
  assert.equal(fitted(context, "Thorax without contrast", 72, SIZE), "Thorax with\u2026");
  for (const none of [0, -1, -40, -400]) assert.equal(fitted(context, "Thorax without contrast", none, SIZE), "\u2026", `${none}`);
});

test("a line is broken between words", () => {
  const context = new Context();
  assert.deepEqual(wrapped(context, ["No slice of this series", "", "Electroencephalogram"], 72, SIZE), ["No slice of", "this series", "", "Electroencephalogram"]);
});

test("lines in the corners, inside the pane; what comes last stands lowest", () => {
  const lines = {
    topLeft: ["P-0001", "63 y  F"], topRight: ["2024-03-01", "CT Thorax"], topCentre: ["SYNTHETIC"],
    bottomLeft: ["Image 3/40", "W 400 L 40"], bottomCentre: ["AI - not reviewed", "Not for diagnostic use"],
  };
  const context = drawn(corners, 900, 600, lines, SIZE);
  const at = (text) => {
    const { x, y, align, base } = context.text(text);
    return [x, y, align, base];
  };
  assert.deepEqual(at("P-0001"), [10, 10, "left", "top"]);
  assert.deepEqual(at("63 y  F"), [10, 27, "left", "top"]);
  assert.deepEqual(at("CT Thorax"), [890, 27, "right", "top"]);
  assert.deepEqual(at("SYNTHETIC"), [450, 10, "center", "top"]);
  assert.deepEqual(at("W 400 L 40"), [10, 590, "left", "bottom"]);
  assert.deepEqual(at("Image 3/40"), [10, 573, "left", "bottom"]);
  assert.deepEqual(at("Not for diagnostic use"), [450, 590, "center", "bottom"]);
  assert.equal(context.text("SYNTHETIC").colour, INK.amber);
});

test("in a narrow pane the lines at the bottom go above the scale bar", () => {
  const lines = { ...NOTHING, bottomLeft: ["Image 3/40"], bottomCentre: ["Not for diagnostic use"] };
  const context = drawn(corners, 260, 300, lines, SIZE);
  const { x, y, align } = context.text("Not for diagnostic use");
  assert.deepEqual([x, align], [250, "right"]);
  assert.ok(y < 290 - SIZE);
});

const LEFT = "P-0001 with a long line after it";

for (const [width, right] of [[900, "CT Thorax without contrast"], [260, "CT Th\u2026"], [180, "\u2026"]]) {
  test(`at the top the patient's lines are never cut; what stands right of them has the rest of ${width} pixels`, () => {
    const lines = { ...NOTHING, topLeft: [LEFT, "63 y  F"], topRight: ["CT Thorax without contrast", "2024-03-01"] };
    const { texts } = drawn(corners, width, 300, lines, SIZE);
    assert.deepEqual(texts.map(({ text }) => text), [LEFT, "63 y  F", right, "2024-03-01"]);
    const [left, , cut] = texts;
    if (width > 200) assert.ok(left.x + LEFT.length * 6 < cut.x - cut.text.length * 6, "they do not touch");
  });
}

const BANNERS = [
  ["where it fits, in the first row", 600, { topLeft: ["P-0001"], topRight: ["CT"] }, ["SYNTHETIC"], 0],
  ["below, where the left line reaches it", 400, { topLeft: [LEFT, "63 y  F"], topRight: ["CT"] }, ["SYNTHETIC"], 2],
  ["below, where the right lines reach it", 400, { topLeft: ["P-0001"], topRight: ["CT", "2024-03-01", LEFT] }, ["A", "B", "SYNTHETIC OR NOT"], 3],
  ["beside a right line that is cut for it, in the first row", 1000, { topLeft: ["P-0001"], topRight: ["long ".repeat(60)] }, ["S"], 0],
  ["alone, in the first row", 100, {}, ["SYNTHETIC"], 0],
];

for (const [name, width, more, banner, row] of BANNERS) {
  test(`a banner begins ${name}, and the edge's letter stands below it`, () => {
    const lines = { ...NOTHING, ...more, topCentre: banner };
    const context = drawn(corners, width, 300, lines, SIZE);
    const step = Math.round(SIZE * 1.4);
    banner.forEach((text, place) => assert.equal(context.text(text).y, 10 + (row + place) * step, text));
    const middle = (text) => [width / 2 - text.length * 3, width / 2 + text.length * 3];
    for (const { text, x, y, align } of context.texts) {
      const [, reach] = middle(banner[(y - 10) / step - row] ?? "");
      if (align === "left") assert.ok(row > 0 || x + text.length * 6 < width - reach, text);
      if (align === "right") assert.ok(row > 0 || x - text.length * 6 > reach, text);
    }
    const letters = drawn(edgeMarks, { left: 0, right: width, top: -50, bottom: 350 }, { width, height: 300 }, ["R", "L", "A", "P"], lines, SIZE);
    assert.ok(letters.text("A").y >= 10 + (row + banner.length - 1) * step + SIZE);
  });
}

const FRAME = { left: 100, right: 500, top: 50, bottom: 450 };
const PANE = { width: 600, height: 500 };

test("letters at the edges of the picture", () => {
  const context = drawn(edgeMarks, FRAME, PANE, ["R", "L", "A", "P"], NOTHING, SIZE);
  const [left, right, top, bottom] = context.texts;
  assert.deepEqual([left, right, top, bottom].map(({ text }) => text), ["R", "L", "A", "P"]);
  assert.ok(left.x > 100 && left.x < 120 && left.y > 240 && left.y < 260);
  assert.ok(right.x < 500 && right.x > 480 && right.align === "right");
  assert.ok(top.y >= 50 && top.y < 70 && top.x > 290 && top.x < 310);
  assert.ok(bottom.y <= 450 && bottom.y > 430 && bottom.base === "bottom");
});

test("letters of a picture that is larger than its pane stay inside, clear of the lines", () => {
  const lines = { ...NOTHING, topCentre: ["SYNTHETIC", "PRIOR 366 days"], bottomCentre: ["Not for diagnostic use"] };
  const context = drawn(edgeMarks, { left: -900, right: 900, top: -700, bottom: 800 }, PANE, ["R", "L", "A", "P"], lines, SIZE);
  for (const { text, x, y } of context.texts) assert.ok(x > 0 && x < 600 && y > 0 && y < 500, text);
  assert.ok(context.text("A").y >= 10 + 2 * SIZE * 1.4);
  assert.ok(context.text("P").y <= 500 - 10 - SIZE);
});

test("no letters where the tags give none", () => {
  assert.deepEqual(drawn(edgeMarks, FRAME, PANE, null, NOTHING, SIZE).calls, []);
});

const BARS = [[1, "100 mm"], [2, "50 mm"], [3.3, "20 mm"], [0.51, "200 mm"], [0.01, "200 mm"], [100, "1 mm"]];

for (const [pixelsPerMm, text] of BARS) {
  test(`a bar of ${text} at ${pixelsPerMm} pixels a millimetre`, () => {
    const context = drawn(scaleBar, 600, 500, pixelsPerMm, "", SIZE);
    assert.ok(context.text(text), JSON.stringify(context.texts));
    const bar = context.lines.filter(([from, to]) => from[1] === to[1]).map(([from, to]) => to[0] - from[0]);
    const length = parseFloat(text) * pixelsPerMm;
    for (const each of bar) assert.ok(Math.abs(each - length) < 1e-9, "as long as it says");
    assert.ok(length <= 600 * 0.22);
  });
}

test("a bar says that it is at the detector; there is none without millimetres, or with less than one", () => {
  assert.ok(drawn(scaleBar, 600, 500, 2, "at the detector", SIZE).text("50 mm at the detector"));
  for (const none of [NaN, Infinity, 200]) assert.deepEqual(drawn(scaleBar, 600, 500, none, "", SIZE).calls, []);
});

const COLOURS = Uint8Array.from({ length: 768 }, (_, place) => Math.floor(place / 3));

test("the colours of a map: its scale on top, zero below, a line at the threshold", () => {
  const context = drawn(colourBar, 600, 500, { colours: COLOURS, scale: 4.13, threshold: 0.5 }, "log-odds", SIZE);
  const rows = context.named("fillRect").filter(({ values }) => values[3] === 1);
  assert.equal(rows.length, 120);
  assert.deepEqual([rows[0].fillStyle, rows.at(-1).fillStyle], ["rgb(255,255,255)", "rgb(0,0,0)"]);
  const [top, bottom] = [rows[0].values[1], rows.at(-1).values[1]];
  const [line] = context.named("fillRect").filter(({ fillStyle }) => fillStyle === "rgb(0,255,255)");
  assert.ok(Math.abs(line.values[1] - (top + bottom) / 2) <= 1);
  assert.deepEqual(["log-odds", "4.1", "0", "2.1"].map((text) => Boolean(context.text(text))), [true, true, true, true]);
  assert.ok(context.text("4.1").y < context.text("2.1").y && context.text("2.1").y < context.text("0").y);
  const [box] = context.named("fillRect").filter(({ fillStyle }) => fillStyle === "rgba(0,0,0,0.75)");
  const { y } = context.text("log-odds"); // its lower edge: what lies under the title does not shine through
  assert.ok(box.values[1] < y - SIZE && box.values[1] + box.values[3] > y);
});

test("the colours of a palette run from its window's lower end", () => {
  for (const [low, scale, figures] of [[-5, 20, ["20", "-5"]], [0.0125, 9, ["9", "0.013"]], [undefined, 9, ["9", "0"]]]) {
    const context = drawn(colourBar, 600, 500, { colours: COLOURS, scale, low, threshold: 0 }, "SUVbw", SIZE);
    assert.deepEqual(context.texts.map(({ text }) => text), ["SUVbw", ...figures]);
    assert.ok(context.text(figures[0]).y < context.text(figures[1]).y);
  }
});

test("a threshold beside an end has no figure of its own; none has no line", () => {
  const low = drawn(colourBar, 600, 500, { colours: COLOURS, scale: 4, threshold: 0.05 }, "", SIZE);
  assert.deepEqual(low.texts.map(({ text }) => text), ["", "4", "0"]);
  const none = drawn(colourBar, 600, 500, { colours: COLOURS, scale: 4, threshold: 0 }, "", SIZE);
  assert.equal(none.named("fillRect").some(({ fillStyle }) => fillStyle === "rgb(0,255,255)"), false);
});

test("a crosshair through its point, open around it", () => {
  const { lines } = drawn(crosshair, [200, 150], FRAME, ["yellow", "blue"]);
  const whole = lines.flat().flat();
  assert.deepEqual([lines.length, Math.min(...whole), Math.max(...whole)], [4, FRAME.top, FRAME.right]);
  for (const [[ax, ay], [bx, by]] of lines) {
    assert.ok((ax === 200 && bx === 200) || (ay === 150 && by === 150));
    for (const [x, y] of [[ax, ay], [bx, by]]) assert.ok(Math.hypot(x - 200, y - 150) >= 12);
  }
});

test("a reference line is dashed", () => {
  const context = drawn(referenceLine, [[1, 2], [30, 40]]);
  assert.deepEqual([context.lines, context.named("setLineDash").length], [[[[1, 2], [30, 40]]], 1]);
});

const POINTS = { length: [[10, 10], [50, 40]], angle: [[10, 10], [50, 40], [90, 10]], bidirectional: [[0, 0], [50, 0], [25, -10], [25, 10]] };

for (const [kind, points] of Object.entries(POINTS)) {
  test(`${kind}: its lines, a handle at every point, its words`, () => {
    const context = drawn(measurement, kind, points, ["20.0 mm", "more"], { size: SIZE, chosen: false });
    const pairs = kind === "bidirectional" ? [[0, 1], [2, 3]] : points.slice(1).map((_, place) => [place, place + 1]);
    const wanted = pairs.map(([i, j]) => [points[i], points[j]]);
    assert.deepEqual(context.lines, [...wanted, ...wanted], "dark below, bright above");
    assert.deepEqual(context.named("fillRect").map(({ values: [x, y] }) => [x + 2.5, y + 2.5]), points);
    const [first, second] = context.texts;
    assert.deepEqual([first.text, second.text, second.y > first.y], ["20.0 mm", "more", true]);
    const near = kind === "angle" ? points[1] : [Math.max(...points.map(([x]) => x)), Math.max(...points.map(([, y]) => y))];
    assert.ok(Math.hypot(first.x - near[0], first.y - near[1]) < 12);
  });
}

test("a rectangle and an ellipse between their corners, however they were drawn", () => {
  for (const points of [[[10, 20], [50, 80]], [[50, 80], [10, 20]], [[50, 20], [10, 80]]]) {
    const box = drawn(measurement, "rectangle", points, [], { size: SIZE }).named("rect")[0].values;
    assert.deepEqual(box, [10, 20, 40, 60]);
    const round = drawn(measurement, "ellipse", points, [], { size: SIZE }).named("ellipse")[0].values;
    assert.deepEqual(round.slice(0, 4), [30, 50, 20, 30]);
  }
});

test("a freehand outline is closed; its handle is seen when it is chosen", () => {
  const points = [[0, 0], [40, 0], [40, 40]];
  const plain = drawn(measurement, "freehand", points, [], { size: SIZE, chosen: false });
  assert.deepEqual([plain.named("closePath").length, plain.named("fillRect").length], [2, 0]);
  const chosen = drawn(measurement, "freehand", points, [], { size: SIZE, chosen: true });
  assert.deepEqual([chosen.named("fillRect").length, chosen.named("fillRect")[0].fillStyle], [1, INK.accent]);
  assert.equal(drawn(measurement, "freehand", points.slice(0, 2), [], { size: SIZE }).named("closePath").length, 0);
});

test("a probe is a cross; one point of a length draws no line", () => {
  assert.equal(drawn(measurement, "probe", [[9, 9]], ["40 HU"], { size: SIZE }).lines.length, 4);
  assert.equal(drawn(measurement, "length", [[9, 9]], [], { size: SIZE }).lines.length, 0);
});
