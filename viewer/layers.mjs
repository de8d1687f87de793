/**
 * What is drawn over a pane, as shapes in the patient's own coordinates. Pure: no page, no viewport.
 */
import {
  add,
  distance,
  isPlaced,
  length,
  levelOfSlice,
  normal,
  referenceLine,
  scale,
  signedDistance,
  subtract,
  toPatient,
} from "./geometry.mjs";

/** Off the slice by more than this, a name's place is only a projection and is drawn paler. */
const ON_SLICE_MM = 12;
const CROSS_MM = 6;
/** Half a vertebra's depth where no disc says better; and the gap between a name and what it names. */
const FRONT_MM = 10;
const GAP_MM = 3;

/** The level an image shows: named by the server on slices across the spine, else found by place. */
export function shownLevel(description, frame) {
  if (!frame) return null;
  if (frame.level !== null && frame.level !== undefined) return description.levels[frame.level] ?? null;
  return levelOfSlice(frame, description.levelsIn(frame.frame_of_reference));
}

/**
 * Names in front of the spine, where they hide nothing, and the lines of the discs: everything along the spine, and the one level
 * of a slice across it.
 */
export function levelShapes(description, frame, { names, lines }) {
  if (!isPlaced(frame)) return [];
  const levels = description.levelsIn(frame.frame_of_reference);
  const own = shownLevel(description, frame);
  const shown = own ? levels.filter((level) => level.structure === own.structure) : isAlong(frame, levels) ? levels : [];
  return shown.flatMap((level) => {
    const far = Math.abs(signedDistance(frame, level.center)) > ON_SLICE_MM;
    const data = { "data-level": level.name, ...(far && { "data-far": "" }), ...(!level.certain && { "data-uncertain": "" }) };
    const at = add(level.center, frontOf(level, levels));
    const name = { kind: level.kind, text: level.name, at, awayFrom: level.center, data };
    const line = { kind: "disc-line", lines: [level.line], data };
    return [...(lines && level.line ? [line] : []), ...(names ? [name] : [])];
  });
}

/** From a level's centre to just before its front edge, as its own disc line or the nearest one says. */
function frontOf(level, levels) {
  const away = (other) => distance(other.center, level.center);
  const [nearest] = levels.filter((other) => other.line).sort((one, two) => away(one) - away(two));
  if (!nearest) return [0, -FRONT_MM, 0];
  const half = scale(subtract(nearest.line[0], nearest.line[1]), 0.5);
  return scale(half, 1 + GAP_MM / Math.max(length(half), 1));
}

/** Slices along the spine show every level at once. */
function isAlong(frame, levels) {
  const axis = levels[0]?.axis;
  if (!axis) return false;
  const across = normal(frame);
  return Math.abs(across[0] * axis[0] + across[1] * axis[1] + across[2] * axis[2]) <= Math.SQRT1_2;
}

/** Contours of one frame: `contours` is {structure value: [[x, y, …], …]} in pixels. */
export function contourShapes(description, frame, contours) {
  if (!contours || !isPlaced(frame)) return [];
  return description.structures.flatMap(({ value, structure, colour }) => {
    const outlines = contours[value];
    if (!outlines?.length) return [];
    const lines = outlines.map((flat) => {
      const points = [];
      for (let i = 0; i < flat.length; i += 2) points.push(toPatient(frame, [flat[i], flat[i + 1]]));
      return points;
    });
    return [{ kind: "contour", lines, closed: true, colour, data: { "data-structure": structure } }];
  });
}

/** What the machine measured of one level on this very slice. */
export function measurementShapes(description, series, index, level) {
  return description.said.measurements
    .filter((one) => one.series === series.id && one.frame === index && one.level === level)
    .map((one) => ({
      kind: "measured",
      lines: [one.points],
      text: `${one.label} ${one.value.toFixed(1)} ${one.unit}`,
      between: one.points,
      data: { "data-measured": one.name },
    }));
}

/** Where the other panes' slices cut this one. `others` are {frame, number} of the other panes. */
export function referenceShapes(description, frame, others) {
  return others.flatMap(({ frame: other, number }) => {
    const shift = isPlaced(other) && description.shift(other.frame_of_reference, frame.frame_of_reference);
    const line = shift && referenceLine(frame, other, shift);
    return line ? [{ kind: "reference", lines: [line], data: { "data-of-pane": String(number) } }] : [];
  });
}

/** The point the reader named, in every pane that knows where it lies. */
export function crossShapes(description, frame, cross) {
  if (!cross || !isPlaced(frame)) return [];
  const point = description.carry(cross.point, cross.frameOfReference, frame.frame_of_reference);
  if (!point) return [];
  const arm = (direction) => [add(point, scale(direction, -CROSS_MM)), add(point, scale(direction, CROSS_MM))];
  const lines = [arm(frame.orientation.slice(0, 3)), arm(frame.orientation.slice(3))];
  const away = Math.abs(signedDistance(frame, point));
  return [{ kind: "cross", lines, data: { "data-away": away.toFixed(1) } }];
}

/** Lines that the reader drew on this slice. */
export function drawnShapes(drawn, sliceKey, words) {
  return drawn
    .filter((one) => one.slice === sliceKey)
    .map((one) => ({
      kind: "drawn",
      lines: one.lines,
      text: one.value === null ? "" : `${one.value.toFixed(1)} ${one.unit === "deg" ? words.degrees : one.unit}`,
      at: one.lines.at(-1)[1],
      offset: [8, -6],
      handles: one.lines.flat(),
      data: { "data-drawn": one.kind },
    }));
}
