// The reader corrects a mask: brush, eraser, parts taken away or brought back. Strokes are drawn on the acquired slices.

import { Area, covered, firstSize, nextSize, SIZES } from "./brush.js";

/** Tools that correct. */
export const TOOLS = ["brush", "eraser", "part"];

const MOST = 500; // edits of a mask, as many as Python takes
const FIRST_TRY_MS = 1500; // without an answer, before Python is told again
const MOST_TRIES = 6; // the last after a minute and a half
const OTHERS_MS = 120; // between two drawings of the other panes while a stroke goes on

/** Names of edits: of this page, and no other. */
const PAGE = Math.random().toString(36).slice(2, 6);
let made = 0;
const newName = () => `${PAGE}-${(made += 1)}`;

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

export class Correcting {
  constructor(viewer) {
    this.viewer = viewer;
    this.stroke = null;
    this.begin({});
  }

  /** Start with what was chosen on another page. */
  begin({ size, key, label } = {}) {
    this.size = size >= SIZES[0] && size <= SIZES.at(-1) ? size : null;
    this.chosen = { key, label };
    this.heard = new Map();
    this.stroke = null;
  }

  /** Masks that can be corrected. */
  get masks() {
    return this.viewer.overlays.filter(({ correction }) => correction);
  }

  /** The mask that is corrected: the one chosen, else the first. */
  get mask() {
    return this.masks.find(({ key }) => key === this.chosen.key) ?? this.masks[0];
  }

  /** The label that is painted. */
  get label() {
    const labels = this.mask?.labels ?? [];
    return (labels.find(({ value }) => value === this.chosen.label) ?? labels[0])?.value;
  }

  get active() {
    return TOOLS.includes(this.viewer.tool);
  }

  /** Diameter of the brush, in mm, or in pixels where there are no millimetres. */
  get diameter() {
    const { main } = this.viewer;
    if (!this.size) {
      const [down, across] = this.spacing(main);
      this.size = firstSize(Math.min(main.shape[1] * down, main.shape[2] * across));
    }
    return this.size;
  }

  /** What the reader chose, for another page. */
  get choice() {
    return { size: this.size, ...this.chosen };
  }

  /** Distance between rows and between columns. */
  spacing(picture) {
    const [across, down] = picture.pixelSize({ x: 2, y: 1 });
    return [down, across];
  }

  resize(way) {
    if (this.mask) this.sizeTo(nextSize(this.diameter, way));
  }

  sizeTo(size) {
    const { viewer } = this;
    if (!(size >= SIZES[0] && size <= SIZES.at(-1))) return;
    this.size = size;
    viewer.announce(filled(viewer.words.brush_size, { size, unit: viewer.main.inMillimetres ? "mm" : "px" }));
    viewer.changed([]);
  }

  /** Paint a label of a mask from now on. */
  choose(over, label) {
    this.chosen = { key: over.key, label };
    over.setting.hidden = over.setting.hidden.filter((each) => each !== label);
    this.viewer.setOverlay(over, { visible: true });
  }

  /** Get ready to correct: what is corrected is seen. Gives whether there is a mask to correct. */
  ready() {
    const { viewer, mask } = this;
    if (!mask) {
      viewer.say(viewer.words.nothing_to_correct);
      return false;
    }
    mask.correction.prepare(); // a large one takes a moment: not in the first stroke
    viewer.hidden = false;
    viewer.setOverlay(mask, { visible: true, model: false, hidden: mask.setting.hidden.filter((each) => each !== this.label) });
    return true;
  }

  /** Whether a pane shows what can be corrected; says why not. */
  here(pane) {
    const { viewer, mask } = this;
    const { words } = viewer;
    let why = "";
    if (!mask) why = words.nothing_to_correct;
    else if (pane.picture !== viewer.main) why = words.correct_main;
    else if (!mask.isOf(viewer.main.frame)) why = words.correct_frame;
    else if (viewer.hidden || !mask.setting.visible || mask.setting.model) why = words.correct_seen;
    else if (pane.axis !== 0 && viewer.tool !== "part") why = words.correct_acquired;
    else if (!mask.voxels.has(viewer.main.index[0])) why = words.loading_overlay;
    else if (mask.correction.edits.length >= MOST) why = words.too_many_edits;
    if (why) viewer.say(why);
    return !why;
  }

