import assert from "node:assert/strict";
import test from "node:test";

import { Clock } from "./clock.mjs";
import { load, random } from "./modules.mjs";

const { Correction } = await load("correction");
const { spansOf } = await load("brush");

const [SLICES, ROWS, COLUMNS] = [4, 5, 6];
const PLANE = ROWS * COLUMNS;

/** The model's mask: label 1 in a block of slices 1 and 2, label 2 in a corner of slice 3. */
function modelMask() {
  const data = new Uint8Array(SLICES * PLANE);
  for (const slice of [1, 2]) for (const row of [1, 2]) for (const column of [1, 2, 3]) data[slice * PLANE + row * COLUMNS + column] = 1;
  data[3 * PLANE + 4 * COLUMNS + 5] = 2;
  return data;
}

/** Python: the list of edits it was last told, and the mask that follows. A part is all of a label here. */
class Python {
  constructor(model) {
    Object.assign(this, { model, n: 0, ids: [], known: new Map(), said: "", items: new Map() });
  }

  hear({ n, ids, made }) {
    if (n <= this.n) return;
    for (const edit of JSON.parse(JSON.stringify(made))) this.known.set(edit.id, edit);
    this.n = n;
    this.said = "";
    const possible = ids.filter((id) => this.known.get(id).kind !== "add");
    if (possible.length < ids.length) this.said = "nothing to bring back";
    this.ids = possible;
  }

  /** Mask, and by slice the name of the last edit that changed it. */
  mask() {
    const data = this.model.slice();
    const slices = {};
    const put = (place, value, id) => {
      if (data[place] === value) return;
      data[place] = value;
      slices[Math.floor(place / PLANE)] = id;
    };
    for (const id of this.ids) {
      const edit = this.known.get(id);
      if (edit.kind === "drop") {
        const label = data[edit.point[0] * PLANE + edit.point[1] * COLUMNS + edit.point[2]];
        data.forEach((value, place) => value === label && put(place, 0, id));
        continue;
      }
      for (const { row, first, last } of spansOf(edit.runs, COLUMNS)) {
        for (let column = first; column <= last; column += 1) {
          const place = edit.slice * PLANE + row * COLUMNS + column;
          if (edit.erase ? data[place] === edit.label : data[place] !== edit.label) put(place, edit.erase ? 0 : edit.label, id);
        }
      }
    }
    return { data, slices };
  }

  told() {
    const { data, slices } = this.mask();
    const item = this.ids.length ? `mask-${this.n}-${this.ids.length}` : null;
    this.items.set(item, data);
    return { n: this.n, ids: [...this.ids], slices, item, said: this.said };
  }
}

/** A correction of the model's mask, with Python and the line to it. */
function begun({ loaded = SLICES } = {}) {
  const model = modelMask();
  const there = new Uint8Array(SLICES).fill(1, 0, loaded);
  const python = new Python(model);
  const asked = [];
  const link = { address: "/voxels", session: "s", fetcher: { ask: (request, done) => asked.push({ ...request, done }) } };
  const voxels = {
    id: "m", data: model.slice(), shape: [1, SLICES, ROWS, COLUMNS], planeLength: PLANE, rows: ROWS, columns: COLUMNS, compressed: false,
    has: (slice) => there[slice] === 1, link, listeners: new Set(),
  };
  const correction = new Correction(voxels);
  let count = 0;
  /** One stroke as the reader makes it. */
  const paint = (slice, spans, more = {}) => {
    const edit = { id: `e${(count += 1)}`, kind: "stroke", label: 1, slice, frame: 0, erase: false, ...more };
    const delta = correction.blank(slice);
    correction.drawing = true;
    correction.paint(edit, spans, delta);
    correction.drawing = false;
    edit.runs = spans.flatMap(({ row, first, last }) => [row * COLUMNS + first, last - first + 1]);
    correction.add(edit, delta);
    return edit;
  };
  const part = (kind, point) => {
    const edit = { id: `e${(count += 1)}`, kind, point, frame: 0 };
    correction.become([...correction.edits, edit]);
    return edit;
  };
  /** Answer what was asked for; gives how many slices came. */
  const deliver = () => {
    let slices = 0;
    for (const { url, done } of asked.splice(0)) {
      const [, item, first, last] = url.match(/voxels\/(.*)\/(\d+)-(\d+)\?as=raw/);
      slices += Number(last) - Number(first) + 1;
      const data = python.items.get(item);
      done(data ? { buffer: data.slice(first * PLANE, (Number(last) + 1) * PLANE).buffer } : { error: "404" });
    }
    return slices;
  };
  /** Tell Python, take its answer; gives how many slices had to be fetched. */
  const talk = () => {
    const message = correction.message();
    if (message) python.hear(message);
    correction.take(python.told());
    return deliver();
  };
  const agrees = (said = "") => {
    assert.deepEqual([...correction.labels], [...python.mask().data], said);
    assert.equal(correction.sure, true, said);
  };
  return { model, there, python, asked, voxels, correction, paint, part, deliver, talk, agrees };
}

