// The pixels of one plane at the voxels' own resolution, shaded and with what lies over it.

import { projectPlanes, shadePlane, shadeValues } from "./grey.js";
import { mapPlane, paintContour, paintMap, paintMask, pixel } from "./overlays.js";
import { layoutOf } from "./planes.js";

const CYAN = pixel(0, 255, 255); // in none of the maps' colours

/** All that the pixels of a plane depend on, as text. */
export function keyOf({ picture, axis, basis, position, frame, hidden, step, thick }) {
  const { x, xSign, y, ySign } = basis;
  const over = picture.overlays.map(({ voxels }) => voxels.missing);
  return [
    picture.version, picture.voxels.id, picture.voxels.missing, frame, axis, position, x, xSign, y, ySign, hidden, step, thick, ...over,
  ].join();
}

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
    this.key = key;
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
      const level = map.threshold * map.scale;
      if (level > 0 && map.opacity > 0) paintContour(image, this.values, layout.width, layout.height, level, CYAN, thick);
    }
    for (const over of picture.overlays) {
      if (!over.setting.visible || over.kind !== "mask") continue;
      paintMask(image, over.voxels.data, over.offset(this.frame), layout, over.looks(), thick);
    }
  }
}
