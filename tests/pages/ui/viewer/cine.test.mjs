import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

const { Cine } = await load("cine");

/** A viewer whose frames of the screen come when they are told to. */
function screening({ frames = 1, count = 10, times = null } = {}) {
  const waiting = [];
  globalThis.requestAnimationFrame = (step) => waiting.push(step);
  const picture = {
    frames, frame: 0, index: [0, 0, 0], description: { id: "a", times },
    step(axis, by) {
      const before = this.index[axis];
      this.index[axis] = (before + by) % count;
      return this.index[axis] - before;
    },
  };
  const pane = { picture, axis: 0, count, get position() { return picture.index[0]; } };
  const viewer = { pane, panes: [pane], closed: false, told: 0, requests: 0, moves: [], tell() { this.told += 1; } };
  viewer.request = () => (viewer.requests += 1);
  viewer.moved = (moved) => viewer.moves.push([moved, picture.frame, picture.index[0], viewer.lead]);
  viewer.cine = new Cine(viewer);
  const begun = () => viewer.cine.run.since;
  const tick = (ms) => waiting.splice(0).forEach((step) => step(begun() + ms));
  return { viewer, picture, cine: viewer.cine, tick, waiting };
}

const SPEEDS = [
  ["no times", null, 10],
  ["one time", [0], 10],
  ["25 a second", [0, 40, 80, 120], 25],
  ["times that begin later", [1000, 1040, 1080], 25],
  ["uneven times, on average", [0, 10, 100], 20],
  ["no slower than one a second", [0, 5000, 10000], 1],
  ["no faster than sixty a second", [0, 1, 2], 60],
  ["times that do not grow", [0, 0, 0], 10],
];

for (const [name, times, wanted] of SPEEDS) {
  test(`frames a second: ${name}`, () => {
    const { cine, picture } = screening({ frames: 4, times });
    assert.equal(cine.speed(picture), wanted);
  });
}

test("the reader's own speed stays with the picture, within one to sixty", () => {
  const { cine, picture } = screening({ frames: 4, times: [0, 40, 80, 120] });
  cine.speedTo(picture, 12);
  for (const rate of [0, 61, NaN, -5]) cine.speedTo(picture, rate);
  assert.equal(cine.speed(picture), 12);
  for (const rate of [1, 60]) {
    cine.speedTo(picture, rate);
    assert.equal(cine.speed(picture), rate);
  }
  assert.equal(cine.speed({ description: { id: "b", times: null } }), 10);
});

test("slices play at their pace, round and round", () => {
  const { cine, picture, tick } = screening({ count: 3 });
  cine.toggle();
  assert.equal(cine.playing, true);
  const seen = [];
  for (const ms of [0, 50, 101, 150, 210, 301, 410]) {
    tick(ms);
    seen.push(picture.index[0]);
  }
  assert.deepEqual(seen, [0, 0, 1, 1, 2, 0, 1]);
});

test("frames play before slices; a slow machine leaves out none", () => {
  const { cine, picture, tick } = screening({ frames: 4, count: 3, times: [0, 40, 80, 120] });
  cine.toggle();
  const seen = [];
  for (const ms of [41, 81, 401, 402, 441]) {
    tick(ms);
    seen.push(picture.frame);
  }
  assert.deepEqual(seen, [1, 2, 3, 3, 0]);
  assert.deepEqual(picture.index, [0, 0, 0]);
});

test("a lower speed holds at once", () => {
  const { cine, picture, tick } = screening({ count: 100 });
  cine.speedTo(picture, 60);
  cine.toggle();
  for (let ms = 5; ms <= 1010; ms += 10) tick(ms);
  const before = picture.index[0];
  assert.equal(before, 60);
  cine.speedTo(picture, 2);
  tick(400);
  assert.equal(picture.index[0], before);
  tick(501);
  assert.equal(picture.index[0], before + 1);
});

test("each image is a move like the reader's own: what comes is fetched, and the other pane follows slices by steps", () => {
  const { cine, viewer, picture, tick } = screening({ count: 3 });
  cine.toggle();
  for (const ms of [50, 101, 150, 201, 301]) tick(ms);
  const lead = (by) => ({ picture, by });
  assert.deepEqual(viewer.moves, [[picture, 0, 1, lead(1)], [picture, 0, 2, lead(1)], [picture, 0, 0, lead(-2)]], "told after the move, back at the end");
  const films = screening({ frames: 2, count: 3 });
  films.cine.toggle();
  films.tick(101);
  assert.deepEqual(films.viewer.moves, [[films.picture, 1, 0, undefined]], "frames lead nobody through slices");
});

test("it goes on while its picture is on the screen, and stops with it", () => {
  const { cine, viewer, picture, waiting } = screening();
  cine.toggle();
  const { since } = cine.run;
  cine.leave([{ picture: {}, axis: 0 }, { picture, axis: 0 }]);
  assert.equal(cine.playing, true);
  cine.leave([{ picture: {}, axis: 0 }]);
  assert.equal(cine.playing, false);
  waiting.splice(0).forEach((step) => step(since + 1000));
  assert.deepEqual([picture.index[0], waiting.length, viewer.moves], [0, 0, []]);
  cine.leave([]);
  assert.equal(cine.playing, false);
});

test("slices stop when no pane moves with them; frames play in every plane", () => {
  const slices = screening();
  slices.cine.toggle();
  slices.cine.leave([1, 2].map((axis) => ({ picture: slices.picture, axis })));
  assert.equal(slices.cine.playing, false);
  const films = screening({ frames: 4 });
  films.cine.toggle();
  films.cine.leave([{ picture: films.picture, axis: 2 }]);
  assert.equal(films.cine.playing, true);
});

test("to stop what does not play does nothing; a viewer without panes draws none", () => {
  const { cine, viewer } = screening();
  cine.stop();
  assert.equal(viewer.requests, 0);
  cine.toggle();
  assert.equal(viewer.requests, 1);
  cine.stop();
  assert.equal(viewer.requests, 2);
  cine.stop();
  assert.equal(viewer.requests, 2);
  cine.toggle();
  viewer.panes = [];
  cine.stop();
  assert.deepEqual([cine.playing, viewer.requests], [false, 3]);
});

test("stopped, nothing moves any more, and Python is told once", () => {
  const { viewer, cine, picture, tick, waiting } = screening();
  cine.toggle();
  tick(101);
  const since = cine.run.since;
  cine.toggle();
  waiting.splice(0).forEach((step) => step(since + 1000));
  assert.deepEqual([picture.index[0], cine.playing, waiting.length, viewer.told], [1, false, 0, 1]);
});

test("a viewer that is closed plays no more", () => {
  const { viewer, cine, picture, tick, waiting } = screening();
  cine.toggle();
  viewer.closed = true;
  tick(500);
  assert.deepEqual([picture.index[0], waiting.length], [0, 0]);
});

test("one slice does not play", () => {
  const { cine } = screening({ count: 1 });
  cine.toggle();
  assert.equal(cine.playing, false);
});
