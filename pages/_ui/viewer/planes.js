// Planes of a volume's own grid: which index axis lies along the screen, in which sense, and what the edges face.
//
// Index order is (slice, row, column) throughout, whole numbers are voxel centres, the patient's space is LPS
// millimetres (x to the Left, y to Posterior, z to Superior).

export const SLICE = 0;
export const ROW = 1;
export const COLUMN = 2;

const LETTERS = ["RL", "AP", "IS"];
const OPPOSITE = { L: "R", R: "L", A: "P", P: "A", S: "I", I: "S", H: "F", F: "H" };
// A further letter is given for components of at least this cosine: 15 degrees off the plane.
const LEAST_COSINE = 0.26;

/** Unit vector in LPS along which an index axis grows; affine is row-major 4 x 4. */
export function direction(affine, axis) {
  const vector = [affine[axis], affine[4 + axis], affine[8 + axis]];
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Anatomical letters of a direction, strongest component first. */
export function lettersOf(vector) {
  const order = [0, 1, 2].sort((a, b) => Math.abs(vector[b]) - Math.abs(vector[a]) || a - b);
  return order
    .filter((axis, place) => place === 0 || Math.abs(vector[axis]) >= LEAST_COSINE)
    .map((axis) => LETTERS[axis][vector[axis] > 0 ? 1 : 0])
    .join("");
}

/** Letters of the opposite direction. */
export const opposite = (letters) => [...letters].map((letter) => OPPOSITE[letter]).join("");

/** Name of the plane at right angles to an index axis: the nearest anatomical one, or "" without geometry. */
export function planeName(affine, axis) {
  if (!affine) return "";
  const [a, b] = inPlane(axis).map((each) => direction(affine, each));
  const normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]].map(Math.abs);
  return ["sagittal", "coronal", "axial"][normal.indexOf(Math.max(...normal))];
}

const inPlane = (axis) => [SLICE, ROW, COLUMN].filter((each) => each !== axis);

/** The plane as it is stored: columns to the right, rows downward. */
export function storedBasis(axis) {
  const [down, across] = inPlane(axis);
  return { x: across, xSign: 1, y: down, ySign: 1, normal: axis };
}

/** The plane as radiologists hang it: axial seen from the feet, coronal from the front, sagittal nose to the left. */
export function conventionalBasis(affine, axis) {
  const name = planeName(affine, axis);
  if (!name) return storedBasis(axis);
  const [right, bottom] = { axial: [0, 1], coronal: [0, 2], sagittal: [1, 2] }[name];
  const down = bottom === 2 ? -1 : 1;
  const [a, b] = inPlane(axis);
  const [da, db] = [direction(affine, a), direction(affine, b)];
  const straight = Math.abs(da[right]) + Math.abs(db[bottom]) >= Math.abs(db[right]) + Math.abs(da[bottom]);
  const [x, y] = straight ? [a, b] : [b, a];
  const [dx, dy] = straight ? [da, db] : [db, da];
  return { x, xSign: dx[right] >= 0 ? 1 : -1, y, ySign: dy[bottom] * down >= 0 ? 1 : -1, normal: axis };
}

export const flippedAcross = (basis) => ({ ...basis, xSign: -basis.xSign });
export const flippedDown = (basis) => ({ ...basis, ySign: -basis.ySign });

/** A quarter turn clockwise. What was at the bottom comes to the left. */
export const turnedRight = (basis) => ({
  ...basis,
  x: basis.y,
  xSign: -basis.ySign,
  y: basis.x,
  ySign: basis.xSign,
});

/** A quarter turn anticlockwise. */
export const turnedLeft = (basis) => turnedRight(turnedRight(turnedRight(basis)));

/**
 * Letters at the left, right, top and bottom edge, or null where the tags give none.
 *
 * @param volume has `affine` (row-major 4 x 4) or null, and `letters`: those at the right and bottom edge of a
 *   planar image as stored, or null.
 */
export function edgeLetters(volume, basis) {
  const right = letterOf(volume, basis.x, basis.xSign);
  const bottom = letterOf(volume, basis.y, basis.ySign);
  return right && bottom ? [opposite(right), right, opposite(bottom), bottom] : null;
}

function letterOf(volume, axis, sign) {
  if (volume.affine) return lettersOf(direction(volume.affine, axis).map((value) => value * sign));
  const stored = volume.letters && { [COLUMN]: volume.letters[0], [ROW]: volume.letters[1] }[axis];
  return stored ? (sign > 0 ? stored : opposite(stored)) : null;
}

