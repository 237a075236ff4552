// The reading room's viewer: pictures, panes, what the reader does to them, and what Python is told of it.

import { Cine } from "./cine.js";
import { COMMANDS } from "./commands.js";
import { Correcting } from "./correcting.js";
import { History } from "./history.js";
import { Holdings } from "./holdings.js";
import { commandOf, taken } from "./keys.js";
import { Measuring } from "./measuring.js";
import { Bar, helpSheet, make, Side, Sliders, Strip } from "./panels.js";
import { Pane } from "./pane.js";
import { Picture } from "./picture.js";
import { lettersOf, planeName, planeNormal, toVoxel, toWorld } from "./planes.js";
import { Pointer } from "./pointer.js";
import { restorePicture, Telling } from "./telling.js";

const BELOW = 10; // pixels of the page's own lower edge

/** One viewer on a page. */
export class Viewer {
  constructor(parent, words, palettes) {
    Object.assign(this, { words, palettes });
    this.tool = "window";
    this.hidden = false;
    this.linked = true;
    this.smooth = true;
    this.layoutKey = "one:0";
    this.panes = [];
    this.cine = new Cine(this);
    this.history = new History();
    this.measuring = new Measuring(this);
    this.correcting = new Correcting(this);
    this.telling = new Telling(this);
    this.holdings = new Holdings(() => this.onVoxels(), palettes);
    this.holdings.pictures = () => this.pictures;
    this.savedPanes = {};
    this.dirty = new Set();
    this.patches = new Map(); // by pane, what a stroke changed on it
    this.build(parent);
  }

