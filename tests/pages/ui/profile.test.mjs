import assert from "node:assert/strict";
import { test } from "node:test";

import { keyPlace, placeAt, said } from "../../../pages/_ui/profile.js";

test("a place of the strip is a slice, also at its ends", () => {
  for (const [x, place] of [[-3, 0], [0, 0], [11.9, 0], [12, 1], [59.9, 4], [60, 4], [99, 4]]) {
    assert.equal(placeAt(x, 60, 5), place, `${x}`);
  }
});

test("keys step, jump and stop at the ends", () => {
  const steps = [["ArrowLeft", 2], ["ArrowRight", 4], ["ArrowUp", 4], ["ArrowDown", 2], ["Home", 0], ["End", 23], ["PageUp", 13], ["PageDown", 0]];
  for (const [key, place] of steps) assert.equal(keyPlace(key, 3, 24), place, key);
  assert.equal(keyPlace("ArrowRight", 23, 24), 23);
  assert.equal(keyPlace("m", 3, 24), undefined);
});

test("a slice is said with its number in the series", () => {
  const words = { reaches: "Image {n}: {score}, reaches", below: "Image {n}: {score}, below", unread: "Image {n}: not read" };
  const data = { scores: [0.5, 0.2, null], texts: ["0.50", "0.20", ""], threshold: 0.5, first: 7, words };
  assert.deepEqual([0, 1, 2].map((place) => said(data, place)), ["Image 8: 0.50, reaches", "Image 9: 0.20, below", "Image 10: not read"]);
});
