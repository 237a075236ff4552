// Scores of a stack, slice by slice: bars, the threshold, the image on show. A click or the arrow keys go to a slice.

const TELL_MS = 150; // after the last key
const SVG = "http://www.w3.org/2000/svg";

/** Slice under a place of the strip. */
export function placeAt(x, width, count) {
  return Math.min(Math.max(Math.floor((x / width) * count), 0), count - 1);
}

/** Slice that a key leads to; undefined for a key that leads nowhere. */
export function keyPlace(key, place, count) {
  const to = {
    ArrowLeft: place - 1, ArrowDown: place - 1, ArrowRight: place + 1, ArrowUp: place + 1,
    PageDown: place - 10, PageUp: place + 10, Home: 0, End: count - 1,
  }[key];
  return to === undefined ? undefined : Math.min(Math.max(to, 0), count - 1);
}

/** What is said of a slice. */
export function said(data, place) {
  const score = data.scores[place];
  const text = score === null ? data.words.unread : score >= data.threshold ? data.words.reaches : data.words.below;
  return text.replace("{n}", data.first + place + 1).replace("{score}", data.texts[place]);
}

const draw = (name, attributes) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};

class Profile {
  constructor(root) {
    this.root = root;
    root.addEventListener("click", (event) => {
      const box = root.getBoundingClientRect();
      this.go(placeAt(event.clientX - box.left, box.width, this.data.scores.length), 0);
    });
    root.addEventListener("pointermove", (event) => {
      const box = root.getBoundingClientRect();
      root.title = said(this.data, placeAt(event.clientX - box.left, box.width, this.data.scores.length));
    });
    root.addEventListener("keydown", (event) => {
      const place = keyPlace(event.key, this.place, this.data.scores.length);
      if (place === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      if (place !== this.place) this.go(place, TELL_MS);
    });
  }

  update({ data, setTriggerValue }) {
    this.data = data;
    this.send = setTriggerValue;
    if (!this.timer) this.place = data.place;
    this.paint();
  }

  go(place, wait) {
    this.place = place;
    this.paint();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.send("go", place);
    }, wait);
  }

  paint() {
    const { data, root, place } = this;
    const { scores, threshold, colours } = data;
    const svg = draw("svg", { viewBox: `0 0 ${scores.length} 100`, preserveAspectRatio: "none", "aria-hidden": "true" });
    const here = place >= 0 && place < scores.length; // a slice beside those read is none of the strip's
    if (here) svg.append(draw("rect", { x: place, y: 0, width: 1, height: 100, fill: colours.track }));
    scores.forEach((score, at) => {
      if (score === null) return;
      const height = Math.max(100 * score, 2);
      const fill = score >= threshold ? colours.accent : colours.quiet;
      svg.append(draw("rect", { x: at + 0.12, y: 100 - height, width: 0.76, height, fill }));
    });
    const line = { stroke: colours.text, "vector-effect": "non-scaling-stroke" };
    const cut = 100 * (1 - threshold);
    svg.append(draw("line", { x1: 0, x2: scores.length, y1: cut, y2: cut, "stroke-dasharray": "4 3", ...line }));
    for (const x of here ? [place, place + 1] : []) svg.append(draw("line", { x1: x, x2: x, y1: 0, y2: 100, ...line }));
    root.replaceChildren(svg);
    const [least, most] = [data.first + 1, data.first + scores.length];
    const bounds = { min: least, max: most, now: data.first + place + 1, text: here ? said(data, place) : "" };
    for (const [name, value] of Object.entries(bounds)) root.setAttribute(`aria-value${name}`, value);
    root.setAttribute("aria-label", data.words.label);
  }
}

const known = new WeakMap();

export default function (component) {
  const root = component.parentElement.querySelector(".profile");
  if (!known.has(root)) known.set(root, new Profile(root));
  known.get(root).update(component);
}
