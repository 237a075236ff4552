// Mouse and touch, as on a workstation: left window (or the chosen tool), wheel scroll, right zoom, middle pan,
// double click reset; two fingers pinch to zoom, or scroll when they move the same way.

import { TOOLS as CORRECTING } from "./correcting.js";
import { draggedWindow } from "./grey.js";
import { POINTS } from "./measure.js";

const STILL = 3; // pixels of the page that still count as a click
const NEAR = 8; // pixels of the page from a handle
const PEN_ERASER = 5; // button of a pen's other end
const PER_SLICE = 40; // pixels of two-finger or trackpad movement a slice

/** Steps of a wheel event; trackpads send many small ones, which add up in `rest`. */
export function wheelSteps(event, rest) {
  const size = event.deltaMode === 1 ? event.deltaY * 40 : event.deltaMode === 2 ? event.deltaY * 400 : event.deltaY;
  if (Math.abs(size) >= 50) return { steps: Math.sign(size) * Math.max(1, Math.round(Math.abs(size) / 120)), rest: 0 };
  const sum = Math.sign(rest) === -Math.sign(size) ? size : rest + size;
  const steps = Math.trunc(sum / PER_SLICE);
  return { steps, rest: sum - steps * PER_SLICE };
}

/** Watches one pane's canvas for a viewer. */
export class Pointer {
  constructor(viewer, pane) {
    this.viewer = viewer;
    this.pane = pane;
    this.rest = 0;
    this.touches = new Map();
    this.drag = null;
    const { canvas } = pane;
    const on = (name, step, options) => canvas.addEventListener(name, step, options);
    on("pointerdown", (event) => this.down(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.up(event));
    on("pointercancel", (event) => this.cancel(event));
    on("pointerleave", () => viewer.hover(pane, null));
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("dblclick", (event) => {
      event.preventDefault();
      // two points set, or two dabs made, in quick succession are no double click
      if (!(viewer.tool in POINTS) && !CORRECTING.includes(viewer.tool)) viewer.reset(pane);
    });
    on("contextmenu", (event) => event.preventDefault());
    on("auxclick", (event) => event.preventDefault());
  }

  wheel(event) {
    event.preventDefault();
    const { viewer, pane } = this;
    viewer.activate(pane);
    if (event.ctrlKey || event.metaKey) {
      viewer.zoomBy(pane, Math.exp(-event.deltaY / 300), [event.clientX, event.clientY]);
      return;
    }
    const { steps, rest } = wheelSteps(event, this.rest);
    this.rest = rest;
    if (steps) viewer.step(pane, steps);
  }

  down(event) {
    const { viewer, pane } = this;
    viewer.activate(pane);
    pane.canvas.focus({ preventScroll: true });
    pane.canvas.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") {
      if (this.drag?.pen) return; // the hand that holds it
      if (this.touches.size >= 2) return; // a third finger says nothing
      this.touches.set(event.pointerId, [event.clientX, event.clientY]);
      if (this.touches.size === 2) {
        if (this.drag?.tool === "grab") viewer.measuring.drop();
        this.begin("touch", event);
        viewer.measuring.cancel();
        viewer.correcting.cancel();
        return;
      }
    }
    if (event.button === 1) event.preventDefault();
    const tool = event.button === 1 ? "pan" : event.button === 2 ? "zoom" : event.shiftKey ? "pan" : viewer.tool;
    this.begin(tool, event);
    if (tool in POINTS) this.place(event);
    else if (CORRECTING.includes(tool)) {
      viewer.correcting.press(pane, pane.indexAt(event), { part: event.altKey, erase: event.button === PEN_ERASER });
    } else if (event.button === 0 && this.grab(event)) this.drag.tool = "grab";
    else if (tool === "crosshair") viewer.crosshairTo(pane, pane.indexAt(event));
  }

  begin(tool, event) {
    const { pane } = this;
    this.drag = {
      tool,
      from: [event.clientX, event.clientY],
      last: [event.clientX, event.clientY],
      window: pane.picture.draggable(),
      fingers: tool === "touch" ? spread(this.touches) : null,
      way: "",
      moved: false,
      pen: event.pointerType === "pen",
    };
  }

  /** Take hold of a measurement under the pointer; gives whether there is one. */
  grab(event) {
    const { viewer, pane } = this;
    const box = pane.canvas.getBoundingClientRect();
    const at = [(event.clientX - box.left) * pane.ratio, (event.clientY - box.top) * pane.ratio];
    const reach = NEAR * pane.ratio;
    for (const each of viewer.measuring.on(pane)) {
      const points = each.points.map((point) => pane.canvasOf(point));
      const handle = points.findIndex((point) => Math.hypot(point[0] - at[0], point[1] - at[1]) <= reach);
      if (handle >= 0 || nearOutline(each.kind, points, at, reach)) {
        this.drag.held = { id: each.id, handle, start: each.points, from: pane.indexAt(event) };
        viewer.measuring.choose(each.id);
        return true;
      }
    }
    viewer.measuring.choose(null);
    return false;
  }

  /** A press with a measuring tool: take hold of a measurement, or place a point. */
  place(event) {
    const { viewer, pane } = this;
    if (!viewer.measuring.drawing && this.grab(event)) this.drag.tool = "grab";
    else viewer.measuring.press(pane, pane.indexAt(event));
  }

  /** Whether a finger says nothing: a third one, or that of a hand that holds a pen. */
  idle(event) {
    return event.pointerType === "touch" && !this.touches.has(event.pointerId);
  }

