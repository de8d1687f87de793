/**
 * What the server says of a report's images (docs/viewer_description.md), with the look-ups that panes need. Knows no page.
 *
 * The page names a slice "instance id/frame"; the viewer names it by series and index.
 */
import { add, isPlaced, nearestSlice, signedDistance, subtract } from "./geometry.mjs";

export class Description {
  constructor(said) {
    this.said = said;
    this.levels = said.levels;
    this.structures = said.structures;
    this.alignments = [...said.alignments];
    this.series = said.series.map((one) => {
      const frames = one.frames.map((frame) => ({ ...one.common, ...frame }));
      return { ...one, frames, first: Math.min(one.first_frame ?? 0, Math.max(frames.length - 1, 0)) };
    });
    this.byId = new Map(this.series.map((one) => [one.id, one]));
    this.bySlice = new Map();
    for (const one of this.series) {
      for (const [index, frame] of one.frames.entries()) {
        this.bySlice.set(`${frame.instance}/${frame.frame}`, { series: one, index });
      }
    }
  }

  /** The series to hang in each of `count` panes: the user's hanging protocol, then what is left. */
  hanging(count) {
    const hung = this.said.hanging.map((id) => this.byId.get(id) ?? null).slice(0, count);
    const left = this.series.filter((one) => one.plane && !hung.includes(one));
    while (hung.length < count) hung.push(null);
    return hung.map((one) => one ?? left.shift() ?? null);
  }

  level(name) {
    return this.levels.find((level) => level.name === name) ?? null;
  }

  /**
   * From one frame of reference to another: what to add to a point; null where nobody has said how they lie.
   * Images without a frame of reference are taken to share it with others of none.
   */
  shift(from, to) {
    if (from === to) return [0, 0, 0];
    const known = (a, b) => this.alignments.find((one) => one.from === a && one.to === b && one.offset_mm);
    const there = known(from, to);
    if (there) return there.offset_mm;
    const back = known(to, from);
    return back ? subtract([0, 0, 0], back.offset_mm) : null;
  }

  /** A point of one frame of reference in another; null where nobody has said how they lie. */
  carry(point, from, to) {
    const shift = this.shift(from, to);
    return shift && add(point, shift);
  }

  /** The index of a series' slice for a level: the one the server names, else the nearest to its centre. */
  sliceOfLevel(series, level) {
    const named = [level.axial, level.sagittal].find((place) => place?.series === series.id);
    if (named) return named.frame;
    const center = this.centerIn(series, level);
    return center ? this.nearest(series, center) : null;
  }

  /** The index of a series' slice nearest to a point of its own coordinates; null where none is placed. */
  nearest(series, point) {
    return nearestSlice(series.frames, point)?.index ?? null;
  }

  /** Where a level's centre lies in a series' own coordinates; null where that is not known. */
  centerIn(series, level) {
    const reference = series.frames[0]?.frame_of_reference;
    return this.carry(level.center, this.said.levels_frame_of_reference, reference);
  }

  /** The levels in a series' own coordinates: none where the frames of reference are not aligned. */
  levelsIn(reference) {
    const shift = this.shift(this.said.levels_frame_of_reference, reference);
    if (!shift) return [];
    return this.levels.map((level) => ({
      ...level,
      center: add(level.center, shift),
      line: level.line && level.line.map((point) => add(point, shift)),
    }));
  }

  /** Pairs of frames of reference among the shown series that nobody has aligned. */
  strangers(shown) {
    const references = [...new Set(shown.filter(Boolean).map((series) => series.frames[0]?.frame_of_reference))];
    const [first, ...others] = references;
    return others.filter((other) => this.shift(other, first) === null).map((other) => ({ from: other, to: first }));
  }
}

/** The slice of `series` that shows what `frame` of another series shows; null where they are not parallel or unrelated. */
export function linkedSlice(description, frame, middle, series) {
  const like = series.frames.find(isPlaced);
  if (!isPlaced(frame) || !like) return null;
  const point = description.carry(middle, frame.frame_of_reference, like.frame_of_reference);
  if (!point) return null;
  const nearest = nearestSlice(series.frames, point);
  // Slices across each other show no common place to follow.
  const apart = Math.abs(signedDistance({ ...like, position: point }, add(point, unitNormal(frame))));
  return apart > Math.SQRT1_2 ? nearest.index : null;
}

function unitNormal({ orientation: o }) {
  return [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]];
}
