/**
 * Which image to fetch next: what a pane shows, then its neighbours outwards; the pane the reader looks at first.
 * Never a whole study at once, and nothing far from what is looked at.
 */
const AT_ONCE = 4;
const REACH = 150;
/** Neighbours of the pane in use that go before one of the others. */
const SHARE_OF_FOCUS = 3;

/** The indices around `index` in a series of `count`: it, one ahead, one behind, two ahead … */
export function* outward(index, count, reach = REACH) {
  if (count === 0) return;
  yield index;
  for (let step = 1; step <= reach; step += 1) {
    if (index + step < count) yield index + step;
    if (index - step >= 0) yield index - step;
  }
}

/** All wanted images in order: `panes` are {index, count, isFocus}; yields {pane, index}. */
export function* order(panes) {
  const sorted = [...panes].sort((one, two) => Number(two.isFocus) - Number(one.isFocus));
  for (const pane of sorted) if (pane.count > 0) yield { pane, index: pane.index };
  const walks = sorted.map((pane) => ({ pane, steps: outward(pane.index, pane.count) }));
  for (const walk of walks) walk.steps.next(); // what is shown was named above
  let left = walks;
  while (left.length > 0) {
    for (const walk of left) {
      for (let n = walk.pane.isFocus ? SHARE_OF_FOCUS : 1; n > 0 && !walk.done; n -= 1) {
        const { value, done } = walk.steps.next();
        if (done) walk.done = true;
        else yield { pane: walk.pane, index: value };
      }
    }
    left = left.filter((walk) => !walk.done);
  }
}

export class Loading {
  #running = new Set();
  #failed = new Set();

  /**
   * `wanted()` says what the panes show now; `id(pane, index)`, `isLoaded(id)`, `load(id)` lead to the images; `onFailed(error)`
   * hears of each that did not come.
   */
  constructor({ wanted, id, isLoaded, load, onFailed = () => {} }) {
    Object.assign(this, { wanted, id, isLoaded, load, onFailed });
  }

  /** Go on from what is shown now. */
  go() {
    while (this.#running.size < AT_ONCE) {
      const next = this.#next();
      if (!next) return;
      this.#running.add(next);
      this.load(next)
        .catch((error) => {
          this.#failed.add(next);
          this.onFailed(error);
        })
        .finally(() => {
          this.#running.delete(next);
          this.go();
        });
    }
  }

  /** Ask for failed images again. */
  forgive() {
    this.#failed.clear();
  }

  #next() {
    for (const { pane, index } of order(this.wanted())) {
      const id = this.id(pane, index);
      if (!this.isLoaded(id) && !this.#running.has(id) && !this.#failed.has(id)) return id;
    }
    return null;
  }
}
