/**
 * Places in the image on the form of a panel: the next click answers the place that asked for it (Escape takes it back).
 *
 * Form: data-panel-form around fieldsets data-rating with data-point, data-nowhere, data-place-value (hidden: "object frame x y",
 * or "0" for nowhere) and data-place-text. Words in #page-strings. Images say "dens:image-click".
 */
class PanelForm {
  #asking = null;

  constructor(form, words) {
    this.words = words;
    form.addEventListener("click", ({ target }) => {
      const rating = target.closest("[data-rating]");
      if (target.closest("[data-point]")) this.#ask(this.#asking === rating ? null : rating);
      if (target.closest("[data-nowhere]")) this.#put(rating, "0", this.words.nowhere);
    });
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#ask(null));
    document.addEventListener("dens:image-click", (event) => {
      if (!this.#asking) return;
      event.preventDefault();
      const { instance, frame, x, y } = event.detail;
      this.#put(this.#asking, `${instance} ${frame} ${x} ${y}`, this.words.marked);
    });
  }

  #ask(rating) {
    const press = (one, on) => one?.querySelector("[data-point]").setAttribute("aria-pressed", String(on));
    press(this.#asking, false);
    this.#asking = rating;
    press(rating, true);
    if (rating) rating.querySelector("[data-place-text]").textContent = this.words.click;
  }

  #put(rating, value, text) {
    this.#ask(null);
    rating.querySelector("[data-place-value]").value = value;
    rating.querySelector("[data-place-text]").textContent = text;
  }
}

if (globalThis.document) {
  const form = document.querySelector("[data-panel-form]");
  if (form) new PanelForm(form, JSON.parse(document.getElementById("page-strings").textContent));
}
