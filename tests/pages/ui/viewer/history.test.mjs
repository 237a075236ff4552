import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { History } = await load("history");

/** A history, and a list that says in which order things were done. */
function kept() {
  const [history, log] = [new History(), []];
  const did = (name, of = "a") => history.note({ of, undo: () => log.push(`-${name}`), redo: () => log.push(`+${name}`) });
  return { history, did, said: () => log.splice(0) };
}

test("what was done last is taken back first, whatever it was done to", () => {
  const { history, did, said } = kept();
  did("length", "measurements");
  did("stroke", "mask");
  did("angle", "measurements");
  assert.deepEqual([history.undo(), history.undo(), history.undo(), history.undo()], [true, true, true, false]);
  assert.deepEqual(said(), ["-angle", "-stroke", "-length"]);
  assert.deepEqual([history.redo(), history.redo(), history.redo(), history.redo()], [true, true, true, false]);
  assert.deepEqual(said(), ["+length", "+stroke", "+angle"]);
});

test("something new ends what was taken back", () => {
  const { history, did, said } = kept();
  did("one");
  did("two");
  history.undo();
  did("three");
  assert.equal(history.redo(), false);
  history.undo();
  history.undo();
  assert.deepEqual(said(), ["-two", "-three", "-one"]);
});

test("no more than a hundred steps are kept", () => {
  const { history, did, said } = kept();
  for (let n = 0; n < 250; n += 1) did(n);
  while (history.undo());
  const taken = said();
  assert.deepEqual([taken.length, taken[0], taken.at(-1)], [100, "-249", "-150"]);
});

test("what is gone takes its steps with it, and no others", () => {
  const { history, did, said } = kept();
  did("one", "mask");
  did("two", "measurements");
  did("three", "mask");
  history.undo();
  history.forget("mask");
  assert.equal(history.redo(), false);
  history.undo();
  assert.equal(history.undo(), false);
  assert.deepEqual(said(), ["-three", "-two"]);
  did("four");
  history.clear();
  assert.equal(history.undo(), false);
});
