import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

// a worker's own world, so that the module listens
const posted = [];
globalThis.WorkerGlobalScope = class {};
globalThis.self = Object.assign(new WorkerGlobalScope(), { postMessage: (message, handed) => posted.push({ ...message, handed }) });

const { abort, countLabels, fetchSlab, joined } = await load("fetcher");

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

/** Counts by label, as plain lists. */
const plain = (counts) => [...counts].map(([label, each]) => [label, each.map((along) => [...along])]);

test("each label is counted in slices, rows and columns, whatever its value", () => {
  const bytes = Uint8Array.of(0, 1, 1, 0, 255, 1, /* second slice */ 0, 0, 255, 1, 0, 0);
  assert.deepEqual(plain(countLabels(bytes, [2, 2, 3])), [
    [1, [[3, 1], [2, 2], [1, 1, 2]]],
    [255, [[1, 1], [1, 1], [0, 1, 1]]],
  ]);
  assert.equal(countLabels(new Uint8Array(12), [2, 2, 3]).size, 0);
});

// ---------------------------------------------------------------- the worker

const REQUEST = { job: 7, url: "/voxels/a/0-1?as=raw", session: "secret", size: 2, split: false, count: null };

/** Pass a request to the worker, with an answer of the server's; gives what the worker says. */
async function said(request, fetching) {
  posted.length = 0;
  globalThis.fetch = fetching;
  self.onmessage({ data: request });
  await new Promise((resolve) => setTimeout(resolve, 0));
  return posted;
}

const bringing = (bytes, asked = []) => async (url, options) => {
  asked.push([url, options]);
  return { ok: true, arrayBuffer: async () => Uint8Array.from(bytes).buffer };
};

test("the worker asks with the session's token, keeps nothing in the browser's cache, and hands the bytes over", async () => {
  const asked = [];
  const [answer, ...more] = await said(REQUEST, bringing([1, 2, 3, 4], asked));
  assert.deepEqual(more, []);
  assert.deepEqual([answer.job, [...new Uint8Array(answer.buffer)], answer.counts], [7, [1, 2, 3, 4], null]);
  assert.deepEqual(answer.handed, [answer.buffer], "without a copy");
  const [[url, options]] = asked;
  assert.deepEqual([url, options.headers, options.cache], [REQUEST.url, { "X-MedImg-Session": "secret" }, "no-store"]);
});

test("the worker puts split bytes together, and counts labels", async () => {
  const [joinedAnswer] = await said({ ...REQUEST, split: true }, bringing([1, 2, 3, 4]));
  assert.deepEqual([...new Uint8Array(joinedAnswer.buffer)], [1, 3, 2, 4]);
  const [counted] = await said({ ...REQUEST, size: 1, count: [1, 2, 2] }, bringing([0, 5, 0, 5]));
  assert.deepEqual(plain(counted.counts), [[5, [[2], [1, 1], [0, 2]]]]);
});

test("what goes wrong is told", async () => {
  const [refused] = await said(REQUEST, async () => ({ ok: false, status: 404 }));
  assert.deepEqual([refused.job, refused.error], [7, "404"]);
  const [broken] = await said(REQUEST, async () => {
    throw new TypeError("Failed to fetch");
  });
  assert.equal(broken.error, "Failed to fetch");
});

test("an aborted request says so, others go on", async () => {
  const aborting = (url, { signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("The operation was aborted"))));
  assert.deepEqual(await said(REQUEST, aborting), []);
  self.onmessage({ data: { ...REQUEST, job: 8 } });
  self.onmessage({ data: { abort: [7, 99] } });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(posted.map(({ job, error }) => [job, error]), [[7, "aborted"]]);
});

test("the page fetches in the same way, without the worker", async () => {
  posted.length = 0;
  globalThis.fetch = bringing([0, 5, 0, 5]);
  const { job, buffer, counts, ...more } = await fetchSlab({ ...REQUEST, size: 1, count: [1, 2, 2] });
  assert.deepEqual([job, [...new Uint8Array(buffer)], plain(counts), more], [7, [0, 5, 0, 5], [[5, [[2], [1, 1], [0, 2]]]], {}]);
  globalThis.fetch = async () => ({ ok: false, status: 503 });
  assert.deepEqual(await fetchSlab(REQUEST), { job: 7, error: "503" });
  globalThis.fetch = (url, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
  const underway = fetchSlab(REQUEST);
  abort([7, 99]);
  assert.deepEqual([await underway, posted], [{ job: 7, error: "aborted" }, []]);
});
