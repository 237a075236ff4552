// What stands around the picture: the bar, the sliders, the overlays' and the findings' panel, the series, the help sheet.

import { icon } from "./icons.js";
import { keyName, KEYS, moves } from "./keys.js";
import { planeName } from "./planes.js";

/** An element with its attributes and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const TOOLS = ["window", "pan", "zoom", "crosshair"];
const CORRECTS = ["brush", "eraser", "part"];
const MEASURES = ["length", "angle", "bidirectional", "ellipse", "rectangle", "freehand", "probe"];

/** The bar above the picture. */
export class Bar {
  constructor(viewer, words) {
    this.viewer = viewer;
    this.words = words;
    this.buttons = {};
    const group = (...names) => make("div", { class: "mv-group" }, ...names.map((name) => this.button(name)));
    this.windows = this.select("window_list", (key) => viewer.command(key === "plane" ? "auto" : `window:${key}`));
    this.palettes = this.select("palette_list", (key) => viewer.command(`palette:${key}`));
    this.layouts = this.select("layout_list", (key) => viewer.command(`layout:${key}`), "mv-short");
    this.slabs = this.select("slab_list", (key) => viewer.command(`slab:${key}`), "mv-short");
    this.thickness = make("input", {
      type: "number", min: 1, max: 200, step: 1, "aria-label": words.slab_mm, title: words.slab_mm,
      onchange: () => viewer.command(`slabmm:${this.thickness.value}`),
    });
    this.brush = make("input", {
      type: "number", min: 1, max: 100, step: 0.5, "aria-label": words.brush_label, title: `${words.brush_label} ([ ])`,
      onchange: () => viewer.command(`size:${this.brush.value}`),
    });
    const correct = group(...CORRECTS.map((name) => `tool:${name}`));
    correct.append(this.brush);
    this.element = make(
      "div",
      {
        class: "mv-bar", role: "toolbar", "aria-label": words.tools,
        onkeydown: (event) => this.step(event),
        onfocusin: ({ target }) => this.stop(target),
      },
      group(...TOOLS.map((name) => `tool:${name}`)),
      group(...MEASURES.map((name) => `tool:${name}`), "undo", "redo"),
      correct,
      make("div", { class: "mv-group" }, this.windows, this.palettes, this.button("invert")),
      group("turnLeft", "turnRight", "flipAcross", "flipDown"),
      make("div", { class: "mv-group" }, this.layouts, this.button("link"), this.button("straighten", words.straighten)),
      make("div", { class: "mv-group" }, this.slabs, this.thickness),
      group("overlays", "peak"),
      group("reset", "snapshot", "panel", "help"),
    );
  }

  button(command, text = "") {
    const name = command.replace("tool:", "");
    const key = KEYS.find(([, , each]) => each === command)?.[1][0];
    const label = this.words[`do_${name}`];
    const shown = { straighten: null, panel: "list" }[name];
    this.buttons[command] = make(
      "button",
      {
        type: "button",
        "aria-label": label,
        title: key ? `${label} (${keyName(key)})` : label,
        "data-command": command,
        onclick: ({ detail }) => {
          if (detail) this.viewer.focus(); // by mouse: the keys go on to the picture
          this.viewer.command(command);
        },
      },
      text || icon(shown ?? name),
    );
    return this.buttons[command];
  }

  select(word, step, style = "") {
    const element = make("select", {
      class: style,
      "aria-label": this.words[word],
      title: this.words[word],
      onchange: () => {
        step(element.value);
        this.viewer.focus();
      },
    });
    return element;
  }