  // ------------------------------------------------------------------ strokes

  /** A press with a correcting tool; `part` for a part whatever the tool, `erase` for the eraser's end of a pen. */
  press(pane, index, { part = false, erase = false } = {}) {
    this.cancel();
    if (!this.here(pane)) return;
    const { viewer, mask, label } = this;
    if (part || viewer.tool === "part") {
      if (pane.inside(index)) this.part(index.map((value, axis) => Math.min(Math.max(Math.round(value), 0), viewer.main.shape[axis] - 1)));
      return;
    }
    const { correction } = mask;
    const edit = { id: newName(), kind: "stroke", label, slice: pane.position, frame: mask.frame ?? 0, erase: erase || viewer.tool === "eraser" };
    correction.drawing = true;
    this.stroke = { edit, correction, pane, delta: correction.blank(edit.slice), area: new Area(viewer.main.shape[2]), at: index };
    this.draw(index);
  }

  /** The pointer moved with the button down. */
  follow(pane, index) {
    const { stroke } = this;
    if (stroke?.pane !== pane) return;
    // scrolled on with the button down: the stroke ends with its slice
    if (pane.position !== stroke.edit.slice) this.release();
    else this.draw(index);
  }

  draw(index) {
    const { stroke, viewer } = this;
    const { edit, correction, pane, delta, area } = stroke;
    const { shape } = viewer.main;
    const spans = covered(stroke.at.slice(1), index.slice(1), this.diameter / 2, this.spacing(viewer.main), shape.slice(1));
    stroke.at = index;
    const [before, key] = [correction.version, pane.painted(viewer.hidden)];
    for (const span of spans) area.add(span);
    correction.paint(edit, spans, delta);
    if (correction.version === before) return;
    const rows = spans.map(({ row }) => row);
    const box = {
      top: Math.min(...rows),
      bottom: Math.max(...rows),
      left: Math.min(...spans.map(({ first }) => first)),
      right: Math.max(...spans.map(({ last }) => last)),
    };
    viewer.touched(pane, box, key);
    this.others();
  }

  /** The other panes follow a stroke now and then, and at its end. */
  others() {
    const { viewer, stroke } = this;
    const panes = viewer.panes.filter((pane) => pane !== stroke.pane && pane.picture === viewer.main);
    if (!panes.length || performance.now() - (this.shown ?? -Infinity) < OTHERS_MS) return;
    this.shown = performance.now();
    viewer.request(panes);
  }

  /** The button came up: the stroke is an edit, if it changed anything. */
  release() {
    const { stroke, viewer } = this;
    this.stroke = null;
    if (!stroke) return;
    const { edit, correction, delta, area } = stroke;
    correction.drawing = false;
    if (!delta.places.length) {
      correction.settle();
      return;
    }
    edit.runs = area.runs();
    const before = correction.edits;
    correction.add(edit, delta);
    this.note(correction, before);
    const text = edit.erase ? viewer.words.pixels_removed : viewer.words.pixels_added;
    viewer.announce(filled(text, { n: delta.places.length, slice: edit.slice + 1 }));
    viewer.changed();
    this.insist();
  }

  /** The stroke was none: a second finger came, or the system ended it. */
  cancel() {
    const { stroke, viewer } = this;
    this.stroke = null;
    if (!stroke) return;
    stroke.correction.drawing = false;
    stroke.correction.restore(stroke.delta);
    stroke.correction.settle();
    viewer.request();
  }

  // ------------------------------------------------------------------ parts, and lists of edits

