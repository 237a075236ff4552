// One volume on show: its voxels, how they are windowed, where in it the reader is, and what lies over it.

import { Correction } from "./correction.js";
import { autoWindow, shader } from "./grey.js";
import { blendTable, lookOf, mapMaxima, mapPeak, paletteOf } from "./overlays.js";
import { conventionalBasis, layoutOf, planeStep, storedBasis } from "./planes.js";

/** A mask of labels on the volume's own grid, and what the reader made of it. */
export class Mask {
  constructor(description, voxels, setting = {}) {
    this.kind = "mask";
    Object.assign(this, { id: description.id, title: description.title, model: description.model });
    this.labels = description.labels; // value, name, colour
    this.frame = description.frame;
    this.voxels = voxels;
    // the correction stays with the voxels: another page of the tab finds it there
    this.correction = description.edits ? (voxels.correction ??= new Correction(voxels)) : null;
    const first = { style: "outline", opacity: 0.35, hidden: [], colours: {}, model: false, compare: true };
    this.setting = { visible: true, ...first, ...setting };
  }

  /** Whether what is seen is the reader's, not the model's. */
  get corrected() {
    return Boolean(this.correction?.any) && !this.setting.model;
  }

  /** The labels that are seen. */
  get data() {
    return this.correction && !this.setting.model ? this.correction.labels : this.voxels.data;
  }

  /** Changes with every correction. */
  get version() {
    return this.correction?.version ?? 0;
  }

  /** Whether a part of it is on its way. */
  get late() {
    return this.voxels.missing > 0 || this.correction?.sure === false;
  }

  /** Look by label, for painting. */
  looks() {
    const { hidden, style, opacity, colours } = this.setting;
    const table = [];
    for (const { value, colour } of this.labels) {
      if (hidden.includes(value)) continue;
      table[value] = lookOf(colours[value] ?? colour, style === "fill" ? opacity : 0, true);
    }
    return table;
  }

  /** First voxel of the mask of a time point; one mask may hold for all of them. */
  offset(frame) {
    const [frames, slices] = this.voxels.shape;
    return (frames > 1 ? frame : 0) * slices * this.voxels.planeLength;
  }

  /** Whether the mask belongs to a time point; one without a frame belongs to all. */
  isOf(frame) {
    return (this.frame ?? frame) === frame;
  }

  speaks(axis, position, frame) {
    return this.isOf(frame);
  }

  /** Name of the label at a voxel, or "". */
  nameAt([slice, row, column], frame) {
    if (!this.isOf(frame)) return "";
    const value = this.data[this.offset(frame) + slice * this.voxels.planeLength + row * this.voxels.columns + column];
    return this.labels.find((each) => each.value === value)?.name ?? "";
  }

  /** Values of the labels that are seen. */
  get seen() {
    return this.labels.map(({ value }) => value).filter((value) => !this.setting.hidden.includes(value));
  }

  /** Voxels of what is seen of the mask in each slice along an axis. */
  strip(axis, shape, frame) {
    const found = new Uint32Array(shape[axis]);
    if (!this.isOf(frame)) return found;
    const tables = [this.voxels.counts[frame] ?? this.voxels.counts[0], ...(this.corrected ? [this.correction.gained] : [])];
    for (const value of this.seen) {
      for (const table of tables) table.get(value)?.[axis].forEach((count, place) => (found[place] += count));
    }
    return found;
  }

  /** The slice, row and column that hold most of what is seen of it; null for nothing. */
  peak(shape, frame) {
    const counts = [0, 1, 2].map((axis) => this.strip(axis, shape, frame));
    if (!counts[0].some((count) => count > 0)) return null;
    return counts.map((each) => each.indexOf(each.reduce((top, count) => Math.max(top, count), 0)));
  }
}