  /** Bring buttons and lists in line with the viewer. */
  update() {
    const { viewer, words } = this;
    const { picture } = viewer.pane;
    for (const [command, button] of Object.entries(this.buttons)) {
      if (command.startsWith("tool:")) button.setAttribute("aria-pressed", String(command === `tool:${viewer.tool}`));
    }
    const pressed = (command, on) => this.buttons[command].setAttribute("aria-pressed", String(Boolean(on)));
    pressed("invert", picture.inverted);
    pressed("overlays", !viewer.hidden && viewer.overlays.length);
    pressed("panel", !viewer.side.element.hidden);
    pressed("link", viewer.linked);
    pressed("straighten", viewer.data.straightened);
    const shown = (command, on) => (this.buttons[command].hidden = !on);
    shown("link", viewer.other);
    shown("straighten", viewer.data.straightenable || viewer.data.straightened);
    shown("overlays", viewer.overlays.length);
    shown("peak", viewer.overlays.length);
    shown("invert", !picture.colour);
    const { mask, diameter } = viewer.correcting;
    for (const name of CORRECTS) shown(`tool:${name}`, mask);
    this.brush.hidden = !mask;
    if (mask && this.element.getRootNode().activeElement !== this.brush) this.brush.value = String(diameter);
    this.buttons.undo.disabled = !viewer.history.past.length;
    this.buttons.redo.disabled = !viewer.history.future.length;
    const own = picture.window?.key === "own" ? [{ key: "own", name: words.own_window }] : [];
    const windows = picture.colour ? [] : [...own, ...picture.offered, { key: "plane", name: words.plane_window }];
    fill(this.windows, windows, picture.window?.key);
    this.windows.hidden = picture.colour;
    const source = picture.offered.find((each) => each.key === picture.window?.key)?.source;
    this.windows.title = source ? `${words.window_list}. ${words.source}: ${source}` : words.window_list;
    const palettes = Object.keys(picture.palettes).filter((name) => name && name === name.toUpperCase());
    fill(this.palettes, [{ key: "", name: words.grey }, ...palettes.map((name) => ({ key: name, name: words[name] }))], picture.palette);
    this.palettes.hidden = picture.colour || !picture.description.palettes;
    fill(this.layouts, viewer.layouts(), viewer.layoutKey);
    this.layouts.hidden = viewer.layouts().length < 2;
    fill(this.slabs, ["off", "mean", "max", "min"].map((key) => ({ key, name: words[`slab_${key}`] })), picture.slab.mode);
    this.slabs.hidden = !picture.affine || Math.max(...picture.shape) === 1 || picture.colour;
    this.thickness.hidden = this.slabs.hidden || picture.slab.mode === "off";
    if (this.element.getRootNode().activeElement !== this.thickness) this.thickness.value = String(picture.slab.mm);
    for (const group of this.element.children) group.hidden = [...group.children].every((child) => child.hidden);
    this.stop(this.current);
  }

  /** What can have the focus, in order. */
  get all() {
    return [...this.element.children].flatMap((group) => [...group.children]);
  }

  /** And now. */
  get controls() {
    return this.all.filter((each) => !each.hidden && !each.disabled);
  }

  /** The bar is one stop of the Tab key, at the control used last (WAI-ARIA Authoring Practices, toolbar pattern). */
  stop(control) {
    const { controls } = this;
    this.current = controls.includes(control) ? control : controls[0];
    for (const each of this.all) {
      const index = each === this.current ? 0 : -1;
      if (each.tabIndex !== index) each.tabIndex = index;
    }
  }

  /** Inside it the arrows across, Home and End move. */
  step(event) {
    if (!moves(event)) return;
    const { controls } = this;
    const at = controls.indexOf(event.target);
    const last = controls.length - 1;
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
    event.preventDefault();
    controls[Math.min(Math.max(to, 0), last)].focus();
  }
}

/** Fill a list, when it differs. */
function fill(select, options, chosen) {
  const key = JSON.stringify(options.map(({ key: value, name }) => [value, name]));
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...options.map(({ key: value, name }) => make("option", { value }, name)));
  }
  select.value = chosen ?? "";
}

/** Slider through the slices of a pane, with the strip of its overlay, and the one through time. */
export class Sliders {
  constructor(viewer, pane, words) {
    Object.assign(this, { viewer, pane, words });
    this.strip = make("canvas", { width: 1, height: 12, title: words.strip, onclick: (event) => this.jump(event) });
    this.slices = this.range("slices", words.slice, (value) => viewer.goTo(pane, value));
    this.frames = this.range("frames", words.frame, (value) => viewer.frameTo(pane, value));
    this.play = make("button", { type: "button", onclick: () => viewer.command("cine") }, icon("play"));
    this.speed = make("input", {
      type: "number", min: 1, max: 60, "aria-label": words.speed, title: words.speed,
      onchange: () => viewer.cine.speedTo(pane.picture, Number(this.speed.value)),
    });
    this.sliceRow = make("div", { class: "mv-row" }, make("div", { class: "mv-track" }, this.strip, this.slices));
    this.frameRow = make("div", { class: "mv-row" }, this.play, make("div", { class: "mv-track" }, this.frames), this.speed);
    this.element = make("div", { class: "mv-rows" }, this.sliceRow, this.frameRow);
  }

