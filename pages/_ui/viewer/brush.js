// The brush: its size, the pixels that it covers, and strokes on their way to Python.
//
// A brush is a disc on the patient: with unlike distances between rows and columns it covers an ellipse of pixels. A
// pixel belongs to a stroke when its centre lies within the radius of the line that the brush's centre was drawn along.

/** Diameters on offer, in mm, or in pixels where there are no millimetres. */
export const SIZES = [1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100];

/** The next size up (1) or down (-1). */
export function nextSize(size, way) {
  const found = way > 0 ? SIZES.find((each) => each > size) : SIZES.findLast((each) => each < size);
  return found ?? size;
}

/** A size to begin with: about a thirtieth of the picture. */
export function firstSize(extent) {
  return SIZES.findLast((each) => each <= extent / 30) ?? SIZES[0];
}

/**
 * Pixels under a brush that goes from one point to another, as {row, first, last}.
 *
 * A brush smaller than a pixel covers those pixels that the line goes through.
 *
 * @param from,to points of the plane as [row, column]; centres of pixels at whole numbers.
 * @param radius in the unit of `spacing`.
 * @param spacing between rows and between columns.
 * @param size rows and columns of the plane.
 */
export function covered(from, to, radius, spacing, size) {
  const [rows, columns] = size;
  const [ay, ax, by, bx] = [from[0] * spacing[0], from[1] * spacing[1], to[0] * spacing[0], to[1] * spacing[1]];
  const length = Math.hypot(by - ay, bx - ax);
  const [uy, ux] = length ? [(by - ay) / length, (bx - ax) / length] : [0, 0];
  const top = Math.max(Math.ceil((Math.min(ay, by) - radius) / spacing[0]), 0);
  const bottom = Math.min(Math.floor((Math.max(ay, by) + radius) / spacing[0]), rows - 1);
  const found = radius < Math.hypot(...spacing) / 2 ? passed(from, to, size) : [];
  for (let row = top; row <= bottom; row += 1) {
    const y = row * spacing[0];
    const ends = [disc(y, ay, ax, radius), disc(y, by, bx, radius), strip(y, { ay, ax, uy, ux, length, radius })].filter(Boolean);
    const first = Math.max(Math.ceil(Math.min(...ends.map(([left]) => left)) / spacing[1]), 0);
    const last = Math.min(Math.floor(Math.max(...ends.map(([, right]) => right)) / spacing[1]), columns - 1);
    if (first <= last) found.push({ row, first, last });
  }
  return found;
}

/** Pixels that a line goes through, to half a pixel. */
function passed(from, to, [rows, columns]) {
  const steps = Math.max(Math.ceil(2 * Math.max(Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))), 1);
  const found = [];
  for (let step = 0; step <= steps; step += 1) {
    const [row, column] = [0, 1].map((axis) => Math.round(from[axis] + ((to[axis] - from[axis]) * step) / steps));
    if (row >= 0 && row < rows && column >= 0 && column < columns) found.push({ row, first: column, last: column });
  }
  return found;
}

/** Where a row crosses a disc: [left, right], or null. */
function disc(y, cy, cx, radius) {
  const half = radius ** 2 - (y - cy) ** 2;
  return half < 0 ? null : [cx - Math.sqrt(half), cx + Math.sqrt(half)];
}

/** Where a row crosses the strip between two discs: [left, right], or null. */
function strip(y, { ay, ax, uy, ux, length, radius }) {
  if (!length) return null;
  let [left, right] = [-Infinity, Infinity];
  // along the line from 0 to its length, across it from -radius to radius: both are linear in x
  for (const [slope, offset, low, high] of [[ux, (y - ay) * uy, 0, length], [uy, -(y - ay) * ux, -radius, radius]]) {
    if (Math.abs(slope) < 1e-12) {
      if (offset < low || offset > high) return null;
      continue;
    }
    const ends = [ax + (low - offset) / slope, ax + (high - offset) / slope];
    left = Math.max(left, Math.min(...ends));
    right = Math.min(right, Math.max(...ends));
  }
  return left <= right ? [left, right] : null;
}

/** Pixels of a stroke as it grows: spans of each row, apart from each other and rising. */
export class Area {
  constructor(columns) {
    this.columns = columns;
    this.rows = new Map();
  }

  add({ row, first, last }) {
    const spans = this.rows.get(row) ?? [];
    const apart = spans.filter(([start, end]) => end < first - 1 || start > last + 1);
    const joined = spans.filter(([start, end]) => !(end < first - 1 || start > last + 1));
    const one = [Math.min(first, ...joined.map(([start]) => start)), Math.max(last, ...joined.map(([, end]) => end))];
    this.rows.set(row, [...apart, one].sort(([a], [b]) => a - b));
  }

  /** First pixel and number of pixels of each run, one after the other; pixels are counted along the rows. */
  runs() {
    const found = [];
    for (const row of [...this.rows.keys()].sort((a, b) => a - b)) {
      for (const [first, last] of this.rows.get(row)) {
        const start = row * this.columns + first;
        const length = last - first + 1;
        // a run goes on into the next row where that is full to its edge
        if (found.length && found.at(-2) + found.at(-1) === start) found[found.length - 1] += length;
        else found.push(start, length);
      }
    }
    return found;
  }
}

/** The runs again as {row, first, last}, none of them beyond its row. */
export function spansOf(runs, columns) {
  const found = [];
  for (let place = 0; place < runs.length; place += 2) {
    let [start, left] = [runs[place], runs[place + 1]];
    while (left > 0) {
      const [row, first] = [Math.floor(start / columns), start % columns];
      const count = Math.min(left, columns - first);
      found.push({ row, first, last: first + count - 1 });
      start += count;
      left -= count;
    }
  }
  return found;
}