/** A map on a grid of its own. */
export class SaliencyMap {
  constructor(description, voxels, colours, setting = {}) {
    this.kind = "map";
    Object.assign(this, { id: description.id, title: description.title, model: description.model });
    Object.assign(this, { unit: description.unit, toNative: description.toNative, toVolume: description.toVolume });
    Object.assign(this, { signed: description.signed, mark: description.mark });
    this.only = description.only;
    this.frame = description.frame;
    this.scales = description.scales; // usual and own
    this.voxels = voxels;
    this.colours = colours;
    const first = { opacity: 0.5, threshold: 0.3, alpha: "by_value", native: false, stretched: false };
    this.setting = { visible: true, ...first, ...setting };
    this.strips = {};
  }

  /** What the painters take. */
  get map() {
    const [, slices, rows, columns] = this.voxels.shape;
    const { opacity, threshold, alpha, native, stretched } = this.setting;
    return {
      data: this.voxels.data,
      shape: [slices, rows, columns],
      toNative: this.toNative,
      toVolume: this.toVolume,
      only: this.only,
      scale: stretched || !this.scales.usual ? this.scales.own : this.scales.usual,
      colours: this.colours,
      opacity,
      threshold,
      alpha,
      native,
      signed: this.signed,
    };
  }

  /** Whether the map belongs to a time point; one without a frame belongs to all. */
  isOf(frame) {
    return (this.frame ?? frame) === frame;
  }

  get late() {
    return this.voxels.missing > 0;
  }

  /** Whether the map says anything of a plane. */
  speaks(axis, position, frame) {
    if (!this.isOf(frame)) return false;
    return !this.only || (axis === 0 && position >= this.only[0] && position <= this.only[1]);
  }

  nameAt() {
    return "";
  }

  table() {
    const key = JSON.stringify(this.setting);
    if (this.tableKey !== key) {
      this.tableKey = key;
      this.blend = blendTable(this.colours, { ...this.setting, signed: this.signed });
    }
    return this.blend;
  }

  strip(axis, shape, frame) {
    if (this.voxels.missing || !this.isOf(frame)) return new Float32Array(shape[axis]);
    const key = `${axis}-${this.setting.native}`;
    this.strips[key] ??= mapMaxima(this.map, shape, axis);
    return this.strips[key];
  }

  peak(shape, frame) {
    return this.voxels.missing || !this.isOf(frame) ? null : mapPeak(this.map, shape);
  }
}

/** A volume on show. */
export class Picture {
  /**
   * @param description see describe.py.
   * @param voxels its {@link Voxels}.
   * @param palettes colours by name, 768 bytes each.
   */
  constructor(description, voxels, palettes) {
    this.description = description;
    this.voxels = voxels;
    this.palettes = palettes;
    const [frames, ...shape] = description.shape;
    Object.assign(this, { frames, shape, affine: description.affine, letters: description.letters });
    this.spacing = description.spacing;
    this.spacingNote = description.spacingNote;
    this.colour = description.colour;
    this.unit = description.unit;
    this.overlays = [];
    this.tables = {}; // of windows that are tables: {first, voxels}
    this.index = shape.map((count) => Math.floor(count / 2));
    this.frame = 0;
    this.window = description.colour ? null : { ...this.offered[0] };
    this.inverted = Boolean(description.inverse);
    this.palette = "";
    this.slab = { mode: "off", mm: 10 };
    this.version = 0;
  }

  /** Windows on offer; own ones of the reader last. */
  get offered() {
    return this.description.windows;
  }

  /** Note that what is drawn has changed. */
  touch() {
    this.version += 1;
  }

  get reformats() {
    return Boolean(this.affine) && Math.min(...this.shape) > 1 && !this.colour;
  }

  /** Basis in which the plane across an axis hangs at first. */
  hanging(axis) {
    if (axis === 0 && this.description.asStored) return storedBasis(0);
    return this.affine ? conventionalBasis(this.affine, axis) : storedBasis(axis);
  }

  /** Size of a pixel of a plane, mm or 1. */
  pixelSize(basis) {
    const size = (axis) => {
      if (this.affine) return Math.hypot(this.affine[axis], this.affine[4 + axis], this.affine[8 + axis]);
      return this.spacing?.[axis] || 1;
    };
    return [size(basis.x), size(basis.y)];
  }

  get inMillimetres() {
    return Boolean(this.affine || this.spacing);
  }

