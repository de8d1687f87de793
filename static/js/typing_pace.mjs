/**
 * When typed text is sent: a pause after the last key, but never later than atMostMs after the first key that was not sent.
 *
 * One clock per key (the place in the report). Somebody who types without pausing is saved all the same.
 */
export class TypingPace {
  #clocks = new Map();

  constructor({ afterMs, atMostMs, now = () => performance.now() }) {
    this.afterMs = afterMs;
    this.atMostMs = atMostMs;
    this.now = now;
  }

  /** A key was pressed at ``key``: call ``send`` when the pace says so. */
  typed(key, send) {
    const now = this.now();
    const since = this.#clocks.get(key)?.since ?? now;
    this.stop(key);
    const wait = Math.max(0, Math.min(this.afterMs, since + this.atMostMs - now));
    const timer = setTimeout(() => {
      this.#clocks.delete(key);
      send();
    }, wait);
    this.#clocks.set(key, { since, timer });
  }

  /** Whether something typed at ``key`` still waits to be sent. */
  waits(key) {
    return this.#clocks.has(key);
  }

  stop(key) {
    clearTimeout(this.#clocks.get(key)?.timer);
    this.#clocks.delete(key);
  }
}
