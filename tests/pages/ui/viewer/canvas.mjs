// A canvas without a screen: it writes down what is drawn, with the settings that were in force.

const SETTINGS = ["font", "textAlign", "textBaseline", "fillStyle", "strokeStyle", "lineWidth", "imageSmoothingEnabled"];
const STEPS = [
  "fillText", "strokeText", "fillRect", "strokeRect", "beginPath", "moveTo", "lineTo", "closePath", "rect", "ellipse", "arc",
  "stroke", "fill", "setLineDash", "drawImage", "putImageData", "clearRect", "clip", "translate", "rotate",
];

export class Context {
  constructor() {
    this.calls = [];
    this.depth = 0;
    for (const name of STEPS) {
      this[name] = (...values) => {
        const settings = Object.fromEntries(SETTINGS.map((each) => [each, this[each]]));
        this.calls.push({ name, values, ...settings });
      };
    }
  }

  save() {
    this.depth += 1;
  }

  restore() {
    this.depth -= 1;
  }

  /** Letters are half as wide as they are high. */
  measureText(text) {
    return { width: (text.length * parseFloat(this.font.match(/([\d.]+)px/)[1])) / 2 };
  }

  createImageData(width, height) {
    return { width, height, data: new Uint8ClampedArray(4 * width * height) };
  }

  named(name) {
    return this.calls.filter((call) => call.name === name);
  }

  /** Every text with its place: {text, x, y, align, base, colour}. */
  get texts() {
    return this.named("fillText").map(({ values: [text, x, y], textAlign: align, textBaseline: base, fillStyle: colour }) => ({ text, x, y, align, base, colour }));
  }

  text(wanted) {
    return this.texts.find(({ text }) => text === wanted);
  }

  /** Lines drawn, as [from, to]. */
  get lines() {
    const found = [];
    let at = null;
    for (const { name, values } of this.calls) {
      if (name === "lineTo") found.push([at, values]);
      if (name === "moveTo" || name === "lineTo") at = values;
    }
    return found;
  }
}

/** A canvas of so many pixels of the page. */
export function canvasOf(width, height) {
  const context = new Context();
  return { width: 0, height: 0, context, getContext: () => context, getBoundingClientRect: () => ({ left: 0, top: 0, width, height }) };
}
