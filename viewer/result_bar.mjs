/**
 * What was just drawn: its value, the fields of the form it may go into, and a button that puts it there.
 *
 * Root: data-result with data-result-text, data-result-field (select), data-result-put, data-result-remove.
 */
import { fieldsFor, putInto } from "./form_fields.mjs";

export class ResultBar {
  #item = null;
  #lastPlace = "";

  constructor({ root, words, level, onRemove }) {
    Object.assign(this, { root, words, level, onRemove });
    this.text = root.querySelector("[data-result-text]");
    this.list = root.querySelector("[data-result-field]");
    this.button = root.querySelector("[data-result-put]");
    this.button.addEventListener("click", () => this.put());
    root.querySelector("[data-result-remove]").addEventListener("click", () => this.onRemove(this.#item));
    document.addEventListener("focusin", (event) => {
      const finding = event.target.closest?.('[data-finding][data-kind="number"]');
      if (finding) this.#lastPlace = finding.dataset.place;
    });
  }

  show(item) {
    this.#item = item;
    this.root.hidden = !item;
    if (!item) return;
    const { kind, value, unit } = item;
    this.text.textContent = `${this.words[kind]} ${value.toFixed(1)} ${unit === "deg" ? this.words.degrees : unit}`;
    const chosen = this.list.value;
    const fields = fieldsFor(unit, { lastPlace: this.#lastPlace, level: this.level() });
    this.list.replaceChildren(...fields.map((field) => new Option(field.label, field.place)));
    if (fields.some((field) => field.place === chosen) && fields[0].rank > 0) this.list.value = chosen;
    this.list.hidden = this.button.hidden = fields.length === 0;
  }

  /** Into the chosen field; false where there is none. */
  put() {
    return Boolean(this.#item) && putInto(this.list.value, this.#item.value);
  }
}