const at = (row, first, last = first) => ({ row, first, last });

test("without edits there is no copy, nothing to tell, nothing to fetch", () => {
  const { correction, voxels, talk, agrees } = begun();
  assert.equal(talk(), 0);
  assert.deepEqual([correction.labels, correction.bytes, correction.message(), correction.any], [voxels.data, 0, null, false]);
  agrees();
});

test("a stroke is there at once, the model's mask stays, and no slice is ever fetched for it", () => {
  const { correction, model, voxels, paint, talk, agrees } = begun();
  paint(1, [at(0, 0, 1), at(1, 0, 4)]);
  assert.deepEqual([...correction.labels.subarray(PLANE, PLANE + 12)], [1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]);
  assert.deepEqual(voxels.data, model);
  assert.equal(talk(), 0);
  agrees();
  assert.equal(talk(), 0, "nor at the next run of the script");
  assert.equal(correction.message(), null);
});

test("the eraser takes its own label only", () => {
  const { correction, paint, talk, agrees } = begun();
  paint(3, [at(4, 0, 5)], { label: 1 });
  paint(3, [at(4, 3, 5)], { label: 1, erase: true });
  assert.deepEqual([...correction.labels.subarray(3 * PLANE + 24, 4 * PLANE)], [1, 1, 1, 0, 0, 0]);
  paint(2, [at(1, 0, 5)], { label: 2, erase: true });
  talk();
  agrees();
});

test("what each label gained is counted along all three axes", () => {
  const { correction, paint } = begun();
  const counts = () => {
    const found = new Map([1, 2].map((label) => [label, [SLICES, ROWS, COLUMNS].map((length) => new Int32Array(length))]));
    const count = (data, way) => data.forEach((value, place) => {
      if (!value) return;
      const own = found.get(value);
      own[0][Math.floor(place / PLANE)] += way;
      own[1][Math.floor((place % PLANE) / COLUMNS)] += way;
      own[2][place % COLUMNS] += way;
    });
    count(correction.labels, 1);
    count(modelMask(), -1);
    return found;
  };
  paint(1, [at(0, 0, 3), at(1, 1, 5)]);
  paint(2, [at(1, 0, 2)], { erase: true });
  paint(2, [at(2, 1, 1)], { label: 2 }); // what one label gains, another may lose
  assert.deepEqual(correction.gained, counts());
  correction.become(correction.edits.slice(0, 1));
  assert.deepEqual(correction.gained, counts());
  assert.ok(correction.gained.get(1)[0].some(Boolean));
});

test("a message holds the names of all edits, and those that Python does not know", () => {
  const { correction, python, paint, talk } = begun();
  const one = paint(1, [at(0, 0)]);
  talk();
  const two = paint(1, [at(0, 1)]);
  const { mask, n, ids, made } = correction.message();
  assert.deepEqual([mask, n, ids, made.map(({ id }) => id)], ["m", 2, [one.id, two.id], [two.id]]);
  assert.deepEqual(JSON.parse(JSON.stringify(made[0])), { id: two.id, kind: "stroke", label: 1, slice: 1, frame: 0, erase: false, runs: [1, 1] });
  correction.become([one]);
  assert.deepEqual([correction.message().ids, correction.message().made], [[one.id], []]);
  python.hear(correction.message());
  assert.notEqual(correction.message(), null, "until it is known to be heard");
  correction.take(python.told());
  assert.equal(correction.message(), null);
});

