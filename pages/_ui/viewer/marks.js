// What is written and drawn on the picture: on the screen and, because it is drawn, in every snapshot.

import { POINTS } from "./measure.js";

export const INK = {
  white: "#eceff1",
  quiet: "#b2bec5",
  amber: "#ecb054",
  accent: "#6cc3e4",
  drawn: "#ffd75e",
  reference: "#7ee0a1",
};
const MARGIN = 10;
const STEPS_MM = [1, 2, 5, 10, 20, 50, 100, 200];

/** Height of a line of text for a pane of this height, in pixels. */
export const lineHeight = (height, ratio) => Math.round(Math.min(Math.max(height / 58, 11), 15) * ratio);

/** One line of text with a dark rim, so that it stays legible on white. */
export function write(ctx, text, x, y, { align = "left", base = "top", colour = INK.white, size, bold = false }) {
  ctx.font = fontOf(size, bold);
  ctx.textAlign = align;
  ctx.textBaseline = base;
  ctx.lineJoin = "round";
  ctx.lineWidth = size / 4;
  ctx.strokeStyle = "rgba(0,0,0,0.9)";
  ctx.strokeText(text, x, y);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y);
}

const fontOf = (size, bold) => `${bold ? "600 " : ""}${size}px system-ui, "DejaVu Sans", sans-serif`;
const widths = new Map();

/** Width of a line of text; remembered, because the same lines come back at every drawing. */
function widthOf(ctx, text, size, bold = false) {
  const key = `${size}${bold}${text}`;
  if (!widths.has(key)) {
    if (widths.size > 2000) widths.clear();
    ctx.font = fontOf(size, bold);
    widths.set(key, ctx.measureText(text).width);
  }
  return widths.get(key);
}

/** A line cut to a width, with dots where something is left out. */
export function fitted(ctx, text, room, size, bold = false) {
  if (widthOf(ctx, text, size, bold) <= room) return text;
  const share = room / widthOf(ctx, text, size, bold);
  let length = Math.max(Math.floor(text.length * share), 0);
  while (length > 1 && widthOf(ctx, `${text.slice(0, length)}\u2026`, size, bold) > room) length -= 1;
  return `${text.slice(0, length).trimEnd()}\u2026`;
}

/** Lines broken between words, so that each fits a width where words allow it. */
export function wrapped(ctx, texts, room, size, bold = true) {
  return texts.flatMap((text) => {
    const rows = [];
    let row = "";
    for (const word of text.split(" ")) {
      const longer = row ? `${row} ${word}` : word;
      if (row && widthOf(ctx, longer, size, bold) > room) {
        rows.push(row);
        row = word;
      } else row = longer;
    }
    return [...rows, row];
  });
}

/** Whether the lines at the bottom centre must go above the scale bar, because the corner's lines reach them. */
function narrow(ctx, width, lines, size) {
  const widest = (texts) => Math.max(0, ...texts.map((text) => widthOf(ctx, text, size)));
  return MARGIN + widest(lines.bottomLeft) + widest(lines.bottomCentre) / 2 + size > width / 2;
}

/** Row in which the lines at the top centre begin: the first where they fit between the corners', else below these. */
function bannerRow(ctx, width, lines, size) {
  const reach = (row) =>
    Math.max(
      lines.topLeft[row] ? widthOf(ctx, lines.topLeft[row], size, row === 0) : 0,
      lines.topRight[row] ? Math.min(widthOf(ctx, lines.topRight[row], size), width * 0.45) : 0,
    );
  const fits = lines.topCentre.every(
    (text, row) => widthOf(ctx, text, size, true) / 2 + reach(row) + 2 * MARGIN <= width / 2,
  );
  return fits ? 0 : Math.max(lines.topLeft.length, lines.topRight.length);
}

