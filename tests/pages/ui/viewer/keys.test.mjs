import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { commandOf, keyName, KEYS, taken } = await load("keys");
const { COMMANDS } = await load("commands");
const { TOOLS: CORRECTING } = await load("correcting");
const { POINTS } = await load("measure");

const press = (key, more = {}) => commandOf({ key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...more });

// OHIF's own keys (https://docs.ohif.org/user-guide/viewer/hotkeys/), as far as the viewer has what they do.
const OHIF = [
  ["z", "tool:zoom"], ["-", "zoomOut"], ["+", "zoomIn", { shiftKey: true }], ["=", "fit"],
  ["r", "turnRight"], ["l", "turnLeft"], ["h", "flipAcross"], ["v", "flipDown"], ["c", "cine"], ["i", "invert"],
  ["ArrowUp", "previous"], ["ArrowDown", "next"], ["ArrowLeft", "previousPane"], ["ArrowRight", "nextPane"],
  ["Home", "first"], ["End", "last"], ["PageUp", "previousSeries"], ["PageDown", "nextSeries"],
  [" ", "reset"], ["Escape", "cancel"], ["Backspace", "delete"], [",", "previousLayout"], [".", "nextLayout"],
  ["1", "preset:0"], ["2", "preset:1"], ["3", "preset:2"], ["4", "preset:3"],
  ["z", "undo", { ctrlKey: true }], ["y", "redo", { ctrlKey: true }],
];
const MORE = [
  ["Delete", "delete"], ["?", "help", { shiftKey: true }], ["Z", "tool:zoom", { shiftKey: true }],
  ["B", "tool:brush", { shiftKey: true }], ["E", "tool:eraser", { shiftKey: true }], ["P", "tool:part", { shiftKey: true }], ["B", "tool:bidirectional"],
  ["[", "smaller"], ["]", "larger"], ["[", "smaller", { ctrlKey: true, altKey: true }], ["]", "larger", { altKey: true }],
  ["k", "smooth"], ["ArrowUp", "previousTen", { shiftKey: true }], ["ArrowLeft", "previousFrame", { shiftKey: true }],
  ["Z", "redo", { ctrlKey: true, shiftKey: true }], ["z", "undo", { metaKey: true }],
];
const NOT_OURS = [
  ["c", { ctrlKey: true }], ["r", { ctrlKey: true }], ["+", { ctrlKey: true }], ["r", { metaKey: true }], ["ArrowLeft", { altKey: true }],
  ["z", { altKey: true }], ["Enter", {}], ["Tab", {}], ["F5", {}], ["g", {}], ["Home", { shiftKey: true }],
];

for (const [key, command, more = {}] of [...OHIF, ...MORE]) {
  test(`key ${JSON.stringify(key)} ${Object.keys(more)} does ${command}`, () => assert.equal(press(key, more), command));
}

test("the browser's own keys are left to it", () => {
  for (const [key, more] of NOT_OURS) assert.equal(press(key, more), undefined, `${key} ${Object.keys(more)}`);
});

test("no key twice, and every key does something that there is", () => {
  const keys = KEYS.flatMap(([, each]) => each);
  assert.equal(new Set(keys).size, keys.length);
  for (const [, , command] of KEYS) {
    const [name, value] = command.split(":");
    assert.equal(typeof COMMANDS[name], "function", command);
    if (name === "tool") assert.ok(value in POINTS || ["window", "zoom", "crosshair", ...CORRECTING].includes(value), command);
  }
});

test("every kind of measurement has a key", () => {
  for (const kind of [...Object.keys(POINTS), ...CORRECTING]) assert.ok(KEYS.some(([, , command]) => command === `tool:${kind}`), kind);
});

const element = (tagName, more = {}) => {
  const { role = null, ...rest } = more;
  return { tagName, dataset: {}, getAttribute: (name) => (name === "role" ? role : null), ...rest };
};
const bar = { closest: (what) => (what === '[role="toolbar"]' ? {} : null) };
const TAKEN = [
  ["a button of the bar, moved along", element("BUTTON", bar), "ArrowRight", true],
  ["a button of the bar, to its end", element("BUTTON", bar), "End", true],
  ["a button of the bar, and the slices", element("BUTTON", bar), "ArrowDown", false],
  ["a button elsewhere, and the panes", element("BUTTON", { closest: () => null }), "ArrowRight", false],
  ["the page itself", element("BODY"), "z", false],
  ["a canvas with the role of a picture", element("CANVAS", { role: "img" }), "ArrowUp", false],
  ["a canvas and the space bar", element("CANVAS", { role: "img" }), " ", false],
  ["the viewer's frame and the space bar", element("DIV", { role: "group" }), " ", false],
  ["a button that is none, and the space bar", element("DIV", { role: "button" }), " ", true],
  ["a button that is none, and a letter", element("DIV", { role: "button" }), "r", false],
  ["a link and Enter", element("A"), "Enter", true],
  ["a summary and the space bar", element("SUMMARY"), " ", true],
  ["a text field", element("INPUT", { type: "text" }), "z", true],
  ["a number", element("INPUT", { type: "number" }), "1", true],
  ["a text area", element("TEXTAREA"), "z", true],
  ["something typed into", element("DIV", { isContentEditable: true }), "z", true],
  ["a list", element("SELECT"), "ArrowDown", true],
  ["a slider moved by arrows", element("INPUT", { type: "range" }), "ArrowDown", true],
  ["a slider, and a letter", element("INPUT", { type: "range" }), "z", false],
  ["the viewer's own slider", element("INPUT", { type: "range", dataset: { slices: "slices" } }), "ArrowDown", false],
  ["the viewer's own slider, moved across", element("INPUT", { type: "range", dataset: { slices: "slices" } }), "ArrowLeft", true],
  ["the viewer's own slider, moved across back", element("INPUT", { type: "range", dataset: { slices: "slices" } }), "ArrowRight", true],
  ["the viewer's own slider, to the first slice", element("INPUT", { type: "range", dataset: { slices: "slices" } }), "Home", false],
  ["the viewer's own slider, to the next series", element("INPUT", { type: "range", dataset: { slices: "slices" } }), "PageDown", false],
  ["the viewer's own slider and the space bar", element("INPUT", { type: "range", dataset: { slices: "slices" } }), " ", false],
  ["a box to tick", element("INPUT", { type: "checkbox" }), " ", true],
  ["a button and the space bar", element("BUTTON"), " ", true],
  ["a button and Enter", element("BUTTON"), "Enter", true],
  ["a button and a letter", element("BUTTON"), "r", false],
  ["a tab moved by arrows", element("BUTTON", { role: "tab" }), "ArrowLeft", true],
  ["an option of a list", element("LI", { role: "option" }), "Home", true],
];

for (const [name, target, key, wanted] of TAKEN) {
  test(`${name}: ${JSON.stringify(key)} is ${wanted ? "its own" : "the viewer's"}`, () => {
    assert.equal(taken({ key, target }), wanted);
    assert.equal(taken({ key, target: element("BODY"), composedPath: () => [target] }), wanted, "inside a shadow root");
  });
}

test("keys as a person reads them", () => {
  const names = { " ": "Space", z: "Z", "Ctrl+z": "Ctrl+Z", "Ctrl+Shift+z": "Ctrl+Shift+Z", ArrowUp: "\u2191", "Shift+ArrowLeft": "Shift+\u2190", PageUp: "PageUp", "+": "+", Delete: "Delete", 1: "1" };
  for (const [key, name] of Object.entries(names)) assert.equal(keyName(key), name);
});
