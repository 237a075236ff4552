import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { countLabels, joined } = await load("fetcher");

/** All first bytes, all second bytes and so on: what slabs.py sends. */
const split = (array) => {
  const bytes = new Uint8Array(array.buffer);
  const size = array.BYTES_PER_ELEMENT;
  return Uint8Array.from(bytes, (_, place) => bytes[(place % array.length) * size + Math.floor(place / array.length)]);
};

for (const array of [
  Uint8Array.of(1, 2, 255),
  Int16Array.of(-32768, -1, 0, 1, 255, 256, 32767),
  Uint16Array.of(0, 1, 256, 65535),
  Int32Array.of(-(2 ** 31), -1, 66051, 2 ** 31 - 1),
  Float32Array.of(-0.5, 1e30, NaN, Infinity, 0.1),
]) {
  test(`bytes put together again: ${array.constructor.name}`, () => {
    const whole = joined(split(array), array.BYTES_PER_ELEMENT);
    assert.deepEqual(new array.constructor(whole.buffer), array);
  });
}

test("labels are counted in slices, rows and columns, whatever their value", () => {
  const bytes = Uint8Array.of(0, 1, 0, 0, 2, 255, /* second slice */ 0, 0, 7, 0, 0, 0);
  assert.deepEqual(countLabels(bytes, [2, 2, 3]).map((each) => [...each]), [[3, 1], [2, 2], [0, 2, 2]]);
});
