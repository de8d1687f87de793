/**
 * Text fields of the form while somebody types in them (data-dirty): sent SAVE_AFTER_MS after the last key, and never later than
 * SAVE_AT_MOST_MS after the first one that was not sent, however long somebody types without a pause.
 *
 * onTyped() hears the first sign of a text, save(field) is asked to send one.
 */
import { TypingPace } from "./typing_pace.mjs";

const SAVE_AFTER_MS = 700;
const SAVE_AT_MOST_MS = 1200;

export class TypedFields {
  #pace = new TypingPace({ afterMs: SAVE_AFTER_MS, atMostMs: SAVE_AT_MOST_MS });

  constructor({ form, onTyped, save }) {
    Object.assign(this, { form, onTyped, save });
    form.addEventListener("input", (event) => {
      const field = event.target.closest("[data-set-text]");
      if (field) this.#typed(field, event.isComposing);
    });
    form.addEventListener("change", ({ target }) => target.matches("[data-set-text]") && save(target));
    for (const [kind, goOn] of [["compositionstart", save], ["compositionend", (field) => this.#keepPace(field)]]) {
      form.addEventListener(kind, (event) => {
        const field = event.target.closest("[data-set-text]");
        if (field) goOn(field);
      });
    }
  }

  #typed(field, isComposing) {
    field.dataset.dirty = "";
    field.removeAttribute("aria-invalid");
    this.onTyped();
    // Letters on their way to become Chinese characters are no text yet.
    if (!isComposing) this.#keepPace(field);
  }

  #keepPace(field) {
    this.#pace.typed(field.closest("[data-finding]").dataset.place, () => this.save(field));
  }

  get all() {
    return [...this.form.querySelectorAll("[data-dirty]")];
  }

  at(place) {
    return this.all.filter((field) => field.closest("[data-finding]").dataset.place === place);
  }

  saveAll() {
    for (const field of this.all) this.save(field);
  }

  /** What is typed at a place waits no longer. */
  stop(place) {
    this.#pace.stop(place);
  }

  /** A saved text (undefined: any) is no longer "being typed" unless it went on meanwhile. */
  settle({ place, text }) {
    for (const field of this.#pace.waits(place) ? [] : this.at(place)) {
      if (text !== undefined && field.value !== text) continue;
      delete field.dataset.dirty;
      field.defaultValue = field.value;
    }
  }

  /** Typed before this script was there. */
  takeUp() {
    for (const field of this.form.querySelectorAll("[data-set-text]")) {
      if (field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  }
}
