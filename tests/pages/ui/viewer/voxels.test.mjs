import assert from "node:assert/strict";
import test from "node:test";

import { Clock } from "./clock.mjs";
import { load } from "./modules.mjs";

const { Fetcher, fetchOrder, missingSlabs, Shelf, Voxels } = await load("voxels");
const { countLabels } = await load("fetcher");

const ranges = (slabs) => slabs.map(({ first, last }) => `${first}-${last}`);

test("planes that are not there yet, in slabs", () => {
  const missing = (text, size) => ranges(missingSlabs(Uint8Array.from(text, Number), size));
  assert.deepEqual(missing("0000000000", 4), ["0-3", "4-7", "8-9"]);
  assert.deepEqual(missing("1111001111", 4), ["4-5"]);
  assert.deepEqual(missing("0001000110", 4), ["0-2", "4-6", "9-9"]);
  assert.deepEqual(missing("0100", 4), ["0-3"], "one request, a plane in its middle comes again");
  assert.deepEqual(missing("1111", 4), []);
});

test("no slab across two time points: a mask's voxels are counted in the one that it belongs to", () => {
  const missing = (text, size, perFrame) => ranges(missingSlabs(Uint8Array.from(text, Number), size, perFrame));
  assert.deepEqual(missing("000000000000", 4, 6), ["0-3", "4-5", "6-9", "10-11"]);
  assert.deepEqual(missing("000000", 100, 3), ["0-2", "3-5"]);
  assert.deepEqual(missing("0000", 4, 1), ["0-0", "1-1", "2-2", "3-3"]);
  assert.deepEqual(missing("001000", 4, 3), ["0-1", "3-5"]);
  assert.deepEqual(missing("000000000", 2, 3), ["0-1", "2-2", "3-4", "5-5", "6-7", "8-8"]);
});

test("the nearest slab first, the own frame before others", () => {
  const slabs = missingSlabs(new Uint8Array(30), 2); // 3 frames of 10 slices
  const order = ranges(fetchOrder(slabs, 14, 10));
  assert.deepEqual(order.slice(0, 5), ["14-15", "12-13", "16-17", "10-11", "18-19"]);
  assert.deepEqual(order.slice(5, 9), ["8-9", "20-21", "6-7", "22-23"]);
  assert.equal(order.length, 15);
  assert.deepEqual(ranges(fetchOrder([{ first: 15, last: 16 }, { first: 0, last: 10 }], 12, 20)), ["0-10", "15-16"], "by their nearer end");
});

// ---------------------------------------------------------------- fetching

/** Keeps what it is asked for; `answer` brings it: every value of a plane is the plane's number. */
class FakeFetcher {
  constructor() {
    this.asked = [];
    this.aborted = [];
  }

  ask(request, done) {
    const [first, last] = request.url.match(/\/(\d+)-(\d+)\?/).slice(1).map(Number);
    this.asked.push({ ...request, first, last, done, job: this.asked.length + 1 });
    return this.asked.length;
  }

  abort(jobs) {
    this.aborted.push(...jobs);
  }

  get open() {
    return this.asked.filter(({ job, answered }) => !answered && !this.aborted.includes(job));
  }

  answer(request, more = {}) {
    request.answered = true;
    const count = request.last - request.first + 1;
    const values = Int16Array.from({ length: count * 6 }, (_, place) => request.first + Math.floor(place / 6));
    request.done({ buffer: values.buffer, counts: null, ...more });
  }
}

const DESCRIPTION = { id: "abc", dtype: "int16", shape: [2, 8, 2, 3], colour: false, slab: 4 };

function fetched(description = DESCRIPTION, link = {}, counted = false) {
  const fetcher = new FakeFetcher();
  const voxels = new Voxels(description, { address: "/voxels", session: "secret", fetcher, local: true, ...link }, counted);
  return { fetcher, voxels };
}

