// Voxels in the tab: exact values, fetched in slabs, the slice on show first, kept until the tab closes or room is needed.

import { abort, fetchSlab } from "./fetcher.js";

const ARRAYS = {
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};
const AT_ONCE = 3;
const RETRIES_MS = [500, 1500, 4000, 10000];
// Below this pace a link gains from compression, bytes a millisecond; loopback gives ten times as much and more.
const SLOW = 10000;
const ENOUGH = 8 * 1024 * 1024; // bytes before the pace is judged: the first answers wait for the page

/** Order in which slabs are fetched: the nearest to the slice on show first, later time points after it. */
export function fetchOrder(slabs, wanted, slicesPerFrame) {
  const frame = Math.floor(wanted / slicesPerFrame);
  const cost = ({ first, last }) => {
    if (first <= wanted && wanted <= last) return -1;
    const apart = Math.min(Math.abs(first - wanted), Math.abs(last - wanted));
    const own = Math.floor(first / slicesPerFrame) === frame || Math.floor(last / slicesPerFrame) === frame;
    return own ? apart : slicesPerFrame + apart;
  };
  return [...slabs].sort((a, b) => cost(a) - cost(b) || a.first - b.first);
}

/** Cut the planes that are not there yet into slabs, none of them across two time points. */
export function missingSlabs(loaded, size, perFrame = loaded.length) {
  const slabs = [];
  let last = -1;
  for (let first = 0; first < loaded.length; first = last + 1) {
    last = Math.min(first + size, (Math.floor(first / perFrame) + 1) * perFrame) - 1;
    let start = first;
    while (start <= last && loaded[start]) start += 1;
    let end = last;
    while (end >= start && loaded[end]) end -= 1;
    if (start <= end) slabs.push({ first: start, last: end });
  }
  return slabs;
}

/** One array of voxels behind an address. */
export class Voxels {
  /**
   * @param description id, dtype, shape (frames, slices, rows, columns), colour, slab (planes a request).
   * @param link where to ask and what for: {address, session, fetcher}.
   * @param counted true for masks, whose voxels are counted as they arrive.
   */
  constructor(description, link, counted = false) {
    const [frames, slices, rows, columns] = description.shape;
    this.id = description.id;
    this.slab = description.slab;
    this.shape = description.shape;
    this.slices = slices;
    this.planeLength = rows * columns * (description.colour ? 3 : 1);
    this.rows = rows;
    this.columns = columns;
    this.data = new ARRAYS[description.dtype](frames * slices * this.planeLength);
    this.loaded = new Uint8Array(frames * slices);
    this.missing = frames * slices;
    this.counts = counted ? Array.from({ length: frames }, () => new Map()) : null; // by label, of each time point
    this.tries = 0;
    this.retry = null;
    this.failure = "";
    this.link = link;
    this.jobs = new Map();
    this.wanted = 0;
    this.listeners = new Set();
    this.compressed = !link.local;
  }

  get bytes() {
    return this.data.byteLength + (this.correction?.bytes ?? 0);
  }

  get share() {
    return 1 - this.missing / this.loaded.length;
  }

  has(plane) {
    return this.loaded[plane] === 1;
  }

  /** Fetch on, beginning at a plane (time x slices + slice). */
  want(plane) {
    this.wanted = plane;
    this.failure = "";
    this.tries = 0;
    this.forgetRetry();
    this.stopped = false;
    this.pump();
  }

  /** A plane was asked for already, by another way; the rest waits until it is there. */
  async expect(plane, answer) {
    if (this.missing < this.loaded.length) return;
    this.expecting = true;
    const buffer = await answer;
    this.expecting = false;
    if (buffer?.byteLength === this.planeLength * this.data.BYTES_PER_ELEMENT && !this.counts) {
      this.put({ first: plane, last: plane }, buffer, null);
      for (const listener of this.listeners) listener({ first: plane, last: plane });
    }
    if (!this.stopped) this.pump();
  }

  pump() {
    if (!this.missing || this.failure || this.expecting) return;
    if (this.jobs.size >= AT_ONCE) return;
    const underway = [...this.jobs.values()];
    const free = missingSlabs(this.loaded, this.slab, this.slices).filter(
      ({ first, last }) => !underway.some((job) => job.first <= last && first <= job.last),
    );
    // The very first slice comes alone: it is on the screen while the slab around it is still being read. Not of a
    // mask: the slab brings it again, and its voxels would be counted twice.
    if (this.missing === this.loaded.length && !this.jobs.size && !this.counts) {
      this.ask({ first: this.wanted, last: this.wanted });
      return;
    }
    for (const slab of fetchOrder(free, this.wanted, this.slices)) {
      if (this.jobs.size >= AT_ONCE) break;
      this.ask(slab);
    }
  }

