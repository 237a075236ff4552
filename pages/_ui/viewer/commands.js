// What keys, buttons and lists do.

import { TOOLS as CORRECTING } from "./correcting.js";
import { flippedAcross, flippedDown, turnedLeft, turnedRight } from "./planes.js";

/** By name: a step on the viewer, with the value behind the colon, the pane in use and its picture. */
export const COMMANDS = {
  previous: (viewer, _, pane) => viewer.step(pane, -1),
  next: (viewer, _, pane) => viewer.step(pane, 1),
  previousTen: (viewer, _, pane) => viewer.step(pane, -10),
  nextTen: (viewer, _, pane) => viewer.step(pane, 10),
  first: (viewer, _, pane) => viewer.goTo(pane, 0),
  last: (viewer, _, pane) => viewer.goTo(pane, pane.count - 1),
  previousFrame: (viewer, _, pane, picture) => viewer.frameTo(pane, picture.frame - 1),
  nextFrame: (viewer, _, pane, picture) => viewer.frameTo(pane, picture.frame + 1),
  previousSeries: (viewer) => viewer.ask({ step: -1 }),
  nextSeries: (viewer) => viewer.ask({ step: 1 }),
  previousPane: (viewer) => otherPane(viewer, -1),
  nextPane: (viewer) => otherPane(viewer, 1),
  cine: (viewer) => viewer.cine.toggle(),
  peak: (viewer) => {
    const over = viewer.overlays.find((each) => each.setting.visible);
    const index = over?.peak(viewer.main.shape, viewer.main.frame);
    if (!index) viewer.say(viewer.words.no_peak);
    else {
      index.forEach((value, axis) => viewer.main.move(axis, value));
      viewer.moved(viewer.main);
    }
  },
  tool: (viewer, value) => {
    viewer.measuring.cancel();
    viewer.correcting.cancel();
    if (CORRECTING.includes(value) && !viewer.correcting.ready()) return;
    viewer.tool = value;
    viewer.changed([]);
  },
  larger: (viewer) => viewer.correcting.resize(1),
  smaller: (viewer) => viewer.correcting.resize(-1),
  size: (viewer, value) => viewer.correcting.sizeTo(Number(value)),
  zoomIn: (viewer, _, pane) => viewer.zoomBy(pane, 1.25),
  zoomOut: (viewer, _, pane) => viewer.zoomBy(pane, 0.8),
  fit: (viewer, _, pane) => {
    for (const each of viewer.together(pane)) Object.assign(each, { zoom: 1, pan: [0, 0] });
    viewer.changed();
  },
  turnRight: (viewer) => viewer.turn(turnedRight),
  turnLeft: (viewer) => viewer.turn(turnedLeft),
  flipAcross: (viewer) => viewer.turn(flippedAcross),
  flipDown: (viewer) => viewer.turn(flippedDown),
  invert: (viewer, _, pane, picture) => {
    if (picture.colour) return;
    picture.inverted = !picture.inverted;
    picture.touch();
    viewer.changed();
  },
  preset: (viewer, value, pane, picture) => {
    const found = picture.offered.filter(({ key }) => key.startsWith("preset:"))[Number(value)];
    if (found) viewer.setWindow(picture, { ...found });
  },
  window: (viewer, value, pane, picture) => {
    const found = picture.offered.find(({ key }) => key === value);
    if (found) viewer.setWindow(picture, { ...found });
  },
  auto: (viewer, _, pane, picture) => {
    if (picture.colour || !pane.ready) return;
    picture.auto(pane.axis);
    viewer.changed();
  },
  palette: (viewer, value, pane, picture) => {
    picture.palette = value;
    picture.inverted = value ? false : Boolean(picture.description.inverse); // a palette runs from low to high
    picture.touch();
    viewer.changed();
  },
  reset: (viewer, _, pane) => viewer.reset(pane),
  overlays: (viewer) => {
    if (!viewer.overlays.length) {
      viewer.hidden = false;
      viewer.ask({ map: true });
      return;
    }
    viewer.hidden = !viewer.hidden;
    viewer.changed();
  },
  native: (viewer) => {
    for (const over of viewer.overlays) if (over.kind === "map") viewer.setOverlay(over, { native: !over.setting.native });
  },
  layout: (viewer, value) => {
    viewer.layout(value);
    viewer.tell();
  },
  previousLayout: (viewer) => otherLayout(viewer, -1),
  nextLayout: (viewer) => otherLayout(viewer, 1),
  slab: (viewer, value) => viewer.thicken({ mode: value }),
  slabmm: (viewer, value) => {
    const mm = Number(value);
    if (mm >= 0.1 && mm <= 500) viewer.thicken({ mm });
  },
  link: (viewer) => {
    viewer.linked = !viewer.linked;
    for (const picture of viewer.pictures) picture.outside = false;
    if (viewer.linked && !viewer.comparable()) viewer.say(viewer.words.linked_by_step);
    if (viewer.layoutKey === "beside") viewer.follow(viewer.main);
    viewer.changed();
  },
  straighten: (viewer) => viewer.ask({ straighten: !viewer.data.straightened }),
  delete: (viewer) => viewer.measuring.chosen && viewer.measuring.remove(viewer.measuring.chosen),
  undo: (viewer) => {
    viewer.correcting.release();
    if (viewer.history.undo()) viewer.changed();
  },
  redo: (viewer) => {
    if (viewer.history.redo()) viewer.changed();
  },
  cancel: (viewer) => {
    viewer.measuring.cancel();
    viewer.correcting.cancel();
    viewer.measuring.choose(null);
    viewer.cine.stop();
    if (!viewer.sheet.hidden) COMMANDS.help(viewer);
    viewer.tool = "window";
    viewer.changed([]);
  },
  snapshot: (viewer) => viewer.snapshot(),
  panel: (viewer) => {
    viewer.side.element.hidden = !viewer.side.element.hidden;
    viewer.request();
  },
  smooth: (viewer) => {
    viewer.smooth = !viewer.smooth;
    viewer.changed();
  },
  help: (viewer) => {
    viewer.sheet.hidden = !viewer.sheet.hidden;
    for (const behind of viewer.root.children) if (behind !== viewer.sheet) behind.inert = !viewer.sheet.hidden;
    if (viewer.sheet.hidden) viewer.focus();
    else viewer.sheet.querySelector("button").focus();
  },
};

function otherPane(viewer, by) {
  const count = viewer.panes.length;
  viewer.active = (viewer.active + by + count) % count;
  viewer.focus();
  viewer.request();
}

function otherLayout(viewer, by) {
  const keys = viewer.layouts().map(({ key }) => key);
  const place = keys.indexOf(viewer.layoutKey);
  viewer.layout(keys[(place + by + keys.length) % keys.length]);
  viewer.tell();
}
