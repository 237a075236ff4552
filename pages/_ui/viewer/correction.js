// A mask as the reader corrects it, beside the model's: what each edit changed, and what Python knows of it.
//
// Strokes are drawn here and told later; parts are found by Python, which alone knows what was taken away before. Each
// slice that differs from the model's bears the name of the last edit that changed it, here and at Python's: a slice is
// fetched where the names differ, so never after a stroke, and after anything else only what changed.

import { spansOf } from "./brush.js";

const RETRY_MS = 1500;
const AT_ONCE = 16; // slices a request

export class Correction {
  /** @param voxels of the model's mask; they stay as they are. */
  constructor(voxels) {
    this.voxels = voxels;
    this.edits = [];
    this.pool = new Map(); // edits by name, also those taken back
    this.told = { n: 0, ids: [], slices: {}, item: null, said: "" };
    this.n = 0; // of the last change that was made here
    this.sure = true; // false while slices may not hold what the edits make of them
    this.version = 0;
    this.reset();
  }

  /** The model's mask again. */
  reset() {
    this.data = null;
    this.names = new Map(); // by slice, of the last edit that changed it; "" where that is to be asked for
    this.gained = new Map(); // by label, in each slice, row and column
  }

  /** Labels as corrected. */
  get labels() {
    return this.data ?? this.voxels.data;
  }

  /** Whether they are not the model's. */
  get any() {
    return this.edits.length > 0 || Boolean(this.drawing);
  }

  get bytes() {
    return this.data?.byteLength ?? 0;
  }

  get planeLength() {
    return this.voxels.planeLength;
  }

  // ------------------------------------------------------------------ what changes pixels

  put(place, value) {
    const before = this.data[place];
    if (before === value) return;
    this.data[place] = value;
    this.count(before, place, -1);
    this.count(value, place, 1);
  }

  /** Note that a label has a pixel more, or less; nothing for label 0. */
  count(label, place, way) {
    if (!label) return;
    if (!this.gained.has(label)) this.gained.set(label, this.voxels.shape.slice(1).map((length) => new Int32Array(length)));
    const own = this.gained.get(label);
    const inPlane = place % this.planeLength;
    own[0][(place - inPlane) / this.planeLength] += way;
    own[1][Math.floor(inPlane / this.voxels.columns)] += way;
    own[2][inPlane % this.voxels.columns] += way;
  }

  /** Copy the model's mask, so that there is something to change. */
  prepare() {
    this.data ??= this.voxels.data.slice();
  }

  /** Paint or erase spans of a slice; what changed is added to `delta`, pixels once only. */
  paint(edit, spans, delta) {
    this.prepare();
    const { columns } = this.voxels;
    const base = edit.slice * this.planeLength;
    for (const { row, first, last } of spans) {
      for (let place = base + row * columns + first; place <= base + row * columns + last; place += 1) {
        const before = this.data[place];
        if (edit.erase ? before !== edit.label : before === edit.label) continue;
        delta.places.push(place);
        delta.before.push(before);
        this.put(place, edit.erase ? 0 : edit.label);
      }
    }
    if (delta.places.length) this.version += 1;
  }

  /** What a stroke may have changed so far: nothing. */
  blank(slice) {
    return { slice, places: [], before: [], name: this.names.get(slice), sure: this.sure };
  }

  restore(delta) {
    for (let at = delta.places.length - 1; at >= 0; at -= 1) this.put(delta.places[at], delta.before[at]);
    this.version += 1;
  }

  /** Values of a slice from elsewhere. */
  replace(slice, values) {
    this.prepare();
    const { data, planeLength } = this;
    const base = slice * planeLength;
    for (let at = 0; at < planeLength; at += 1) if (data[base + at] !== values[at]) this.put(base + at, values[at]);
    this.version += 1;
  }

  model(slice) {
    return this.voxels.data.subarray(slice * this.planeLength, (slice + 1) * this.planeLength);
  }

  // ------------------------------------------------------------------ edits

  /** A stroke that was drawn becomes an edit. */
  add(edit, delta) {
    this.changed([...this.edits, edit]);
    this.pool.set(edit.id, edit);
    edit.delta = delta;
    this.names.set(edit.slice, this.sure ? edit.id : "");
  }

  /** Another list of edits: what it does not begin with is taken back, what follows is made. */
  become(edits) {
    let same = 0;
    while (same < this.edits.length && this.edits[same] === edits[same]) same += 1;
    for (const edit of this.edits.slice(same).reverse()) this.takeBack(edit);
    for (const edit of edits.slice(same)) this.make(edit);
    this.changed(edits);
  }

  changed(edits) {
    this.edits = edits;
    this.n += 1;
  }