  /** Take away the part at a place; where there is none, bring back one that was taken away before. */
  part(point) {
    const { viewer, mask } = this;
    const { correction } = mask;
    const place = point[0] * correction.planeLength + point[1] * viewer.main.shape[2] + point[2];
    const kind = correction.labels[place] ? "drop" : "add";
    this.put(correction, [...correction.edits, { id: newName(), kind, point, frame: mask.frame ?? 0 }]);
    viewer.announce(viewer.words[kind === "drop" ? "part_dropped" : "part_added"]);
    viewer.telling.now(); // Python finds the part
  }

  /** Take all edits of a mask back, as one step. */
  discard(over) {
    if (!over.correction.edits.length) return;
    this.put(over.correction, []);
    this.viewer.announce(this.viewer.words.edits_discarded);
  }

  put(correction, edits) {
    const before = correction.edits;
    correction.become(edits);
    this.note(correction, before);
    this.viewer.changed();
    this.insist();
  }

  note(correction, before) {
    const after = correction.edits;
    this.viewer.history.note({
      of: correction,
      undo: () => this.turn(correction, before),
      redo: () => this.turn(correction, after),
    });
  }

  /** Back or forth to a list of edits. */
  turn(correction, edits) {
    correction.become(edits);
    this.viewer.announce(filled(this.viewer.words.edits_left, { n: edits.length }));
    this.insist();
  }

  // ------------------------------------------------------------------ Python

  /** Take what Python says of a mask's edits. */
  take(over, told) {
    const { correction } = over;
    const { viewer } = this;
    const first = !this.heard.has(correction);
    const news = correction.take(told);
    if (first || news) this.steps(correction);
    if (!first && told.said && this.heard.get(correction) !== told.n) viewer.say(told.said);
    this.heard.set(correction, told.n);
  }

  /**
   * Tell again what Python has not heard: a run of the script that is broken off forgets what it was told, and what was
   * drawn on another page may not have been told at all. Not for ever: what is never taken is not Python's to take.
   */
  insist() {
    const key = this.messages().map(({ mask, n }) => `${mask}-${n}`).join();
    if (this.unheard?.key !== key) {
      clearTimeout(this.unheard?.timer);
      this.unheard = { key, tries: 0, timer: null };
    }
    const { unheard } = this;
    if (!key || unheard.timer || unheard.tries >= MOST_TRIES) return;
    unheard.timer = setTimeout(() => {
      unheard.timer = null;
      if (this.unheard !== unheard || this.viewer.closed) return;
      if (this.messages().length) this.viewer.tell();
      this.insist();
    }, FIRST_TRY_MS * 2 ** unheard.tries);
    unheard.tries += 1;
  }

  /** Every edit there is can be taken back, also those of before. */
  steps(correction) {
    const { history } = this.viewer;
    history.forget(correction);
    const { edits } = correction;
    const known = edits.map((_, place) => ({
      of: correction,
      undo: () => this.turn(correction, edits.slice(0, place)),
      redo: () => this.turn(correction, edits.slice(0, place + 1)),
    }));
    history.past.unshift(...known.slice(-100));
  }

  /** What Python does not know yet. */
  messages() {
    return this.masks.map(({ correction }) => correction.message()).filter(Boolean);
  }

  /** Masks came or went: without one there is nothing to correct. */
  settle() {
    for (const correction of this.heard.keys()) {
      if (this.masks.some((over) => over.correction === correction)) continue;
      this.heard.delete(correction);
      this.viewer.history.forget(correction);
    }
    if (this.stroke && !this.masks.some(({ correction }) => correction === this.stroke.correction)) this.stroke = null;
    if (this.active && !this.mask) this.viewer.tool = "window";
    this.insist();
  }

  /** Of the circle around the pointer: its diameter in pixels of the page, or 0 where nothing can be painted. */
  circle(pane) {
    const { viewer } = this;
    if (!this.mask || !["brush", "eraser"].includes(viewer.tool) || pane.picture !== viewer.main || pane.axis !== 0) return 0;
    const [sx] = pane.scale();
    return ((this.diameter / pane.picture.pixelSize(pane.basis)[0]) * sx) / pane.ratio;
  }
}
