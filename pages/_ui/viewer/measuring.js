// The reader's measurements on the main picture: drawn, taken hold of, moved, deleted, taken back.

import { bare, complete, kept, movedPoints, newId, rounded, spoken, within } from "./findings.js";
import { POINTS } from "./measure.js";

const LEAST_STEP = 0.75; // pixels of the image between two vertices of a freehand outline
const MOST_VERTICES = 1500;
const MOST = 200; // measurements of a series, as many as Python keeps

export class Measuring {
  constructor(viewer) {
    this.viewer = viewer;
    this.begin([]);
  }

  /** Start with what Python kept of the picture. */
  begin(measurements) {
    this.chosen = null;
    this.drawing = null;
    this.held = null;
    this.list = measurements.map((each) => this.spoken(each));
  }

  spoken(measurement) {
    return spoken(this.viewer.main, measurement, this.viewer.words);
  }

  /** Say again what waited for its voxels. */
  respeak() {
    if (this.list.some((each) => each.waiting)) this.list = this.list.map((each) => this.spoken(each));
  }

  get plain() {
    return this.list.map(bare);
  }

  /** Measurements on the plane of a pane. */
  on(pane) {
    if (pane.picture !== this.viewer.main) return [];
    return this.list.filter(
      (each) =>
        each.axis === pane.axis &&
        each.frame === pane.picture.frame &&
        Math.round(each.points[0][pane.axis]) === pane.position,
    );
  }

  /** What a pane draws: its measurements and the one in the making. */
  drawnOn(pane) {
    const making = this.underway(pane) ? [{ ...this.drawing, lines: this.drawing.lines ?? [] }] : [];
    return [...this.on(pane), ...making];
  }

  /** Whether a measurement is in the making on the plane that a pane shows: it never spans two of them. */
  underway(pane) {
    const { drawing } = this;
    if (drawing?.pane !== pane) return false;
    return drawing.frame === pane.picture.frame && drawing.points[0][pane.axis] === pane.position;
  }

  point(pane, index) {
    return kept(this.viewer.main, pane.axis, pane.position, index);
  }

  /** A press with a measuring tool: the first point of a measurement, or a further one. */
  press(pane, index) {
    const { viewer } = this;
    if (pane.picture !== viewer.main) {
      viewer.say(viewer.words.measure_main);
      return;
    }
    const point = this.point(pane, index);
    if (this.underway(pane)) {
      const { points } = this.drawing;
      points[points.length - 1] = point;
      if (points.length < POINTS[this.drawing.kind]) points.push(point);
      else this.drawing.done = true;
    } else {
      const points = POINTS[viewer.tool] === 1 ? [point] : [point, point]; // the last follows the pointer
      this.drawing = { id: newId(), kind: viewer.tool, axis: pane.axis, frame: viewer.main.frame, points, pane };
      this.chosen = null;
    }
    if (viewer.tool === "probe") this.drawing.done = true;
    viewer.request([pane]);
  }

  /** The pointer moved: the last point follows it; a freehand outline grows while the button is down. */
  follow(index, pressed) {
    const { drawing, viewer } = this;
    if (!this.underway(drawing.pane)) return;
    const { points } = drawing;
    const point = this.point(drawing.pane, index);
    if (drawing.kind === "freehand") {
      if (!pressed || points.length > MOST_VERTICES) return;
      const last = points[points.length - 1];
      if (Math.hypot(...point.map((value, axis) => value - last[axis])) < LEAST_STEP) return;
      points.push(point);
    } else points[points.length - 1] = point;
    if (complete(drawing.kind, points)) drawing.lines = this.spoken({ ...drawing, points }).lines;
    viewer.request([drawing.pane]);
  }

  /** The button came up: after a drag the point stands, after a click it hangs on the pointer. */
  release(dragged) {
    const { drawing } = this;
    if (!drawing) return;
    const { kind, points } = drawing;
    if (kind === "freehand" || drawing.done) this.finish();
    else if (dragged && points.length >= POINTS[kind]) this.finish();
    else if (dragged) points.push(points[points.length - 1]);
  }

  finish() {
    const { drawing, viewer } = this;
    this.drawing = null;
    if (!drawing) return;
    const count = drawing.kind === "probe" ? 1 : drawing.points.length;
    const points = drawing.kind === "freehand" ? rounded(drawing.points) : drawing.points.slice(0, count);
    if (this.list.length >= MOST) viewer.say(viewer.words.too_many);
    else if (complete(drawing.kind, points)) {
      const made = this.spoken(bare({ ...drawing, points }));
      this.put([...this.list, made]);
      this.chosen = made.id;
    }
    viewer.changed([drawing.pane]);
  }

  cancel() {
    if (!this.drawing) return;
    this.drawing = null;
    this.viewer.request();
  }

  /** Another list takes the place of this one, which can be had back. */
  put(list) {
    this.note(this.list, list);
    this.list = list;
  }

  note(before, after) {
    this.viewer.history.note({ of: this, undo: () => this.turn(before), redo: () => this.turn(after) });
  }

  turn(list) {
    this.list = list;
    this.respeak();
  }

  choose(id) {
    if (this.chosen === id) return;
    this.chosen = id;
    this.viewer.request();
  }

  /** A handle, or a whole measurement, follows the pointer. */
  drag(pane, held, index) {
    this.held ??= this.list;
    const points = movedPoints(held, within(this.viewer.main, held, index)).map((point) => this.point(pane, point));
    this.list = this.list.map((each) => (each.id === held.id ? this.spoken({ ...each, points }) : each));
    this.viewer.changed([pane]);
  }

  drop() {
    if (this.held) this.note(this.held, this.list);
    this.held = null;
    this.viewer.changed();
  }

  remove(id) {
    if (!this.list.some((each) => each.id === id)) return;
    this.put(this.list.filter((each) => each.id !== id));
    this.chosen = null;
    this.viewer.changed();
  }
}
