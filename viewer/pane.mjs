/**
 * One pane: a Cornerstone3D stack viewport in a figure, with what is drawn over it. Shows a slice of a series; converts between
 * the screen and the patient. Knows nothing of the other panes.
 *
 * Figure: data-pane-view (the image's box), data-pane-over (svg), data-pane-caption, data-pane-message.
 * onChange(pane, what) hears "slice" when another slice is shown, "view" when it is drawn anew (moved, zoomed, resized) and "gone"
 * when the server has no such image any more.
 */
import { Enums } from "@cornerstonejs/core";
import { add, affine, centre, dot, isPlaced, normal, scale, subtract, toPixel } from "./geometry.mjs";
import { imageId, isGone, loadFrame } from "./images.mjs";

export class Pane {
  #busy = null;
  #wanted = null;
  /** Which stack the viewport holds: of the same series said anew it keeps window and place. */
  #stacked = "";

  constructor({ figure, engine, id, onChange, words }) {
    Object.assign(this, { figure, engine, id, onChange, words });
    this.view = figure.querySelector("[data-pane-view]");
    this.over = figure.querySelector("[data-pane-over]");
    this.caption = figure.querySelector("[data-pane-caption]");
    this.message = figure.querySelector("[data-pane-message]");
    this.series = null;
    this.index = 0;
    engine.enableElement({ viewportId: id, type: Enums.ViewportType.STACK, element: this.view });
    this.viewport = engine.getViewport(id);
    this.view.addEventListener(Enums.Events.IMAGE_RENDERED, () => this.onChange(this, "view"));
  }

  get frame() {
    return this.series?.frames[this.index] ?? null;
  }

  get count() {
    return this.series?.frames.length ?? 0;
  }

  /** The name under which the page knows the shown slice. */
  get sliceKey() {
    return this.frame ? `${this.frame.instance}/${this.frame.frame}` : "";
  }

  has(series) {
    return this.series === series;
  }

  /** Show a series, or none and why. */
  async hang(series, index = series?.first ?? 0, why = this.words.no_series) {
    this.series = series;
    this.index = index;
    this.say(series ? "" : why);
    this.figure.classList.toggle("is-empty", !series);
    if (!series) return;
    await this.#attempt(index);
    this.onChange(this, "slice");
  }

  /** Show a slice; of many asked for in a hurry the last one is shown, and what lies between only where it is quick. */
  async show(index) {
    if (!this.series) return;
    this.#wanted = Math.min(Math.max(index, 0), this.count - 1);
    if (this.#busy) return;
    while (this.#wanted !== null && this.#wanted !== this.index) {
      const next = this.#wanted;
      const series = this.series;
      this.index = next;
      this.#busy = this.#attempt(next);
      this.onChange(this, "slice");
      await this.#busy;
      if (this.series?.id !== series.id) break;
    }
    this.#wanted = null;
    this.#busy = null;
  }

  /** Where the reader is heading, while slices are still on their way. */
  get heading() {
    return this.#wanted ?? this.index;
  }

  step(by) {
    return this.show(this.heading + by);
  }

  async #attempt(index) {
    const { series } = this;
    try {
      await loadFrame(imageId(series, index));
      if (this.series?.id !== series.id) return;
      await this.#put(series, index);
      this.say("");
      this.viewport.render();
    } catch (error) {
      if (this.series?.id !== series.id) return;
      this.say(error.status === 401 ? this.words.logged_out : this.words.image_failed);
      if (isGone(error)) this.onChange(this, "gone");
    }
    // What was shown before must not be taken for the slice that did not come.
    this.figure.classList.toggle("is-missing", !this.message.hidden);
  }

  #put(series, index) {
    const stack = `${series.id} ${series.frames.length}`;
    if (this.#stacked === stack) return this.viewport.setImageIdIndex(index);
    this.#stacked = stack;
    return this.viewport.setStack(series.frames.map((_, at) => imageId(series, at)), index);
  }

  say(text) {
    if (this.message.textContent !== text) this.message.textContent = text;
    this.message.hidden = !text;
  }

  /** Patient → place in the pane, CSS pixels from its upper left corner. */
  toScreen(point) {
    return this.viewport.worldToCanvas(point);
  }

  /** `toScreen` as it is now, for many points at once. */
  projection() {
    return affine((point) => this.toScreen(point), isPlaced(this.frame) ? centre(this.frame) : [0, 0, 0]);
  }

  /** Place in the pane → the point on the shown slice. */
  toPoint(place) {
    return this.viewport.canvasToWorld(place);
  }

  /** Place in the pane → (0..1, 0..1) across and down the stored frame, or null beside it. */
  toPart(place) {
    const { frame } = this;
    if (!frame) return null;
    const point = this.toPoint(place);
    const [spacingDown, spacingAcross] = frame.spacing ?? [1, 1];
    const [column, row] = isPlaced(frame) ? toPixel(frame, point) : [point[0] / spacingAcross, point[1] / spacingDown];
    const [x, y] = [(column + 0.5) / frame.columns, (row + 0.5) / frame.rows];
    return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
  }

  /** Bring a point to the middle; with `half` (mm) also show just that much above and below it. */
  look(point, half) {
    if (!isPlaced(this.frame)) return;
    const { focalPoint, position } = this.viewport.getCamera();
    const across = normal(this.frame);
    const offset = subtract(point, focalPoint);
    const shift = subtract(offset, scale(across, dot(offset, across)));
    const camera = { focalPoint: add(focalPoint, shift), position: add(position, shift) };
    this.viewport.setCamera(half ? { ...camera, parallelScale: half } : camera);
    this.viewport.render();
  }

  lookAtAll() {
    this.viewport.resetCamera();
    this.viewport.render();
  }

  zoom(by) {
    const { parallelScale } = this.viewport.getCamera();
    this.viewport.setCamera({ parallelScale: Math.min(Math.max(parallelScale / by, 5), 600) });
    this.viewport.render();
  }

  /** Move the picture by CSS pixels. */
  pan([x, y]) {
    const [from, to] = [this.toPoint([0, 0]), this.toPoint([x, y])];
    const { focalPoint, position } = this.viewport.getCamera();
    const shift = subtract(from, to);
    this.viewport.setCamera({ focalPoint: add(focalPoint, shift), position: add(position, shift) });
    this.viewport.render();
  }

  /** Grey window: lower and upper value. */
  get window() {
    return this.viewport.getProperties().voiRange ?? null;
  }

  set window(range) {
    this.viewport.setProperties({ voiRange: range });
    this.viewport.render();
  }

  /** Wider or narrower, brighter or darker, in parts of the window as it is. */
  adjustWindow([wider, darker]) {
    const { window } = this;
    if (!window) return;
    const width = window.upper - window.lower;
    const center = (window.upper + window.lower) / 2 + darker * width;
    const half = Math.max(width * (1 + wider), 1) / 2;
    this.window = { lower: center - half, upper: center + half };
  }

  invert() {
    this.viewport.setProperties({ invert: !this.viewport.getProperties().invert });
    this.viewport.render();
  }

  resetWindow() {
    this.viewport.resetProperties();
    this.viewport.render();
  }
}
