/**
 * Drawing marks for training on the panes: what a press, a drag or Enter does with the chosen kind of mark. Places are pixels of the
 * stored frame; the server works out the patient's.
 */
import { isPlaced, toPatient } from "./geometry.mjs";
import { levelAt, markShapes, sideAt, thinned } from "./mark_places.mjs";

const GRIP_PX = 8;
const DRAGGED_POINTS = 8;
export const MARK_KINDS = ["vertebra_point", "ligament_point", "disc_slice", "contour"];

export class Marks {
  #held = null;
  #draft = null;

  constructor({ store, viewer, words, rules, panel, onMove }) {
    Object.assign(this, { store, viewer, words, rules, panel, onMove });
    this.chosen = null;
    this.moving = null;
  }

  tool(kind) {
    return {
      start: (pane, gesture) => this.#start(kind, pane, gesture),
      move: (pane, gesture) => this.#move(kind, pane, gesture),
      end: (pane, gesture) => this.#end(kind, pane, gesture),
    };
  }

  #pixel(pane, place) {
    const part = pane.toPart(place);
    return part && [part.x * pane.frame.columns - 0.5, part.y * pane.frame.rows - 0.5].map((at) => Math.round(at * 100) / 100);
  }

  #start(kind, pane, { place }) {
    const pixel = this.#pixel(pane, place);
    if (!pixel) return;
    this.#held = this.#gripped(pane, place);
    if (this.#held || kind !== "contour") return;
    const draft = this.#draft?.slice === pane.sliceKey ? this.#draft : { slice: pane.sliceKey, pane, points: [] };
    this.#draft = draft;
    draft.before = draft.points.length;
    const first = draft.points[0];
    if (draft.points.length >= 3 && this.#isAt(pane, first, place)) this.#close();
    else draft.points.push(pixel);
    this.viewer.redraw();
  }

  #move(kind, pane, { place }) {
    const pixel = this.#pixel(pane, place);
    if (!pixel) return;
    if (this.#held) this.#held.points[this.#held.index] = pixel;
    else if (kind === "contour" && this.#draft) this.#draft.points.push(pixel);
    this.viewer.redraw();
  }

  #end(kind, pane, { place, moved }) {
    if (this.#held) {
      const { mark, points } = this.#held;
      this.#held = null;
      if (moved) this.store.decide(mark, "amend", { points });
      else this.choose(mark);
    } else if (kind === "contour") {
      if (this.#draft && this.#draft.points.length - this.#draft.before >= DRAGGED_POINTS) this.#close();
    } else if (!moved) {
      this.#putAt(kind, pane, this.#pixel(pane, place));
    }
    this.viewer.redraw();
  }

  #isAt(pane, pixel, place) {
    const [x, y] = pane.toScreen(toPatient(pane.frame, pixel));
    return Math.hypot(x - place[0], y - place[1]) <= GRIP_PX;
  }

  /** A point of a mark under the pointer that this reader may move; of contours only the chosen one's. */
  #gripped(pane, place) {
    if (!isPlaced(pane.frame)) return null;
    for (const mark of this.store.shown) {
      const isHere = `${mark.instance}/${mark.frame}` === pane.sliceKey;
      if (!isHere || !mark.may.includes("amend") || mark.busy || (mark.kind === "contour" && mark !== this.chosen)) continue;
      const index = mark.points.findIndex((point) => this.#isAt(pane, point, place));
      if (index >= 0) return { mark, index, points: mark.points.map((point) => [...point]) };
    }
    return null;
  }

  /** A mark, or the next corner of a contour, in the middle of the picture: Enter instead of a click. */
  putInMiddle(kind, pane) {
    const pixel = this.#pixel(pane, [pane.view.clientWidth / 2, pane.view.clientHeight / 2]);
    if (!pixel) return;
    if (this.moving) {
      const mark = this.moving;
      this.moving = null;
      this.store.decide(mark, "amend", { points: [pixel] });
    } else if (kind === "contour") {
      const draft = this.#draft?.slice === pane.sliceKey ? this.#draft : { slice: pane.sliceKey, pane, points: [] };
      this.#draft = draft;
      const last = draft.points.at(-1);
      // Twice at the same place closes the line.
      if (last && Math.hypot(last[0] - pixel[0], last[1] - pixel[1]) < 0.5) this.#close();
      else draft.points.push(pixel);
    } else {
      this.#putAt(kind, pane, pixel);
    }
    this.viewer.redraw();
  }

  #putAt(kind, pane, pixel) {
    if (pixel) this.#keep(kind, pane, [pixel]);
  }

  #close() {
    const { pane, points } = this.#draft;
    const line = thinned(points);
    this.#draft = null;
    if (line.length >= 3) this.#keep("contour", pane, line);
  }

  /** The machine's outline of the chosen structure on this slice, as it is: the one nearest to the middle of the picture. */
  takeMachine(pane) {
    const { structure } = this.panel.given("contour");
    const value = this.viewer.description.structures.find((one) => one.structure === structure)?.value;
    const outlines = this.viewer.contoursOn(pane)[value] ?? [];
    const middle = this.#pixel(pane, [pane.view.clientWidth / 2, pane.view.clientHeight / 2]) ?? [0, 0];
    const lines = outlines.map((flat) => flat.filter((_, i) => i % 2 === 0).map((x, i) => [x, flat[2 * i + 1]]));
    const away = (line) => Math.min(...line.map(([x, y]) => Math.hypot(x - middle[0], y - middle[1])));
    const nearest = lines.map((line, number) => ({ line, number })).sort((one, two) => away(one.line) - away(two.line))[0];
    if (!nearest) this.panel.say(this.words.no_outline);
    else this.#keep("contour", pane, nearest.line, nearest.number);
  }

  #keep(kind, pane, points, machineOutline = null) {
    const { description } = this.viewer;
    const { frame, series } = pane;
    const rules = this.rules[kind];
    if (!isPlaced(frame) || (rules.planes.length > 0 && !rules.planes.includes(series.plane))) {
      this.panel.say(this.words.other_plane);
      return;
    }
    const given = this.panel.given(kind);
    const point = toPatient(frame, points[0]);
    const isOfBone = given.structure === "body";
    const hasLevel = kind !== "contour" || ["body", "disc"].includes(given.structure);
    const found = hasLevel ? levelAt(description, frame, point, isOfBone ? "vertebra" : "disc") : "";
    const level = given.level ?? (rules.levels.includes(found) ? found : "");
    if (!level && (rules.needs_level || (kind === "disc_slice" && given.level === undefined))) {
      this.panel.say(this.words.which_level);
      return;
    }
    const side = given.structure === "lf" && kind === "ligament_point" ? sideAt(description, frame, point) : "";
    const mark = { kind, structure: given.structure, level, side, says: level || kind !== "disc_slice" ? given.says : "level" };
    const place = { instance: frame.instance, frame: frame.frame };
    const shown = { ...mark, ...place, points, diameter_px: rules.diameter, author: "", origin: "drawn" };
    const sent = machineOutline === null ? { points } : { machine_outline: machineOutline };
    this.panel.say("");
    this.chosen = this.store.draw(shown, { ...mark, ...place, ...sent });
  }

  /** One step back: the last corner of a line being drawn, else this reader's own last mark. */
  undo() {
    if (this.#draft) {
      this.#draft.points.pop();
      if (this.#draft.points.length === 0) this.#draft = null;
    } else if (this.store.last) {
      this.store.decide(this.store.last, "retract");
    }
    this.viewer.redraw();
  }

  /** Give up a line that is being drawn, a mark that is being moved, the choice; true where there was one. */
  cancel() {
    const had = Boolean(this.#draft || this.#held || this.moving || this.chosen);
    this.#draft = this.#held = this.moving = this.chosen = null;
    if (had) this.viewer.redraw();
    return had;
  }

  get isDrawing() {
    return this.#draft !== null;
  }

  /** The mark is moved by dragging its point, or put into the middle of the picture with Enter. */
  beginMove(mark) {
    this.choose(mark);
    this.moving = mark.points.length === 1 ? mark : null;
    this.onMove(mark);
  }

  choose(mark) {
    this.chosen = mark;
    this.viewer.goSlice(`${mark.instance}/${mark.frame}`).then(() => this.viewer.redraw());
    this.panel.show();
  }

  shapes(pane) {
    const { frame } = pane;
    const held = this.#held;
    const marks = held
      ? this.store.shown.map((mark) => (mark === held.mark ? { ...mark, points: held.points } : mark))
      : this.store.shown;
    const shapes = markShapes(marks, frame, this.words, held ? null : this.chosen);
    if (this.#draft?.slice === pane.sliceKey && isPlaced(frame)) {
      const line = this.#draft.points.map((point) => toPatient(frame, point));
      shapes.push({ kind: "mark", lines: [line], handles: line.slice(0, 1), data: { "data-state": "draft" } });
    }
    return shapes;
  }
}
