import assert from "node:assert/strict";
import test from "node:test";

import { load } from "./modules.mjs";

/** The worker, which writes down what it is told, and says what it is told to say. */
class FakeWorker {
  constructor(url, options) {
    Object.assign(this, { url, options, posted: [] });
    FakeWorker.made.push(this);
  }

  postMessage(message) {
    this.posted.push(message);
  }
}
FakeWorker.made = [];
Object.assign(globalThis, { Worker: FakeWorker, window: { location: { hostname: "localhost" } } });

const { Holdings } = await load("holdings");

const CONNECTION = { voxels: "/voxels", session: "secret" };
const PALETTES = { inferno: new Uint8Array(768).fill(7) };

/** Holdings of one viewer, connected; `arrivals` counts what it was told of. */
function holding(data = CONNECTION) {
  const told = { arrivals: 0 };
  const holdings = new Holdings(() => (told.arrivals += 1), PALETTES);
  holdings.connect(data);
  return { holdings, told };
}

const worker = () => FakeWorker.made[0];
/** Requests since the last look, as [id, first plane, last plane, whether labels are counted]. */
const asked = () => worker().posted.splice(0).filter(({ url }) => url).map(({ url, count }) => {
  const [, id, first, last] = url.match(/^\/voxels\/(\w+)\/(\d+)-(\d+)\?/);
  return [id, Number(first), Number(last), Boolean(count)];
});

const volume = (id, more = {}) => ({ id, dtype: "uint8", shape: [1, 4, 2, 2], colour: false, slab: 4, windows: [], ...more });
const mask = (id, more = {}) => ({ ...volume(id), kind: "mask", key: `key-${id}`, title: id, model: true, labels: [], ...more });
const map = (id, more = {}) => ({ ...volume(id, { dtype: "float32", shape: [1, 1, 2, 2] }), kind: "map", key: `key-${id}`, colormap: "inferno", scales: {}, ...more });

/** A picture over some voxels, as far as holdings know one. */
function pictureOf(holdings, description) {
  const picture = { description, voxels: holdings.take(description), overlays: [], tables: {}, versions: 0 };
  picture.touch = () => (picture.versions += 1);
  return picture;
}

/** Let all that an array asks for arrive. */
function fill(voxels) {
  while (voxels.jobs.size) {
    const [[job, { first, last }]] = voxels.jobs;
    const size = (last - first + 1) * voxels.planeLength * voxels.data.BYTES_PER_ELEMENT;
    const counts = voxels.counts && new Map([[1, [last - first + 1, voxels.rows, voxels.columns].map((count) => new Uint32Array(count))]]);
    worker().onmessage({ data: { job, buffer: new ArrayBuffer(size), counts } });
  }
}

test("one worker for all viewers of the tab, a module", () => {
  holding();
  holding();
  assert.equal(FakeWorker.made.length, 1);
  assert.match(worker().url.href, /\/fetcher\.js$/);
  assert.deepEqual(worker().options, { type: "module" });
});

const HOSTS = [["localhost", true], ["127.0.0.1", true], ["[::1]", true], ["reading-room.example", false], ["localhost.example", false]];

for (const [host, local] of HOSTS) {
  test(`voxels are asked for ${local ? "plain" : "packed"} of ${host}`, (t) => {
    window.location.hostname = host;
    t.after(() => (window.location.hostname = "localhost"));
    const { holdings } = holding();
    worker().posted.length = 0;
    holdings.take(volume(`of${host.replace(/\W/g, "")}`)).want(0);
    assert.match(worker().posted[0].url, local ? /as=raw$/ : /as=gzip$/);
    assert.equal(worker().posted[0].session, "secret");
  });
}

test("what is in the tab is not fetched twice, and is asked for with the newest token", () => {
  const first = holding();
  const voxels = first.holdings.take(volume("twice"));
  const second = holding({ voxels: "/voxels", session: "newer" });
  assert.equal(second.holdings.take(volume("twice")), voxels);
  worker().posted.length = 0;
  voxels.want(0);
  assert.equal(worker().posted[0].session, "newer");
  fill(voxels);
  assert.ok(first.told.arrivals > 0 && first.told.arrivals === second.told.arrivals, "each viewer is told");
});

// ---------------------------------------------------------------- overlays

test("overlays are laid as described: masks counted, from the plane on show; maps with their colours", () => {
  const { holdings } = holding();
  const picture = pictureOf(holdings, volume("under"));
  asked();
  holdings.lay(picture, [mask("laidmask", { shape: [1, 12, 2, 2] }), map("laidmap")], 2 * 12 + 5); // third time point, one mask for all
  const [over, heat] = picture.overlays;
  assert.deepEqual([over.kind, over.key, heat.kind, heat.key, picture.versions], ["mask", "key-laidmask", "map", "key-laidmap", 1]);
  assert.equal(heat.colours, PALETTES.inferno);
  const requests = asked();
  assert.deepEqual(requests[0], ["laidmask", 4, 7, true], "around slice 5");
  assert.deepEqual(requests.at(-1), ["laidmap", 0, 0, false]);
});

