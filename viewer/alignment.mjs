/**
 * Says aloud that two series have different frames of reference, and lets a reader move one onto the other by hand.
 *
 * Root: data-alignment with data-alignment-text, data-alignment-tools (hidden until opened), data-alignment-open,
 * data-move="x,y,z" buttons (mm, in the patient: left, back, up are positive), data-alignment-offset, data-alignment-store,
 * data-alignment-drop.
 */
import { add, isPlaced } from "./geometry.mjs";

const PLUS = ["L", "P", "H"];
const MINUS = ["R", "A", "F"];

/** An offset in the patient's own words: "L 2.0 · A 1.0 mm". */
export function offsetText(offset) {
  const parts = offset
    .map((mm, axis) => (mm === 0 ? "" : `${(mm > 0 ? PLUS : MINUS)[axis]} ${Math.abs(mm).toFixed(1)}`))
    .filter(Boolean);
  return `${parts.join(" · ") || "0"} mm`;
}

/**
 * The pair of frames of reference that the shown series need: {from, to, stored}; null where they share one. A series that
 * lies nowhere (a captured screen) can be aligned with nothing.
 */
export function pairOf(description, shown) {
  const placed = shown.map((pane) => pane.series?.frames.find(isPlaced)).filter(Boolean);
  const [first, ...others] = placed.map((frame) => frame.frame_of_reference);
  const other = others.find((reference) => reference !== first);
  if (other === undefined) return null;
  const stored = description.alignments.find(
    (one) => (one.from === other && one.to === first) || (one.from === first && one.to === other),
  );
  return stored ? { from: stored.from, to: stored.to, stored } : { from: other, to: first, stored: null };
}

export class Alignment {
  #pair = null;
  #offset = [0, 0, 0];

  constructor({ root, viewer, words, store }) {
    Object.assign(this, { root, viewer, words, store });
    const part = (name) => root.querySelector(`[data-alignment-${name}]`);
    [this.text, this.tools, this.opener, this.offset] = ["text", "tools", "open", "offset"].map(part);
    this.opener.addEventListener("click", () => this.#open(this.tools.hidden));
    for (const button of root.querySelectorAll("[data-move]")) {
      button.addEventListener("click", () => this.#move(button.dataset.move.split(",").map(Number)));
    }
    part("store").addEventListener("click", () => this.#keep(this.#offset));
    part("drop").addEventListener("click", () => this.#keep(null));
  }

  /** Look again at what is shown. */
  update() {
    const pair = pairOf(this.viewer.description, this.viewer.shownPanes);
    if (pair?.from !== this.#pair?.from || pair?.to !== this.#pair?.to || !this.#isOpen) {
      this.#pair = pair;
      this.#offset = pair?.stored?.offset_mm ?? [0, 0, 0];
    }
    this.root.hidden = !pair;
    if (pair) this.#say();
  }

  get #isOpen() {
    return !this.tools.hidden;
  }

  #label(reference) {
    const pane = this.viewer.shownPanes.find((one) => one.series.frames[0]?.frame_of_reference === reference);
    return pane?.series.label ?? reference;
  }

  #say() {
    const { stored, from, to } = this.#pair;
    const words = stored?.offset_mm ? this.words.aligned : this.words.not_aligned;
    this.text.textContent = words
      .replace("{from}", this.#label(from))
      .replace("{to}", this.#label(to))
      .replace("{offset}", stored?.offset_mm ? offsetText(stored.offset_mm) : "")
      .replace("{by}", stored?.by ?? "");
    this.root.classList.toggle("is-aligned", Boolean(stored?.offset_mm));
    this.offset.textContent = offsetText(this.#offset);
  }

  #open(open) {
    this.tools.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    if (open) this.#try();
    else this.#restore();
  }

  #move(by) {
    this.#offset = add(this.#offset, by);
    this.#try();
  }

  /** Lines and names at once as they would lie, before it is stored. */
  #try() {
    const { from, to } = this.#pair;
    this.#put({ ...this.#pair.stored, from, to, offset_mm: this.#offset });
    this.offset.textContent = offsetText(this.#offset);
  }

  #restore() {
    this.#put(this.#pair.stored);
    this.#offset = this.#pair.stored?.offset_mm ?? [0, 0, 0];
    this.#say();
  }

  #put(alignment) {
    const { from, to } = this.#pair;
    const { description } = this.viewer;
    description.alignments = description.alignments.filter((one) => one.from !== from || one.to !== to);
    if (alignment) description.alignments.push(alignment);
    this.viewer.redraw();
    this.viewer.onChange("alignment");
  }

  async #keep(offset) {
    const { from, to, stored } = this.#pair;
    const answer = await this.store({ from, to, offset_mm: offset }, stored?.version ?? 0);
    if (answer.status >= 300 || answer.status < 200) {
      this.text.textContent = answer.status === 412 ? this.words.aligned_elsewhere : this.words.not_stored;
      return;
    }
    this.#pair = { from, to, stored: answer.body };
    this.#offset = answer.body.offset_mm ?? [0, 0, 0];
    this.tools.hidden = true;
    this.opener.setAttribute("aria-expanded", "false");
    this.#put(answer.body);
    this.#say();
    this.opener.focus();
  }
}