  takeBack(edit) {
    const { delta } = edit;
    edit.delta = null;
    if (!delta) {
      this.sure = false;
      return;
    }
    this.restore(delta);
    this.name(delta.slice, this.sure ? delta.name : "");
  }

  make(edit) {
    this.pool.set(edit.id, edit);
    if (!edit.runs) {
      this.sure = false;
      return;
    }
    const delta = this.blank(edit.slice);
    this.paint(edit, spansOf(edit.runs, this.voxels.columns), delta);
    edit.delta = delta;
    if (delta.places.length) this.name(edit.slice, this.sure ? edit.id : "");
  }

  name(slice, name) {
    if (name === undefined) this.names.delete(slice);
    else this.names.set(slice, name);
  }

  // ------------------------------------------------------------------ Python

  /** What Python does not know yet, or null. */
  message() {
    if (this.n <= this.told.n) return null;
    const made = this.edits.filter(({ id, kind }) => kind && !this.told.ids.includes(id));
    return {
      mask: this.voxels.id,
      n: this.n,
      ids: this.edits.map(({ id }) => id),
      made: made.map(({ id, kind, label, slice, frame, erase, runs, point }) => ({ id, kind, label, slice, frame, erase, runs, point })),
    };
  }

  /**
   * Take what Python says: {n, ids, slices, item, said}; what it says of less than was done here is passed over.
   *
   * @returns whether the edits are not those of before: Python has taken some back, or refused one.
   */
  take(told) {
    this.told = told;
    if (told.n < this.n) return false;
    this.n = told.n;
    const other = told.ids.join() !== this.edits.map(({ id }) => id).join();
    if (other) {
      for (const id of told.ids) if (!this.pool.has(id)) this.pool.set(id, { id });
      this.edits = told.ids.map((id) => this.pool.get(id));
    }
    this.settle();
    return other;
  }

  /** Bring slices in line with what Python said, where nothing was done since. */
  settle() {
    if (this.drawing || this.n !== this.told.n) return;
    const { slices, ids } = this.told;
    if (!ids.length) {
      if (this.data) this.version += 1;
      if (this.data || this.names.size) this.reset();
      this.finished();
      return;
    }
    const wanted = [];
    for (const slice of new Set([...this.names.keys(), ...Object.keys(slices).map(Number)])) {
      const name = slices[slice];
      if (this.names.get(slice) === name || !this.voxels.has(slice)) continue;
      if (name === undefined) {
        this.replace(slice, this.model(slice));
        this.names.delete(slice);
      } else wanted.push(slice);
    }
    if (wanted.length) this.fetch(wanted.sort((a, b) => a - b));
    else if (Object.keys(slices).every((slice) => this.voxels.has(Number(slice)))) this.finished();
    else this.sure = false;
  }

  finished() {
    if (this.sure) return;
    this.sure = true;
    // what was noted while slices were wrong cannot be put back
    for (const edit of this.edits) if (edit.delta && !edit.delta.sure) edit.delta = null;
  }

  fetch(wanted) {
    this.sure = false;
    const { told } = this;
    const { link, planeLength } = this.voxels;
    const runs = [];
    for (const slice of wanted) {
      const run = runs.at(-1);
      if (run && run.last === slice - 1 && slice - run.first < AT_ONCE) run.last = slice;
      else runs.push({ first: slice, last: slice });
    }
    for (const { first, last } of runs) {
      const packed = this.voxels.compressed;
      const url = `${link.address}/${told.item}/${first}-${last}?as=${packed ? "gzip" : "raw"}`;
      link.fetcher.ask({ url, session: link.session, size: 1, split: packed, count: null }, ({ buffer, error }) => {
        if (this.told !== told || this.n !== told.n || this.drawing) return; // there is or will be a later word
        if (error) {
          // 404: another correction took the place of this one, and is on its way
          if (error !== "404" && error !== "aborted") setTimeout(() => this.told === told && this.settle(), RETRY_MS);
          return;
        }
        const bytes = new Uint8Array(buffer);
        for (let slice = first; slice <= last; slice += 1) {
          this.replace(slice, bytes.subarray((slice - first) * planeLength, (slice - first + 1) * planeLength));
          this.names.set(slice, told.slices[slice]);
        }
        if (Object.entries(told.slices).every(([slice, name]) => this.names.get(Number(slice)) === name)) this.finished();
        for (const listener of this.voxels.listeners) listener({ first, last });
      });
    }
  }

  /** Slices of the model's mask came. */
  arrived(first, last) {
    if (this.data) {
      for (let slice = first; slice <= last; slice += 1) {
        if (!this.names.has(slice)) this.data.set(this.model(slice), slice * this.planeLength);
      }
    }
    this.settle();
  }
}
