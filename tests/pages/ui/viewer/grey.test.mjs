import assert from "node:assert/strict";
import test from "node:test";

import { differences, expected, load } from "./modules.mjs";

const { autoWindow, byteOf, draggedWindow, greyOf, projectPlanes, shadePlane, shader, shadeValues } = await load("grey");
const { conventionalBasis, flippedAcross, flippedDown, layoutOf, storedBasis } = await load("planes");
const { cases, windows } = expected("grey");

const ARRAYS = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array };

function valuesOf({ dtype, values }) {
  if (dtype === "float32") return values;
  const [low, high] = values;
  return ARRAYS[dtype].from({ length: high - low + 1 }, (_, place) => low + place);
}

/** Whether a sigmoid's grey lies at a half of a byte, where exp's last bit decides. */
function atHalf({ voi, inverted }, value) {
  if (voi.function !== "SIGMOID") return false;
  const grey = greyOf(voi, value);
  const level = (inverted ? 1 - grey : grey) * 255 + 0.5;
  return Math.abs(level - Math.round(level)) < 1e-9;
}

for (const each of cases) {
  test(`bytes as NumPy gives them: ${each.name}`, () => {
    const { dtype, voi, inverted, padding } = each;
    const values = valuesOf(each);
    const { shade, table, mask } = shader(dtype, voi, inverted, padding);
    const shades = Uint8Array.from(values, shade);
    const looked = table ? Uint8Array.from(values, (value) => table[value & mask]) : shades;
    assert.deepEqual(looked, shades, "the table is not what shade() says");
    const wrong = differences(shades, each.bytes).filter(([place]) => !atHalf(each, values[place]));
    assert.deepEqual(wrong, [], "[place, ours, NumPy's]");
  });
}

test("NaN is black, inverted or not", () => {
  const window = { centre: 40, width: 400, function: "LINEAR" };
  assert.deepEqual([byteOf(window, NaN, false), byteOf(window, NaN, true)], [0, 0]);
});

test("automatic windows as NumPy gives them", () => {
  for (const { values, padding, centre, width } of windows) {
    const found = autoWindow(values, padding);
    assert.equal(found.function, "LINEAR_EXACT");
    assert.ok(Math.abs(found.centre - centre) <= 1e-9 * Math.max(1, Math.abs(centre)), `${found.centre}, not ${centre}`);
    assert.ok(Math.abs(found.width - width) <= 1e-9 * Math.max(1, width), `${found.width}, not ${width}`);
  }
});

test("a drag widens to the right, raises the centre downward, and stops at the least width", () => {
  const soft = { centre: 40, width: 300, function: "LINEAR", key: "preset:soft" };
  const of = (start, dx, dy, range) => {
    const { centre, width } = draggedWindow(start, dx, dy, range);
    return [centre, width];
  };
  assert.deepEqual(of(soft, 20, 0, 1000), [40, 320]);
  assert.deepEqual(of(soft, 0, -20, 1000), [20, 300]);
  assert.deepEqual(of({ ...soft, width: 600 }, 20, -20, 1000), [0, 640]);
  assert.deepEqual(of(soft, -5000, 0, 1000), [40, 1]);
  assert.deepEqual(of({ ...soft, function: "LINEAR_EXACT" }, -5000, 0, 1000), [40, 0.01]);
  assert.deepEqual(of({ ...soft, function: "SIGMOID" }, -5000, 0, 0), [40, 1e-6]);
  // of a very narrow window, a hundredth of the range counts: else it could never be opened again
  assert.deepEqual(of({ ...soft, width: 1 }, 300, 0, 1000), [40, 11]);
  assert.equal(draggedWindow(soft, 1, 1, 1000).key, "preset:soft");
});

// Two frames of 3 slices, 4 rows, 5 columns; every value tells its place.
const SHAPE = [3, 4, 5];
const volume = Uint8Array.from({ length: 2 * 60 }, (_, place) => place);
const at = (slice, row, column, frame = 1) => frame * 60 + slice * 20 + row * 5 + column;
const same = { shade: (value) => value, table: null, mask: 0 };
const looked = { shade: null, table: Uint8Array.from({ length: 256 }, (_, value) => value), mask: 0xff };

