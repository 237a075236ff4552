// What the tab holds for one viewer: voxels of pictures and overlays, tables, thumbnails; asked for, kept, let go.

import { Mask, SaliencyMap } from "./picture.js";
import { Fetcher, Shelf, Voxels } from "./voxels.js";

const LOCAL = ["127.0.0.1", "localhost", "[::1]"];

const shelf = new Shelf(400 * 1024 * 1024);
const thumbnails = new Map();
let fetcher = null;

/** The worker, started with the first viewer. */
function theFetcher() {
  fetcher ??= new Fetcher(new Worker(new URL("./fetcher.js", import.meta.url), { type: "module" }));
  return fetcher;
}

export class Holdings {
  /** @param arrived called when voxels came, or will not come. */
  constructor(arrived, palettes) {
    this.arrived = arrived;
    this.palettes = palettes;
    this.control = new AbortController();
    this.settings = {}; // of overlays, by key
    this.pictures = () => []; // those on show: two of them may show the same voxels
  }

  /** Take the address and the session's token. */
  connect(data) {
    this.link = {
      address: data.voxels,
      session: data.session,
      fetcher: theFetcher(),
      local: LOCAL.includes(window.location.hostname),
    };
  }

  /** Voxels of a description, those of the tab where they are there already. */
  take(description, counted = false) {
    const found = shelf.take(description.id, () => new Voxels(description, this.link, counted));
    found.link = this.link;
    found.listeners.add(this.arrived);
    return found;
  }

  /** Tables among the windows of a picture. */
  fetchTables(picture) {
    for (const { key, table, first } of picture.description.windows) {
      if (!table) continue;
      const voxels = this.take(table);
      picture.tables[key] = { first, voxels };
      voxels.want(0);
    }
  }

  /** Overlays of a picture as described; settings of those known stay. */
  lay(picture, descriptions, plane) {
    const before = picture.overlays.map((over) => over.voxels);
    picture.overlays = descriptions.map((each) => {
      const setting = this.settings[each.key];
      const voxels = this.take(each, each.kind === "mask");
      voxels.want(each.kind === "mask" ? plane % voxels.loaded.length : 0);
      const made =
        each.kind === "mask"
          ? new Mask(each, voxels, setting)
          : new SaliencyMap(each, voxels, this.palettes[each.colormap], setting);
      made.key = each.key;
      return made;
    });
    this.drop(before, [picture, ...this.pictures()]);
    picture.touch();
  }

  /** Fetch around a place the reader went to. */
  want(picture, plane) {
    for (const voxels of all(picture)) if (voxels.missing) voxels.want(plane % voxels.loaded.length);
  }

  /** Let pictures go: their fetches end, what is there stays in the tab for a while. */
  release(...leaving) {
    const gone = leaving.filter(Boolean);
    this.drop(gone.flatMap((picture) => [...all(picture)]), this.pictures().filter((picture) => !gone.includes(picture)));
  }

  /** Let voxels go, but for those of pictures that stay. */
  drop(voxels, staying) {
    const used = staying.flatMap((picture) => [...all(picture)]);
    for (const each of voxels) {
      if (used.includes(each)) continue;
      each.listeners.delete(this.arrived);
      if (!each.listeners.size) each.stop(); // else another viewer of the tab shows it
    }
  }

  /** Make room: what belongs to closed studies goes, then what was not used for longest. */
  trim(pictures, open) {
    const used = new Set(pictures.flatMap((picture) => [...all(picture)].map(({ id }) => id)));
    shelf.only(new Set([...open, ...used]));
    shelf.trim(used);
    for (const id of thumbnails.keys()) if (!open.includes(id)) thumbnails.delete(id);
  }

  /** Draw the thumbnail of a series; without one the place stays black. */
  async thumbnail(id, canvas) {
    try {
      if (!thumbnails.has(id)) {
        const answer = await fetch(`${this.link.address}/${id}/thumbnail`, {
          headers: { "X-MedImg-Session": this.link.session },
          cache: "no-store",
          signal: this.control.signal,
        });
        if (!answer.ok) return;
        thumbnails.set(id, await createImageBitmap(await answer.blob()));
      }
    } catch {
      return; // left, or the line dropped: it is asked for again with the next list of series
    }
    const bitmap = thumbnails.get(id);
    Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
  }

  close(pictures) {
    this.control.abort();
    this.release(...pictures);
  }
}

/** All voxels of a picture: its own, its overlays', its tables'. */
function* all(picture) {
  yield picture.voxels;
  for (const over of picture.overlays) yield over.voxels;
  for (const { voxels } of Object.values(picture.tables)) yield voxels;
}