test("the slice on show comes alone, then what lies around it, three requests at once", () => {
  const { fetcher, voxels } = fetched();
  const told = [];
  voxels.listeners.add((slab) => told.push(slab.first));
  voxels.want(5);
  assert.deepEqual(ranges(fetcher.open), ["5-5"]);
  const [request] = fetcher.asked;
  assert.deepEqual([request.url, request.session, request.size, request.count], ["/voxels/abc/5-5?as=raw", "secret", 2, null]);
  fetcher.answer(request);
  assert.deepEqual(told, [5]);
  assert.deepEqual([voxels.has(5), voxels.has(4), voxels.missing, voxels.share], [true, false, 15, 1 / 16]);
  assert.deepEqual(ranges(fetcher.open), ["4-7", "0-3", "8-11"]);
  let most = 0;
  while (fetcher.open.length) {
    most = Math.max(most, fetcher.open.length);
    fetcher.answer(fetcher.open[0]);
  }
  assert.equal(most, 3);
  assert.equal(voxels.missing, 0);
  assert.deepEqual([...voxels.data], Array.from({ length: 96 }, (_, place) => Math.floor(place / 6)));
});

test("the reader moves on: what is asked next lies around the new place", () => {
  const { fetcher, voxels } = fetched();
  voxels.want(0);
  fetcher.answer(fetcher.open[0]);
  assert.deepEqual(ranges(fetcher.open), ["1-3", "4-7", "8-11"]);
  voxels.want(15);
  assert.equal(fetcher.open.length, 3, "no more than three");
  fetcher.answer(fetcher.open[0]);
  assert.deepEqual(ranges(fetcher.open), ["4-7", "8-11", "12-15"]);
});

test("nothing is asked for twice at once", () => {
  const { fetcher, voxels } = fetched();
  voxels.want(5);
  voxels.want(6);
  assert.deepEqual(ranges(fetcher.open), ["5-5", "0-3", "8-11"], "the slab of slice 5 waits for it");
});

test("stop ends all requests; want goes on with what is missing", () => {
  const { fetcher, voxels } = fetched();
  voxels.want(0);
  fetcher.answer(fetcher.open[0]);
  const late = fetcher.open[0];
  voxels.stop();
  assert.deepEqual(fetcher.aborted, [2, 3, 4]);
  fetcher.answer(late);
  assert.equal(voxels.missing, 15, "what arrives after all is not wanted any more");
  assert.equal(fetcher.open.length, 0);
  voxels.want(9);
  assert.deepEqual(ranges(fetcher.open), ["8-11", "12-15", "4-7"]);
});

test("what the server does not know is given up at once, until the reader moves", (t) => {
  const clock = new Clock().install(t);
  const { fetcher, voxels } = fetched();
  assert.equal(voxels.lost, false);
  voxels.want(0);
  const told = [];
  voxels.listeners.add((slab) => told.push(slab));
  fetcher.answer(fetcher.open[0], { error: "404" });
  clock.pass(60_000);
  assert.deepEqual([voxels.failure, voxels.lost, told.length, fetcher.open.length], ["404", true, 1, 0]);
  voxels.want(1);
  assert.deepEqual([voxels.failure, voxels.lost, ranges(fetcher.open)], ["", false, ["1-1"]]);
});

const RETRIES_MS = [500, 1500, 4000, 10000];

/** Let what is under way fail; gives how long it took until it was asked for again, or null where it was given up. */
function failing(clock, fetcher, error = "Failed to fetch") {
  for (const request of fetcher.open) fetcher.answer(request, { error });
  for (let waited = 0; waited <= 60_000; waited += 100) {
    if (fetcher.open.length) return waited;
    clock.pass(100);
  }
  return null;
}

test("what failed is tried again after a while, four times; only then it is given up", (t) => {
  const clock = new Clock().install(t);
  const { fetcher, voxels } = fetched();
  const lost = [];
  voxels.listeners.add(() => lost.push(voxels.lost));
  voxels.want(3);
  const waits = RETRIES_MS.map((_, place) => failing(clock, fetcher, place ? "503" : "Failed to fetch"));
  assert.deepEqual([waits, lost], [RETRIES_MS, [false, false, false, false]]);
  assert.deepEqual(ranges(fetcher.open), ["3-3"]);
  assert.equal(failing(clock, fetcher), null);
  assert.deepEqual([voxels.lost, lost.at(-1), voxels.failure], [true, true, "Failed to fetch"]);
  voxels.want(3);
  assert.deepEqual([voxels.lost, fetcher.open.length], [false, 1]);
  assert.equal(failing(clock, fetcher), RETRIES_MS[0], "begun anew");
});

