/**
 * Where things lie: patient coordinates in LPS millimetres, pixels as (column, row) of the stored frame. Pure functions.
 *
 * A frame is {position, orientation, spacing, rows, columns} as docs/viewer_description.md says; one that does not say where it
 * lies is not placed, and nothing here is asked about it.
 */
export const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
export const subtract = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const scale = (a, by) => [a[0] * by, a[1] * by, a[2] * by];
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const length = (a) => Math.hypot(...a);
export const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];

/** Two planes closer to parallel than this have no line in common that a reader could use. */
const PARALLEL_SINE = 0.1;

export const isPlaced = (frame) => Boolean(frame?.position && frame.orientation && frame.spacing);
export const rowDirection = (frame) => frame.orientation.slice(0, 3);
export const columnDirection = (frame) => frame.orientation.slice(3);
export const normal = (frame) => cross(rowDirection(frame), columnDirection(frame));

/** Pixel (column, row) → patient. */
export function toPatient(frame, [column, row]) {
  const along = scale(rowDirection(frame), column * frame.spacing[1]);
  const down = scale(columnDirection(frame), row * frame.spacing[0]);
  return add(frame.position, add(along, down));
}

/** Patient → pixel, by projection along the frame's normal. */
export function toPixel(frame, point) {
  const offset = subtract(point, frame.position);
  return [dot(offset, rowDirection(frame)) / frame.spacing[1], dot(offset, columnDirection(frame)) / frame.spacing[0]];
}

/** How far a point lies before or behind a frame's plane, mm. */
export const signedDistance = (frame, point) => dot(subtract(point, frame.position), normal(frame));

/** The middle of a frame. */
export const centre = (frame) => toPatient(frame, [(frame.columns - 1) / 2, (frame.rows - 1) / 2]);

function isInside(frame, point) {
  const [column, row] = toPixel(frame, point);
  return column >= -0.5 && column <= frame.columns - 0.5 && row >= -0.5 && row <= frame.rows - 0.5;
}

/**
 * The slice whose plane is nearest to a point: {index, distance}; slices that hold the point come before others.
 * null where no slice is placed.
 */
export function nearestSlice(frames, point) {
  let best = null;
  for (const [index, frame] of frames.entries()) {
    if (!isPlaced(frame)) continue;
    const candidate = { index, distance: Math.abs(signedDistance(frame, point)), inside: isInside(frame, point) };
    const isBetter = !best
      || (candidate.inside === best.inside ? candidate.distance < best.distance - 1e-6 : candidate.inside);
    if (isBetter) best = candidate;
  }
  return best && { index: best.index, distance: best.distance };
}

/** The part of the line origin + t · direction within a frame's rectangle, as [from, to] in t; null where there is none. */
function clip(frame, origin, direction, [from, to]) {
  const start = toPixel(frame, origin);
  const end = toPixel(frame, add(origin, direction));
  const limits = [frame.columns, frame.rows];
  for (const axis of [0, 1]) {
    const step = end[axis] - start[axis];
    const low = -0.5 - start[axis];
    const high = limits[axis] - 0.5 - start[axis];
    if (Math.abs(step) < 1e-9) {
      if (low > 0 || high < 0) return null;
      continue;
    }
    const [enter, leave] = step > 0 ? [low / step, high / step] : [high / step, low / step];
    [from, to] = [Math.max(from, enter), Math.min(to, leave)];
  }
  return from < to ? [from, to] : null;
}

/**
 * The reference line: where frame `other` cuts frame `shown`, two points in the patient; null where they are parallel or
 * do not meet within both. `shift` moves `other` first (a nudge between frames of reference).
 */
export function referenceLine(shown, other, shift = [0, 0, 0]) {
  if (!isPlaced(shown) || !isPlaced(other)) return null;
  const moved = { ...other, position: add(other.position, shift) };
  const [a, b] = [normal(shown), normal(moved)];
  const direction = cross(a, b);
  const sine = length(direction);
  if (sine < PARALLEL_SINE) return null;
  const [da, db] = [dot(a, shown.position), dot(b, moved.position)];
  // The point of both planes that is nearest to the origin.
  const origin = scale(add(scale(cross(b, direction), da), scale(cross(direction, a), db)), 1 / (sine * sine));
  const unit = scale(direction, 1 / sine);
  const within = clip(shown, origin, unit, [-1e4, 1e4]);
  const both = within && clip(moved, origin, unit, within);
  return both && both.map((t) => add(origin, scale(unit, t)));
}

const LETTERS = [["L", "R"], ["P", "A"], ["H", "F"]];

/** Which way a direction points in the patient: one letter, or two where it is oblique. */
export function letters(direction) {
  const parts = direction.map((value, axis) => ({ size: Math.abs(value), letter: LETTERS[axis][value > 0 ? 0 : 1] }));
  const told = parts.filter((part) => part.size > 0.35).sort((one, two) => two.size - one.size);
  return told.slice(0, 2).map((part) => part.letter).join("");
}

/** The letters at a frame's four edges. */
export function edges(frame) {
  const [along, down] = [rowDirection(frame), columnDirection(frame)];
  return {
    left: letters(scale(along, -1)),
    right: letters(along),
    top: letters(scale(down, -1)),
    bottom: letters(down),
  };
}

/**
 * The same projection as `project` (patient → [x, y], parallel, so four points of it say everything), without its price per point.
 * `about` is a point near those that will be asked for.
 */
export function affine(project, about) {
  const STEP_MM = 100; // rounding of single points stays far below a pixel
  const origin = project(about);
  const [alongX, alongY, alongZ] = [0, 1, 2].map((axis) => {
    const [x, y] = project(about.map((value, index) => value + (index === axis ? STEP_MM : 0)));
    return [(x - origin[0]) / STEP_MM, (y - origin[1]) / STEP_MM];
  });
  return (point) => {
    const [x, y, z] = subtract(point, about);
    return [0, 1].map((at) => origin[at] + x * alongX[at] + y * alongY[at] + z * alongZ[at]);
  };
}

export const distance = (a, b) => length(subtract(a, b));

/** The angle between two lines in degrees, 0 to 90: as Cobb measured it, whichever way each was drawn. */
export function angleBetween([a, b], [c, d]) {
  const [one, two] = [subtract(b, a), subtract(d, c)];
  const cosine = Math.abs(dot(one, two)) / (length(one) * length(two));
  return (Math.acos(Math.min(1, cosine)) * 180) / Math.PI;
}

/**
 * The level that a slice shows best: for one across the spine the nearest centre along the spine, no farther than the step to
 * the neighbouring level; null elsewhere. `levels` have {name, center, axis}.
 */
export function levelOfSlice(frame, levels) {
  if (!isPlaced(frame) || levels.length === 0) return null;
  const across = normal(frame);
  const offsets = levels.map((level) => ({ level, away: Math.abs(dot(subtract(level.center, frame.position), across)) }));
  const isAcross = Math.abs(dot(across, levels[0].axis ?? [0, 0, 1])) > Math.SQRT1_2;
  if (!isAcross) return null;
  const [nearest, next] = offsets.sort((one, two) => one.away - two.away);
  const step = next ? distance(nearest.level.center, next.level.center) : 10;
  return nearest.away <= step ? nearest.level : null;
}
