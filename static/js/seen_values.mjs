/**
 * Who changed a place last: this page or somebody else. A change made over a value that this page never showed must ask.
 *
 * Values are JSON texts as in data-value. What this page saved itself is not foreign, also while its field, still being
 * typed in, shows something later.
 */
function plain(value) {
  const parsed = typeof value === "string" && value !== "" ? JSON.parse(value) : (value ?? null);
  if (typeof parsed === "string") return JSON.stringify(parsed.trim());
  return JSON.stringify(Array.isArray(parsed) ? [...parsed].sort() : parsed);
}

export class SeenValues {
  #stored = new Map();
  #own = new Map();

  /** What the server holds now: place → {value}. */
  hear(values) {
    for (const [place, { value }] of values) this.#stored.set(place, plain(value));
  }

  /** The server took ``value`` (undefined: cleared) from this page. */
  saved(place, value) {
    const kept = value === undefined ? "null" : plain(JSON.stringify(value));
    this.#own.set(place, kept);
    this.#stored.set(place, kept);
  }

  /** Whether somebody else changed ``place`` since the page showed ``shown``. */
  isForeign(place, shown) {
    const stored = this.#stored.get(place);
    return stored !== undefined && stored !== plain(shown) && stored !== this.#own.get(place);
  }
}