test("requests that fail together are one try", (t) => {
  const clock = new Clock().install(t);
  const { fetcher, voxels } = fetched();
  voxels.want(0);
  fetcher.answer(fetcher.open[0]);
  assert.equal(fetcher.open.length, 3);
  assert.deepEqual(RETRIES_MS.map(() => failing(clock, fetcher)), RETRIES_MS);
  assert.equal(fetcher.open.length, 3);
  assert.equal(failing(clock, fetcher), null);
});

test("what arrives ends the counting of tries", (t) => {
  const clock = new Clock().install(t);
  const { fetcher, voxels } = fetched();
  voxels.want(0);
  for (const wait of RETRIES_MS.slice(0, 3)) assert.equal(failing(clock, fetcher), wait);
  fetcher.answer(fetcher.open[0]);
  assert.equal(failing(clock, fetcher), RETRIES_MS[0]);
});

test("given up by one request, what another brings is kept", (t) => {
  new Clock().install(t);
  const { fetcher, voxels } = fetched();
  voxels.want(0);
  fetcher.answer(fetcher.open[0]);
  const [one, other] = fetcher.open;
  fetcher.answer(one, { error: "404" });
  fetcher.answer(other);
  assert.deepEqual([voxels.lost, voxels.has(other.first)], [true, true]);
});

test("nothing is tried again after a stop, nor twice when the reader moves before", (t) => {
  const clock = new Clock().install(t);
  const stopped = fetched();
  stopped.voxels.want(0);
  stopped.fetcher.answer(stopped.fetcher.open[0], { error: "500" });
  stopped.voxels.stop();
  clock.pass(60_000);
  assert.equal(stopped.fetcher.open.length, 0);
  const { fetcher, voxels } = fetched();
  voxels.want(0);
  fetcher.answer(fetcher.open[0], { error: "500" });
  clock.pass(400);
  voxels.want(2);
  assert.deepEqual(ranges(fetcher.open), ["2-2"], "at once");
  fetcher.answer(fetcher.open[0], { error: "500" });
  clock.pass(499);
  assert.equal(fetcher.open.length, 0, "the timer from before is forgotten");
  clock.pass(1);
  assert.deepEqual(ranges(fetcher.open), ["2-2"]);
});

test("an aborted request is no failure", () => {
  const { fetcher, voxels } = fetched();
  voxels.want(0);
  fetcher.answer(fetcher.open[0], { error: "aborted" });
  assert.equal(voxels.failure, "");
});

test("a plane that was asked for by another way is put, and then the rest is fetched", async () => {
  const { fetcher, voxels } = fetched();
  const told = [];
  voxels.listeners.add((slab) => told.push(slab));
  let bring;
  const done = voxels.expect(3, new Promise((resolve) => (bring = resolve)));
  voxels.want(3);
  assert.equal(fetcher.asked.length, 0, "the rest waits");
  bring(Int16Array.of(7, 8, 9, -1, -2, -3).buffer);
  await done;
  assert.deepEqual([voxels.has(3), [...voxels.data.subarray(18, 24)]], [true, [7, 8, 9, -1, -2, -3]]);
  assert.deepEqual(told, [{ first: 3, last: 3 }]);
  assert.deepEqual(ranges(fetcher.open), ["0-2", "4-7", "8-11"]);
});

for (const [name, answer] of [["nothing", null], ["too little", new ArrayBuffer(4)]]) {
  test(`a plane that was expected and brought ${name} is fetched like any other`, async () => {
    const { fetcher, voxels } = fetched();
    const done = voxels.expect(3, Promise.resolve(answer));
    voxels.want(3);
    await done;
    assert.equal(voxels.has(3), false);
    assert.deepEqual(ranges(fetcher.open), ["3-3"]);
  });
}

