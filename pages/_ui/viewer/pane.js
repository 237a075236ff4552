// One plane of a picture on one canvas.

import * as marks from "./marks.js";
import { cut, edgeLetters, layoutOf, lettersOf, planeName, planeNormal, toIndex, toPixel, toWorld } from "./planes.js";
import { keyOf, Sheet } from "./sheet.js";

const LARGE = 1.5e6; // pixels of a plane from which drags are drawn coarsely

/** Canvas, plane and transform; draws when told to. */
export class Pane {
  constructor(canvas, picture, axis, words) {
    this.canvas = canvas;
    this.ctx = canvas.getContext("2d", { alpha: false });
    this.words = words;
    this.picture = picture;
    this.axis = axis;
    this.sheets = [new Sheet(), new Sheet()]; // the plane on show, and the one that comes next
    this.from = [this.position, picture.frame];
    this.way = 1;
    this.timeWay = 0;
    this.reset();
  }

  reset() {
    this.basis = this.picture.hanging(this.axis);
    this.zoom = 1;
    this.pan = [0, 0];
  }

  /** Fit the canvas's pixels to its place on the page; gives whether anything changed. */
  resize(ratio) {
    const box = this.canvas.getBoundingClientRect();
    const [width, height] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
    this.ratio = ratio;
    if (this.canvas.width === width && this.canvas.height === height) return false;
    Object.assign(this.canvas, { width, height });
    return true;
  }

  get position() {
    return this.picture.index[this.axis];
  }

  get count() {
    return this.picture.shape[this.axis];
  }

  /** Pixels of the canvas for a pixel of the plane, across and down. */
  scale() {
    const { width, height } = layoutOf(this.picture.shape, this.basis, 0);
    const [across, down] = this.picture.pixelSize(this.basis);
    const fit = Math.min(this.canvas.width / (width * across), this.canvas.height / (height * down)) * this.zoom;
    return [fit * across, fit * down];
  }

  /** Canvas point of a pixel of the plane. */
  toCanvas([x, y]) {
    const { width, height } = layoutOf(this.picture.shape, this.basis, 0);
    const [sx, sy] = this.scale();
    return [
      this.canvas.width / 2 + this.pan[0] * this.ratio + (x - (width - 1) / 2) * sx,
      this.canvas.height / 2 + this.pan[1] * this.ratio + (y - (height - 1) / 2) * sy,
    ];
  }

  /** Pixel of the plane under a canvas point. */
  fromCanvas([x, y]) {
    const { width, height } = layoutOf(this.picture.shape, this.basis, 0);
    const [sx, sy] = this.scale();
    return [
      (x - this.canvas.width / 2 - this.pan[0] * this.ratio) / sx + (width - 1) / 2,
      (y - this.canvas.height / 2 - this.pan[1] * this.ratio) / sy + (height - 1) / 2,
    ];
  }

