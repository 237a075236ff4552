// Masks and maps over the grey. The grey below is never rescaled: where an overlay is clear, the pixel is the image's.

import { layoutOf, toIndex } from "./planes.js";

/** Bytes R, G, B as one pixel of a Uint32Array on a little-endian machine, as all browsers' machines are. */
export const pixel = (red, green, blue) => (255 << 24) | (blue << 16) | (green << 8) | red;

/** Screen pixels for the 256 greys, through a palette of 768 bytes, or plain. */
export function paletteOf(colours) {
  const table = new Uint32Array(256);
  for (let grey = 0; grey < 256; grey += 1) {
    table[grey] = colours
      ? pixel(colours[3 * grey], colours[3 * grey + 1], colours[3 * grey + 2])
      : pixel(grey, grey, grey);
  }
  return table;
}

/** Level of a map's value on its scale, 0 to 255; of a signed map zero lies in the middle. */
export function levelOf(value, scale, signed = false) {
  const share = signed ? (value / scale + 1) / 2 : value / scale;
  return Math.min(Math.max(Math.floor(share * 255 + 0.5), 0), 255);
}

/** How far a level covers the image: 0 (clear) to `opacity`. */
export function coverOf(level, { opacity, threshold, alpha, signed }) {
  const strength = signed ? Math.max(Math.abs(2 * level - 255) - 1, 0) : level; // 127 and 128 are both nothing
  const reaches = strength >= Math.floor(threshold * 255 + 0.5);
  let share = reaches ? 1 : 0;
  if (alpha === "by_value") {
    if (threshold > 0 && !reaches) share = Math.min(1, (strength / 255 / threshold) ** 2);
    if (strength === 0) share = 0;
  }
  return share * opacity;
}

/** Colour of every pair of map level and grey: table[level << 8 | grey]; the core's overlay() gives the same. */
export function blendTable(colours, setting) {
  const table = new Uint32Array(65536);
  for (let level = 0; level < 256; level += 1) {
    const cover = coverOf(level, setting);
    const [r, g, b] = [0, 1, 2].map((channel) => colours[3 * level + channel] * cover);
    for (let grey = 0; grey < 256; grey += 1) {
      const shade = grey * (1 - cover) + 0.5;
      table[(level << 8) | grey] = pixel(Math.min(shade + r, 255), Math.min(shade + g, 255), Math.min(shade + b, 255));
    }
  }
  return table;
}

/**
 * Values of a map on the pixels of a plane; NaN beyond half a cell outside its grid.
 *
 * @param out Float32Array of width * height.
 * @param map data (slices, rows, columns), `toNative` (row-major 3 x 4: volume index to native index), `native` to
 *   show its own grid, `only`: [first, last] slice it speaks of, or null.
 * @returns false where the plane lies outside of what the map speaks of.
 */
export function mapPlane(out, map, shape, basis, position, step = 1) {
  if (map.only && (basis.normal !== 0 || position < map.only[0] || position > map.only[1])) return false;
  const { width, height } = layoutOf(shape, basis, position, step);
  const at = (x, y) => native(map.toNative, toIndex(shape, basis, position, x * step, y * step));
  const origin = at(0, 0);
  const across = at(1, 0).map((value, axis) => value - origin[axis]);
  const down = at(0, 1).map((value, axis) => value - origin[axis]);
  const own = (step) => [0, 1, 2].filter((axis) => Math.abs(step[axis]) > 1e-9);
  const [alongX, alongY] = [own(across), own(down)];
  if (alongX.length <= 1 && alongY.length <= 1 && (alongX[0] ?? -1) !== (alongY[0] ?? -2)) {
    const axisX = alongX[0] ?? [0, 1, 2].find((axis) => axis !== alongY[0]);
    const axisY = alongY[0] ?? [0, 1, 2].find((axis) => axis !== axisX);
    separable(out, map, { width, height, origin, across, down, axisX, axisY });
  } else general(out, map, { width, height, origin, across, down });
  return true;
}

const native = (matrix, [k, r, c]) =>
  [0, 1, 2].map((row) => matrix[4 * row] * k + matrix[4 * row + 1] * r + matrix[4 * row + 2] * c + matrix[4 * row + 3]);

/** Cells around each position along one axis; beyond half a cell outside the grid there is nothing. */
function cells(count, start, step, length, nearest) {
  const low = new Int32Array(count);
  const high = new Int32Array(count);
  const share = new Float32Array(count);
  for (let place = 0; place < count; place += 1) {
    const position = start + place * step;
    const inside = position >= -0.5 - 1e-6 && position <= length - 0.5 + 1e-6;
    const clipped = Math.min(Math.max(position, 0), length - 1);
    const first = nearest ? Math.min(Math.floor(clipped + 0.5), length - 1) : Math.floor(clipped);
    low[place] = inside ? first : -1;
    high[place] = nearest ? first : Math.min(first + 1, length - 1);
    share[place] = nearest ? 0 : clipped - first;
  }
  return { low, high, share };
}

