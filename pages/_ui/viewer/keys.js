// The keyboard, as in OHIF where OHIF has a key; one table for the keys and for the help sheet.

/** Group, keys as the browser names them, command, word of the help sheet. */
export const KEYS = [
  ["move", ["ArrowUp"], "previous", "key_previous"],
  ["move", ["ArrowDown"], "next", "key_next"],
  ["move", ["Shift+ArrowUp"], "previousTen", "key_previous_ten"],
  ["move", ["Shift+ArrowDown"], "nextTen", "key_next_ten"],
  ["move", ["Home"], "first", "key_first"],
  ["move", ["End"], "last", "key_last"],
  ["move", ["PageUp"], "previousSeries", "key_previous_series"],
  ["move", ["PageDown"], "nextSeries", "key_next_series"],
  ["move", ["ArrowLeft"], "previousPane", "key_previous_pane"],
  ["move", ["ArrowRight"], "nextPane", "key_next_pane"],
  ["move", ["Shift+ArrowLeft"], "previousFrame", "key_previous_frame"],
  ["move", ["Shift+ArrowRight"], "nextFrame", "key_next_frame"],
  ["move", ["c"], "cine", "key_cine"],
  ["move", ["p"], "peak", "key_peak"],
  ["picture", ["z"], "tool:zoom", "key_zoom"],
  ["picture", ["+"], "zoomIn", "key_zoom_in"],
  ["picture", ["-"], "zoomOut", "key_zoom_out"],
  ["picture", ["="], "fit", "key_fit"],
  ["picture", ["r"], "turnRight", "key_turn_right"],
  ["picture", ["l"], "turnLeft", "key_turn_left"],
  ["picture", ["h"], "flipAcross", "key_flip_across"],
  ["picture", ["v"], "flipDown", "key_flip_down"],
  ["picture", ["i"], "invert", "key_invert"],
  ["picture", ["w"], "tool:window", "key_window"],
  ["picture", ["1"], "preset:0", "key_preset_1"],
  ["picture", ["2"], "preset:1", "key_preset_2"],
  ["picture", ["3"], "preset:2", "key_preset_3"],
  ["picture", ["4"], "preset:3", "key_preset_4"],
  ["picture", ["0"], "auto", "key_auto"],
  ["picture", [" "], "reset", "key_reset"],
  ["picture", ["m"], "overlays", "key_overlays"],
  ["picture", ["n"], "native", "key_native"],
  ["picture", ["k"], "smooth", "key_smooth"],
  ["picture", [","], "previousLayout", "key_previous_layout"],
  ["picture", ["."], "nextLayout", "key_next_layout"],
  ["picture", ["x"], "tool:crosshair", "key_crosshair"],
  ["picture", ["s"], "snapshot", "key_snapshot"],
  ["measure", ["d"], "tool:length", "key_length"],
  ["measure", ["a"], "tool:angle", "key_angle"],
  ["measure", ["b"], "tool:bidirectional", "key_bidirectional"],
  ["measure", ["e"], "tool:ellipse", "key_ellipse"],
  ["measure", ["t"], "tool:rectangle", "key_rectangle"],
  ["measure", ["f"], "tool:freehand", "key_freehand"],
  ["measure", ["q"], "tool:probe", "key_probe"],
  ["measure", ["Shift+b"], "tool:brush", "key_brush"],
  ["measure", ["Shift+e"], "tool:eraser", "key_eraser"],
  ["measure", ["Shift+p"], "tool:part", "key_part"],
  ["measure", ["["], "smaller", "key_smaller"],
  ["measure", ["]"], "larger", "key_larger"],
  ["measure", ["Backspace", "Delete"], "delete", "key_delete"],
  ["measure", ["Ctrl+z"], "undo", "key_undo"],
  ["measure", ["Ctrl+y", "Ctrl+Shift+z"], "redo", "key_redo"],
  ["measure", ["Escape"], "cancel", "key_cancel"],
  ["measure", ["?"], "help", "key_help"],
];

const COMMANDS = new Map(KEYS.flatMap(([, keys, command]) => keys.map((key) => [key, command])));

/** Command of a key press, or undefined. */
export function commandOf(event) {
  // AltGr, which some keyboards need for a bracket, comes as Alt or as Ctrl and Alt
  if (event.altKey && !/^[[\]]$/.test(event.key)) return undefined;
  const control = (event.ctrlKey || event.metaKey) && !event.altKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const named = (shift) => COMMANDS.get(`${control ? "Ctrl+" : ""}${shift ? "Shift+" : ""}${key}`);
  if (!event.shiftKey) return named(false);
  // a letter without a command of its own with Shift is the letter; a sign may need Shift to be typed
  return event.key.length > 1 || control ? named(true) : (named(true) ?? named(false));
}

/** Whether a key moves inside a toolbar. */
export const moves = ({ key, shiftKey, ctrlKey, altKey, metaKey }) =>
  !(shiftKey || ctrlKey || altKey || metaKey) && /^(ArrowLeft|ArrowRight|Home|End)$/.test(key);

/** Whether a key belongs to what has the focus: a field that is typed into, a list, a button that is pressed. */
export function taken(event) {
  const target = event.composedPath?.()[0] ?? event.target;
  const tag = target?.tagName;
  if (!tag) return false;
  if (moves(event) && target.closest?.('[role="toolbar"]')) return true;
  if (target.isContentEditable || tag === "TEXTAREA" || tag === "SELECT") return true;
  if (tag === "INPUT") {
    // the viewer's own sliders: across they move themselves, up and down the slices move
    if (target.dataset.slices) return /^Arrow(Left|Right)$/.test(event.key);
    const slides = ["range", "checkbox", "radio", "color", "button"].includes(target.type);
    return !slides || /^(Arrow|Home|End|Page| $)/.test(event.key);
  }
  const role = target.getAttribute?.("role");
  // the viewer's own pictures (img) and its frame (group) may have the focus, but there is nothing to press in them
  if (tag === "BUTTON" || tag === "A" || tag === "SUMMARY" || (role && role !== "img" && role !== "group")) {
    return event.key === " " || event.key === "Enter" || roleTakes(target, event.key);
  }
  return false;
}

const roleTakes = (target, key) =>
  /^(combobox|listbox|option|slider|tab|menu|menuitem|grid|gridcell|radio|spinbutton|textbox)$/.test(
    target.getAttribute?.("role") ?? "",
  ) && /^(Arrow|Home|End|Page)/.test(key);

/** A key as a person reads it. */
export const keyName = (key) =>
  ({ " ": "Space", ArrowUp: "\u2191", ArrowDown: "\u2193", ArrowLeft: "\u2190", ArrowRight: "\u2192" })[key] ??
  key
    .replace("ArrowUp", "\u2191")
    .replace("ArrowDown", "\u2193")
    .replace("ArrowLeft", "\u2190")
    .replace("ArrowRight", "\u2192")
    .replace(/\b[a-z]$/, (letter) => letter.toUpperCase());