/** Lines in the corners: {topLeft, topRight, bottomLeft, bottomCentre, topCentre}, each a list. */
export function corners(ctx, width, height, lines, size) {
  const step = Math.round(size * 1.4);
  const margin = MARGIN;
  const begin = bannerRow(ctx, width, lines, size);
  // the patient's tag is never cut; what stands right of it has the rest of the row, or its half beside a banner
  const room = (row) => {
    const left = lines.topLeft[row] ? widthOf(ctx, lines.topLeft[row], size, row === 0) : 0;
    const middle = begin === 0 && lines.topCentre[row];
    const half = middle ? (width - widthOf(ctx, middle, size, true)) / 2 - 2 * margin : Infinity;
    return Math.min(width - left - 3 * margin, half);
  };
  lines.topLeft.forEach((text, row) =>
    write(ctx, text, margin, margin + row * step, { size, bold: row === 0, colour: row ? INK.quiet : INK.white }),
  );
  lines.topRight.forEach((text, row) =>
    write(ctx, fitted(ctx, text, room(row), size), width - margin, margin + row * step, {
      size,
      align: "right",
      colour: row ? INK.quiet : INK.white,
    }),
  );
  [...lines.bottomLeft].reverse().forEach((text, row) =>
    write(ctx, text, margin, height - margin - row * step, { size, base: "bottom" }),
  );
  const aside = narrow(ctx, width, lines, size);
  [...lines.bottomCentre].reverse().forEach((text, row) =>
    write(ctx, text, aside ? width - margin : width / 2, height - margin - (row + (aside ? 2 : 0)) * step, {
      size,
      align: aside ? "right" : "center",
      base: "bottom",
      colour: INK.quiet,
    }),
  );
  lines.topCentre.forEach((text, row) =>
    write(ctx, text, width / 2, margin + (begin + row) * step, { size, align: "center", colour: INK.amber, bold: true }),
  );
}

/** Letters at the edges of the picture, kept inside the pane and clear of the lines at its top and bottom centre. */
export function edgeMarks(ctx, frame, pane, letters, lines, size) {
  if (!letters) return;
  const big = Math.round(size * 1.35);
  const taken = (count) => (count ? MARGIN + count * size * 1.4 : 0);
  const below = narrow(ctx, pane.width, lines, size) ? 0 : lines.bottomCentre.length;
  const left = Math.max(frame.left, 0) + big / 2;
  const right = Math.min(frame.right, pane.width) - big / 2;
  const rows = lines.topCentre.length && bannerRow(ctx, pane.width, lines, size) + lines.topCentre.length;
  const top = Math.max(frame.top + big * 0.3, taken(rows), big * 0.3);
  const bottom = Math.min(frame.bottom - big * 0.3, pane.height - taken(below), pane.height - big * 0.3);
  const x = (left + right) / 2;
  const y = (Math.max(frame.top, 0) + Math.min(frame.bottom, pane.height)) / 2;
  const style = { size: big, bold: true };
  write(ctx, letters[0], left, y, { ...style, base: "middle" });
  write(ctx, letters[1], right, y, { ...style, align: "right", base: "middle" });
  write(ctx, letters[2], x, top, { ...style, align: "center" });
  write(ctx, letters[3], x, bottom, { ...style, align: "center", base: "bottom" });
}

/** A bar of a round length; none where there are no millimetres. */
export function scaleBar(ctx, width, height, pixelsPerMm, note, size) {
  const length = STEPS_MM.filter((mm) => mm * pixelsPerMm <= width * 0.22).pop();
  if (!length || !Number.isFinite(pixelsPerMm)) return;
  const [right, y] = [width - MARGIN, height - MARGIN - 4];
  const left = right - length * pixelsPerMm;
  for (const [line, colour] of [[4, "rgba(0,0,0,0.85)"], [1.5, INK.white]]) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = line;
    ctx.beginPath();
    ctx.moveTo(left, y - 5);
    ctx.lineTo(left, y + 4);
    ctx.moveTo(right, y - 5);
    ctx.lineTo(right, y + 4);
    ctx.moveTo(left, y);
    ctx.lineTo(right, y);
    ctx.stroke();
  }
  write(ctx, `${length} mm ${note}`.trim(), right, y - 8, { size, align: "right", base: "bottom" });
}