function separable(out, map, { width, height, origin, across, down, axisX, axisY }) {
  const { data, shape } = map;
  const strides = [shape[1] * shape[2], shape[2], 1];
  const axisZ = 3 - axisX - axisY;
  const z = cells(1, origin[axisZ], 0, shape[axisZ], map.native);
  if (z.low[0] < 0) {
    out.fill(NaN);
    return;
  }
  const [before, after, depth] = [z.low[0] * strides[axisZ], z.high[0] * strides[axisZ], z.share[0]];
  const x = cells(width, origin[axisX], across[axisX], shape[axisX], map.native);
  const y = cells(height, origin[axisY], down[axisY], shape[axisY], map.native);
  // one sheet of the native grid at this depth, then two passes of linear interpolation
  const sheet = new Float32Array(shape[axisX] * shape[axisY]);
  for (let j = 0, place = 0; j < shape[axisY]; j += 1) {
    for (let i = 0; i < shape[axisX]; i += 1, place += 1) {
      const cell = i * strides[axisX] + j * strides[axisY];
      sheet[place] = data[before + cell] * (1 - depth) + data[after + cell] * depth;
    }
  }
  const stretched = new Float32Array(width * shape[axisY]);
  for (let j = 0, place = 0; j < shape[axisY]; j += 1) {
    const row = j * shape[axisX];
    for (let i = 0; i < width; i += 1, place += 1) {
      const share = x.share[i];
      stretched[place] = x.low[i] < 0 ? NaN : sheet[row + x.low[i]] * (1 - share) + sheet[row + x.high[i]] * share;
    }
  }
  for (let j = 0, place = 0; j < height; j += 1) {
    if (y.low[j] < 0) {
      out.fill(NaN, place, place + width);
      place += width;
      continue;
    }
    const [upper, lower, share] = [y.low[j] * width, y.high[j] * width, y.share[j]];
    for (let i = 0; i < width; i += 1, place += 1) {
      out[place] = stretched[upper + i] * (1 - share) + stretched[lower + i] * share;
    }
  }
}

function general(out, map, { width, height, origin, across, down }) {
  const { data, shape } = map;
  const strides = [shape[1] * shape[2], shape[2], 1];
  const [low, high, share] = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
  for (let j = 0, place = 0; j < height; j += 1) {
    for (let i = 0; i < width; i += 1, place += 1) {
      let inside = true;
      for (let axis = 0; axis < 3; axis += 1) {
        const position = origin[axis] + i * across[axis] + j * down[axis];
        if (position < -0.5 - 1e-6 || position > shape[axis] - 0.5 + 1e-6) {
          inside = false;
          break;
        }
        const clipped = Math.min(Math.max(position, 0), shape[axis] - 1);
        const first = map.native ? Math.min(Math.floor(clipped + 0.5), shape[axis] - 1) : Math.floor(clipped);
        low[axis] = first * strides[axis];
        high[axis] = (map.native ? first : Math.min(first + 1, shape[axis] - 1)) * strides[axis];
        share[axis] = map.native ? 0 : clipped - first;
      }
      out[place] = inside ? corners(data, low, high, share) : NaN;
    }
  }
}

function corners(data, low, high, share) {
  let sum = 0;
  for (let corner = 0; corner < 8; corner += 1) {
    let weight = 1;
    let place = 0;
    for (let axis = 0; axis < 3; axis += 1) {
      const upper = (corner >> axis) & 1;
      weight *= upper ? share[axis] : 1 - share[axis];
      place += upper ? high[axis] : low[axis];
    }
    if (weight > 0) sum += data[place] * weight;
  }
  return sum;
}

/** Largest value of a map in each slice along an index axis of the volume. */
export function mapMaxima(map, shape, axis) {
  const { data, shape: cellsOf, toNative } = map;
  const along = [0, 1, 2].filter((each) => Math.abs(toNative[4 * each + axis]) > 1e-9);
  const maxima = new Float32Array(shape[axis]);
  if (along.length !== 1) {
    // the map does not change along this axis, or is turned against it: one value, or none that is exact
    if (!along.length && !map.only) maxima.fill(maximum(data));
    else if (map.only && axis === 0) for (let s = map.only[0]; s <= map.only[1]; s += 1) maxima[s] = maximum(data);
    return maxima;
  }
  const [own] = along;
  const strides = [cellsOf[1] * cellsOf[2], cellsOf[2], 1];
  const others = [0, 1, 2].filter((each) => each !== own);
  for (let slice = 0; slice < shape[axis]; slice += 1) {
    if (map.only && axis === 0 && (slice < map.only[0] || slice > map.only[1])) continue;
    const position = toNative[4 * own + axis] * slice + toNative[4 * own + 3];
    const { low, high, share } = cells(1, position, 0, cellsOf[own], map.native);
    if (low[0] < 0) continue;
    let top = 0;
    for (let a = 0; a < cellsOf[others[0]]; a += 1) {
      for (let b = 0; b < cellsOf[others[1]]; b += 1) {
        const place = a * strides[others[0]] + b * strides[others[1]];
        const value = data[place + low[0] * strides[own]] * (1 - share[0]) + data[place + high[0] * strides[own]] * share[0];
        if (value > top) top = value;
      }
    }
    maxima[slice] = top;
  }
  return maxima;
}