  /** The grey of every value under the window on show. */
  grey() {
    const { dtype, monochrome1, padding } = this.description;
    const inverted = this.inverted !== Boolean(monochrome1);
    const { key: name, centre, width, function: shape } = this.window;
    const key = JSON.stringify([name, centre, width, shape, inverted, this.waiting]);
    if (this.greyKey !== key) {
      this.greyKey = key;
      this.shader = shader(dtype, this.voi(), inverted, padding);
    }
    return this.shader;
  }

  /** Whether the window on show is a table that is not there yet. */
  get waiting() {
    return Boolean(this.tables[this.window?.key]?.voxels.missing);
  }

  /** What shades the values: the window, or its table. */
  voi() {
    const table = this.tables[this.window.key];
    return table && !table.voxels.missing ? { first: table.first, entries: table.voxels.data } : this.window;
  }

  pixels() {
    if (this.pixelsOf !== this.palette) {
      this.pixelsOf = this.palette;
      this.pixelTable = paletteOf(this.palettes[this.palette]);
    }
    return this.pixelTable;
  }

  /** Choose a window by its key; false where the series has none of this name. */
  choose(key) {
    const found = this.offered.find((each) => each.key === key);
    if (!found) return false;
    this.window = { ...found };
    this.touch();
    return true;
  }

  /** Window from 1 to 99 % of the plane on show across an axis. */
  auto(axis = 0) {
    this.window = { key: "plane", ...autoWindow(this.plane(axis), this.description.padding) };
    this.touch();
  }

  /** Values of the plane on show across an axis, in no particular order. */
  plane(axis) {
    const { data, planeLength } = this.voxels;
    const { width, height, start, across, down } = layoutOf(this.shape, storedBasis(axis), this.index[axis]);
    const values = new data.constructor(width * height);
    const offset = this.frame * this.shape[0] * planeLength + start;
    for (let y = 0, place = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1, place += 1) values[place] = data[offset + y * down + x * across];
    }
    return values;
  }

  /** Window that a drag begins with; in place of a table, the values that it spans. */
  draggable() {
    if (!this.window) return null;
    const { first, entries } = this.voi();
    if (!entries) return { ...this.window };
    return { key: "own", centre: first + (entries.length - 1) / 2, width: Math.max(entries.length - 1, 1), function: "LINEAR_EXACT" };
  }

  /** Spread of values that a drag across the picture runs through. */
  range() {
    return Math.max(...this.offered.map((each) => each.width || 0), this.window.width || 0, 1e-6);
  }

  /** First plane and count of a slab around a plane. */
  slabAt(axis, position) {
    if (this.slab.mode === "off" || !this.affine) return { first: position, count: 1 };
    const step = planeStep(this.affine, axis);
    const count = Math.min(Math.max(1, Math.round(this.slab.mm / step)), this.shape[axis]);
    const first = Math.min(Math.max(position - Math.floor((count - 1) / 2), 0), this.shape[axis] - count);
    return { first, count, mm: count * step };
  }

  move(axis, position) {
    this.index[axis] = Math.min(Math.max(Math.round(position), 0), this.shape[axis] - 1);
  }

  /** Go on along an axis, from the last plane to the first; gives by how many planes it went. */
  step(axis, by) {
    const before = this.index[axis];
    this.index[axis] = (before + by + this.shape[axis]) % this.shape[axis];
    return this.index[axis] - before;
  }

  /** Value of a voxel in the frame on show; NaN while it is not there. */
  read(index) {
    return this.readAt(this.frame, index);
  }

  readAt(frame, [slice, row, column]) {
    const plane = frame * this.shape[0] + slice;
    if (!this.voxels.has(plane)) return NaN;
    return this.voxels.data[plane * this.voxels.planeLength + row * this.shape[2] + column];
  }

  /** Bytes of red, green, blue of a voxel. */
  readColour([slice, row, column]) {
    const from = (this.frame * this.shape[0] + slice) * this.voxels.planeLength + 3 * (row * this.shape[2] + column);
    return [...this.voxels.data.subarray(from, from + 3)];
  }
}
