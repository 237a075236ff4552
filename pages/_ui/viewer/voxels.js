// Voxels in the tab: exact values, fetched in slabs, the slice on show first, kept until the tab closes or room is needed.

const ARRAYS = {
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  float32: Float32Array,
};
const AT_ONCE = 3;
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

/** Cut the planes that are not there yet into slabs. */
export function missingSlabs(loaded, size) {
  const slabs = [];
  for (let first = 0; first < loaded.length; first += size) {
    const last = Math.min(first + size, loaded.length) - 1;
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
    this.counts = counted ? [new Uint32Array(slices), new Uint32Array(rows), new Uint32Array(columns)] : null;
    this.failure = "";
    this.link = link;
    this.jobs = new Map();
    this.wanted = 0;
    this.listeners = new Set();
    this.compressed = !link.local;
  }

  get bytes() {
    return this.data.byteLength;
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
    const free = missingSlabs(this.loaded, this.slab).filter(
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
    this.jobs.set(job, { first, last, since: performance.now() });
  }

  arrived(job, { buffer, counts, error }) {
    const slab = this.jobs.get(job);
    this.jobs.delete(job);
    if (!slab || error === "aborted") return;
    if (error) {
      this.failure = error;
    } else {
      this.put(slab, buffer, counts);
      this.judge(buffer.byteLength);
    }
    this.pump();
    for (const listener of this.listeners) listener(slab);
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
    if (!counts) return;
    counts[0].forEach((count, place) => {
      this.counts[0][(first + place) % this.slices] = count;
    });
    for (const axis of [1, 2]) counts[axis].forEach((count, place) => (this.counts[axis][place] += count));
  }

  /** Stop fetching; what is there stays. */
  stop() {
    this.stopped = true;
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
    worker.onmessage = ({ data }) => {
      const done = this.waiting.get(data.job);
      this.waiting.delete(data.job);
      done?.(data);
    };
  }

  ask(request, done) {
    this.last += 1;
    this.waiting.set(this.last, done);
    this.worker.postMessage({ ...request, job: this.last });
    return this.last;
  }

  abort(jobs) {
    if (!jobs.length) return;
    for (const job of jobs) this.waiting.delete(job);
    this.worker.postMessage({ abort: jobs });
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
