// A picture whose every voxel tells its place, and what can lie over it.

import { load } from "./modules.mjs";

const { Mask, Picture, SaliencyMap } = await load("picture");

export const SHAPE = [3, 4, 5];
// axial head first: slices 3 mm to Superior from z = -4, rows 0.5 mm to Posterior, columns 1 mm to Left
const AFFINE = [0, 0, 1, 10, 0, 0.5, 0, 20, 3, 0, 0, -4, 0, 0, 0, 1];
const WINDOW = { key: "stored", name: "As stored", centre: 127.5, width: 255, function: "LINEAR_EXACT" };

/** Value of a voxel; shown as stored, so that it is its grey, too. */
export const value = (slice, row, column, frame = 0) => frame * 60 + slice * 20 + row * 5 + column;

/** 2 frames of 3 slices, 4 rows, 5 columns, at slice 1, row 2, column 3. */
export function phantom({ loaded = () => true, ...more } = {}) {
  const description = {
    id: "a", dtype: "uint8", shape: [2, ...SHAPE], colour: false, affine: AFFINE, letters: null, spacing: [3, 0.5, 1], spacingNote: "", unit: "HU",
    monochrome1: false, padding: null, inverse: false, windows: [WINDOW], asStored: true, times: null, thickness: null, frameOfReference: "f",
    marks: { left: ["P-0001"], right: ["CT"], banner: ["SYNTHETIC"] }, ...more,
  };
  const planeLength = 20 * (description.colour ? 3 : 1);
  const there = Uint8Array.from({ length: 6 }, (_, plane) => Number(loaded(plane)));
  const missing = there.filter((each) => !each).length;
  const data = Uint8Array.from({ length: 6 * planeLength }, (_, place) => place);
  const voxels = { id: "a", data, planeLength, loaded: there, missing, failure: "", lost: false, share: 1 - missing / 6, has: (plane) => there[plane] === 1 };
  const picture = new Picture(description, voxels, { HOT: Uint8Array.from({ length: 768 }, (_, place) => 255 - (place % 256)) });
  picture.index = [1, 2, 3];
  return picture;
}

/** A map of slice 1 whose right column is hot. */
export function mapOver(setting, more = {}) {
  const grid = [1, 0, 0, -1, 0, 1, 0, 0, 0, 0, 1, 0];
  const description = { id: "s", title: "Grad-CAM", unit: "log-odds", model: true, toNative: grid, toVolume: grid, only: [1, 1], frame: null, scales: { own: 2, usual: null }, ...more };
  const voxels = { shape: [1, 1, 4, 5], data: Float32Array.from({ length: 20 }, (_, place) => (place % 5 === 4 ? 2 : 0)), missing: 0, failure: "", lost: false };
  return new SaliencyMap(description, voxels, new Uint8Array(768).fill(200), { opacity: 1, ...setting });
}

/** A mask with label 1 on row 1, columns 1 and 2 of slice 1. */
export function maskOver(setting, more = {}) {
  const data = new Uint8Array(60);
  data[value(1, 1, 1)] = 1;
  data[value(1, 1, 2)] = 1;
  const labels = [{ value: 1, name: "nodule", colour: [255, 0, 0] }];
  const voxels = { data, shape: [1, ...SHAPE], planeLength: 20, columns: 5, loaded: new Uint8Array(3).fill(1), missing: 0, failure: "", lost: false };
  return new Mask({ id: "m", title: "Nodules", model: true, labels, ...more }, voxels, setting);
}

/** The same mask, which the reader gave one pixel more: row 1, column 3; and took one from: row 1, column 1. */
export function correctedOver(setting, more = {}) {
  const mask = maskOver(setting, { edits: { n: 0, ids: [], slices: {}, item: null, said: "" }, ...more });
  const { correction } = mask;
  for (const [erase, column] of [[false, 3], [true, 1]]) {
    const [edit, delta] = [{ id: String(erase), label: 1, slice: 1, erase }, correction.blank(1)];
    correction.paint(edit, [{ row: 1, first: column, last: column }], delta);
    correction.add(edit, delta);
  }
  return mask;
}