  range(name, label, step) {
    const element = make("input", {
      type: "range", min: 0, step: 1, "aria-label": label, "data-slices": name,
      oninput: () => step(Number(element.value)),
    });
    return element;
  }

  jump(event) {
    const box = this.strip.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    this.viewer.goTo(this.pane, Math.floor(share * this.pane.count));
  }

  update() {
    const { pane, viewer } = this;
    const { picture } = pane;
    // beside a stack, an image alone keeps the room of its slider: both pictures lie at one height
    const alone = pane.count < 2;
    this.sliceRow.hidden = alone && !viewer.panes.some((each) => each.count > 1);
    this.sliceRow.style.visibility = alone ? "hidden" : "";
    this.frameRow.hidden = picture.frames < 2;
    if (this.slices.max !== String(pane.count - 1)) this.slices.max = String(pane.count - 1);
    if (this.slices.value !== String(pane.position)) this.slices.value = String(pane.position);
    this.slices.setAttribute("aria-valuetext", `${pane.position + 1}/${pane.count}`);
    if (!this.frameRow.hidden) {
      this.frames.max = String(picture.frames - 1);
      this.frames.value = String(picture.frame);
      const playing = String(viewer.cine.playing);
      if (this.playing !== playing) {
        this.playing = playing;
        this.play.replaceChildren(icon(viewer.cine.playing ? "pause" : "play"));
        this.play.setAttribute("aria-label", viewer.cine.playing ? this.words.do_pause : this.words.do_cine);
        this.play.setAttribute("aria-pressed", playing);
      }
      if (this.element.getRootNode().activeElement !== this.speed) this.speed.value = String(Math.round(viewer.cine.speed(picture)));
    }
    this.updateStrip();
  }

  /** Largest value (map) or area (mask) of each slice; drawn again only when it changes. */
  updateStrip() {
    const { pane, viewer } = this;
    const over = viewer.hidden ? null : pane.picture.overlays.find((each) => each.setting.visible);
    // hidden overlays keep the strip's room: the picture must not move when they are switched on and off
    this.strip.hidden = !viewer.panes.some(({ picture }) => picture.overlays.length);
    this.strip.style.visibility = over ? "" : "hidden";
    if (!over) return;
    const width = Math.max(1, this.strip.clientWidth);
    const { frame, shape } = pane.picture;
    const look = over.kind === "map" ? over.setting.native : `${over.version} ${over.corrected} ${over.seen}`;
    const key = [over.id, over.kind, pane.axis, frame, width, over.voxels.missing, look].join();
    if (key === this.stripKey) return;
    this.stripKey = key;
    const values = over.strip(pane.axis, shape, frame);
    this.strip.width = width;
    const ctx = this.strip.getContext("2d");
    ctx.clearRect(0, 0, width, 12);
    const top = values.reduce((most, value) => Math.max(most, value), 0);
    if (!(top > 0)) return;
    ctx.fillStyle = getComputedStyle(this.strip).getPropertyValue("--accent") || "#4fa8c9";
    for (let x = 0; x < width; x += 1) {
      const from = Math.floor((x * values.length) / width);
      const to = Math.max(from + 1, Math.floor(((x + 1) * values.length) / width));
      let most = 0;
      for (let place = from; place < to; place += 1) most = Math.max(most, values[place]);
      const height = Math.ceil((12 * most) / top);
      if (height) ctx.fillRect(x, 12 - height, 1, height);
    }
  }
}

/** The panel at the side: overlays and measurements. */
export class Side {
  constructor(viewer, words) {
    Object.assign(this, { viewer, words });
    this.overlays = make("div");
    this.findings = make("div");
    this.syncs = [];
    this.element = make("aside", { class: "mv-side", "aria-label": words.panel, hidden: true }, this.overlays, this.findings);
  }

