// Line drawings of 20 x 20 for the bar; each button has its words too.

const PATHS = {
  window: "M10 3a7 7 0 1 0 0 14z M10 3a7 7 0 0 1 0 14",
  pan: "M10 2v16M2 10h16M10 2l-2 2.5M10 2l2 2.5M10 18l-2-2.5M10 18l2-2.5M2 10l2.5-2M2 10l2.5 2M18 10l-2.5-2M18 10l-2.5 2",
  zoom: "M8.5 3a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11M12.5 12.5L17 17M6 8.5h5M8.5 6v5",
  crosshair: "M10 2v5M10 13v5M2 10h5M13 10h5",
  length: "M3 14L14 3M2 11l4 4M11 2l4 4",
  angle: "M16 16H4L13 4M9 16a6 6 0 0 0-2-4.5",
  bidirectional: "M4 16L16 4M6.5 6.5l7 7",
  ellipse: "M10 5c4 0 7 2.2 7 5s-3 5-7 5s-7-2.2-7-5s3-5 7-5z",
  rectangle: "M3.5 5h13v10h-13z",
  freehand: "M5 14c-3-3 0-8 3-6s1 4 4 2s1-6 3.500-4s1 8-2.500 9s-6 1-8-1z",
  probe: "M10 3v5M10 12v5M3 10h5M12 10h5M10 9.500a.5 .5 0 1 0 0 1a.5 .5 0 0 0 0-1",
  brush: "M17 3L9 11M9 11c-3-1-4 1-4.500 3S3 17 3 17s5 .500 6.500-1.500S10 12 9 11z",
  eraser: "M8 17h9M3.500 12.500L12 4l5 5l-8 8H7z M7.500 8.500l5 5",
  part: "M6 3.500c3-1 5 1 4.500 4S6 11 4 9S3.500 4.500 6 3.500z M12.500 14.500h5M15 12v5 M4 15h4",
  invert: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14M10 3v14M10 6h4M10 10h6.500M10 14h4",
  turnRight: "M15 8a6 6 0 1 0 .5 4M15 3v5h-5",
  turnLeft: "M5 8a6 6 0 1 1-.5 4M5 3v5h5",
  flipAcross: "M10 2v16M8 5L2.500 15H8zM12 5l5.500 10H12z",
  flipDown: "M2 10h16M5 8L15 2.500V8zM5 12l10 5.500V12z",
  overlays: "M10 3l7 4l-7 4l-7-4zM3 10.500l7 4l7-4M3 14l7 4l7-4",
  play: "M6 4l10 6l-10 6z",
  pause: "M6 4v12M14 4v12",
  reset: "M4 10a6 6 0 1 1 1.800 4.300M4 15v-4h4",
  snapshot: "M3 6h3l1.500-2h5L14 6h3v10H3zM10 8a3 3 0 1 0 0 6a3 3 0 0 0 0-6",
  list: "M3 5h2M7.500 5H17M3 10h2M7.500 10H17M3 15h2M7.500 15H17",
  help: "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14M8 8c0-3 4-3 4-.5c0 1.500-2 1.500-2 3.500M10 13.500v.5",
  peak: "M2 16l5-4l3-8l3 8l5 4",
  undo: "M7 4L3 8l4 4M3 8h9a5 5 0 0 1 0 9H8",
  redo: "M13 4l4 4l-4 4M17 8H8a5 5 0 0 0 0 9h4",
  link: "M8 12l4-4M7 9L4.500 11.500a2.800 2.800 0 0 0 4 4L11 13M9 7l2.500-2.500a2.800 2.800 0 0 1 4 4L13 11",
};

/** An icon as an SVG element. */
export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
