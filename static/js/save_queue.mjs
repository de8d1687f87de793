/**
 * One change after another to the server, each naming the version it saw. Knows nothing of the page.
 *
 * send(change, version) must resolve to {status, version?, body?} and reject only when the network failed.
 * onState(state) hears "saved", "saving", "waiting" (no connection or a server fault: kept and tried again),
 * "expired" (logged out: kept until resume()) and "conflict" (409 or 412: kept until resolve(), release() or drop()).
 * A change is {place, kind, …}; a later value for the same place replaces one that still waits, but never one that was
 * sent without an answer: the server may have taken it, and only the same request again tells. Nothing is ever dropped
 * without drop() being called, and nothing is written to browser storage.
 */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 10_000;

export class SaveQueue {
  #waiting = [];
  #busy = false;
  #unanswered = null;
  #held = null;
  #timer = null;
  #retryMs = FIRST_RETRY_MS;

  constructor({ version, send, onState = () => {}, onSaved = () => {}, onConflict = () => {}, onRefused = () => {} }) {
    this.version = version;
    this.send = send;
    this.onState = onState;
    this.onSaved = onSaved;
    this.onConflict = onConflict;
    this.onRefused = onRefused;
  }

  /** Changes that the server has not confirmed. */
  get pending() {
    return [...(this.#held ? [this.#held.change] : []), ...this.#waiting];
  }

  push(change) {
    const same = this.#waiting.findIndex(
      (other) => other !== this.#unanswered && other.place && other.place === change.place && change.kind === other.kind,
    );
    if (same >= 0) this.#waiting[same] = change;
    else this.#waiting.push(change);
    return this.#run();
  }

  /** Try again at once, after a reconnect or a new login. */
  resume() {
    clearTimeout(this.#timer);
    this.#timer = null;
    return this.#run();
  }

  /** Send the held change against the version that is current now. */
  resolve(version) {
    if (!this.#held) return Promise.resolve();
    this.version = version;
    this.#waiting.unshift(this.#held.change);
    this.#held = null;
    return this.#run();
  }

  /** Give the held change up, and what waits for the same place: the reader has seen both values and takes the other. */
  drop(version) {
    const place = this.#held?.change.place;
    if (place) this.#waiting = this.#waiting.filter((other) => other.place !== place);
    return this.release(version);
  }

  /** The held change has happened already: go on with what waits, at the version that is current now. */
  release(version) {
    this.version = version;
    this.#held = null;
    return this.#run();
  }

  async #run() {
    if (this.#busy || this.#held || this.#timer) return;
    this.#busy = true;
    try {
      while (this.#waiting.length > 0 && !this.#held && !this.#timer) {
        const change = this.#waiting[0];
        this.#unanswered = change;
        this.onState("saving");
        this.#take(change, await this.#answer(change));
      }
    } finally {
      this.#busy = false;
    }
    if (this.#waiting.length === 0 && !this.#held && !this.#timer) this.onState("saved");
  }

  async #answer(change) {
    try {
      return await this.send(change, this.version);
    } catch {
      return { status: 0 };
    }
  }

  #take(change, answer) {
    if (answer.status >= 200 && answer.status < 300) {
      this.#retryMs = FIRST_RETRY_MS;
      this.#leave();
      if (answer.version) this.version = answer.version;
      this.onSaved(change, answer);
    } else if (answer.status === 412 || answer.status === 409) {
      this.#leave();
      this.#held = { change };
      this.onState("conflict");
      this.onConflict(change, answer);
    } else if (answer.status === 0 || answer.status >= 500 || answer.status === 429 || answer.status === 401) {
      this.onState(answer.status === 401 ? "expired" : "waiting");
      this.#timer = setTimeout(() => this.resume(), this.#retryMs);
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    } else {
      this.#leave();
      this.onRefused(change, answer);
    }
  }

  #leave() {
    this.#waiting.shift();
    this.#unanswered = null;
  }
}