  /** Build what is new; a control in hand stays where it is and keeps the focus. */
  update() {
    if (this.element.hidden) return;
    const { viewer, words } = this;
    if (viewer.overlays !== this.of) {
      this.of = viewer.overlays;
      this.syncs = [];
      const made = viewer.overlays.map((over) => (over.kind === "map" ? this.map(over) : this.mask(over)));
      this.overlays.replaceChildren(...(made.length ? [make("h3", {}, words.overlays), ...made] : []));
    }
    for (const sync of this.syncs) sync();
    const { list } = viewer.measuring;
    const key = JSON.stringify(list.map(({ id, lines }) => [id, lines]));
    if (key === this.key) return;
    this.key = key;
    const inside = this.findings.contains(this.element.getRootNode().activeElement);
    this.findings.replaceChildren(
      make("h3", {}, words.measurements),
      list.length ? make("ul", {}, ...list.map((each) => this.finding(each))) : make("p", {}, words.no_measurements),
    );
    if (inside) (this.findings.querySelector("button") ?? viewer.pane.canvas).focus();
  }

  line(label, ...controls) {
    return make("label", { class: "mv-line" }, make("span", {}, label), ...controls);
  }

  check(label, value, step) {
    const box = make("input", { type: "checkbox", onchange: () => step(box.checked) });
    this.syncs.push(() => (box.checked = value()));
    return this.line(label, box);
  }

  slide(label, value, max, step) {
    const slider = make("input", { type: "range", min: 0, max, step: 0.01, oninput: () => step(Number(slider.value)) });
    this.syncs.push(() => (slider.value = String(value())));
    return this.line(label, slider);
  }

  map(over) {
    const { words, viewer } = this;
    const put = (change) => viewer.setOverlay(over, change);
    const { setting } = over;
    return make(
      "fieldset",
      {},
      make("legend", {}, over.title),
      this.check(words.visible, () => setting.visible, (visible) => put({ visible })),
      this.slide(words.opacity, () => setting.opacity, 1, (opacity) => put({ opacity })),
      this.slide(words.threshold, () => setting.threshold, 0.95, (threshold) => put({ threshold })),
      this.check(words.by_value, () => setting.alpha === "by_value", (on) => put({ alpha: on ? "by_value" : "constant" })),
      over.scales.usual ? this.check(words.stretched, () => setting.stretched, (stretched) => put({ stretched })) : null,
      this.check(words.native, () => setting.native, (native) => put({ native })),
    );
  }

  mask(over) {
    const { words, viewer } = this;
    const put = (change) => viewer.setOverlay(over, change);
    const { setting } = over;
    const labels = over.labels.map(({ value, name, colour }) => {
      const picker = make("input", {
        type: "color",
        "aria-label": `${words.colour_of} ${name}`,
        oninput: () => put({ colours: { ...setting.colours, [value]: rgb(picker.value) } }),
      });
      this.syncs.push(() => (picker.value = hex(setting.colours[value] ?? colour)));
      const box = make("input", {
        type: "checkbox",
        "aria-label": `${words.visible}: ${name}`,
        onchange: () => put({ hidden: box.checked ? setting.hidden.filter((each) => each !== value) : [...setting.hidden, value] }),
      });
      this.syncs.push(() => (box.checked = !setting.hidden.includes(value)));
      return make("div", { class: "mv-line" }, this.paints(over, value, name), make("span", {}, name), picker, box);
    });
    return make(
      "fieldset",
      {},
      make("legend", {}, over.title),
      this.check(words.visible, () => setting.visible, (visible) => put({ visible })),
      this.check(words.filled, () => setting.style === "fill", (on) => put({ style: on ? "fill" : "outline" })),
      this.slide(words.opacity, () => setting.opacity, 1, (opacity) => put({ opacity })),
      ...labels,
      over.correction ? this.correction(over) : null,
    );
  }

  /** Which label the brush paints; nothing where a mask cannot be corrected, or has one label and is the only one. */
  paints(over, value, name) {
    const { viewer, words } = this;
    const { correcting } = viewer;
    if (!over.correction || (over.labels.length < 2 && correcting.masks.length < 2)) return null;
    const choose = () => correcting.choose(viewer.overlays.find(({ id }) => id === over.id), value);
    const radio = make("input", { type: "radio", name: "mv-paints", "aria-label": `${words.paints} ${name}`, title: `${words.paints} ${name}`, onchange: choose });
    this.syncs.push(() => (radio.checked = correcting.mask?.id === over.id && correcting.label === value));
    return radio;
  }

