/**
 * How the user wants the images shown; kept on the server for the user, a moment after the last change.
 */
const SAVE_AFTER_MS = 600;

export class Preferences {
  #timer = null;
  #changed = {};

  constructor({ said, save }) {
    this.values = { ...said };
    this.save = save;
  }

  get(name) {
    return this.values[name];
  }

  set(name, value) {
    this.values[name] = value;
    this.#changed[name] = value;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), SAVE_AFTER_MS);
  }

  flush() {
    clearTimeout(this.#timer);
    const changed = this.#changed;
    this.#changed = {};
    if (Object.keys(changed).length === 0) return Promise.resolve();
    return this.save(changed).catch(() => {
      this.#changed = { ...changed, ...this.#changed }; // no connection: kept with the next change
    });
  }
}