test("a plane that was expected is not waited for when there are some already", async () => {
  const { fetcher, voxels } = fetched();
  voxels.want(0);
  fetcher.answer(fetcher.open[0]);
  await voxels.expect(3, Promise.reject(new Error("never asked")).catch(() => null));
  assert.equal(voxels.has(3), false);
  assert.equal(fetcher.open.length, 3);
});

test("after a stop, an expected plane starts nothing", async () => {
  const { fetcher, voxels } = fetched();
  let bring;
  const done = voxels.expect(3, new Promise((resolve) => (bring = resolve)));
  voxels.want(3);
  voxels.stop();
  bring(new ArrayBuffer(12));
  await done;
  assert.equal(fetcher.asked.length, 0);
  voxels.want(3);
  assert.ok(fetcher.open.length > 0, "until it is wanted again");
});

// ---------------------------------------------------------------- packed or plain

test("packed from another machine, plain on this one", () => {
  const far = fetched(DESCRIPTION, { local: false });
  far.voxels.want(0);
  assert.deepEqual([far.fetcher.asked[0].url, far.fetcher.asked[0].split], ["/voxels/abc/0-0?as=gzip", true]);
  const near = fetched();
  near.voxels.want(0);
  assert.equal(near.fetcher.asked[0].split, false);
});

const MEGABYTE = 2 ** 20;

test("plain slabs that come slowly are packed from then on", async () => {
  const { fetcher, voxels } = fetched();
  voxels.judge(MEGABYTE); // the clock starts with the first arrival
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (let n = 0; n < 7; n += 1) voxels.judge(MEGABYTE);
  assert.equal(voxels.compressed, false, "not before enough has come");
  // 8 MB in an age: far below 10 MB in a second
  voxels.since -= 60_000;
  voxels.judge(MEGABYTE);
  assert.equal(voxels.compressed, true);
  voxels.want(0);
  assert.match(fetcher.asked[0].url, /as=gzip$/);
});

test("plain slabs that come quickly stay plain", () => {
  const { voxels } = fetched();
  for (let n = 0; n < 40; n += 1) voxels.judge(1024 * MEGABYTE);
  assert.equal(voxels.compressed, false);
});

// ---------------------------------------------------------------- masks

/** Nested typed arrays as plain ones. */
/** Counts by label, as plain lists, the lowest label first. */
const plain = (counts) => [...counts].sort(([a], [b]) => a - b).map(([label, each]) => [label, each.map((along) => [...along])]);

test("voxels of a mask are counted once, in slices, rows and columns", () => {
  const description = { id: "mask", dtype: "uint8", shape: [1, 8, 2, 3], colour: false, slab: 4 };
  const { fetcher, voxels } = fetched(description, {}, true);
  const labels = Uint8Array.from({ length: 48 }, (_, place) => (place % 5 === 0 ? 1 + (place % 3) : 0));
  voxels.want(2);
  while (fetcher.open.length) {
    const [request] = fetcher.open;
    assert.deepEqual(request.count, [request.last - request.first + 1, 2, 3]);
    const part = labels.slice(6 * request.first, 6 * (request.last + 1));
    fetcher.answer(request, { buffer: part.buffer, counts: countLabels(part, request.count) });
  }
  assert.deepEqual(voxels.data, labels);
  assert.deepEqual(voxels.counts.map(plain), [plain(countLabels(labels, [8, 2, 3]))]);
});

test("voxels of a mask of a time series are counted by frame", () => {
  const { fetcher, voxels } = fetched({ id: "mask", dtype: "uint8", shape: [2, 5, 2, 3], colour: false, slab: 4 }, {}, true);
  const labels = Uint8Array.from({ length: 60 }, (_, place) => Number(place % 7 === 0 || place > 50));
  voxels.want(7);
  assert.deepEqual(ranges(fetcher.open), ["5-8", "9-9", "4-4"], "no plane alone: the slab around it would count it twice");
  while (fetcher.open.length) {
    const [request] = fetcher.open;
    const part = labels.slice(6 * request.first, 6 * (request.last + 1));
    fetcher.answer(request, { buffer: part.buffer, counts: countLabels(part, request.count) });
  }
  assert.deepEqual(voxels.counts.map(plain), [0, 1].map((frame) => plain(countLabels(labels.slice(30 * frame, 30 * (frame + 1)), [5, 2, 3]))));
});