test("taken back and made again, here and at Python's, without a fetch", () => {
  const { correction, model, paint, talk, agrees } = begun();
  const edits = [paint(1, [at(0, 0, 5)]), paint(1, [at(0, 2, 3)], { erase: true }), paint(2, [at(3, 3)])];
  talk();
  for (const count of [2, 1, 0, 1, 3, 0]) {
    correction.become(edits.slice(0, count));
    assert.equal(talk(), 0);
    agrees(`${count}`);
  }
  assert.deepEqual([correction.labels.length, [...correction.labels]], [model.length, [...model]]);
  assert.equal(correction.bytes, 0, "with nothing corrected, the copy goes");
});

test("a part is found by Python; only the slices that it changed are fetched", () => {
  const { correction, paint, part, asked, talk, agrees } = begun();
  paint(0, [at(0, 0)], { label: 2 });
  talk();
  const drop = part("drop", [1, 1, 1]);
  assert.equal(correction.sure, false);
  assert.equal(talk(), 2);
  agrees();
  const before = correction.edits.slice(0, -1);
  correction.become(before);
  assert.equal(talk(), 0, "the model's own slices are there");
  agrees();
  correction.become([...before, drop]);
  assert.equal(talk(), 2);
  agrees();
  assert.equal(asked.length, 0);
});

test("strokes made while Python looks for a part are right once it has answered", () => {
  const { correction, python, paint, part, talk, agrees, deliver } = begun();
  paint(1, [at(0, 0)]);
  part("drop", [1, 1, 1]);
  python.hear(correction.message());
  const answer = python.told();
  paint(1, [at(1, 1, 2)]); // over what goes, and is to stay
  correction.take(answer);
  assert.equal(deliver(), 0, "an older answer is not taken");
  assert.equal(talk(), 2);
  agrees();
  const edits = correction.edits;
  for (const count of [2, 1, 0, 3, 1, 2]) {
    correction.become(edits.slice(0, count));
    talk();
    agrees(`${count}`);
  }
});

test("slices that come after something else was done are not taken", () => {
  const { correction, python, paint, part, asked, talk, agrees, deliver } = begun();
  part("drop", [1, 1, 1]);
  python.hear(correction.message());
  correction.take(python.told());
  assert.equal(asked.length, 1);
  paint(2, [at(4, 4)]);
  deliver();
  assert.equal(correction.labels[2 * PLANE + 28], 1);
  talk();
  agrees();
});

test("a stroke in hand is not disturbed by an answer", () => {
  const { correction, python, part, deliver, agrees } = begun();
  part("drop", [1, 1, 1]);
  python.hear(correction.message());
  correction.drawing = true;
  correction.take(python.told());
  assert.equal(deliver(), 0);
  correction.drawing = false;
  correction.settle(); // it was none
  assert.equal(deliver(), 2);
  agrees();
});

test("what Python refuses is none, and what it drops is gone", () => {
  const { correction, python, paint, part, talk, agrees } = begun();
  const one = paint(1, [at(0, 0)]);
  part("add", [0, 0, 0]);
  python.hear(correction.message());
  assert.equal(correction.take(python.told()), true);
  assert.deepEqual([correction.edits, correction.told.said], [[one], "nothing to bring back"]);
  agrees();
  paint(2, [at(0, 0)]);
  talk();
  python.ids = []; // a page took all of it back
  assert.equal(correction.take(python.told()), true);
  assert.deepEqual(correction.edits, []);
  agrees();
  python.ids = [one.id];
  correction.take(python.told());
  talk();
  agrees();
});

test("another page of the tab, or a tab that was loaded anew, shows the corrected mask", () => {
  const first = begun();
  const drawn = first.paint(1, [at(0, 0, 3)]);
  first.part("drop", [3, 4, 5]);
  first.talk();
  const other = begun();
  Object.assign(other.python, first.python, { items: other.python.items });
  assert.equal(other.talk(), 2, "the slices that were changed, and no others");
  other.agrees();
  assert.deepEqual([other.correction.edits.map(({ id }) => id), other.correction.message()], [first.correction.edits.map(({ id }) => id), null]);
  other.correction.become(other.correction.edits.slice(0, 1)); // this page does not know how it looked before
  assert.deepEqual(other.correction.message().made, []);
  other.talk();
  other.agrees();
  other.correction.become([]);
  other.talk();
  other.agrees();
  other.correction.become([other.correction.pool.get(drawn.id)]);
  other.talk();
  other.agrees();
});