/**
 * How the pixels of a plane lie in the flat array of one frame: value = data[start + y * down + x * across].
 *
 * @param shape slices, rows, columns.
 * @param position index along the normal.
 * @param step 2 for every second pixel only, and so on.
 */
export function layoutOf(shape, basis, position, step = 1) {
  const strides = [shape[1] * shape[2], shape[2], 1];
  let start = position * strides[basis.normal];
  if (basis.xSign < 0) start += (shape[basis.x] - 1) * strides[basis.x];
  if (basis.ySign < 0) start += (shape[basis.y] - 1) * strides[basis.y];
  return {
    width: Math.ceil(shape[basis.x] / step),
    height: Math.ceil(shape[basis.y] / step),
    start,
    across: basis.xSign * strides[basis.x] * step,
    down: basis.ySign * strides[basis.y] * step,
    through: strides[basis.normal],
  };
}

/** Voxel index of a pixel of the plane; both may be fractional. */
export function toIndex(shape, basis, position, x, y) {
  const index = [0, 0, 0];
  index[basis.normal] = position;
  index[basis.x] = basis.xSign > 0 ? x : shape[basis.x] - 1 - x;
  index[basis.y] = basis.ySign > 0 ? y : shape[basis.y] - 1 - y;
  return index;
}

/** Pixel (x, y) of the plane on which a voxel index is projected. */
export function toPixel(shape, basis, index) {
  const x = index[basis.x];
  const y = index[basis.y];
  return [basis.xSign > 0 ? x : shape[basis.x] - 1 - x, basis.ySign > 0 ? y : shape[basis.y] - 1 - y];
}

/** LPS millimetres of a voxel index. */
export function toWorld(affine, index) {
  return [0, 1, 2].map(
    (axis) =>
      affine[4 * axis] * index[0] + affine[4 * axis + 1] * index[1] + affine[4 * axis + 2] * index[2] + affine[4 * axis + 3],
  );
}

/** Fractional voxel index of an LPS point. */
export function toVoxel(affine, point) {
  const [a, b, c] = [affine.slice(0, 3), affine.slice(4, 7), affine.slice(8, 11)];
  const offset = point.map((value, axis) => value - affine[4 * axis + 3]);
  const determinant = det(a, b, c);
  const column = (place) =>
    det(...[a, b, c].map((row, axis) => row.map((value, at) => (at === place ? offset[axis] : value)))) / determinant;
  return [column(0), column(1), column(2)];
}

const det = (a, b, c) =>
  a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0]) + a[2] * (b[0] * c[1] - b[1] * c[0]);

/** Distance between the planes along an axis, in mm: along their normal, not along a slanted step. */
export function planeStep(affine, axis) {
  const step = [affine[axis], affine[4 + axis], affine[8 + axis]];
  const normal = planeNormal(affine, axis);
  return Math.abs(step[0] * normal[0] + step[1] * normal[1] + step[2] * normal[2]);
}

/** Unit normal of the planes at right angles to an index axis, pointing along the growing index. */
export function planeNormal(affine, axis) {
  const [a, b] = inPlane(axis).map((each) => direction(affine, each));
  const normal = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
  const along = direction(affine, axis);
  const length = Math.hypot(...normal) * (normal[0] * along[0] + normal[1] * along[1] + normal[2] * along[2] < 0 ? -1 : 1);
  return normal.map((value) => value / length);
}

/**
 * Where another plane cuts this one: two pixels of this plane, or null where they are parallel or do not meet.
 *
 * @param other has `point` (LPS) and `normal` (unit, LPS).
 */
export function cut(volume, basis, position, other) {
  const { shape, affine } = volume;
  const distance = (x, y) => {
    const at = toWorld(affine, toIndex(shape, basis, position, x, y));
    return at.reduce((sum, value, axis) => sum + (value - other.point[axis]) * other.normal[axis], 0);
  };
  const [right, bottom] = [shape[basis.x] - 0.5, shape[basis.y] - 0.5];
  const corners = [[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]];
  const heights = corners.map(([x, y]) => distance(x, y));
  if (Math.max(...heights) - Math.min(...heights) < 1e-3) return null;
  const ends = [];
  corners.forEach((from, place) => {
    const to = corners[(place + 1) % 4];
    const [a, b] = [heights[place], heights[(place + 1) % 4]];
    if (a === b || a * b > 0 || (b === 0 && a !== 0)) return;
    const share = a / (a - b);
    ends.push([from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]);
  });
  return ends.length >= 2 ? [ends[0], ends[1]] : null;
}
