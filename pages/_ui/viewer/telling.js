// What Python is told of the view, and how a view is found again.

import { bare } from "./findings.js";
import { TOOLS as CORRECTING } from "./correcting.js";
import { POINTS } from "./measure.js";

const QUIET_MS = 250; // after the last move, before Python is told
const TOOLS = ["window", "pan", "zoom", "crosshair", ...Object.keys(POINTS), ...CORRECTING];
const FUNCTIONS = ["LINEAR", "LINEAR_EXACT", "SIGMOID"];
const SLABS = ["off", "mean", "max", "min"];

/** How a picture is looked at. */
function viewOf({ index, frame, inverted, palette, slab, window }) {
  const { key, centre, width, function: shape } = window ?? {};
  return { index, frame, window: window && { key, centre, width, function: shape }, inverted, palette, slab };
}

/** Whether a window of the reader's own can shade anything. */
const shades = ({ centre, width, function: shape }) => Number.isFinite(centre) && width > 0 && FUNCTIONS.includes(shape);

/** Look at a picture as it was looked at before; what makes no sense is left as it is. */
export function restorePicture(picture, view, palettes) {
  const { index, window, slab } = view;
  if (Array.isArray(index) && index.length === 3 && index.every((value) => Number.isFinite(value))) {
    index.forEach((value, axis) => picture.move(axis, value));
  }
  if (Number.isInteger(view.frame)) picture.frame = Math.min(Math.max(view.frame, 0), picture.frames - 1);
  if (window && !picture.colour && !picture.choose(window.key) && shades(window)) picture.window = { ...window };
  if (typeof view.inverted === "boolean") picture.inverted = view.inverted;
  if (Object.hasOwn(palettes, view.palette) && !picture.colour) picture.palette = view.palette;
  if (SLABS.includes(slab?.mode) && slab.mm > 0) picture.slab = { mode: slab.mode, mm: slab.mm };
}

export class Telling {
  constructor(viewer) {
    this.viewer = viewer;
    this.count = 0;
  }

  /** Begin with how the main picture was looked at on another page. */
  restore(view) {
    const { viewer } = this;
    restorePicture(viewer.main, view, viewer.palettes);
    viewer.hidden = Boolean(view.hidden);
    viewer.smooth = view.smooth ?? true;
    viewer.holdings.settings = view.overlays ?? {};
    viewer.savedPanes = view.panes ?? {};
    if (TOOLS.includes(view.tool)) viewer.tool = view.tool;
    viewer.correcting.begin(view.brush ?? {});
    viewer.layoutKey = view.layout && view.layout !== "beside" ? view.layout : "one:0";
  }

  /** How everything is looked at. */
  view() {
    const { viewer } = this;
    viewer.remember();
    return {
      ...viewOf(viewer.main),
      goal: viewer.data?.view?.goal?.n ?? null, // the last place that a page sent the reader to, as far as known here
      layout: viewer.layoutKey,
      tool: viewer.tool,
      hidden: viewer.hidden,
      smooth: viewer.smooth,
      panes: viewer.savedPanes,
      overlays: viewer.holdings.settings,
      brush: viewer.correcting.choice,
      beside: viewer.other ? { of: viewer.other.description.id, ...viewOf(viewer.other) } : null,
    };
  }

  /** Something is to be told, once the reader rests; while images play, when they stop or the pointer leaves. */
  soon() {
    this.open = true;
    clearTimeout(this.timer);
    if (!this.viewer.cine.playing) this.timer = setTimeout(() => this.now(), QUIET_MS);
  }

  /** Tell what is still to be told. */
  now() {
    const { viewer } = this;
    clearTimeout(this.timer);
    if (!this.open || viewer.closed || !viewer.main) return;
    this.open = false;
    this.count += 1;
    const measurements = viewer.measuring.list.map(bare);
    const edits = viewer.correcting.messages();
    viewer.setState("seen", { of: viewer.main.description.id, n: this.count, view: this.view(), measurements, edits });
    this.announce();
  }

  /** For those who do not see the picture. */
  announce() {
    const { viewer } = this;
    const place = viewer.pane.placeLines().join(", ");
    // what was said of a stroke stays until the place changes
    if (place !== this.place) viewer.live.textContent = place;
    this.place = place;
    for (const pane of viewer.panes) pane.canvas.setAttribute("aria-label", this.described(pane));
  }

  described(pane) {
    const { words, hidden } = this.viewer;
    const { picture } = pane;
    const parts = [picture.description.title, ...pane.placeLines(), pane.windowLine()];
    const letters = pane.letters();
    parts.push(letters ? words.edges.replace(/\{(\d)\}/g, (_, place) => letters[place]) : words.no_edges);
    const shown = hidden ? [] : picture.overlays.filter((over) => over.setting.visible);
    const named = (over) => (over.corrected ? `${over.title} (${words.corrected})` : over.title);
    parts.push(shown.length ? shown.map(named).join(", ") : words.no_overlay);
    return parts.join(", ");
  }
}