test("colours take three bytes a pixel", () => {
  const { voxels } = fetched({ ...DESCRIPTION, dtype: "uint8", colour: true });
  assert.deepEqual([voxels.planeLength, voxels.bytes], [18, 288]);
});

// ---------------------------------------------------------------- the worker and the shelf

test("the worker's answers find who asked; those of aborted requests find nobody", () => {
  const posted = [];
  const worker = { postMessage: (message) => posted.push(message) };
  const fetcher = new Fetcher(worker);
  const answers = [];
  const one = fetcher.ask({ url: "/1" }, (answer) => answers.push(["one", answer.buffer]));
  const two = fetcher.ask({ url: "/2" }, (answer) => answers.push(["two", answer.buffer]));
  fetcher.abort([]);
  fetcher.abort([one]);
  worker.onmessage({ data: { job: two, buffer: 22 } });
  worker.onmessage({ data: { job: one, buffer: 11 } });
  worker.onmessage({ data: { job: two, buffer: 33 } });
  assert.deepEqual(answers, [["two", 22]]);
  assert.deepEqual(posted, [{ url: "/1", job: one }, { url: "/2", job: two }, { abort: [one] }]);
});

test("where the worker does not run, the page fetches by itself, also what the worker was asked for before", async () => {
  const posted = [];
  const worker = { postMessage: (message) => posted.push(message) };
  const fetcher = new Fetcher(worker);
  const fetchedUrls = [];
  globalThis.fetch = async (url, { signal }) => {
    fetchedUrls.push(url);
    if (url === "/slow") await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    return { ok: true, arrayBuffer: async () => Uint8Array.of(1, 2).buffer };
  };
  const answers = [];
  const ask = (url) => fetcher.ask({ url, session: "s", size: 1, split: false, count: null }, ({ buffer, error }) => answers.push([url, buffer?.byteLength ?? error]));
  ask("/before");
  const [forgotten, slow] = [ask("/forgotten"), ask("/slow")];
  fetcher.abort([forgotten]);
  worker.onerror({});
  ask("/after");
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(fetchedUrls, ["/before", "/slow", "/after"]);
  assert.deepEqual(answers, [["/before", 2], ["/after", 2]]);
  fetcher.abort([slow]);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(answers.length, 2, "aborted: nobody waits for it");
  assert.equal(fetcher.waiting.size, 0);
  assert.deepEqual(posted.map(({ url, abort }) => url ?? abort), ["/before", "/forgotten", "/slow", [forgotten]]);
});

test("what belongs to closed studies is let go, however much room there is", () => {
  const shelf = new Shelf(1000);
  for (const id of ["a", "b", "c"]) shelf.take(id, () => ({ id, bytes: 1 }));
  shelf.only(new Set(["a", "c", "never taken"]));
  assert.deepEqual([...shelf.held.keys()], ["a", "c"]);
});

test("room is made by letting go what was not used for longest, never what is in use", () => {
  const shelf = new Shelf(250);
  const take = (id) => shelf.take(id, () => ({ id, bytes: 100 }));
  const first = take("a");
  for (const id of ["b", "c", "d"]) take(id);
  assert.equal(take("a"), first, "what is there is not made anew");
  shelf.trim(new Set(["b"]));
  assert.deepEqual([...shelf.held.keys()], ["b", "a"], "c, then d: a was used since");
  shelf.trim(new Set(["b"]));
  assert.deepEqual([...shelf.held.keys()], ["b", "a"], "they fit");
  for (const id of ["e", "f"]) take(id);
  shelf.trim(new Set(["b", "a", "e", "f"]));
  assert.equal(shelf.held.size, 4, "all of them in use: none goes");
});