const PLANES = [
  ["axial as stored", storedBasis(0), 1, 5, 4, (x, y) => at(1, y, x)],
  ["coronal as stored", storedBasis(1), 2, 5, 3, (x, y) => at(y, 2, x)],
  ["sagittal as stored", storedBasis(2), 4, 4, 3, (x, y) => at(y, x, 4)],
  ["axial flipped across", flippedAcross(storedBasis(0)), 1, 5, 4, (x, y) => at(1, y, 4 - x)],
  ["coronal flipped down", flippedDown(storedBasis(1)), 2, 5, 3, (x, y) => at(2 - y, 2, x)],
  ["sagittal flipped both ways", flippedAcross(flippedDown(storedBasis(2))), 4, 4, 3, (x, y) => at(2 - y, 3 - x, 4)],
  ["axial on its side", { x: 1, xSign: -1, y: 2, ySign: 1, normal: 0 }, 2, 4, 5, (x, y) => at(2, 3 - x, y)],
  ["coronal as hung", conventionalBasis([0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1], 1), 0, 5, 3, (x, y) => at(2 - y, 0, x)],
];

for (const [name, basis, position, width, height, wanted] of PLANES) {
  test(`shaded: ${name}`, () => {
    const layout = layoutOf(SHAPE, basis, position);
    assert.deepEqual([layout.width, layout.height], [width, height]);
    const pixels = Array.from({ length: width * height }, (_, place) => wanted(place % width, Math.floor(place / width)));
    for (const grey of [same, looked]) {
      const out = new Uint8Array(width * height);
      shadePlane(out, volume, 60, layout, grey);
      assert.deepEqual([...out], pixels);
    }
  });
}

test("every second pixel only", () => {
  const layout = layoutOf(SHAPE, flippedAcross(storedBasis(0)), 1, 2);
  const out = new Uint8Array(6);
  shadePlane(out, volume, 60, layout, same);
  assert.deepEqual([...out], [at(1, 0, 4), at(1, 0, 2), at(1, 0, 0), at(1, 2, 4), at(1, 2, 2), at(1, 2, 0)]);
});

test("neighbouring planes: mean, maximum, minimum along all three axes", () => {
  const values = Float32Array.from(volume, (value) => ((value * 37) % 101) - 50);
  for (const [axis, first, count] of [[0, 1, 2], [1, 0, 3], [2, 2, 3]]) {
    const basis = flippedDown(storedBasis(axis));
    const layout = layoutOf(SHAPE, basis, first);
    const planes = Array.from({ length: count }, (_, plane) => {
      const out = new Float32Array(layout.width * layout.height);
      const { start, down, across, width } = layoutOf(SHAPE, basis, first + plane);
      return out.map((_, place) => values[60 + start + Math.floor(place / width) * down + (place % width) * across]);
    });
    const column = (place) => planes.map((plane) => plane[place]);
    const wanted = {
      mean: (place) => column(place).reduce((sum, value) => sum + value, 0) / count,
      max: (place) => Math.max(...column(place)),
      min: (place) => Math.min(...column(place)),
    };
    for (const [mode, of] of Object.entries(wanted)) {
      const out = new Float32Array(layout.width * layout.height);
      projectPlanes(out, values, 60, layout, count, mode);
      assert.deepEqual(differences(out, planes[0].map((_, place) => of(place)), 1e-5), [], `${mode} along ${axis}`);
    }
  }
});

const WITHOUT = { mean: [2, 4, 6, NaN], max: [2, 5, 8, NaN], min: [2, 3, 4, NaN] };

for (const [mode, wanted] of Object.entries(WITHOUT)) {
  test(`padding takes no part in a slab: ${mode}`, () => {
    // four pixels of three planes after a frame of another kind; the last pixel is padding throughout
    const values = Float32Array.of(9, 9, 9, 9, -2000, 3, 4, -2000, 2, -2000, 8, -2000, -2000, 5, 6, -2000);
    const out = new Float32Array(4);
    projectPlanes(out, values, 4, layoutOf([3, 1, 4], storedBasis(0), 0), 3, mode, -2000);
    assert.deepEqual([...out], wanted);
    const flipped = new Float32Array(4);
    projectPlanes(flipped, values, 4, layoutOf([3, 1, 4], flippedAcross(storedBasis(0)), 0), 3, mode, -2000);
    assert.deepEqual([...flipped], [...wanted].reverse());
  });
}

test("a padding that no voxel has changes nothing", () => {
  const values = Float32Array.from(volume, (value) => ((value * 37) % 101) - 50);
  for (const mode of ["mean", "max", "min"]) {
    const [one, other] = [new Float32Array(15), new Float32Array(15)];
    const layout = layoutOf(SHAPE, flippedDown(storedBasis(1)), 0);
    projectPlanes(one, values, 60, layout, 3, mode);
    projectPlanes(other, values, 60, layout, 3, mode, 4000);
    assert.deepEqual(differences(one, other, 1e-5), []);
  }
});

test("values that lie in screen order already", () => {
  const out = new Uint8Array(3);
  shadeValues(out, Float32Array.of(-160, 40, 240), shader("float32", { centre: 40, width: 400, function: "LINEAR_EXACT" }, false));
  assert.deepEqual([...out], [0, 128, 255]);
});
