// A worker: fetches slabs of voxels, puts their bytes together again and hands them over; off the page's thread.

const underway = new Map();

/** Bytes that were split into planes (all first bytes, all second bytes ...), put together again. */
export function joined(bytes, size) {
  if (size === 1) return bytes;
  const count = bytes.length / size;
  const out = new Uint8Array(bytes.length);
  if (size === 2) {
    // whole words at once: half the stores
    const words = new Uint16Array(out.buffer);
    for (let place = 0; place < count; place += 1) words[place] = bytes[place] | (bytes[count + place] << 8);
    return out;
  }
  for (let byte = 0; byte < size; byte += 1) {
    const from = byte * count;
    for (let place = 0, to = byte; place < count; place += 1, to += size) out[to] = bytes[from + place];
  }
  return out;
}

/** Pixels in each slice, row and column of some slices of a mask, as a Map by label; label 0 is nothing. */
export function countLabels(bytes, [slices, rows, columns]) {
  const counts = new Map();
  let [place, label, own] = [0, 0, null];
  for (let slice = 0; slice < slices; slice += 1) {
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const value = bytes[place++];
        if (!value) continue;
        if (value !== label) {
          label = value;
          own = counts.get(value) ?? [new Uint32Array(slices), new Uint32Array(rows), new Uint32Array(columns)];
          counts.set(value, own);
        }
        own[0][slice] += 1;
        own[1][row] += 1;
        own[2][column] += 1;
      }
    }
  }
  return counts;
}

/** Fetch one slab: {job, buffer, counts}, or {job, error} with "aborted", the server's status or the browser's word. */
export async function fetchSlab({ job, url, session, size, split, count }) {
  const control = new AbortController();
  underway.set(job, control);
  try {
    const answer = await fetch(url, {
      headers: { "X-MedImg-Session": session },
      signal: control.signal,
      cache: "no-store",
      credentials: "same-origin",
    });
    if (!answer.ok) throw new Error(String(answer.status));
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const whole = split ? joined(bytes, size) : bytes;
    return { job, buffer: whole.buffer, counts: count ? countLabels(whole, count) : null };
  } catch (error) {
    return { job, error: control.signal.aborted ? "aborted" : String(error.message || error) };
  } finally {
    underway.delete(job);
  }
}

/** Give up fetches. */
export function abort(jobs) {
  for (const job of jobs) underway.get(job)?.abort();
}

if (typeof WorkerGlobalScope !== "undefined" && self instanceof WorkerGlobalScope) {
  self.onmessage = ({ data }) => {
    if (data.abort) abort(data.abort);
    else fetchSlab(data).then((answer) => self.postMessage(answer, answer.buffer ? [answer.buffer] : []));
  };
}
