/**
 * Says what became of what was typed, and why something was refused.
 *
 * Elements of the page: data-save-mark, data-action-error. showLogin(expired) opens or closes the login.
 */
export class SaveMark {
  #refusal = "";

  constructor({ root, form, strings, showLogin }) {
    Object.assign(this, { root, form, strings, showLogin });
  }

  /** Looked for each time: panels are rendered anew. */
  get #element() {
    return this.root.querySelector("[data-save-mark]");
  }

  get state() {
    return this.#element.dataset.save;
  }

  /** "Saved" is said only when nothing typed is still on its way. */
  show(answered) {
    const typed = this.root.querySelector("[data-dirty]");
    const refused = this.form.querySelector('[data-dirty][aria-invalid="true"]');
    const state = answered === "saved" && typed ? (refused ? "not_accepted" : "saving") : answered;
    const element = this.#element;
    element.dataset.save = state;
    if (state !== "saving") this.showLogin(state === "expired");
    const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
    const time = new Date().toLocaleTimeString([], clock);
    element.textContent = state === "saved" ? `${this.strings.saved} ${time}` : this.strings[state];
  }

  /** Why an act was refused; empty takes it away. */
  refuse(message, details) {
    const more = Array.isArray(details) ? details.map((one) => one.message ?? "").filter(Boolean) : [];
    this.#refusal = [message, ...more].filter(Boolean).join(" · ");
    this.showRefusal();
  }

  /** Stays until the next act: the panel it stands in is rendered anew meanwhile. */
  showRefusal() {
    const place = this.root.querySelector("[data-action-error]");
    if (place.textContent !== this.#refusal) place.textContent = this.#refusal;
    place.hidden = !this.#refusal;
  }
}
