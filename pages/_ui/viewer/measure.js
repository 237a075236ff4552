// Measurements on a plane of the volume's grid, in double precision; the core (medimg_core.measuring) repeats the same
// arithmetic and has the last word. Points are voxel indices (slice, row, column), voxel centres at whole numbers.

/** Points a measurement is drawn with; a freehand outline has three or more. */
export const POINTS = { length: 2, angle: 3, bidirectional: 4, ellipse: 2, rectangle: 2, freehand: 3, probe: 1 };

/** Vector in millimetres between two indices, or in pixels where the spacing is unknown: {vector, unit}. */
export function difference(volume, from, to) {
  const [a, b, c] = to.map((value, axis) => value - from[axis]);
  if (volume.affine) {
    const m = volume.affine;
    return {
      vector: [m[0] * a + m[1] * b + m[2] * c, m[4] * a + m[5] * b + m[6] * c, m[8] * a + m[9] * b + m[10] * c],
      unit: "mm",
    };
  }
  if (volume.spacing && a === 0) return { vector: [0, b * volume.spacing[1], c * volume.spacing[2]], unit: "mm" };
  return { vector: [a, b, c], unit: "px" };
}

// not Math.hypot, whose last digit is the browser's own affair
const norm = ([x, y, z]) => Math.sqrt(x * x + y * y + z * z);
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Distance between two indices. */
export const distance = (volume, from, to) => norm(difference(volume, from, to).vector);

/** Angle at the middle of three points, in degrees. */
export function angleAt(volume, from, vertex, to) {
  const [one, other] = [from, to].map((end) => difference(volume, vertex, end).vector);
  const dot = one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
  return (Math.atan2(norm(cross(one, other)), dot) * 180) / Math.PI;
}

/** Area of one pixel of the plane across an index axis. */
export function pixelArea(volume, axis) {
  const [down, across] = [0, 1, 2].filter((each) => each !== axis);
  const unit = (each) => [0, 1, 2].map((place) => (place === each ? 1 : 0));
  const [u, v] = [down, across].map((each) => difference(volume, [0, 0, 0], unit(each)).vector);
  return norm(cross(u, v));
}

/** Corners of a shape in its plane: down and across, smallest and largest. */
function box(points, axis) {
  const [down, across] = [0, 1, 2].filter((each) => each !== axis);
  const of = (each) => points.map((point) => point[each]);
  return {
    down,
    across,
    top: Math.min(...of(down)),
    bottom: Math.max(...of(down)),
    left: Math.min(...of(across)),
    right: Math.max(...of(across)),
  };
}

/** Whether a pixel's centre lies inside a shape of the plane. */
export function insideTest(kind, points, axis) {
  const { down, across, top, bottom, left, right } = box(points, axis);
  if (kind === "rectangle") return (y, x) => y >= top && y <= bottom && x >= left && x <= right;
  if (kind === "ellipse") {
    const [cy, cx, ry, rx] = [(top + bottom) / 2, (left + right) / 2, (bottom - top) / 2, (right - left) / 2];
    if (rx === 0 || ry === 0) return () => false;
    return (y, x) => ((y - cy) / ry) ** 2 + ((x - cx) / rx) ** 2 <= 1;
  }
  const outline = points.map((point) => [point[down], point[across]]);
  return (y, x) => {
    let inside = false;
    for (let i = 0, j = outline.length - 1; i < outline.length; j = i, i += 1) {
      const [yi, xi] = outline[i];
      const [yj, xj] = outline[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
    return inside;
  };
}

/** Area of a shape, in pixels of its plane. */
export function shapeArea(kind, points, axis) {
  const { down, across, top, bottom, left, right } = box(points, axis);
  if (kind === "rectangle") return (bottom - top) * (right - left);
  if (kind === "ellipse") return Math.PI * ((bottom - top) / 2) * ((right - left) / 2);
  let twice = 0;
  for (let i = 0, j = points.length - 1; i < points.length; j = i, i += 1) {
    twice += points[j][across] * points[i][down] - points[i][across] * points[j][down];
  }
  return Math.abs(twice) / 2;
}

/**
 * Values inside a shape: {n, mean, sd, min, max}; only {n: 0} where no voxel's centre lies inside.
 *
 * @param read value of a voxel by slice, row and column.
 */
export function statistics(kind, points, axis, shape, read) {
  const { down, across, top, bottom, left, right } = box(points, axis);
  const inside = insideTest(kind, points, axis);
  const index = [0, 0, 0];
  index[axis] = Math.round(points[0][axis]);
  const values = [];
  for (let y = Math.max(Math.ceil(top), 0); y <= Math.min(Math.floor(bottom), shape[down] - 1); y += 1) {
    for (let x = Math.max(Math.ceil(left), 0); x <= Math.min(Math.floor(right), shape[across] - 1); x += 1) {
      if (!inside(y, x)) continue;
      index[down] = y;
      index[across] = x;
      const value = read(index);
      if (Number.isFinite(value)) values.push(value);
    }
  }
  if (!values.length) return { n: 0 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { n: values.length, mean, sd: Math.sqrt(variance), min, max };
}

/** All that a measurement says: {unit, values}. */
export function measured(volume, { kind, points, axis }, read) {
  const { unit } = difference(volume, points[0], points[points.length - 1]);
  if (kind === "length") return { unit, values: { length: distance(volume, points[0], points[1]) } };
  if (kind === "angle") return { unit: "deg", values: { angle: angleAt(volume, ...points) } };
  if (kind === "bidirectional") {
    const [one, other] = [distance(volume, points[0], points[1]), distance(volume, points[2], points[3])];
    return { unit, values: { long: Math.max(one, other), short: Math.min(one, other) } };
  }
  if (kind === "probe") {
    const nearest = points[0].map((value, each) => Math.min(Math.max(Math.round(value), 0), volume.shape[each] - 1));
    return { unit, values: volume.colour ? {} : { value: read(nearest) } };
  }
  const area = shapeArea(kind, points, axis) * pixelArea(volume, axis);
  return { unit, values: { area, ...(volume.colour ? {} : statistics(kind, points, axis, volume.shape, read)) } };
}

/** Meaningful digits: three, whole numbers from 100 on; never more than the value has. */
export function figure(value) {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  if (size < 1) return String(Number(value.toPrecision(3)));
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** A voxel's own value: whole where it is whole. */
const stored = (value) => (Number.isInteger(value) ? String(value) : figure(value));

/** The lines beside a measurement; `words` translates, `valueUnit` is the volume's unit or "". */
export function said(volume, measurement, { unit, values }, words, valueUnit) {
  const note = unit === "mm" && volume.spacingNote ? ` ${volume.spacingNote}` : "";
  const of = (value, suffix) => `${figure(value)} ${suffix}`.trim();
  switch (measurement.kind) {
    case "length":
      return [of(values.length, unit) + note];
    case "angle":
      return [`${values.angle.toFixed(1)}\u00b0`];
    case "bidirectional":
      return [`${figure(values.long)} x ${of(values.short, unit)}${note}`];
    case "probe":
      return values.value === undefined ? [] : [`${stored(values.value)} ${valueUnit}`.trim()];
    default: {
      const lines = [`${words.area} ${of(values.area, unit === "mm" ? "mm\u00b2" : "px\u00b2")}${note}`];
      if (values.n > 0) {
        lines.push(`${words.mean} ${of(values.mean, valueUnit)}  ${words.sd} ${figure(values.sd)}`);
        lines.push(`${words.least} ${stored(values.min)}  ${words.most} ${stored(values.max)}`);
      }
      return lines;
    }
  }
}
