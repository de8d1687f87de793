/**
 * Runs through a pane's slices by itself, back to the first after the last; a slice that is not there yet is waited for.
 */
const PER_SECOND = 10;

export class Cine {
  #timer = null;

  constructor(onChange) {
    this.onChange = onChange;
  }

  get isRunning() {
    return this.#timer !== null;
  }

  toggle(pane) {
    if (this.isRunning) this.stop();
    else this.#start(pane);
  }

  #start(pane) {
    let busy = false;
    this.#timer = setInterval(async () => {
      if (busy || pane.count < 2) return;
      busy = true;
      await pane.show((pane.index + 1) % pane.count);
      busy = false;
    }, 1000 / PER_SECOND);
    this.onChange(true);
  }

  stop() {
    if (!this.isRunning) return false;
    clearInterval(this.#timer);
    this.#timer = null;
    this.onChange(false);
    return true;
  }
}