test("laid anew, settings that the reader made stay, and what is there is not asked for again", () => {
  const { holdings } = holding();
  const picture = pictureOf(holdings, volume("under2"));
  holdings.lay(picture, [mask("stays"), map("goes")], 0);
  const [stays, goes] = picture.overlays;
  fill(stays.voxels);
  assert.deepEqual([stays.setting.style, stays.voxels.missing], ["outline", 0]);
  holdings.settings[stays.key] = { ...stays.setting, style: "fill", opacity: 0.9 };
  worker().posted.length = 0;
  const underway = [...goes.voxels.jobs.keys()];
  assert.equal(underway.length, 1);
  holdings.lay(picture, [map("comes"), mask("stays")], 0);
  const [comes, again] = picture.overlays;
  assert.deepEqual([again.voxels, again.setting.style, again.setting.opacity], [stays.voxels, "fill", 0.9]);
  assert.deepEqual([comes.setting.visible, again.setting.visible], [true, true]);
  assert.deepEqual(worker().posted.filter((message) => message.abort), [{ abort: underway }], "what is gone is not fetched on");
  assert.deepEqual(asked(), [["comes", 0, 0, false]]);
  const heard = ({ voxels }) => voxels.listeners.has(holdings.arrived);
  assert.deepEqual([heard(goes), heard(again), heard(comes)], [false, true, true]);
  holdings.lay(picture, [], 0);
  assert.deepEqual([picture.overlays, heard(again), heard(comes), comes.voxels.stopped], [[], false, false, true]);
});

// ---------------------------------------------------------------- tables

const TABLED = [{ key: "file:0", table: volume("table", { shape: [1, 1, 1, 300], dtype: "float32" }), first: -100 }, { key: "auto", centre: 1, width: 2 }];

test("tables of windows are fetched with their picture, and let go with it", () => {
  const { holdings, told } = holding();
  const picture = pictureOf(holdings, volume("tabled", { windows: TABLED }));
  asked();
  holdings.fetchTables(picture);
  assert.deepEqual(asked(), [["table", 0, 0, false]]);
  assert.deepEqual(Object.keys(picture.tables), ["file:0"]);
  const { first, voxels } = picture.tables["file:0"];
  assert.deepEqual([first, voxels.data.length], [-100, 300]);
  fill(voxels);
  assert.deepEqual([voxels.missing, told.arrivals], [0, 1]);
  holdings.lay(picture, [mask("overtable")], 0);
  const every = [picture.voxels, picture.overlays[0].voxels, voxels];
  assert.deepEqual(every.map(({ listeners }) => listeners.size), [1, 1, 1]);
  holdings.release(picture);
  assert.deepEqual(every.map(({ listeners, stopped }) => [listeners.size, stopped]), [[0, true], [0, true], [0, true]]);
  holdings.release(null); // there was none beside it
});

// ---------------------------------------------------------------- the reader moves

test("what is missing around the reader's place is fetched: the picture's, its overlays', its tables'", () => {
  const { holdings } = holding();
  const picture = pictureOf(holdings, volume("moved", { shape: [2, 4, 2, 2], slab: 2, windows: [{ ...TABLED[0], table: { ...TABLED[0].table, id: "movedtable" } }] }));
  holdings.lay(picture, [mask("movedmask", { slab: 1 })], 0);
  holdings.fetchTables(picture);
  const every = [picture.voxels, picture.overlays[0].voxels, picture.tables["file:0"].voxels];
  for (const voxels of every) voxels.stop();
  asked();
  holdings.want(picture, 4 + 2); // slice 2 of the second frame
  const requests = asked();
  assert.deepEqual(requests.filter(([id]) => id === "moved")[0], ["moved", 6, 6, false]);
  assert.deepEqual(requests.filter(([id]) => id === "movedmask")[0], ["movedmask", 2, 2, true], "one mask for all frames: its slice, too");
  assert.deepEqual(requests.filter(([id]) => id === "movedtable"), [["movedtable", 0, 0, false]]);
  every.forEach(fill);
  asked();
  holdings.want(picture, 1);
  assert.deepEqual(asked(), [], "all of it is there");
});

// ---------------------------------------------------------------- room

test("of closed studies nothing stays in the tab; what is on show stays whatever is open", () => {
  const { holdings } = holding();
  const picture = pictureOf(holdings, volume("shown", { windows: [{ ...TABLED[0], table: { ...TABLED[0].table, id: "showntable" } }] }));
  holdings.fetchTables(picture);
  holdings.lay(picture, [mask("shownmask")], 0);
  const kept = [picture.voxels, picture.overlays[0].voxels, picture.tables["file:0"].voxels, holdings.take(volume("open"))];
  const closed = holdings.take(volume("closed"));
  holdings.trim([picture], ["open", "never taken"]);
  const found = [volume("shown"), mask("shownmask"), volume("showntable"), volume("open")].map((each) => holdings.take(each));
  found.forEach((voxels, place) => assert.equal(voxels, kept[place], voxels.id));
  assert.notEqual(holdings.take(volume("closed")), closed);
});

