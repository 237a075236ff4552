// From values to the 256 greys on the screen (DICOM PS3.3 C.11.2), in double precision and in one order of
// arithmetic, so that NumPy gives the same bytes (medimg_core.voi).

/** Grey of one value, 0 to 1; a window is {centre, width, function}, a table {first, entries}. */
export function greyOf(voi, value) {
  if (voi.entries) {
    const place = Math.floor(value + 0.5) - voi.first;
    return voi.entries[Math.min(Math.max(place, 0), voi.entries.length - 1)];
  }
  if (voi.function === "SIGMOID") return 1 / (1 + Math.exp((-4 * (value - voi.centre)) / voi.width));
  let { centre, width } = voi;
  if (voi.function === "LINEAR") {
    centre -= 0.5;
    width -= 1;
    if (width === 0) return value > centre ? 1 : 0; // PS3.3: a width of 1 is a step
  }
  return Math.min(Math.max((value - (centre - width / 2)) / width, 0), 1);
}

/** Grey of one value as the screen's byte; NaN is black. */
export function byteOf(voi, value, inverted) {
  const grey = greyOf(voi, value);
  if (Number.isNaN(grey)) return 0;
  return Math.min(Math.max(Math.floor((inverted ? 1 - grey : grey) * 255 + 0.5), 0), 255);
}

const RANGES = { uint8: [0, 255], int16: [-32768, 32767], uint16: [0, 65535] };

/**
 * Greys for all values of a volume.
 *
 * @param dtype of the voxels.
 * @param padding value that is no measurement and stays black, or null.
 * @returns `shade(value)`, and for small integers a `table` with `mask` such that byte = table[value & mask].
 */
export function shader(dtype, voi, inverted, padding = null) {
  const shade = (value) => (value === padding ? 0 : byteOf(voi, value, inverted));
  const range = RANGES[dtype];
  if (!range) return { shade, table: null, mask: 0 };
  const mask = dtype === "uint8" ? 0xff : 0xffff;
  const table = new Uint8Array(mask + 1);
  fillTable(table, mask, range, voi, inverted);
  if (padding !== null && padding >= range[0] && padding <= range[1]) table[padding & mask] = 0;
  return { shade, table, mask };
}

/** Only a linear ramp's slope needs arithmetic: all below it is one end's grey, all above it the other's. */
function fillTable(table, mask, [low, high], voi, inverted) {
  let [from, to] = [low, high];
  if (!voi.entries && voi.function !== "SIGMOID") {
    from = Math.min(Math.max(Math.floor(voi.centre - voi.width / 2) - 2, low), high);
    to = Math.max(Math.min(Math.ceil(voi.centre + voi.width / 2) + 2, high), low);
    const [under, over] = inverted ? [255, 0] : [0, 255];
    if (low < 0) {
      table.fill(under, low & mask, mask + 1);
      table.fill(under, 0, high + 1);
    } else table.fill(under);
    for (let value = to + 1; value <= high; value += 1) table[value & mask] = over;
  }
  for (let value = from; value <= to; value += 1) table[value & mask] = byteOf(voi, value, inverted);
}

/** Window from 1 to 99 % of values, a sample of them; LINEAR_EXACT. Padding and what is not finite are left out. */
export function autoWindow(values, padding = null, low = 1, high = 99) {
  const step = Math.max(1, Math.floor(values.length / 200000));
  const sample = [];
  for (let place = 0; place < values.length; place += step) {
    const value = values[place];
    if (Number.isFinite(value) && value !== padding) sample.push(value);
  }
  if (!sample.length) return { centre: 0.5, width: 1, function: "LINEAR_EXACT" };
  const sorted = Float64Array.from(sample).sort();
  const [bottom, top] = [low, high].map((share) => {
    const place = ((sorted.length - 1) * share) / 100;
    const under = Math.floor(place);
    const over = Math.min(under + 1, sorted.length - 1);
    return sorted[under] + (sorted[over] - sorted[under]) * (place - under);
  });
  if (!(top > bottom)) return { centre: bottom, width: 1, function: "LINEAR_EXACT" };
  return { centre: (bottom + top) / 2, width: top - bottom, function: "LINEAR_EXACT" };
}

/** A window after a drag: width and centre by pixels of movement, never below what its function allows. */
export function draggedWindow(start, dx, dy, range) {
  const gain = Math.max(start.width, range * 0.01) / 300;
  const least = start.function === "LINEAR" ? 1 : range * 1e-5 || 1e-6;
  return { ...start, width: Math.max(least, start.width + dx * gain), centre: start.centre + dy * gain };
}

/**
 * Shade one plane.
 *
 * @param out Uint8Array of width * height.
 * @param layout of {@link planes.layoutOf}; `offset` is the frame's first voxel.
 */
export function shadePlane(out, data, offset, layout, grey) {
  const { width, height, across, down, start } = layout;
  const { table, mask, shade } = grey;
  let place = 0;
  for (let y = 0; y < height; y += 1) {
    let from = offset + start + y * down;
    if (table) {
      for (let x = 0; x < width; x += 1, from += across) out[place++] = table[data[from] & mask];
    } else {
      for (let x = 0; x < width; x += 1, from += across) out[place++] = shade(data[from]);
    }
  }
}

/**
 * Mean, maximum or minimum of neighbouring planes.
 *
 * @param out Float32Array of width * height.
 * @param count planes from the layout's own, along its normal.
 * @param mode "mean", "max" or "min".
 * @param padding value that is no measurement and takes no part; NaN where there is nothing else. Or null.
 */
export function projectPlanes(out, data, offset, layout, count, mode, padding = null) {
  if (padding !== null) {
    projectWithout(out, data, offset, layout, count, mode, padding);
    return;
  }
  const { width, height, across, down, start, through } = layout;
  out.fill(mode === "max" ? -Infinity : mode === "min" ? Infinity : 0);
  for (let plane = 0; plane < count; plane += 1) {
    let place = 0;
    for (let y = 0; y < height; y += 1) {
      let from = offset + start + plane * through + y * down;
      if (mode === "mean") for (let x = 0; x < width; x += 1, from += across) out[place++] += data[from];
      else if (mode === "max")
        for (let x = 0; x < width; x += 1, from += across, place += 1) if (data[from] > out[place]) out[place] = data[from];
      if (mode === "min")
        for (let x = 0; x < width; x += 1, from += across, place += 1) if (data[from] < out[place]) out[place] = data[from];
    }
  }
  if (mode === "mean") for (let place = 0; place < out.length; place += 1) out[place] /= count;
}

function projectWithout(out, data, offset, { width, height, across, down, start, through }, count, mode, padding) {
  for (let y = 0, place = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, place += 1) {
      let [sum, seen] = [mode === "max" ? -Infinity : mode === "min" ? Infinity : 0, 0];
      for (let plane = 0; plane < count; plane += 1) {
        const value = data[offset + start + plane * through + y * down + x * across];
        if (value === padding) continue;
        seen += 1;
        sum = mode === "max" ? Math.max(sum, value) : mode === "min" ? Math.min(sum, value) : sum + value;
      }
      out[place] = seen ? (mode === "mean" ? sum / seen : sum) : NaN;
    }
  }
}

/** Shade values that lie in screen order already. */
export function shadeValues(out, values, grey) {
  for (let place = 0; place < values.length; place += 1) out[place] = grey.shade(values[place]);
}