  /** Voxel index under a point of the page. */
  indexAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const point = [(event.clientX - box.left) * this.ratio, (event.clientY - box.top) * this.ratio];
    return toIndex(this.picture.shape, this.basis, this.position, ...this.fromCanvas(point));
  }

  /** Canvas point of a voxel index. */
  canvasOf(index) {
    return this.toCanvas(toPixel(this.picture.shape, this.basis, index));
  }

  /** Letters at the left, right, top and bottom edge, or null. */
  letters() {
    return edgeLetters(this.picture, this.basis);
  }

  inside(index) {
    return index.every((value, axis) => value >= -0.5 && value <= this.picture.shape[axis] - 0.5);
  }

  /** Whether the voxels of the plane are there. */
  get ready() {
    const { picture } = this;
    if (picture.waiting) return false;
    const { first, count } = picture.slabAt(this.axis, this.position);
    const base = picture.frame * picture.shape[0];
    if (this.axis === 0) {
      for (let plane = first; plane < first + count; plane += 1) if (!picture.voxels.has(base + plane)) return false;
      return true;
    }
    return picture.voxels.missing === 0 || picture.voxels.loaded.subarray(base, base + picture.shape[0]).every(Boolean);
  }

  /** The plane as it is to be painted. */
  wish(hidden, step, position = this.position, frame = this.picture.frame) {
    const { picture, axis, basis } = this;
    const thick = Math.max(1, Math.round(1 / (this.scale()[0] * step)));
    return { picture, axis, basis, position, frame, hidden, step, thick };
  }

  /**
   * Paint the plane at the voxels' own resolution, with overlays, unless it is painted already.
   *
   * @param step 2 for every second pixel only, and so on: a large radiograph while its window is dragged.
   */
  render(hidden, step = 1) {
    const wish = this.wish(hidden, step);
    if (this.sheets[1].key === keyOf(wish)) this.sheets.reverse();
    else this.sheets[0].paint(wish);
    this.way = Math.sign(this.position - this.from[0]) || this.way;
    this.timeWay = Math.sign(this.picture.frame - this.from[1]);
    this.from = [this.position, this.picture.frame];
  }

  /** Key of the plane as it is painted, or "" where it is not painted as it is to be. */
  painted(hidden) {
    const [{ key }] = this.sheets;
    return key === keyOf(this.wish(hidden, 1)) ? key : "";
  }

  /** While nothing else is to be done: paint the plane that comes next in the direction of scrolling. */
  prepare(hidden) {
    const { picture } = this;
    const { width, height } = layoutOf(picture.shape, this.basis, 0);
    if (!this.ready || picture.voxels.missing || width * height > LARGE || this.sheets[0].step > 1) return;
    const [position, frame] = this.timeWay
      ? [this.position, (picture.frame + this.timeWay + picture.frames) % picture.frames]
      : [this.position + this.way, picture.frame];
    if (position >= 0 && position < this.count) this.sheets[1].paint(this.wish(hidden, 1, position, frame));
  }

  /** Pixels of the plane, Uint32 of R, G, B, 255. */
  get image() {
    return this.sheets[0].image;
  }

  /** Canvas of the plane's own pixels. */
  get native() {
    return this.sheets[0].canvas;
  }

  /** Greys of the plane, bytes. */
  get greys() {
    return this.sheets[0].greys;
  }

  /** Of a plane too large to be windowed as fast as the mouse moves: pixels that share one on the screen. */
  coarseness(scale) {
    const { width, height } = layoutOf(this.picture.shape, this.basis, 0);
    return width * height < LARGE ? 1 : Math.max(1, Math.floor(1 / scale));
  }

  /** Edges of the picture on the canvas. */
  frame() {
    const { width, height } = layoutOf(this.picture.shape, this.basis, 0);
    const [left, top] = this.toCanvas([-0.5, -0.5]);
    const [right, bottom] = this.toCanvas([width - 0.5, height - 0.5]);
    return { left, top, right, bottom };
  }

  /**
   * Draw everything.
   *
   * @param scene {hidden, notes, measurements, chosen, crosshair, planes, active}: what is not this plane's own.
   */
  draw(scene) {
    const { ctx, canvas, picture } = this;
    ctx.fillStyle = "#000";
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    const frame = this.frame();
    if (this.ready || (this.axis !== 0 && !picture.waiting)) {
      const [sx] = this.scale();
      this.render(scene.hidden, scene.hurried ? this.coarseness(sx) : 1);
      this.sheets[0].freshen();
      ctx.imageSmoothingEnabled = scene.smooth;
      ctx.imageSmoothingQuality = sx < 0.7 ? "medium" : "low";
      const { width, height } = layoutOf(this.picture.shape, this.basis, 0);
      // the last of every second pixel may stand for one that is not there
      const [{ canvas: painted, step }] = this.sheets;
      const [across, down] = [(painted.width * step) / width, (painted.height * step) / height];
      ctx.drawImage(painted, frame.left, frame.top, (frame.right - frame.left) * across, (frame.bottom - frame.top) * down);
    }
    this.drawMarks(scene, frame);
  }

  /**
   * Draw a part of the plane again, after a stroke on it.
   *
   * @param touched rows and columns that changed (top, bottom, left, right), and the key of what was painted before.
   * @returns false where all must be drawn.
   */
  patch(scene, { top, bottom, left, right, key }) {
    const { ctx, picture } = this;
    const [sheet] = this.sheets;
    if (!this.ready || sheet.key !== key) return false;
    const ends = [[top, left], [bottom, right]].map(([row, column]) => toPixel(picture.shape, this.basis, [this.position, row, column]));
    const [xs, ys] = [0, 1].map((axis) => ends.map((end) => end[axis]));
    const box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    const part = sheet.patch(this.wish(scene.hidden, 1), box);
    if (!part) return false;
    const [x0, y0] = this.toCanvas([part.box.left - 0.5, part.box.top - 0.5]).map(Math.floor);
    const [x1, y1] = this.toCanvas([part.box.right + 0.5, part.box.bottom + 0.5]).map(Math.ceil);
    ctx.save();
    ctx.beginPath();
    ctx.rect(x0, y0, x1 - x0, y1 - y0);
    ctx.clip();
    const [sx, sy] = this.scale();
    ctx.imageSmoothingEnabled = scene.smooth;
    ctx.imageSmoothingQuality = sx < 0.7 ? "medium" : "low";
    const [left0, top0] = this.toCanvas([part.x - 0.5, part.y - 0.5]);
    ctx.drawImage(part.canvas, left0, top0, part.width * sx, part.height * sy);
    this.drawMarks(scene, this.frame());
    ctx.restore();
    return true;
  }

  drawMarks(scene, frame) {
    const { ctx, canvas, picture } = this;
    const size = marks.lineHeight(canvas.height / this.ratio, this.ratio);
    if (scene.crosshair) {
      marks.crosshair(ctx, this.canvasOf(picture.index), frame, ["#e8c14b99", "#6cc3e499"]);
    }
    for (const other of scene.planes ?? []) {
      if (other.picture === picture && scene.crosshair) continue;
      if (!picture.affine || other.frameOfReference !== picture.description.frameOfReference || !other.frameOfReference) continue;
      const ends = cut(picture, this.basis, this.position, other);
      if (ends) marks.referenceLine(ctx, ends.map((end) => this.toCanvas(end)));
    }
    // values are read from the very slice, also where a slab is shown
    const single = picture.slabAt(this.axis, this.position).count > 1 ? [this.words.single_slice] : [];
    for (const each of scene.measurements) {
      const points = each.points.map((point) => this.canvasOf(point));
      const lines = each.lines.length > 1 || each.kind === "probe" ? [...each.lines, ...single] : each.lines;
      marks.measurement(ctx, each.kind, points, lines, { size, chosen: each.id === scene.chosen });
    }
    const lines = this.lines(scene, size);
    marks.corners(ctx, canvas.width, canvas.height, lines, size);
    marks.edgeMarks(ctx, frame, canvas, this.letters(), lines, size);
    if (picture.inMillimetres) {
      const [sx] = this.scale();
      marks.scaleBar(ctx, canvas.width, canvas.height, sx / picture.pixelSize(this.basis)[0], picture.spacingNote, size);
    }
    this.drawBar(scene, size);
  }

  /** The lines in the corners. */
  lines(scene, size) {
    const { picture, words } = this;
    const { marks: own } = picture.description;
    const seen = scene.hidden ? [] : picture.overlays.filter((over) => over.setting.visible);
    const model = seen.some((over) => over.model);
    const banner = [...own.banner, ...seen.filter((over) => over.mark && over.speaks(this.axis, this.position, picture.frame)).map((over) => over.mark)];
    const { caution, cautionSlices } = picture.description;
    if (caution && (!cautionSlices || cautionSlices.includes(picture.index[0]))) banner.push(caution);
    banner.push(...this.troubles(scene));
    return {
      topLeft: own.left,
      topRight: own.right,
      topCentre: marks.wrapped(this.ctx, banner, this.canvas.width * 0.85, size),
      bottomLeft: [...this.placeLines(), this.windowLine()],
      bottomCentre: [...(model ? [words.not_reviewed] : []), ...this.corrections(scene), words.not_diagnostic],
    };
  }

  /** Whose mask is seen, where the reader corrected one. */
  corrections(scene) {
    const seen = scene.hidden ? [] : this.picture.overlays.filter((over) => over.correction?.any && over.setting.visible);
    const said = [];
    if (seen.some((over) => over.corrected)) said.push(this.words.corrected);
    if (seen.some((over) => !over.corrected)) said.push(this.words.corrections_hidden);
    return said;
  }

  /** What keeps the picture from being all that it should be. */
  troubles(scene) {
    const { picture, words } = this;
    const found = [];
    if (!this.ready) {
      const lost = picture.voxels.lost || picture.tables[picture.window?.key]?.voxels.lost;
      found.push(lost ? words.failed : words.loading.replace("{share}", String(Math.floor(100 * picture.voxels.share))));
    } else if (picture.outside) found.push(words.outside);
    const late = scene.hidden ? [] : picture.overlays.filter((over) => over.setting.visible && over.late);
    if (late.length) found.push(late.some((over) => over.voxels.lost) ? words.overlay_failed : words.loading_overlay);
    return found;
  }

  /** The colours beside the picture: of a map that says something of this plane, else of a palette. */
  drawBar(scene, size) {
    const { ctx, canvas, picture } = this;
    const map =
      !scene.hidden &&
      picture.overlays.find(
        (over) => over.kind === "map" && over.setting.visible && over.speaks(this.axis, this.position, picture.frame),
      );
    if (map && !map.voxels.missing && map.map.scale > 0) {
      const stretched = map.setting.stretched && map.scales.usual ? ` (${this.words.stretched_mark})` : "";
      const bar = map.signed ? { ...map.map, threshold: 0, low: -map.map.scale } : map.map;
      marks.colourBar(ctx, canvas.width, canvas.height, bar, map.unit + stretched, size);
    } else if (picture.palette && !picture.voi().entries) {
      const { centre, width } = picture.window;
      const own = picture.palettes[picture.palette];
      const colours = picture.inverted !== Boolean(picture.description.monochrome1) ? reversed(own) : own;
      const bar = { colours, threshold: 0, low: centre - width / 2, scale: centre + width / 2 };
      marks.colourBar(ctx, canvas.width, canvas.height, bar, picture.unit, size);
    }
  }

  placeLines() {
    const { picture, words, axis } = this;
    const name = planeName(picture.affine, axis);
    const count = `${this.position + 1}/${this.count}`;
    const first = axis === 0 ? `${words.image} ${count}` : `${words[name] ?? name} ${count}  ${words.reformatted}`;
    const lines = [picture.frames > 1 ? `${first}  ${words.frame} ${picture.frame + 1}/${picture.frames}${this.time()}` : first];
    const place = [];
    if (picture.affine) {
      const normal = planeNormal(picture.affine, axis);
      const at = toWorld(picture.affine, toIndex(picture.shape, this.basis, this.position, 0, 0));
      const along = normal[0] * at[0] + normal[1] * at[1] + normal[2] * at[2];
      const letters = lettersOf(normal.map((value) => (along < 0 ? -value : value)));
      place.push(`${letters[0]} ${Math.abs(along).toFixed(1)} mm`);
    }
    if (axis === 0 && picture.description.thickness) place.push(`${words.thickness} ${trimmed(picture.description.thickness)} mm`);
    const slab = picture.slabAt(axis, this.position);
    if (slab.count > 1) place.push(`${words[picture.slab.mode]} ${trimmed(slab.mm)} mm`);
    if (place.length) lines.push(place.join("  "));
    return lines;
  }

  time() {
    const { times } = this.picture.description;
    return times ? `  ${Math.round(times[this.picture.frame])} ms` : "";
  }

  windowLine() {
    const { picture, words } = this;
    const parts = [];
    if (picture.colour) parts.push(words.colour);
    else if (picture.voi().entries) parts.push(picture.window.name);
    else parts.push(`${words.width} ${rounded(picture.window.width)} ${words.level} ${rounded(picture.window.centre)}`);
    if (!picture.colour && picture.unit) parts.push(picture.unit);
    if (picture.inverted && !picture.colour) parts.push(words.inverted);
    parts.push(`${words.zoom} ${this.zoom.toFixed(2)}`);
    return parts.join("  ");
  }
}

/** A palette from its other end. */
function reversed(colours) {
  const turned = new Uint8Array(colours.length);
  for (let level = 0; level < 256; level += 1) turned.set(colours.subarray(3 * level, 3 * level + 3), 3 * (255 - level));
  return turned;
}

const trimmed = (value) => String(Number(value.toFixed(2)));
const rounded = (value) => (Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3))));