  ask({ first, last }) {
    const size = this.data.BYTES_PER_ELEMENT;
    const split = this.compressed;
    const url = `${this.link.address}/${this.id}/${first}-${last}?as=${split ? "gzip" : "raw"}`;
    const job = this.link.fetcher.ask(
      { url, session: this.link.session, size, split, count: this.counts ? [last - first + 1, this.rows, this.columns] : null },
      (answer) => this.arrived(job, answer),
    );
    this.jobs.set(job, { first, last });
  }

  arrived(job, { buffer, counts, error }) {
    const slab = this.jobs.get(job);
    this.jobs.delete(job);
    if (!slab || error === "aborted") return;
    if (error) this.failed(error);
    else {
      this.tries = 0;
      this.put(slab, buffer, counts);
      this.judge(buffer.byteLength);
    }
    this.pump();
    for (const listener of this.listeners) listener(slab);
  }

  /**
   * Try again after a while: lines drop for a moment. What the server does not know, it will not know later.
   * Requests that were under way together fail together: that is one try.
   */
  failed(error) {
    if (this.lost) return;
    this.failure = error;
    if (error === "404") this.forgetRetry();
    else if (!this.retry && this.tries < RETRIES_MS.length) {
      this.retry = setTimeout(() => {
        this.retry = null;
        this.failure = "";
        this.pump();
      }, RETRIES_MS[this.tries]);
      this.tries += 1;
    }
  }

  forgetRetry() {
    clearTimeout(this.retry);
    this.retry = null;
  }

  /** Whether fetching was given up. */
  get lost() {
    return Boolean(this.failure) && !this.retry;
  }

  /** Ask for packed slabs when the plain ones come slowly: a tunnel to another machine looks local, too. */
  judge(bytes) {
    if (this.compressed) return;
    this.since ??= performance.now();
    this.received = (this.received ?? -bytes) + bytes; // from the first arrival on
    if (this.received >= ENOUGH) this.compressed = this.received / (performance.now() - this.since) < SLOW;
  }

  put({ first, last }, buffer, counts) {
    this.data.set(new this.data.constructor(buffer), first * this.planeLength);
    for (let plane = first; plane <= last; plane += 1) {
      if (!this.loaded[plane]) this.missing -= 1;
      this.loaded[plane] = 1;
    }
    if (counts) {
      const known = this.counts[Math.floor(first / this.slices)];
      for (const [label, found] of counts) {
        const own = known.get(label) ?? [this.slices, this.rows, this.columns].map((length) => new Uint32Array(length));
        known.set(label, own);
        own[0].set(found[0], first % this.slices);
        for (const axis of [1, 2]) found[axis].forEach((count, place) => (own[axis][place] += count));
      }
    }
    this.correction?.arrived(first, last);
  }

  /** Stop fetching; what is there stays. */
  stop() {
    this.stopped = true;
    this.forgetRetry();
    this.link.fetcher.abort([...this.jobs.keys()]);
    this.jobs.clear();
  }
}

/** The worker that fetches; one for all viewers of the tab. */
export class Fetcher {
  constructor(worker) {
    this.worker = worker;
    this.waiting = new Map();
    this.last = 0;
    worker.onmessage = ({ data }) => this.done(data);
    worker.onerror = () => this.without();
  }

  done(answer) {
    const waiting = this.waiting.get(answer.job);
    this.waiting.delete(answer.job);
    waiting?.done(answer);
  }

  /** The worker does not run here: the page fetches by itself. */
  without() {
    this.worker = null;
    for (const { request } of [...this.waiting.values()]) this.send(request);
  }

  send(request) {
    if (this.worker) this.worker.postMessage(request);
    else fetchSlab(request).then((answer) => this.done(answer));
  }

  ask(request, done) {
    this.last += 1;
    const whole = { ...request, job: this.last };
    this.waiting.set(this.last, { request: whole, done });
    this.send(whole);
    return this.last;
  }

  abort(jobs) {
    if (!jobs.length) return;
    for (const job of jobs) this.waiting.delete(job);
    if (this.worker) this.worker.postMessage({ abort: jobs });
    else abort(jobs);
  }
}

/** Arrays by id, the latest used last; room is made for new ones. */
export class Shelf {
  constructor(limit) {
    this.limit = limit;
    this.held = new Map();
  }

  take(id, make) {
    const found = this.held.get(id) ?? make();
    this.held.delete(id);
    this.held.set(id, found);
    return found;
  }

  /** Let go what belongs to closed studies. */
  only(known) {
    for (const id of this.held.keys()) if (!known.has(id)) this.held.delete(id);
  }

  /** Let go what was not used for longest, never what is in use. */
  trim(inUse) {
    let total = [...this.held.values()].reduce((sum, voxels) => sum + voxels.bytes, 0);
    for (const [id, voxels] of this.held) {
      if (total <= this.limit) break;
      if (inUse.has(id)) continue;
      this.held.delete(id);
      total -= voxels.bytes;
    }
  }
}