const maximum = (data) => data.reduce((top, value) => Math.max(top, value), 0);

/** Voxel index of a map's largest value, nearest voxel; null for a map without a positive value. */
export function mapPeak(map, shape) {
  const top = maximum(map.data);
  if (!(top > 0)) return null;
  const place = map.data.indexOf(top);
  const cell = [
    Math.floor(place / (map.shape[1] * map.shape[2])),
    Math.floor(place / map.shape[2]) % map.shape[1],
    place % map.shape[2],
  ];
  const index = map.toVolume.slice(0, 12);
  return [0, 1, 2].map((row) => {
    const value = index[4 * row] * cell[0] + index[4 * row + 1] * cell[1] + index[4 * row + 2] * cell[2] + index[4 * row + 3];
    return Math.min(Math.max(Math.round(value), 0), shape[row] - 1);
  });
}

/**
 * Paint the contour of a map at a level: pixels that reach it and have a neighbour that does not.
 *
 * @param thick pixels inward, so that a line is seen where the screen shows fewer pixels than the plane has.
 */
export function paintContour(image, values, width, height, level, colour, thick = 1) {
  for (let y = 0, place = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, place += 1) {
      if (!(values[place] >= level)) continue; // NaN, beyond the map, reaches nothing
      if (
        falls(values, place, -1, Math.min(x, thick), level) ||
        falls(values, place, 1, Math.min(width - 1 - x, thick), level) ||
        falls(values, place, -width, Math.min(y, thick), level) ||
        falls(values, place, width, Math.min(height - 1 - y, thick), level)
      )
        image[place] = colour;
    }
  }
}

/** Whether a map is below a level at any of the next pixels one way. */
function falls(values, place, stride, count, level) {
  for (let step = 1; step <= count; step += 1) if (!(values[place + step * stride] >= level)) return true;
  return false;
}

/** Lay a map over shaded pixels: greys by one table, colours channel by channel. */
export function paintMap(image, greys, values, map, table) {
  const factor = 255 / map.scale / (map.signed ? 2 : 1);
  const middle = map.signed ? 128 : 0.5;
  if (greys) {
    for (let place = 0; place < values.length; place += 1) {
      const value = values[place];
      if (value !== value) continue; // NaN: the map does not speak of this pixel
      let level = (value * factor + middle) | 0;
      if (level > 255) level = 255;
      else if (level < 0) level = 0;
      image[place] = table[(level << 8) | greys[place]];
    }
    return;
  }
  const covers = Float32Array.from({ length: 256 }, (_, level) => coverOf(level, map));
  for (let place = 0; place < values.length; place += 1) {
    if (Number.isNaN(values[place])) continue;
    const level = levelOf(values[place], map.scale, map.signed);
    if (covers[level] === 0) continue;
    image[place] = blended(image[place], map.colours, 3 * level, covers[level]);
  }
}

const blended = (under, colours, from, cover) =>
  pixel(
    (under & 255) * (1 - cover) + colours[from] * cover + 0.5,
    ((under >> 8) & 255) * (1 - cover) + colours[from + 1] * cover + 0.5,
    ((under >> 16) & 255) * (1 - cover) + colours[from + 2] * cover + 0.5,
  );

/**
 * Lay a mask over shaded pixels.
 *
 * @param labels Uint8Array of the volume's frame in the plane's order of reading (see planes.layoutOf).
 * @param looks by label: null where hidden, else {colour: [r, g, b], fill: 0..1, outline: true or false}.
 * @param thick pixels of an outline, inward.
 * @param dash pixels of a dash, for a broken outline and nothing else; 0 for a whole one.
 */
export function paintMask(image, labels, offset, layout, looks, thick = 1, dash = 0) {
  const { width, height, across, down, start, origin = [0, 0] } = layout;
  let place = 0;
  for (let y = 0; y < height; y += 1) {
    let from = offset + start + y * down;
    for (let x = 0; x < width; x += 1, from += across, place += 1) {
      const label = labels[from];
      if (label === 0) continue;
      const look = looks[label];
      if (!look) continue;
      const edge =
        look.outline &&
        (ends(labels, from, -across, Math.min(x, thick)) ||
          ends(labels, from, across, Math.min(width - 1 - x, thick)) ||
          ends(labels, from, -down, Math.min(y, thick)) ||
          ends(labels, from, down, Math.min(height - 1 - y, thick)));
      if (dash) {
        if (edge && Math.floor((2 * (x + origin[0]) + y + origin[1]) / dash) & 1) image[place] = look.pixel; // not x + y: diagonals break, too
      } else if (edge) image[place] = look.pixel;
      else if (look.fill > 0) image[place] = blended(image[place], look.colour, 0, look.fill);
    }
  }
}

/** Whether any of the next pixels one way has another label. */
function ends(labels, from, stride, count) {
  for (let step = 1; step <= count; step += 1) if (labels[from + step * stride] !== labels[from]) return true;
  return false;
}

/** The look of a label, with its screen pixel. */
export const lookOf = (colour, fill, outline) => ({ colour, fill, outline, pixel: pixel(...colour) });