test("slices of the model's mask that come late take their place beside those corrected", () => {
  const { correction, model, there, voxels, paint, talk, agrees, deliver } = begun({ loaded: 2 });
  voxels.data.fill(0, 2 * PLANE);
  paint(1, [at(0, 0, 3)]);
  talk();
  voxels.data.set(model.subarray(2 * PLANE), 2 * PLANE);
  there.fill(1);
  correction.arrived(0, 3); // a slab may bring some again
  deliver();
  agrees();
});

test("corrected slices wait for the model's, so that what was gained can be counted", () => {
  const first = begun();
  first.paint(3, [at(0, 0, 3)]);
  first.talk();
  const other = begun({ loaded: 2 });
  other.voxels.data.fill(0, 2 * PLANE);
  Object.assign(other.python, first.python, { items: other.python.items });
  assert.equal(other.talk(), 0);
  assert.equal(other.correction.sure, false);
  other.voxels.data.set(other.model.subarray(2 * PLANE), 2 * PLANE);
  other.there.fill(1);
  other.correction.arrived(2, 3);
  assert.equal(other.deliver(), 1);
  other.agrees();
  assert.deepEqual([...other.correction.gained.get(1)[0]], [0, 0, 0, 4]);
});

test("a line that drops is tried again; what is not there any more is not", (t) => {
  const clock = new Clock().install(t);
  for (const [error, tries] of [["Failed to fetch", 1], ["404", 0], ["aborted", 0]]) {
    const { correction, python, part, asked, deliver, agrees } = begun();
    part("drop", [1, 1, 1]);
    python.hear(correction.message());
    correction.take(python.told());
    asked.splice(0).forEach(({ done }) => done({ error }));
    clock.pass(60_000);
    assert.equal(asked.length, tries, error);
    if (tries) {
      deliver();
      agrees();
    }
  }
});

test("long runs of slices are fetched some at a time", () => {
  const { correction, asked } = begun();
  correction.voxels.has = () => true;
  correction.told = { n: 0, ids: ["a"], slices: {}, item: "i", said: "" };
  correction.fetch([0, 1, 2, 5, ...Array.from({ length: 20 }, (_, place) => 10 + place)]);
  assert.deepEqual(asked.map(({ url }) => url.match(/(\d+-\d+)\?/)[1]), ["0-2", "5-5", "10-25", "26-29"]);
  correction.voxels.compressed = true;
  correction.fetch([7]);
  assert.deepEqual([asked.at(-1).url, asked.at(-1).split, asked.at(-1).size], ["/voxels/i/7-7?as=gzip", true, 1]);
});

test("whatever is done in whatever order, both agree once all is said", () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const { correction, python, paint, part, talk, agrees, deliver, asked } = begun();
    const next = random(seed);
    const pick = (count) => Math.floor(next() * count);
    let steps = [[]];
    let place = 0;
    const did = () => {
      steps = [...steps.slice(0, place + 1), correction.edits];
      place += 1;
    };
    const agreed = (news) => {
      if (!news) return;
      steps = [correction.edits]; // as the viewer does: what came otherwise cannot be taken back
      place = 0;
    };
    const turn = () => {
      const what = pick(8);
      if (what < 3) {
        const [first, before] = [pick(COLUMNS), correction.edits.length];
        paint(pick(SLICES), [at(pick(ROWS), first, first + pick(COLUMNS - first))], { label: 1 + pick(2), erase: next() < 0.4 });
        assert.equal(correction.edits.length, before + 1);
        did();
      } else if (what === 3) {
        const filled = [...correction.labels.keys()].filter((each) => correction.labels[each]);
        if (!filled.length) return;
        const [spot] = [filled[pick(filled.length)]];
        part("drop", [Math.floor(spot / PLANE), Math.floor((spot % PLANE) / COLUMNS), spot % COLUMNS]);
        did();
      } else if (what === 4 && place > 0) correction.become(steps[(place -= 1)]);
      else if (what === 5 && place < steps.length - 1) correction.become(steps[(place += 1)]);
      else if (what === 6 && correction.message()) python.hear(correction.message());
      else if (what === 7) {
        agreed(correction.take(python.told()));
        if (next() < 0.5) deliver();
        else asked.splice(pick(2));
      }
    };
    for (let count = 0; count < 60; count += 1) turn();
    asked.splice(0);
    talk();
    talk();
    agrees(`seed ${seed}`);
    assert.deepEqual(correction.edits.map(({ id }) => id), python.ids);
  }
});
