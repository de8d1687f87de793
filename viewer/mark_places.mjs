/**
 * Marks for training in pixels and in the patient: what a point is likely to be about, and the shapes that are drawn. Pure.
 */
import { distance, isPlaced, signedDistance, toPatient, toPixel } from "./geometry.mjs";
import { shownLevel } from "./layers.mjs";

const NEAR_MM = 14;
const CORNER_PX = 1;
const SHOWN_CORNERS = 40;
export const MAX_POINTS = 500;
/** Nothing is said by colour alone: each state has its sign, and its own line (viewer.css). */
const SIGNS = { open: "?", accepted: "✓", rejected: "✗" };
const UNSAVED = "…";

/** The level a mark at `point` of `frame` is about; "" where none is near. `kind` is "vertebra" or "disc". */
export function levelAt(description, frame, point, kind) {
  const levels = description.levelsIn(frame.frame_of_reference).filter((level) => level.kind === kind);
  const own = shownLevel(description, frame);
  if (own?.kind === kind) return own.name;
  const isAcross = own !== null;
  const away = (level) => (isAcross ? Math.abs(signedDistance(frame, level.center)) : inPlane(frame, level.center, point));
  const [nearest] = levels.map((level) => ({ level, far: away(level) })).sort((one, two) => one.far - two.far);
  return nearest && nearest.far <= NEAR_MM ? nearest.level.name : "";
}

function inPlane(frame, center, point) {
  return distance(toPatient(frame, toPixel(frame, center)), point);
}

/** The patient's side of a point, against the middle of the level that the image shows. */
export function sideAt(description, frame, point) {
  const level = shownLevel(description, frame);
  const middle = level ? description.levelsIn(frame.frame_of_reference).find((one) => one.name === level.name).center[0] : 0;
  return point[0] > middle ? "left" : "right"; // LPS: x grows to the patient's left
}

/** A drawn line without corners closer than a pixel, and no longer than a mark may be. */
export function thinned(points) {
  const kept = points.filter(([x, y], index) => {
    if (index === 0) return true;
    const [px, py] = points[index - 1];
    return Math.hypot(x - px, y - py) > 0;
  });
  const spaced = [];
  for (const point of kept) {
    const last = spaced.at(-1);
    if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) >= CORNER_PX) spaced.push(point);
  }
  const step = Math.ceil(spaced.length / MAX_POINTS);
  return spaced.filter((_, index) => index % step === 0);
}

function ring(frame, [column, row], radius, corners) {
  const turn = corners === 4 ? 0 : Math.PI / corners;
  return Array.from({ length: corners }, (_, index) => {
    const angle = turn + (2 * Math.PI * index) / corners;
    return toPatient(frame, [column + radius * Math.cos(angle), row + radius * Math.sin(angle)]);
  });
}

/** A vertebra's dot is round, a ligament's a diamond, a disc's an octagon: kinds differ in form. */
const CORNERS = { vertebra_point: 24, ligament_point: 4, disc_slice: 8 };

export function markText(mark, words) {
  const sign = mark.unsaved ? UNSAVED : (SIGNS[mark.state] ?? "");
  const says = ["outline", "place", "level"].includes(mark.says) ? "" : words.says[mark.says];
  const what = mark.kind === "vertebra_point" ? "" : words.structure[mark.structure];
  const level = mark.level || (mark.kind === "disc_slice" ? words.none : "");
  return [level, what, words.side[mark.side] ?? "", says, sign].filter(Boolean).join(" ");
}

/** The marks of one slice; `chosen` is the one selected, whose corners can be held. */
export function markShapes(marks, frame, words, chosen) {
  if (!isPlaced(frame)) return [];
  const key = `${frame.instance}/${frame.frame}`;
  return marks
    .filter((mark) => `${mark.instance}/${mark.frame}` === key && mark.points.length > 0)
    .map((mark) => {
      const { points, kind } = mark;
      const isContour = kind === "contour";
      const line = isContour
        ? points.map((point) => toPatient(frame, point))
        : ring(frame, points[0], mark.diameter_px / 2, CORNERS[kind]);
      const data = { "data-mark": mark.kind, "data-state": mark.unsaved ? "unsaved" : mark.state };
      if (mark === chosen) data["data-chosen"] = "";
      const handles = mark === chosen && isContour && line.length <= SHOWN_CORNERS ? line : [];
      return { kind: "mark", lines: [line], closed: true, text: markText(mark, words), beside: line, handles, data };
    });
}