test("of open studies what was not used for longest goes, when room is needed", () => {
  const { holdings } = holding();
  const large = (id) => volume(id, { shape: [1, 150, 1024, 1024] }); // 150 MB of 400
  const ids = ["largeone", "largetwo", "largethree"];
  const taken = ids.map((id) => holdings.take(large(id)));
  holdings.take(large("largeone"));
  holdings.trim([], ids);
  assert.deepEqual([holdings.take(large("largethree")), holdings.take(large("largeone"))], [taken[2], taken[0]]);
  assert.notEqual(holdings.take(large("largetwo")), taken[1]);
  holdings.trim([], []);
});

// ---------------------------------------------------------------- thumbnails

/** A canvas that tells what was drawn on it. */
function sheet() {
  const canvas = { width: 0, height: 0, drawn: [] };
  canvas.getContext = () => ({ drawImage: (...values) => canvas.drawn.push(values) });
  return canvas;
}

/** A server of thumbnails; `answer` may be changed. */
function thumbnails() {
  const server = { asked: [], answer: async () => ({ ok: true, blob: async () => "png" }) };
  globalThis.fetch = (url, options) => {
    server.asked.push([url, options]);
    return server.answer(options);
  };
  globalThis.createImageBitmap = async (blob) => ({ blob, width: 64, height: 48 });
  return server;
}

test("a thumbnail is asked for once, with the token, and drawn at its size", async () => {
  const server = thumbnails();
  const { holdings } = holding();
  for (let time = 0; time < 2; time += 1) {
    const canvas = sheet();
    await holdings.thumbnail("thumb", canvas);
    assert.deepEqual([canvas.width, canvas.height, canvas.drawn], [64, 48, [[{ blob: "png", width: 64, height: 48 }, 0, 0]]]);
  }
  const [[url, { headers, cache }], ...more] = server.asked;
  assert.deepEqual([url, headers, cache, more], ["/voxels/thumb/thumbnail", { "X-MedImg-Session": "secret" }, "no-store", []]);
  holdings.trim([], ["thumb"]);
  await holdings.thumbnail("thumb", sheet());
  assert.equal(server.asked.length, 1);
  holdings.trim([], []);
  await holdings.thumbnail("thumb", sheet());
  assert.equal(server.asked.length, 2, "its study was closed");
});

test("without a thumbnail the place stays black, until the next time", async () => {
  const server = thumbnails();
  const { holdings } = holding();
  const answers = [
    async () => ({ ok: false, status: 404 }),
    async () => {
      throw new TypeError("Failed to fetch");
    },
  ];
  for (const answer of answers) {
    const { answer: good } = server;
    server.answer = answer;
    const canvas = sheet();
    await holdings.thumbnail("late", canvas);
    assert.deepEqual([canvas.width, canvas.drawn], [0, []]);
    server.answer = good;
  }
  const canvas = sheet();
  await holdings.thumbnail("late", canvas);
  assert.equal(canvas.drawn.length, 1);
});

test("what another viewer of the tab shows is fetched on when this one goes", () => {
  thumbnails();
  const [one, other] = [holding(), holding()];
  const [mine, theirs] = [one, other].map(({ holdings }) => pictureOf(holdings, volume("both")));
  mine.voxels.want(0);
  one.holdings.close([mine]);
  assert.equal(theirs.voxels.jobs.size, 1);
  fill(theirs.voxels);
  assert.deepEqual([theirs.voxels.missing, one.told.arrivals, other.told.arrivals > 0], [0, 0, true]);
  other.holdings.close([theirs]);
  assert.equal(theirs.voxels.stopped, true);
});

test("of two pictures on show that share voxels, one may go", () => {
  const { holdings } = holding();
  const [left, right] = ["shared", "shared"].map((id) => pictureOf(holdings, volume(id)));
  holdings.pictures = () => [left, right];
  for (const each of [left, right]) holdings.lay(each, [map("sharedmap")], 0);
  const [over] = left.overlays;
  assert.equal(right.overlays[0].voxels, over.voxels);
  holdings.lay(right, [], 0);
  holdings.release(right);
  assert.deepEqual([left.voxels, over.voxels].map(({ listeners, stopped }) => [listeners.size, Boolean(stopped)]), [[1, false], [1, false]]);
  holdings.close([left, right]);
  assert.deepEqual([left.voxels, over.voxels].map(({ listeners, stopped }) => [listeners.size, stopped]), [[0, true], [0, true]]);
});

test("a viewer that goes away fetches nothing any more", async () => {
  const server = thumbnails();
  server.answer = ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const { holdings } = holding();
  const [one, other] = ["left", "right"].map((id) => pictureOf(holdings, volume(id)));
  one.voxels.want(0);
  const canvas = sheet();
  const thumbnail = holdings.thumbnail("left", canvas);
  holdings.close([one, other]);
  await thumbnail;
  assert.deepEqual([canvas.drawn, one.voxels.jobs.size, one.voxels.stopped, other.voxels.stopped], [[], 0, true, true]);
  assert.deepEqual([one, other].map(({ voxels }) => voxels.listeners.size), [0, 0]);
});
