/**
 * The panes together: which slice each shows, what they share (level, crosshair, link, what is drawn), and what is loaded next.
 *
 * Heard on document: "dens:level" {level}, "dens:slice" {slice}. Said: "dens:shown-level" {level} when scrolling arrives at
 * another level, "dens:image-click" {instance, frame, x, y, plane} for a plain click on an image (preventDefault takes it).
 */
import { Description, linkedSlice } from "./description.mjs";
import { Drawing } from "./drawing.mjs";
import { centre, isPlaced } from "./geometry.mjs";
import { imageId, isGone, isLoaded, loadFrame } from "./images.mjs";
import {
  contourShapes,
  crossShapes,
  drawnShapes,
  levelShapes,
  measurementShapes,
  referenceShapes,
  shownLevel,
} from "./layers.mjs";
import { Loading } from "./loading.mjs";
import { drawOver } from "./overlay.mjs";
import { Pane } from "./pane.mjs";

const NECK_HALF_MM = 75;
const NECK_HALF_WIDTH_MM = 45;
const LEVEL_HALF_MM = 40;
const NAME_PX = 16;

export class Viewer {
  constructor({ root, engine, description, preferences, words, fetchContours, onChange }) {
    Object.assign(this, { root, description, preferences, words, fetchContours, onChange });
    this.level = "";
    this.cross = null;
    this.isWhole = false;
    this.contours = new Map();
    this.contoursBefore = new Map();
    this.drawing = new Drawing({ onChange: () => this.redraw() });
    this.panes = [...root.querySelectorAll("[data-pane]")].map(
      (figure, number) =>
        new Pane({ figure, engine, id: `pane-${number}`, words, onChange: (pane, what) => this.#changed(pane, what) }),
    );
    this.focused = this.panes[0];
    this.loading = new Loading({
      wanted: () => this.shownPanes.map((pane) => ({ ...seen(pane), isFocus: pane === this.focused })),
      id: ({ series }, index) => imageId(series, index),
      isLoaded,
      load: loadFrame,
      onFailed: (error) => isGone(error) && this.onChange("gone"),
    });
  }

  get shownPanes() {
    return this.panes.filter((pane) => pane.series && !pane.figure.hidden);
  }

  /** The first pictures: each pane hangs its series at the slice of the level to begin with. */
  async start() {
    const hung = this.description.hanging(this.panes.length);
    const level = this.#firstLevel();
    const shown = this.panes.map(async (pane, number) => {
      const series = hung[number];
      await pane.hang(series, this.#firstSlice(series, level));
      this.frameUp(pane, level);
    });
    await Promise.all(shown);
    this.loading.go();
  }

  #firstLevel() {
    const discs = this.description.levels.filter((level) => level.kind === "disc");
    return discs[Math.floor(discs.length / 2)] ?? null;
  }

  #firstSlice(series, level) {
    if (!series) return 0;
    return (level && this.description.sliceOfLevel(series, level)) ?? series.first;
  }

  /** Show the neck, or the disc, large; or the whole picture. */
  frameUp(pane, level) {
    const center = level && pane.series && this.description.centerIn(pane.series, level);
    if (this.isWhole || !center || !isPlaced(pane.frame)) {
      if (pane.series) pane.lookAtAll();
      return;
    }
    const { clientWidth, clientHeight } = pane.view;
    const tall = clientHeight / Math.max(clientWidth, 1);
    const isAcross = shownLevel(this.description, pane.frame) !== null;
    const half = isAcross ? LEVEL_HALF_MM * Math.max(1, tall) : Math.max(NECK_HALF_MM, NECK_HALF_WIDTH_MM * tall);
    pane.look(isAcross ? center : this.#neckCentre(pane) ?? center, half);
  }

  #neckCentre(pane) {
    const vertebrae = this.description.levels.filter((level) => level.kind === "vertebra");
    const middle = vertebrae[Math.floor(vertebrae.length / 2)];
    return middle ? this.description.centerIn(pane.series, middle) : null;
  }

  /** Every pane goes to a level. */
  goLevel(name) {
    const level = this.description.level(name);
    if (!level) return;
    this.level = name;
    this.#together(() => {
      for (const pane of this.panes.filter((one) => one.series)) {
        const index = this.description.sliceOfLevel(pane.series, level);
        if (index !== null) this.#follow(pane, index, level);
      }
    });
  }

  async #follow(pane, index, level) {
    await pane.show(index);
    const isAcross = shownLevel(this.description, pane.frame) !== null;
    if (isAcross && !this.isWhole) pane.look(this.description.centerIn(pane.series, level));
  }

  /** A slice by the page's name for it: in the pane that has its series, else in the one that shows that plane. */
  async goSlice(key) {
    const found = this.description.bySlice.get(key);
    if (!found) return;
    const { series, index } = found;
    const pane = this.panes.find((one) => one.has(series))
      ?? this.panes.find((one) => one.series?.plane === series.plane)
      ?? this.focused;
    if (pane.has(series)) await pane.show(index);
    else await this.hang(pane, series, index);
  }

  async hang(pane, series, index) {
    await pane.hang(series, index);
    this.frameUp(pane, this.description.level(this.level) ?? this.#firstLevel());
    this.loading.go();
    this.onChange("hanging");
  }

  /** Another series in a pane, at the place that the pane shows. */
  hangLike(pane, series, frame) {
    const index = frame && isPlaced(frame) ? linkedSlice(this.description, frame, centre(frame), series) : null;
    return this.hang(pane, series, index ?? this.#firstSlice(series, this.description.level(this.level)));
  }

  /** The whole picture, or the neck and the disc large. */
  toggleWhole() {
    this.isWhole = !this.isWhole;
    const level = this.description.level(this.level) ?? this.#firstLevel();
    for (const pane of this.panes) this.frameUp(pane, level);
    this.onChange("view");
  }

  /** A pane's window and place as at first. */
  reset(pane) {
    if (!pane.series) return;
    pane.resetWindow();
    this.frameUp(pane, this.description.level(this.level) ?? this.#firstLevel());
  }

  focus(pane) {
    if (this.focused === pane) return;
    this.focused = pane;
    this.loading.go();
    this.onChange("focus");
  }

  /** The point under the crosshair, for all panes. */
  pointAt(pane, point) {
    if (!isPlaced(pane.frame)) return;
    this.cross = { point, frameOfReference: pane.frame.frame_of_reference };
    this.#together(() => {
      for (const other of this.panes.filter((one) => one !== pane && one.series)) {
        const like = other.series.frames.find(isPlaced);
        const there = like && this.description.carry(point, this.cross.frameOfReference, like.frame_of_reference);
        const nearest = there && this.description.nearest(other.series, there);
        if (nearest !== null && nearest !== undefined) other.show(nearest);
      }
    });
    this.redraw();
  }

  clearCross() {
    const had = this.cross !== null;
    this.cross = null;
    if (had) this.redraw();
    return had;
  }

  /** A plain click: for whoever asked for one, else on a level's name. */
  click(pane, place) {
    const part = pane.toPart(place);
    if (!part) return;
    const { frame, series } = pane;
    const detail = { instance: frame.instance, frame: frame.frame, ...part, plane: series.plane, level: "", mm: "" };
    const asked = new CustomEvent("dens:image-click", { detail, cancelable: true });
    if (!document.dispatchEvent(asked)) return;
    const name = this.#nameAt(pane, place);
    if (name) document.dispatchEvent(new CustomEvent("dens:go-level", { detail: { level: name } }));
  }

  #nameAt(pane, place) {
    if (!this.preferences.show_names) return "";
    const shown = levelShapes(this.description, pane.frame, { names: true, lines: false });
    const hit = shown.find(({ at, awayFrom }) => {
      const [x, y] = pane.toScreen(at);
      const middle = x + Math.sign(x - pane.toScreen(awayFrom)[0]) * NAME_PX;
      return Math.abs(middle - place[0]) < NAME_PX * 1.5 && Math.abs(y - place[1]) < NAME_PX / 2;
    });
    return hit?.text ?? "";
  }

  /** Whatever these steps move does not move the others once more. */
  #together(steps) {
    this.isMoving = true;
    steps();
    this.isMoving = false;
  }

  #changed(pane, what) {
    if (what === "gone") {
      this.onChange("gone");
      return;
    }
    if (what === "view") {
      this.redraw([pane]);
      this.onChange("view", pane);
      return;
    }
    this.redraw();
    this.onChange("slice", pane);
    if (!this.isMoving) this.#scrolled(pane);
    this.loading.go();
  }

  #scrolled(pane) {
    if (this.preferences.linked && isPlaced(pane.frame)) {
      this.#together(() => {
        for (const other of this.panes.filter((one) => one !== pane && one.series)) {
          const index = linkedSlice(this.description, pane.frame, centre(pane.frame), other.series);
          if (index !== null) other.show(index);
        }
      });
    }
    const level = shownLevel(this.description, pane.frame)?.name;
    if (level && level !== this.level) {
      this.level = level;
      this.redraw(); // what was measured is shown of the level that is looked at
      document.dispatchEvent(new CustomEvent("dens:shown-level", { detail: { level } }));
    }
  }

  /** Draw over the panes anew. */
  redraw(panes = this.panes) {
    for (const pane of panes) {
      if (pane.frame && !pane.figure.hidden) drawOver(pane.over, this.#shapes(pane), pane.projection());
      else pane.over.replaceChildren();
    }
  }

  #shapes(pane) {
    const { description, preferences: shows } = this;
    const { frame, series, index } = pane;
    const others = this.panes
      .map((other, number) => ({ frame: other.frame, number: number + 1, other }))
      .filter(({ other }) => other !== pane && other.frame && !other.figure.hidden);
    return [
      ...(shows.show_contours ? contourShapes(description, frame, this.#contoursOf(series)[index]) : []),
      ...(shows.show_reference_lines ? referenceShapes(description, frame, others) : []),
      ...levelShapes(description, frame, { names: shows.show_names, lines: shows.show_lines }),
      ...(shows.show_measurements ? measurementShapes(description, series, index, this.level || this.#firstLevel()?.name) : []),
      ...crossShapes(description, frame, this.cross),
      ...(this.marks?.shapes(pane) ?? []),
      ...drawnShapes(this.drawing.items, pane.sliceKey, this.words),
    ];
  }

  /** The machine's outlines on the slice a pane shows. */
  contoursOn(pane) {
    return this.#contoursOf(pane.series)[pane.index] ?? {};
  }

  /** Contours come once per series, when they are first wanted; until then stand those of before, if any. */
  #contoursOf(series) {
    if (!this.contours.has(series.id)) {
      this.contours.set(series.id, this.contoursBefore.get(series.id) ?? {});
      this.fetchContours(series).then(
        (frames) => {
          this.contours.set(series.id, frames);
          this.redraw();
        },
        () => this.contours.delete(series.id), // no connection: asked for again when they are next wanted
      );
    }
    return this.contours.get(series.id);
  }

  /** Names and lines as the server has them now; the pictures stay, except those that were deleted. */
  renew(said) {
    this.description = new Description(said);
    for (const pane of this.panes.filter((one) => one.series)) {
      const series = this.description.byId.get(pane.series.id);
      const same = this.description.bySlice.get(pane.sliceKey);
      if (same) [pane.series, pane.index] = [same.series, same.index];
      else if (series) {
        this.contours.delete(series.id); // of other slices
        pane.hang(series, Math.min(pane.index, series.frames.length - 1));
      } else pane.hang(null, 0, this.words.series_gone);
    }
    this.contoursBefore = this.contours;
    this.contours = new Map();
    this.redraw();
    this.onChange("description");
  }
}

const seen = ({ series, index, count }) => ({ series, index, count });
