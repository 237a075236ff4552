// The reader's measurements: made, moved, taken back. Values follow from points and voxels.

import { measured, POINTS, said } from "./measure.js";

/** What Python keeps of a measurement. */
export const bare = ({ id, kind, axis, frame, points }) => ({ id, kind, axis, frame, points });

/** Points of an outline drawn by hand, to a hundredth of a pixel: no hand is surer, and a page stays small. */
export const rounded = (points) => points.map((point) => point.map((value) => Math.round(value * 100) / 100));

/** A measurement with its words; `waiting` while voxels that it needs are on their way. */
export function spoken(picture, measurement, words) {
  const { axis, frame, points } = measurement;
  const base = frame * picture.shape[0];
  const planes = axis === 0 ? [Math.round(points[0][0])] : [...Array(picture.shape[0]).keys()];
  const waiting = planes.some((plane) => !picture.voxels.has(base + plane));
  if (waiting) return { ...measurement, lines: ["..."], waiting };
  const result = measured(picture, measurement, (index) => picture.readAt(frame, index));
  return { ...measurement, lines: said(picture, measurement, result, words, picture.unit), waiting };
}

/** Keep a point inside the volume and in its plane. */
export function kept(picture, axis, position, point) {
  return point.map((value, each) =>
    each === axis ? position : Math.min(Math.max(value, -0.5), picture.shape[each] - 0.5),
  );
}

/** Points after one of them, or all, moved. */
export function movedPoints(held, to) {
  const shift = to.map((value, axis) => value - held.from[axis]);
  return held.start.map((point, place) =>
    held.handle < 0 || held.handle === place ? point.map((value, axis) => value + shift[axis]) : point,
  );
}

/** Where a measurement that is moved as a whole can go: as far as all its points stay inside the volume. */
export function within(picture, held, to) {
  if (held.handle >= 0) return to;
  return to.map((value, axis) => {
    const places = held.start.map((point) => point[axis]);
    const [least, most] = [-0.5 - Math.min(...places), picture.shape[axis] - 0.5 - Math.max(...places)];
    return held.from[axis] + Math.min(Math.max(value - held.from[axis], least), most);
  });
}

/** Whether a measurement has all its points, and is more than a dot. */
export function complete(kind, points) {
  if (points.length < POINTS[kind]) return false;
  if (kind === "probe") return true;
  const apart = (a, b) => Math.hypot(...a.map((value, axis) => value - b[axis]));
  if (kind === "bidirectional") return apart(points[0], points[1]) > 0.01 && apart(points[2], points[3]) > 0.01;
  if (kind === "angle") return apart(points[0], points[1]) > 0.01 && apart(points[1], points[2]) > 0.01;
  return points.some((point) => apart(point, points[0]) > 0.01);
}

/** A name for a new measurement. */
export const newId = () => `m-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