/** The colours from a scale (top) down to `low`, zero where there is none, with a line at the threshold. */
export function colourBar(ctx, width, height, map, title, size) {
  const rows = Math.round(height * 0.24);
  const across = Math.round(size * 0.9);
  const left = width - MARGIN - across;
  // below the edge's letter: side markers lie in the upper half of a radiograph
  const top = Math.round(height * 0.6);
  for (let row = 0; row < rows; row += 1) {
    const level = Math.round((255 * (rows - 1 - row)) / (rows - 1));
    const [r, g, b] = map.colours.subarray(3 * level, 3 * level + 3);
    ctx.fillStyle = `rgb(${r},${g},${b})`;
    ctx.fillRect(left, top + row, across, 1);
  }
  ctx.strokeStyle = INK.quiet;
  ctx.lineWidth = 1;
  ctx.strokeRect(left - 0.5, top - 0.5, across + 1, rows + 1);
  const mark = top + (1 - map.threshold) * (rows - 1);
  if (title) {
    // a measurement's lines may lie there too
    const wide = widthOf(ctx, title, size) + size * 0.6;
    ctx.fillStyle = "rgba(0,0,0,0.75)";
    ctx.fillRect(width - MARGIN + size * 0.3 - wide, top - size * 1.9, wide, size * 1.4);
  }
  write(ctx, title, width - MARGIN, top - size * 0.6, { size, align: "right", base: "bottom" });
  const labels = [[top, short(map.scale)], [top + rows, short(map.low ?? 0)]];
  if (map.threshold > 0) {
    ctx.fillStyle = "rgb(0,255,255)";
    ctx.fillRect(left - 3, mark, across + 6, 1.5);
    labels.push([mark, short(map.threshold * map.scale)]);
  }
  labels.forEach(([y, text], place) => {
    const clear = place < 2 || labels.slice(0, 2).every(([other]) => Math.abs(other - y) > size * 1.2);
    if (clear) write(ctx, text, left - 6, y, { size: Math.round(size * 0.9), align: "right", base: "middle" });
  });
}

const short = (value) => String(Number(value.toPrecision(Math.abs(value) >= 100 ? 3 : 2)));

/** Lines through the crosshair's point, open around it. */
export function crosshair(ctx, [x, y], frame, colours) {
  const gap = 12;
  ctx.lineWidth = 1;
  for (const [colour, points] of [
    [colours[0], [[x, frame.top, x, y - gap], [x, y + gap, x, frame.bottom]]],
    [colours[1], [[frame.left, y, x - gap, y], [x + gap, y, frame.right, y]]],
  ]) {
    ctx.strokeStyle = colour;
    for (const [a, b, c, d] of points) line(ctx, [a, b], [c, d]);
  }
}

export function line(ctx, from, to) {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

/** A line where another plane cuts this one, dashed. */
export function referenceLine(ctx, ends, colour = INK.reference) {
  ctx.save();
  ctx.setLineDash([6, 4]);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1;
  line(ctx, ...ends);
  ctx.restore();
}

/**
 * A measurement: its lines, its handles, its words.
 *
 * @param points on the screen.
 * @param lines what it says.
 */
export function measurement(ctx, kind, points, lines, { size, chosen }) {
  ctx.save();
  ctx.lineJoin = "round";
  for (const [width, colour] of [[3.5, "rgba(0,0,0,0.7)"], [chosen ? 2 : 1.4, chosen ? INK.accent : INK.drawn]]) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    trace(ctx, kind, points);
    ctx.stroke();
  }
  ctx.fillStyle = chosen ? INK.accent : INK.drawn;
  if (kind !== "freehand" || chosen) {
    for (const [x, y] of kind === "freehand" ? points.slice(0, 1) : points) {
      ctx.fillRect(x - 2.5, y - 2.5, 5, 5);
    }
  }
  const [x, y] = labelPlace(kind, points);
  const colour = chosen ? INK.accent : INK.drawn;
  lines.forEach((text, row) => write(ctx, text, x + 8, y + 6 + row * size * 1.3, { size, colour }));
  ctx.restore();
}

/** Where the words of a measurement begin: at its lowest right point. */
function labelPlace(kind, points) {
  if (kind === "angle") return points[1];
  return [Math.max(...points.map(([x]) => x)), Math.max(...points.map(([, y]) => y))];
}

function trace(ctx, kind, points) {
  if (points.length < 2 && kind !== "probe") return;
  if (kind === "probe") {
    const [x, y] = points[0];
    ctx.moveTo(x - 6, y);
    ctx.lineTo(x + 6, y);
    ctx.moveTo(x, y - 6);
    ctx.lineTo(x, y + 6);
  } else if (kind === "bidirectional") {
    for (let place = 0; place + 1 < points.length; place += 2) {
      ctx.moveTo(...points[place]);
      ctx.lineTo(...points[place + 1]);
    }
  } else if (kind === "ellipse" || kind === "rectangle") {
    const [[a, b], [c, d]] = points;
    if (kind === "rectangle") ctx.rect(Math.min(a, c), Math.min(b, d), Math.abs(c - a), Math.abs(d - b));
    else ctx.ellipse((a + c) / 2, (b + d) / 2, Math.abs(c - a) / 2, Math.abs(d - b) / 2, 0, 0, 2 * Math.PI);
  } else {
    points.forEach((point, place) => (place ? ctx.lineTo(...point) : ctx.moveTo(...point)));
    if (kind === "freehand" && points.length >= POINTS.freehand) ctx.closePath();
  }
}
