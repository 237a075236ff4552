// The pixels of one plane at the voxels' own resolution, shaded and with what lies over it.

import { projectPlanes, shadePlane, shadeValues } from "./grey.js";
import { mapPlane, paintContour, paintMap, paintMask, pixel } from "./overlays.js";
import { layoutOf } from "./planes.js";

const CYAN = pixel(0, 255, 255); // in none of the maps' colours
const DASH = 4; // pixels of a dash down, half as many across

/** All that the pixels of a plane depend on, as text. */
export function keyOf({ picture, axis, basis, position, frame, hidden, step, thick }) {
  const { x, xSign, y, ySign } = basis;
  const over = picture.overlays.map(({ voxels, version }) => `${voxels.missing}-${version}`);
  return [
    picture.version, picture.voxels.id, picture.voxels.missing, frame, axis, position, x, xSign, y, ySign, hidden, step, thick, ...over,
  ].join();
}

/** The smallest box around two: left, top, right, bottom. */
const union = (one, other) =>
  one ? [0, 1, 2, 3].map((side) => (side < 2 ? Math.min : Math.max)(one[side], other[side])) : other;

export class Sheet {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.key = "";
    this.step = 1;
  }

  /**
   * Paint a plane; nothing when it is what the sheet holds.
   *
   * @param wish {picture, axis, basis, position, frame, hidden, step, thick}: which plane, whether without
   *   overlays, every how manieth pixel, and pixels of an outline.
   */
  paint(wish) {
    const key = keyOf(wish);
    if (key === this.key) return;
    this.key = ""; // until all of it is painted
    const { picture, basis, step } = wish;
    Object.assign(this, wish);
    const { width, height } = layoutOf(picture.shape, basis, 0, step);
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      Object.assign(this.canvas, { width, height });
      this.ctx = this.canvas.getContext("2d", { alpha: false });
      this.bytes = this.ctx.createImageData(width, height);
      this.image = new Uint32Array(this.bytes.data.buffer); // R, G, B, 255 on the little-endian machines browsers run on
      this.greys = new Uint8Array(width * height);
      this.values = new Float32Array(width * height);
    }
    const greys = picture.colour ? this.paintColours() : this.paintGreys();
    if (!wish.hidden) this.paintOverlays(greys);
    this.ctx.putImageData(this.bytes, 0, 0);
    this.stale = null;
    this.key = key;
  }

  /**
   * Paint a part of the plane again, after a stroke on it; the sheet's own canvas has it only after {@link freshen}.
   *
   * @param wish what the whole is to be.
   * @param box pixels that changed: left, top, right, bottom.
   * @returns the part as {canvas, x, y, width, height} and what of it looks different, as a box; null where all must
   *   be painted.
   */
  patch(wish, { left, top, right, bottom }) {
    const { picture, image, greys, basis, position, step, thick } = this;
    if (!this.key || picture.colour || step > 1 || picture.palette || this.maps().length) return null;
    const { width, height, ...layout } = layoutOf(picture.shape, basis, position);
    const around = (rim) => [
      Math.max(left - rim, 0), Math.max(top - rim, 0), Math.min(right + rim, width - 1), Math.min(bottom + rim, height - 1),
    ];
    // outlines near the box change; beyond these are pixels for the screen's smoothing, and beyond these some whose
    // outlines are not right, because their neighbours are not looked at
    const [x0, y0, x1, y1] = around(3 * thick + 2);
    const own = { width: x1 - x0 + 1, height: y1 - y0 + 1 };
    const bytes = this.ctx.createImageData(own.width, own.height);
    const pixels = new Uint32Array(bytes.data.buffer);
    const shades = picture.pixels();
    for (let y = 0, place = 0; y < own.height; y += 1) {
      for (let x = 0, from = (y0 + y) * width + x0; x < own.width; x += 1, place += 1, from += 1) pixels[place] = shades[greys[from]];
    }
    const start = layout.start + y0 * layout.down + x0 * layout.across;
    const origin = [x0, y0];
    if (!wish.hidden) this.paintMasks(pixels, { ...layout, ...own, start, origin });
    const [ax, ay, bx, by] = around(2 * thick + 2);
    for (let y = ay; y <= by; y += 1) {
      const from = (y - y0) * own.width - x0;
      image.set(pixels.subarray(from + ax, from + bx + 1), y * width + ax);
    }
    this.key = keyOf(wish);
    this.stale = union(this.stale, [ax, ay, bx, by]);
    this.part ??= document.createElement("canvas");
    Object.assign(this.part, { width: bx - ax + 1, height: by - ay + 1 });
    this.part.getContext("2d", { alpha: false }).putImageData(bytes, x0 - ax, y0 - ay);
    const [l, t, r, b] = around(thick);
    return { canvas: this.part, x: ax, y: ay, width: bx - ax + 1, height: by - ay + 1, box: { left: l, top: t, right: r, bottom: b } };
  }

  /** Bring the canvas in line with what was painted in parts. */
  freshen() {
    if (!this.stale) return;
    const [left, top, right, bottom] = this.stale;
    this.ctx.putImageData(this.bytes, 0, 0, left, top, right - left + 1, bottom - top + 1);
    this.stale = null;
  }

  /** First voxel of the frame. */
  get offset() {
    return this.frame * this.picture.shape[0] * this.picture.voxels.planeLength;
  }

  paintGreys() {
    const { picture, image, greys } = this;
    const { data } = picture.voxels;
    const { first, count } = picture.slabAt(this.axis, this.position);
    const layout = layoutOf(picture.shape, this.basis, first, this.step);
    const grey = picture.grey();
    if (count === 1) shadePlane(greys, data, this.offset, layout, grey);
    else {
      projectPlanes(this.values, data, this.offset, layout, count, picture.slab.mode, picture.description.padding ?? null);
      shadeValues(greys, this.values, grey);
    }
    const pixels = picture.pixels();
    for (let place = 0; place < greys.length; place += 1) image[place] = pixels[greys[place]];
    return picture.palette ? null : greys;
  }

  paintColours() {
    const { picture, image } = this;
    const { data, planeLength } = picture.voxels;
    const { width, height, start, across, down } = layoutOf(picture.shape, this.basis, 0, this.step);
    const base = this.offset + this.position * planeLength;
    // a map's colours are only told from the picture's where that has none
    const plain = !this.hidden && this.maps().length > 0;
    let place = 0;
    for (let y = 0; y < height; y += 1) {
      let from = base + 3 * (start + y * down);
      for (let x = 0; x < width; x += 1, from += 3 * across, place += 1) {
        if (plain) {
          const grey = Math.floor((data[from] + data[from + 1] + data[from + 2]) / 3 + 0.5);
          this.greys[place] = grey;
          image[place] = pixel(grey, grey, grey);
        } else image[place] = pixel(data[from], data[from + 1], data[from + 2]);
      }
    }
    return plain ? this.greys : null;
  }

  /** Maps that are shown, there, and say something of this plane. */
  maps() {
    return this.picture.overlays.filter(
      (over) =>
        over.kind === "map" &&
        over.setting.visible &&
        !over.voxels.missing &&
        over.map.scale > 0 &&
        over.speaks(this.axis, this.position, this.frame),
    );
  }

  paintOverlays(greys) {
    const { picture, image, basis, position, step, thick } = this;
    const layout = layoutOf(picture.shape, basis, position, step);
    for (const over of this.maps()) {
      const { map } = over;
      if (!mapPlane(this.values, map, picture.shape, basis, position, step)) continue;
      paintMap(image, greys, this.values, map, over.table());
      if (map.signed) for (let place = 0; place < this.values.length; place += 1) this.values[place] = Math.abs(this.values[place]);
      const level = map.threshold * map.scale;
      if (level > 0 && map.opacity > 0) paintContour(image, this.values, layout.width, layout.height, level, CYAN, thick);
    }
    this.paintMasks(image, layout);
  }

  /** Masks over pixels; where the reader corrected one, the model's own outline is broken. */
  paintMasks(image, layout) {
    const { picture, axis, position, frame, thick } = this;
    for (const over of picture.overlays) {
      if (!over.setting.visible || over.kind !== "mask" || !over.speaks(axis, position, frame)) continue;
      const [offset, looks] = [over.offset(frame), over.looks()];
      if (over.corrected && over.setting.compare) paintMask(image, over.voxels.data, offset, layout, looks, thick, DASH * thick);
      paintMask(image, over.data, offset, layout, looks, thick);
    }
  }
}