  move(event) {
    const { viewer, pane, drag } = this;
    if (this.idle(event) && drag) return;
    viewer.hover(pane, event);
    if (this.touches.has(event.pointerId)) this.touches.set(event.pointerId, [event.clientX, event.clientY]);
    if (viewer.measuring.drawing?.pane === pane && (!drag || drag.tool in POINTS)) {
      viewer.measuring.follow(pane.indexAt(event), Boolean(drag));
    }
    if (!drag) return;
    const [dx, dy] = [event.clientX - drag.last[0], event.clientY - drag.last[1]];
    const [totalX, totalY] = [event.clientX - drag.from[0], event.clientY - drag.from[1]];
    if (Math.hypot(totalX, totalY) > STILL) drag.moved = true;
    if (drag.tool === "touch") {
      this.pinch();
      return;
    }
    if (CORRECTING.includes(drag.tool)) {
      // a fast hand moves further between two pictures than a brush is wide
      const all = event.getCoalescedEvents?.() ?? [];
      for (const each of all.length ? all : [event]) viewer.correcting.follow(pane, pane.indexAt(each));
      return;
    }
    if (!drag.moved) return;
    drag.last = [event.clientX, event.clientY];
    if (drag.tool === "window" && drag.window) {
      const { picture } = pane;
      viewer.hurry(true);
      viewer.setWindow(picture, { ...draggedWindow(drag.window, totalX, totalY, picture.range()), key: "own" });
    } else if (drag.tool === "pan") viewer.panBy(pane, dx, dy);
    else if (drag.tool === "zoom") viewer.zoomBy(pane, Math.exp(-dy / 150), drag.from);
    else if (drag.tool === "crosshair") viewer.crosshairTo(pane, pane.indexAt(event));
    else if (drag.tool === "grab") viewer.measuring.drag(pane, drag.held, pane.indexAt(event));
  }

  pinch() {
    const { viewer, pane, drag } = this;
    if (this.touches.size < 2) return;
    const now = spread(this.touches);
    const stretch = now.apart / drag.fingers.apart;
    const [dx, dy] = [now.middle[0] - drag.fingers.middle[0], now.middle[1] - drag.fingers.middle[1]];
    if (!drag.way) {
      if (Math.abs(Math.log(stretch)) > 0.12) drag.way = "zoom";
      else if (Math.hypot(dx, dy) > 12) drag.way = "scroll";
      else return;
    }
    if (drag.way === "zoom") {
      viewer.zoomBy(pane, stretch, now.middle);
      viewer.panBy(pane, dx, dy);
      drag.fingers = now;
      return;
    }
    const steps = Math.trunc(dy / (PER_SLICE / 2));
    if (!steps) return;
    viewer.step(pane, steps);
    drag.fingers = { ...drag.fingers, middle: [now.middle[0], drag.fingers.middle[1] + steps * (PER_SLICE / 2)] };
  }

  up(event) {
    const { viewer, pane, drag } = this;
    if (this.idle(event)) return;
    this.touches.delete(event.pointerId);
    if (!drag) return;
    if (drag.tool === "touch" && this.touches.size) return;
    this.drag = null;
    viewer.hurry(false);
    if (viewer.measuring.drawing?.pane === pane && drag.tool in POINTS) viewer.measuring.release(drag.moved);
    else if (drag.tool === "grab") viewer.measuring.drop();
    else if (CORRECTING.includes(drag.tool)) viewer.correcting.release();
    else if (drag.tool === "window" && !drag.moved && event.button === 0) viewer.crosshairTo(pane, pane.indexAt(event));
  }

  cancel(event) {
    if (this.idle(event)) return;
    this.touches.delete(event.pointerId);
    if (this.drag?.tool === "grab") this.viewer.measuring.drop();
    else if (this.drag?.tool in POINTS) this.viewer.measuring.cancel();
    else if (CORRECTING.includes(this.drag?.tool)) this.viewer.correcting.cancel();
    this.drag = null;
    this.viewer.hurry(false);
  }
}

function spread(touches) {
  const [[ax, ay], [bx, by]] = [...touches.values()];
  return { apart: Math.max(Math.hypot(bx - ax, by - ay), 1), middle: [(ax + bx) / 2, (ay + by) / 2] };
}

/** Whether a point lies near the outline of a measurement. */
export function nearOutline(kind, points, at, reach) {
  if (kind === "probe") return false;
  if (kind === "ellipse") {
    const [[a, b], [c, d]] = points;
    const [rx, ry] = [Math.abs(c - a) / 2, Math.abs(d - b) / 2];
    if (!rx || !ry) return false;
    const away = Math.hypot((at[0] - (a + c) / 2) / rx, (at[1] - (b + d) / 2) / ry);
    return Math.abs(away - 1) * Math.min(rx, ry) <= reach;
  }
  let corners = points;
  if (kind === "rectangle") {
    const [[a, b], [c, d]] = points;
    corners = [[a, b], [c, b], [c, d], [a, d], [a, b]];
  } else if (kind === "freehand") corners = [...points, points[0]];
  const pairs = kind === "bidirectional" ? [[0, 1], [2, 3]] : corners.slice(1).map((_, place) => [place, place + 1]);
  return pairs.some(([i, j]) => corners[j] && toSegment(at, corners[i], corners[j]) <= reach);
}

function toSegment([x, y], [ax, ay], [bx, by]) {
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const share = length ? Math.min(Math.max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0), 1) : 0;
  return Math.hypot(x - ax - share * (bx - ax), y - ay - share * (by - ay));
}