  build(parent) {
    const { words } = this;
    this.stage = make("div", { class: "mv-stage one" });
    this.live = make("div", { class: "mv-live", "aria-live": "polite" });
    this.sheet = helpSheet(words, () => this.command("help"));
    this.side = new Side(this, words);
    this.strip = new Strip(this, words);
    this.bar = new Bar(this, words);
    this.note = make("div", { class: "mv-note", role: "status", hidden: true });
    this.root = make(
      "div",
      { class: "mv", role: "group", "aria-label": words.viewer, tabindex: -1 },
      this.bar.element,
      make("div", { class: "mv-body" }, this.strip.element, this.stage, this.side.element),
      this.sheet,
      this.note,
      this.live,
    );
    this.root.viewer = this;
    parent.querySelector(".mv").replaceWith(this.root); // beside it stands the style sheet
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey, true);
    this.root.addEventListener("pointerleave", () => this.telling.now());
    // whoever reaches for something else means what is on the screen now
    this.onAway = (event) => {
      if (event.composedPath().includes(this.root)) return;
      this.cine.stop();
      this.telling.now();
    };
    window.addEventListener("pointerdown", this.onAway, true);
    this.observer = new ResizeObserver(() => this.request());
    this.observer.observe(this.stage);
    this.onResize = () => this.fill();
    window.addEventListener("resize", this.onResize);
    this.fill();
  }

  /** Take the window's height, from where the page put the viewer down to the lower edge. */
  fill() {
    const top = Math.max(this.root.getBoundingClientRect().top, 0);
    this.root.style.height = `${Math.max(window.innerHeight - top - BELOW, 350)}px`;
  }

  /** Stop everything: fetches, timers, listeners. What Python was not told yet, it is told now. */
  close() {
    this.cine.stop();
    try {
      this.correcting.release();
      this.telling.now();
    } finally {
      this.closed = true;
      clearTimeout(this.correcting.unheard?.timer);
      window.removeEventListener("keydown", this.onKey, true);
      window.removeEventListener("pointerdown", this.onAway, true);
      window.removeEventListener("resize", this.onResize);
      this.observer.disconnect();
      this.holdings.close(this.pictures);
    }
  }

  get pictures() {
    return [this.main, this.other].filter(Boolean);
  }

  // ------------------------------------------------------------------ what Python gives

  /** Take what a run of the script gives; only what differs from before is touched. */
  update({ data, setStateValue, setTriggerValue }, slice) {
    this.setState = setStateValue;
    this.setTrigger = setTriggerValue;
    const before = this.data;
    this.data = data;
    this.holdings.connect(data);
    const fresh = before?.main.id !== data.main.id;
    if (fresh) this.openMain(data, slice);
    else this.main.description = data.main;
    const { goal } = data.view;
    if (!fresh && goal && goal.n !== before.view.goal?.n) this.sent(goal.index);
    if (fresh || before.other?.id !== data.other?.id) this.openOther(data, fresh);
    else if (this.other) {
      this.other.description = data.other;
      if (laid(before, "overlaysBeside") !== laid(data, "overlaysBeside")) this.layBeside(data);
    }
    if (fresh || laid(before) !== laid(data)) this.lay(data.overlays);
    this.correct(data.overlays, fresh ? [] : before.overlays);
    this.strip.update(data.series, (id, canvas) => this.holdings.thumbnail(id, canvas));
    this.holdings.trim(this.pictures, data.open);
    this.fill();
    // nothing is painted anew when Python only answered
    if (fresh || JSON.stringify(before.main) !== JSON.stringify(data.main)) this.main.touch();
    this.request();
    if (fresh) this.telling.announce();
  }

  openMain(data, slice) {
    this.cine.stop();
    this.holdings.release(...this.pictures);
    const voxels = this.holdings.take(data.main);
    if (slice) voxels.expect(data.first, slice);
    this.main = new Picture(data.main, voxels, this.palettes);
    this.other = null;
    this.panes = [];
    this.history.clear();
    this.telling.restore(data.view ?? {});
    this.measuring.begin(data.measurements ?? []);
    this.holdings.fetchTables(this.main);
    this.layout(this.layoutKey);
    this.main.voxels.want(this.planeOf(this.main));
  }

  openOther(data, fresh) {
    this.holdings.release(this.other);
    this.other = null;
    if (!fresh) delete this.savedPanes["other-0"]; // of the picture that was beside before
    if (data.other) {
      this.other = new Picture(data.other, this.holdings.take(data.other), this.palettes);
      this.holdings.fetchTables(this.other);
      const saved = data.view?.beside;
      if (saved?.of === data.other.id) restorePicture(this.other, saved, this.palettes);
      this.layBeside(data);
      // pictures of one grid, and what a page puts beside: their zoom goes together
      this.linked = this.comparable() || Boolean(data.linked);
      if (data.other.id === data.main.id) this.other.index = [...this.main.index];
      // a picture that was just put beside is to be seen; on another page the layout is as it was left
      this.layout(fresh && data.view?.layout ? data.view.layout : "beside");
      this.other.voxels.want(this.planeOf(this.other));
    } else if (this.layoutKey === "beside") this.layout("one:0");
  }

  onVoxels() {
    if (this.closed || this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      if (this.closed) return;
      this.measuring.respeak();
      this.request();
    });
  }

  /** Overlays of the main picture; those that come while overlays are hidden stay hidden, and it is said. */
  lay(descriptions) {
    const known = new Set(this.main.overlays.map(({ id }) => id));
    this.holdings.lay(this.main, descriptions, this.planeOf(this.main));
    if (this.hidden && descriptions.some(({ id }) => !known.has(id))) this.say(this.words.overlays_hidden);
  }

  /** Overlays of the picture beside. */
  layBeside(data) {
    this.holdings.lay(this.other, data.overlaysBeside, this.planeOf(this.other));
  }

  /** Take what Python says of corrections; what it said before is passed over. */
  correct(descriptions, before) {
    for (const { id, edits } of descriptions) {
      const over = this.overlays.find((each) => each.id === id);
      const known = before.find((each) => each.id === id)?.edits;
      if (over?.correction && JSON.stringify(known) !== JSON.stringify(edits)) this.correcting.take(over, edits);
    }
    this.correcting.settle();
  }

  get overlays() {
    return this.main?.overlays ?? [];
  }

  /** Ask Python for something that only it can give, of the picture on show. */
  ask(wish) {
    this.telling.now();
    this.setTrigger("ask", { ...wish, of: this.main.description.id });
  }

  /** Tell Python once the reader rests. */
  tell() {
    this.telling.soon();
  }

  // ------------------------------------------------------------------ layouts and panes

  layouts() {
    const { words, main } = this;
    const list = [{ key: "one:0", name: words.layout_one }];
    if (main.reformats) {
      for (const axis of [1, 2]) list.push({ key: `one:${axis}`, name: `${words.layout_one}: ${words[planeName(main.affine, axis)]}` });
      list.push({ key: "three", name: words.layout_three });
    }
    if (this.other) list.push({ key: "beside", name: words.layout_beside });
    return list;
  }

  layout(key) {
    const known = this.layouts().some((each) => each.key === key) ? key : "one:0";
    this.layoutKey = known;
    const wanted =
      known === "three"
        ? [[this.main, 0], [this.main, 1], [this.main, 2]]
        : known === "beside"
          ? [[this.main, 0], [this.other, 0]]
          : [[this.main, Number(known.split(":")[1])]];
    this.remember();
    this.stage.className = `mv-stage ${known.split(":")[0]}`;
    this.panes = wanted.map(([picture, axis]) => this.newPane(picture, axis));
    this.stage.replaceChildren(...this.panes.map((pane) => pane.box));
    this.active = 0;
    this.hurried = false; // a drag ends with its pane
    if (this.measuring.held) this.measuring.drop();
    this.correcting.release();
    for (const picture of this.pictures) picture.outside = false;
    this.cine.leave(this.panes);
    if (known === "beside") this.follow(this.main);
    this.request();
  }

  /** Keep how the panes hang before they are replaced. */
  remember() {
    for (const pane of this.panes) {
      this.savedPanes[this.placeOf(pane.picture, pane.axis)] = { basis: pane.basis, zoom: pane.zoom, pan: pane.pan };
    }
  }

  /** Under what the look of a plane is kept: the axis, for the other picture with a word before it. */
  placeOf(picture, axis) {
    return picture === this.main ? String(axis) : `other-${axis}`;
  }

  newPane(picture, axis) {
    const canvas = make("canvas", { role: "img", tabindex: 0, "aria-label": picture.description.title });
    const pane = new Pane(canvas, picture, axis, this.words);
    const saved = this.savedPanes[this.placeOf(picture, axis)];
    if (saved?.basis?.normal === axis) Object.assign(pane, { basis: saved.basis, zoom: saved.zoom, pan: saved.pan });
    pane.value = make("div", { class: "mv-value", "aria-hidden": "true", hidden: true });
    pane.circle = make("div", { class: "mv-circle", "aria-hidden": "true", hidden: true });
    pane.sliders = new Sliders(this, pane, this.words);
    pane.box = make("div", { class: "mv-pane" }, make("div", { class: "mv-view" }, canvas, pane.circle, pane.value), pane.sliders.element);
    pane.pointer = new Pointer(this, pane);
    canvas.addEventListener("focus", () => this.activate(pane));
    return pane;
  }

  get pane() {
    return this.panes[this.active];
  }

  activate(pane) {
    const place = this.panes.indexOf(pane);
    if (place < 0 || place === this.active) return;
    this.active = place;
    this.request([]);
  }

  focus() {
    this.pane.canvas.focus({ preventScroll: true });
  }

  // ------------------------------------------------------------------ drawing

  /** Draw panes: at once when nothing was drawn in this frame yet, else with the next one. */
  request(panes = this.panes) {
    for (const pane of panes) this.dirty.add(pane);
    if (this.closed || !this.panes.length) return;
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      this.paint();
    } catch (error) {
      // what is on the screen is no longer what the viewer means: better none, and the page's still picture
      try {
        this.close();
      } finally {
        this.setTrigger("ask", { failed: String(error).slice(0, 200) });
      }
      throw error;
    }
    requestAnimationFrame(() => {
      this.busy = false;
      if (this.again) {
        this.again = false;
        this.request([]);
      }
    });
  }

  /** A stroke changed pixels of a pane: only these are drawn again, where the rest is drawn as it is to be. */
  touched(pane, box, key) {
    const known = this.patches.get(pane);
    if (known) this.patches.set(pane, joined(known, box));
    else if (key) this.patches.set(pane, { ...box, key });
    else this.dirty.add(pane);
    this.request([]);
  }

  paint() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const stroke = this.patches.size > 0 && !this.dirty.size;
    for (const pane of this.panes) if (this.dirty.has(pane)) pane.sliders.update(); // rows come and go: room for the picture
    for (const pane of this.panes) if (pane.resize(ratio)) this.dirty.add(pane);
    const planes = this.panes.map((pane) => this.planeIn(pane));
    for (const pane of this.panes) {
      pane.box.classList.toggle("active", pane === this.pane);
      const patch = this.patches.get(pane);
      if (!this.dirty.has(pane) && !patch) continue;
      const scene = this.scene(pane, planes.filter((each) => each && each.pane !== pane));
      // also where all is drawn: what is painted anew is only what changed
      const drawn = patch ? pane.patch(scene, patch) : false;
      if (this.dirty.has(pane) || !drawn) pane.draw(scene);
      if (pane.at) this.hover(pane, pane.at); // another slice may lie under a pointer at rest
    }
    if (!this.marked && this.pane.ready) {
      this.marked = true;
      performance.mark("medimg-viewer-first-slice");
    }
    this.dirty.clear();
    this.patches.clear();
    if (stroke) return; // nothing else has changed
    for (const pane of this.panes) this.encircle(pane);
    this.bar.update();
    this.side.update();
    this.prepare();
  }

  /** Paint what comes next while the browser has nothing else to do. */
  prepare() {
    if (this.idle) return;
    this.idle = true;
    const later = window.requestIdleCallback ?? ((step) => setTimeout(step, 1));
    later(() => {
      this.idle = false;
      if (!this.closed) for (const pane of this.panes) pane.prepare(this.hidden);
    });
  }

  scene(pane, planes) {
    return {
      hidden: this.hidden,
      smooth: this.smooth,
      hurried: this.hurried,
      measurements: this.measuring.drawnOn(pane),
      chosen: this.measuring.chosen,
      crosshair: this.layoutKey === "three",
      planes,
    };
  }

  /** A pane's plane in the patient, for reference lines. */
  planeIn(pane) {
    const { picture, axis } = pane;
    if (!picture.affine) return null;
    return {
      pane,
      picture,
      frameOfReference: picture.description.frameOfReference,
      point: toWorld(picture.affine, picture.index),
      normal: planeNormal(picture.affine, axis),
    };
  }

  /** After something changed what is seen: draw, and tell Python later. */
  changed(panes) {
    this.request(panes);
    this.tell();
  }

  planeOf(picture) {
    return picture.frame * picture.shape[0] + picture.index[0];
  }

  /** The reader moved: fetch around the new place, let the other pane follow. */
  moved(picture) {
    picture.outside = false;
    this.holdings.want(picture, this.planeOf(picture));
    if (this.layoutKey === "beside") this.follow(picture);
    this.lead = null; // of this move only
    this.changed();
  }

  // ------------------------------------------------------------------ what the reader does

  step(pane, steps) {
    const { picture } = pane;
    if (pane.count < 2 && picture.frames > 1) this.frameTo(pane, picture.frame + steps);
    else this.goTo(pane, pane.position + steps);
  }

  goTo(pane, position) {
    const { picture } = pane;
    const before = picture.index[pane.axis];
    picture.move(pane.axis, position);
    if (picture.index[pane.axis] === before) return;
    this.lead = { picture, by: picture.index[pane.axis] - before };
    this.moved(picture);
  }

  frameTo(pane, frame) {
    const { picture } = pane;
    picture.frame = ((frame % picture.frames) + picture.frames) % picture.frames; // ten back of four is in range, too
    this.moved(picture);
  }

  crosshairTo(pane, index) {
    if (this.layoutKey !== "three" || !pane.inside(index)) return;
    index.forEach((value, axis) => pane.picture.move(axis, value));
    this.moved(pane.picture);
  }

  comparable() {
    const [a, b] = [this.main, this.other].map((picture) => picture?.description.frameOfReference);
    return Boolean(a && a === b && this.main.affine && this.other.affine);
  }

  /** The page sends the reader to a place; an axis without a number stays. */
  sent(index) {
    this.cine.stop();
    index.forEach((place, axis) => {
      if (place !== null) this.main.move(axis, place);
    });
    if (!this.panes.some((pane) => pane.picture === this.main && pane.axis === 0)) this.layout("one:0");
    this.moved(this.main);
  }

  /** Bring the other picture to the place of the one that moved. */
  follow(picture) {
    if (!this.linked || !this.other) return;
    const other = picture === this.main ? this.other : this.main;
    if (this.comparable()) {
      const centre = picture.index.map((value, axis) => (axis === 0 ? value : (picture.shape[axis] - 1) / 2));
      const target = toVoxel(other.affine, toWorld(picture.affine, centre))[0];
      other.outside = target < -0.5 || target > other.shape[0] - 0.5;
      other.move(0, target);
    } else if (other.voxels === picture.voxels) other.move(0, picture.index[0]);
    else if (this.lead?.picture === picture) other.move(0, other.index[0] + this.lead.by);
    if (other.voxels.missing) other.voxels.want(this.planeOf(other));
  }

  /** While a drag goes on, large planes are drawn coarsely; at its end they are drawn whole. */
  hurry(on) {
    if (this.hurried === on) return;
    this.hurried = on;
    if (!on) this.request();
  }

  setWindow(picture, window) {
    picture.window = window;
    picture.touch();
    const twin = picture === this.main ? this.other : this.main;
    if (twin && this.linked && twin !== picture && twin.unit && twin.unit === picture.unit && !twin.colour) {
      twin.window = { ...window, key: "own" };
      twin.touch();
    }
    this.changed(this.panes.filter((pane) => pane.picture === picture || pane.picture === twin));
  }

  /** Panes that zoom and pan together. */
  together(pane) {
    return this.layoutKey === "beside" && this.linked ? this.panes : [pane];
  }

  panBy(pane, dx, dy) {
    const panes = this.together(pane);
    for (const each of panes) each.pan = [each.pan[0] + dx, each.pan[1] + dy];
    this.changed(panes);
  }

  /** Zoom around a point of the page. */
  zoomBy(pane, factor, at) {
    const box = pane.canvas.getBoundingClientRect();
    const from = at ? [at[0] - box.left - box.width / 2, at[1] - box.top - box.height / 2] : [0, 0];
    const panes = this.together(pane);
    for (const each of panes) {
      const zoom = Math.min(Math.max(each.zoom * factor, 0.1), 40);
      const real = zoom / each.zoom;
      each.pan = each.pan.map((value, place) => from[place] + (value - from[place]) * real);
      each.zoom = zoom;
    }
    this.changed(panes);
  }

  reset(pane) {
    const { picture } = pane;
    pane.reset();
    picture.inverted = Boolean(picture.description.inverse);
    if (!picture.colour) picture.window = { ...picture.offered[0] };
    picture.slab = { ...picture.slab, mode: "off" };
    picture.touch();
    this.changed();
  }

  turn(step) {
    const { pane } = this;
    pane.basis = step(pane.basis);
    this.changed([pane]);
  }

  setOverlay(over, change) {
    Object.assign(over.setting, change);
    this.holdings.settings[over.key] = over.setting;
    for (const picture of this.pictures) {
      const twins = picture.overlays.filter(({ key }) => key === over.key); // beside it, as well
      for (const twin of twins) Object.assign(twin.setting, change);
      picture.touch();
    }
    this.changed();
  }

  thicken(change) {
    Object.assign(this.pane.picture.slab, change);
    this.pane.picture.touch();
    this.changed();
  }

  /** The picture's value under the pointer, with its place. */
  hover(pane, event) {
    const { picture } = pane;
    pane.at = event && { clientX: event.clientX, clientY: event.clientY };
    this.encircle(pane);
    const index = event && pane.indexAt(event);
    pane.value.hidden = !index || !pane.inside(index);
    if (pane.value.hidden) return;
    const nearest = index.map((place, axis) => Math.min(Math.max(Math.round(place), 0), picture.shape[axis] - 1));
    const parts = [];
    if (picture.affine) {
      const at = toWorld(picture.affine, index);
      parts.push(at.map((value, axis) => `${lettersOf([0, 1, 2].map((each) => (each === axis ? value || 1 : 0)))} ${Math.abs(value).toFixed(1)}`).join("  "));
    } else parts.push(`${nearest[2] + 1}, ${nearest[1] + 1}`);
    const value = picture.colour ? picture.readColour(nearest).join(" ") : picture.read(nearest);
    if (picture.colour && picture.voxels.has(picture.frame * picture.shape[0] + nearest[0])) parts.push(`RGB ${value}`);
    if (!picture.colour && !Number.isNaN(value)) {
      const single = picture.slabAt(pane.axis, pane.position).count > 1 ? ` (${this.words.single_slice})` : "";
      parts.push(`${Number.isInteger(value) ? value : Number(value.toPrecision(6))} ${picture.unit}`.trim() + single);
    }
    const shown = this.hidden ? [] : picture.overlays.filter((over) => over.setting.visible);
    parts.push(...shown.map((over) => over.nameAt(nearest, picture.frame)).filter(Boolean));
    pane.value.textContent = parts.join("\n");
  }

  /** The brush around the pointer, in its true size. */
  encircle(pane) {
    const size = pane.at ? this.correcting.circle(pane) : 0;
    pane.circle.hidden = !size;
    if (!size) return;
    const box = pane.canvas.getBoundingClientRect();
    const [x, y] = [pane.at.clientX - box.left - size / 2, pane.at.clientY - box.top - size / 2];
    Object.assign(pane.circle.style, { width: `${size}px`, height: `${size}px`, transform: `translate(${x}px, ${y}px)` });
    pane.circle.classList.toggle("eraser", this.tool === "eraser");
  }

  /** Say something to those who do not see the picture. */
  announce(text) {
    this.live.textContent = text;
  }

  // ------------------------------------------------------------------ commands

  key(event) {
    if (this.closed || !this.root.isConnected) return;
    // keys belong to the viewer while it has the focus, or nothing has
    const path = event.composedPath();
    if (!path.includes(this.root) && path[0] !== document.body && path[0] !== document.documentElement) return;
    if (taken(event)) return;
    const command = commandOf(event);
    if (!command) return;
    if (!this.sheet.hidden && command !== "help" && command !== "cancel") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.command(command);
  }

  /** Do what a key, a button or a list asks for: a name, or a name and a value with a colon between. */
  command(text) {
    const [name, ...rest] = text.split(":");
    const { pane } = this;
    COMMANDS[name](this, rest.join(":"), pane, pane.picture);
  }

  /** Go to a measurement of the list. */
  show(id) {
    const found = this.measuring.list.find((each) => each.id === id);
    if (!found) return;
    this.main.move(found.axis, found.points[0][found.axis]);
    this.main.frame = found.frame;
    if (!this.panes.some((pane) => pane.picture === this.main && pane.axis === found.axis)) this.layout(`one:${found.axis}`);
    this.measuring.choose(id);
    this.moved(this.main);
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = false;
    clearTimeout(this.noteTimer);
    this.noteTimer = setTimeout(() => (this.note.hidden = true), 4000);
  }

  /** The panes as they are on the screen, in one picture with all that is written on them. */
  composed() {
    const box = this.stage.getBoundingClientRect();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const whole = document.createElement("canvas");
    Object.assign(whole, { width: Math.round(box.width * ratio), height: Math.round(box.height * ratio) });
    const ctx = whole.getContext("2d", { alpha: false });
    for (const pane of this.panes) {
      const own = pane.canvas.getBoundingClientRect();
      ctx.drawImage(pane.canvas, (own.left - box.left) * ratio, (own.top - box.top) * ratio);
    }
    return whole;
  }

  snapshot() {
    this.composed().toBlob((blob) => {
      const link = make("a", { href: URL.createObjectURL(blob), download: "medimg-snapshot.png" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    }, "image/png");
  }
}

/** Overlays of a description, without what is said of corrections. */
const laid = (data, where = "overlays") =>
  JSON.stringify((data[where] ?? []).map(({ edits, ...over }) => ({ ...over, edits: Boolean(edits) })));

const joined = (one, other) => ({
  ...one,
  top: Math.min(one.top, other.top),
  bottom: Math.max(one.bottom, other.bottom),
  left: Math.min(one.left, other.left),
  right: Math.max(one.right, other.right),
});

const viewers = new WeakMap();
const gone = new WeakSet();

/**
 * Show or update the viewer of an element; called by the component at every run of the script.
 *
 * @param slice promise of the bytes of the plane `data.first`, asked for beside the modules; or null.
 */
export async function show(component, slice) {
  const { parentElement } = component;
  gone.delete(parentElement);
  let viewer = viewers.get(parentElement);
  if (!viewer) {
    const [{ default: words }, { default: palettes }] = await Promise.all([import("./words.js"), import("./palettes.js")]);
    if (gone.has(parentElement)) return;
    viewer = viewers.get(parentElement) ?? new Viewer(parentElement, words, decoded(palettes));
    viewers.set(parentElement, viewer);
  }
  viewer.update(component, slice);
}

/** The page goes away. */
export function leave(parentElement) {
  gone.add(parentElement);
  viewers.get(parentElement)?.close();
  viewers.delete(parentElement);
}

const decoded = (palettes) =>
  Object.fromEntries(
    Object.entries(palettes).map(([name, text]) => [name, Uint8Array.from(atob(text), (each) => each.charCodeAt(0))]),
  );
