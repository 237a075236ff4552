// The viewer's modules, for node: they stand without a package.json, so node would take them for CommonJS. A copy beside
// one that says "module" is what the tests import.

import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const source = fileURLToPath(new URL("../../../../pages/_ui/viewer/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "medimg-viewer-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const name of readdirSync(source).filter((each) => each.endsWith(".js"))) {
  copyFileSync(join(source, name), join(folder, name));
}
writeFileSync(join(folder, "package.json"), '{"type": "module"}');

/** A module of the viewer by its name, without ".js". */
export const load = (name) => import(pathToFileURL(join(folder, `${name}.js`)).href);

/** What the core gives, as reference.py wrote it; test_modules.py says where. */
export function expected(name) {
  if (!process.env.MEDIMG_EXPECTED) throw new Error("expected values come from Python: run pytest tests/pages/ui/viewer");
  return JSON.parse(readFileSync(join(process.env.MEDIMG_EXPECTED, `${name}.json`), "utf-8"), (_, value) =>
    value?.base64 === undefined ? value : decoded(value),
  );
}

const ARRAYS = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, float32: Float32Array, float64: Float64Array };

function decoded({ dtype, base64 }) {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  return new ARRAYS[dtype](bytes.buffer);
}

/** Numbers from a seed, 0 to 1, the same on every machine. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Places where two arrays differ: the first few, as [place, actual, expected]. */
export function differences(actual, wanted, tolerance = 0) {
  const found = [];
  if (actual.length !== wanted.length) return [["length", actual.length, wanted.length]];
  for (let place = 0; place < wanted.length && found.length < 5; place += 1) {
    const [a, b] = [actual[place], wanted[place]];
    const same = Number.isNaN(a) || Number.isNaN(b) ? Number.isNaN(a) && Number.isNaN(b) : Math.abs(a - b) <= tolerance || a === b;
    if (!same) found.push([place, a, b]);
  }
  return found;
}