  /** What the reader made of a mask, beside what the model said. */
  correction(over) {
    const { words, viewer } = this;
    const { correction, setting } = over;
    const put = (change) => viewer.setOverlay(over, change);
    const count = make("p", {});
    const box = make(
      "div",
      {},
      count,
      this.check(words.model_outline, () => setting.compare, (compare) => put({ compare })),
      this.check(words.model_only, () => setting.model, (model) => put({ model })),
      make("button", { type: "button", class: "mv-wide", onclick: () => viewer.correcting.discard(over) }, words.discard),
    );
    this.syncs.push(() => {
      const { length } = correction.edits;
      count.textContent = words.edits_made.replace("{n}", String(length));
      box.hidden = !length;
    });
    return box;
  }

  finding(each) {
    const { viewer, words } = this;
    const { main } = viewer;
    const plane = each.axis === 0 ? words.image : words[planeName(main.affine, each.axis)];
    const frame = main.frames > 1 ? `, ${words.frame} ${each.frame + 1}` : "";
    const place = `${words[each.kind]}, ${plane} ${Math.round(each.points[0][each.axis]) + 1}${frame}`;
    return make(
      "li",
      {},
      make("button", { type: "button", title: words.go_there, onclick: () => viewer.show(each.id) }, `${place}: ${each.lines.join("; ")}`),
      make("button", { type: "button", "aria-label": words.do_delete, onclick: () => viewer.measuring.remove(each.id) }, "\u00d7"),
    );
  }
}

const hex = (colour) => `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
const rgb = (text) => [1, 3, 5].map((from) => parseInt(text.slice(from, from + 2), 16));

/** The series of the study, and what can be laid beside the current one. */
export class Strip {
  constructor(viewer, words) {
    Object.assign(this, { viewer, words });
    this.element = make("nav", { class: "mv-strip", "aria-label": words.series });
  }

  update(series, thumbnail) {
    this.element.hidden = series.length < 2;
    if (this.element.hidden) return;
    const key = JSON.stringify(series);
    if (key === this.key) return;
    this.key = key;
    this.element.replaceChildren(...series.map((each) => this.item(each, thumbnail)));
  }

  item(each, thumbnail) {
    const { viewer, words } = this;
    const picture = make("canvas", { width: 78, height: 78, "aria-hidden": "true" });
    if (each.thumbnail) thumbnail(each.thumbnail, picture);
    const open = make(
      "button",
      {
        type: "button", "aria-current": each.current ? "true" : null, "aria-pressed": String(Boolean(each.current)),
        title: each.title, onclick: () => viewer.ask(each.prior ? { beside: each.ref } : { series: each.ref }),
      },
      picture,
      each.prior ? make("strong", {}, each.prior) : null,
      each.short,
    );
    const label = each.beside ? words.do_unbeside : words.do_beside;
    const beside = make(
      "button",
      {
        type: "button", class: "mv-beside", "aria-label": `${label}: ${each.title}`, title: label,
        "aria-pressed": String(Boolean(each.beside)), onclick: () => viewer.ask({ beside: each.beside ? "" : each.ref }),
      },
      "1|2",
    );
    return make("div", { class: "mv-item" }, open, each.current || each.prior ? (each.beside ? beside : null) : beside);
  }
}

/** The help sheet: mouse, touch, keys. */
export function helpSheet(words, close) {
  const rows = (group) =>
    KEYS.filter(([each]) => each === group).map(([, keys, , word]) =>
      make("div", {}, make("dt", {}, keys.map(keyName).join(", ")), make("dd", {}, words[word])),
    );
  const mouse = ["left", "wheel", "right", "middle", "double", "click", "touch"].map((name) =>
    make("div", {}, make("dt", {}, words[`mouse_${name}`]), make("dd", {}, words[`mouse_${name}_does`])),
  );
  return make(
    "div",
    { class: "mv-sheet", role: "dialog", "aria-modal": "true", "aria-label": words.help, hidden: true },
    make("h3", {}, words.help, " ", make("button", { type: "button", onclick: close }, words.close)),
    make("dl", {}, ...mouse),
    make("dl", {}, ...rows("move")),
    make("dl", {}, ...rows("picture")),
    make("dl", {}, ...rows("measure")),
  );
}
