/**
 * Draws shapes over a pane. A shape is {kind, lines?, closed?, colour?, text?, at?, awayFrom?, offset?, handles?, data?}, its points in the
 * patient; what it looks like is CSS (class "over-" + kind). The text of a shape with `between` (a measured line) or `beside` (a mark) stands
 * beside it where it hides no other; any other text ends at `at` on the side that leads away from
 * `awayFrom`. Every word is text, never markup.
 */
import { freePlaces, labelPlaces } from "./label_places.mjs";

const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Between a name and the edge of its picture. */
const EDGE = 2;
/** From a line's lower end up to where its letters stand. */
const BELOW_LETTERS = 4;

const at = (value) => value.toFixed(1);

function path(lines, toScreen, closed) {
  return lines
    .map((points) => {
      const corners = points.map((point) => toScreen(point).map(at).join(" "));
      return corners.length ? `M${corners.join("L")}${closed ? "Z" : ""}` : "";
    })
    .join("");
}

/** Beside a point to the left or right; in the middle where it lies above or below. */
function anchor(side) {
  if (Math.abs(side) < 4) return "middle";
  return side < 0 ? "end" : "start";
}

function draw(shape, toScreen) {
  const marks = { class: `over-${shape.kind}`, ...shape.data };
  const made = [];
  if (shape.lines) {
    const line = element("path", { ...marks, d: path(shape.lines, toScreen, shape.closed) });
    if (shape.colour) line.setAttribute("stroke", shape.colour);
    made.push(line);
  }
  if (shape.text && shape.at) {
    const [x, y] = toScreen(shape.at);
    const [dx, dy] = shape.offset ?? [0, 0];
    const text = element("text", { class: `over-text over-${shape.kind}-text`, ...shape.data, x: at(x + dx), y: at(y + dy) });
    text.textContent = shape.text;
    if (shape.awayFrom) text.setAttribute("text-anchor", anchor(x - toScreen(shape.awayFrom)[0]));
    made.push(text);
  }
  for (const point of shape.handles ?? []) {
    const [cx, cy] = toScreen(point);
    made.push(element("circle", { class: "over-handle", cx: at(cx), cy: at(cy), r: "4" }));
  }
  return made;
}

/** A name whose place is in the picture is read whole: at the edge it moves in. */
function keepInside(svg) {
  const { clientWidth: wide } = svg;
  for (const text of svg.querySelectorAll("text[text-anchor]")) {
    const { x, width } = text.getBBox();
    const [left, right] = [x, x + width];
    if (right < 0 || left > wide) continue;
    const by = Math.max(EDGE - left, 0) || Math.min(wide - EDGE - right, 0);
    if (by) text.setAttribute("x", at(Number(text.getAttribute("x")) + by));
  }
}

/** What the page has written over the picture: the letters of its sides, the level. */
function wordsOver(svg) {
  const { left, top } = svg.getBoundingClientRect();
  return [...svg.parentElement.querySelectorAll(":scope > span:not(:empty)")].map((words) => {
    const box = words.getBoundingClientRect();
    return { x: box.left - left, y: box.bottom - top - BELOW_LETTERS, width: box.width };
  });
}

/** Texts of lines and marks that lie close together, so that each can be read and hides no name that stands already. */
function drawLabels(svg, shapes, toScreen) {
  if (!shapes.some((shape) => shape.between || shape.beside)) return;
  const size = { width: svg.clientWidth, height: svg.clientHeight };
  const names = [...svg.querySelectorAll("text")].map((text) => {
    const { x, width } = text.getBBox();
    return { x, y: Number(text.getAttribute("y")), width };
  });
  names.push(...wordsOver(svg));
  const measured = written(svg, shapes.filter((shape) => shape.between)).map((label) => ({ ...label, at: label.shape.between.map(toScreen) }));
  const standing = put(measured, labelPlaces(measured, size, names));
  const marks = written(svg, shapes.filter((shape) => shape.beside)).map((label) => {
    const corners = label.shape.beside.map(toScreen);
    const across = corners.map(([x]) => x);
    const y = corners.reduce((sum, corner) => sum + corner[1], 0) / corners.length + 4;
    return { ...label, x: Math.max(...across), left: Math.min(...across), y };
  });
  put(marks, freePlaces(marks, [...names, ...standing], size));
}

/** The texts in the page, not yet at their places, since places need widths. */
function written(svg, shapes) {
  return shapes.map((shape) => {
    const text = element("text", { class: `over-text over-${shape.kind}-text`, ...shape.data });
    text.textContent = shape.text;
    svg.append(text);
    return { shape, text, width: text.getComputedTextLength() };
  });
}

function put(labels, places) {
  return places.map(({ x, y }, index) => {
    const { text, width } = labels[index];
    text.setAttribute("x", at(x));
    text.setAttribute("y", at(y));
    return { x, y, width };
  });
}

/** Everything of `shapes` anew; `toScreen` leads from the patient to CSS pixels in the pane. */
export function drawOver(svg, shapes, toScreen) {
  svg.replaceChildren(...shapes.flatMap((shape) => draw(shape, toScreen)));
  keepInside(svg);
  drawLabels(svg, shapes, toScreen);
}
