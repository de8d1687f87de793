/**
 * The reading page of a reader study: saves each answer as it is given, and tells the server that the page is at work.
 *
 * Root: data-study-reading with data-version, data-ratings-url, data-seen-url (empty: the time is nobody's business) and
 * data-places. Answers are fieldsets data-rating with data-finding, data-level, data-side around radio buttons, a number
 * field, or the buttons data-point and data-nowhere with data-place-text. data-save-mark and data-rated-count say how it
 * stands; the form data-finish leaves when all is saved, with the version that was seen last. Images say "dens:image-click".
 */
import { request } from "./api_client.mjs";
import { SaveQueue } from "./save_queue.mjs";

const SEEN_EVERY_MS = 15_000;

/** What an input says: a number, null for nothing, undefined for what is no number of the scale. */
export function valueOf(input) {
  const text = input.value.trim();
  if (text === "" && !input.validity?.badInput) return null;
  const value = Number(text);
  return input.validity?.valid === false || !Number.isFinite(value) ? undefined : value;
}

/** Whether somebody was faster than this script, or the browser kept what was typed before a reload. */
export function isTouched(input) {
  return input.type === "radio" ? input.checked && !input.defaultChecked : input.value !== input.defaultValue;
}

export function answerOf(rating, value, point = null) {
  const { finding, level, side } = rating.dataset;
  return { finding, level, side, value, point };
}

class StudyReading {
  #pointing = null;

  constructor(root, words) {
    Object.assign(this, { root, words });
    this.mark = root.querySelector("[data-save-mark]");
    this.queue = new SaveQueue({
      version: Number(root.dataset.version),
      send: ({ body }, version) => request(root.dataset.ratingsUrl, { method: "PUT", body, version }),
      onState: (state) => this.#say(state),
      onSaved: (change, answer) => this.#saved(change, answer),
      onConflict: () => this.#say("conflict"),
      onRefused: (change) => this.#refused(change),
    });
    root.addEventListener("change", (event) => this.#changed(event));
    root.addEventListener("click", (event) => this.#clicked(event));
    document.addEventListener("dens:image-click", (event) => this.#pointed(event));
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#point(null));
    root.querySelector("[data-finish]")?.addEventListener("submit", (event) => this.#finish(event));
    addEventListener("online", () => this.queue.resume());
    addEventListener("beforeunload", (event) => this.queue.pending.length > 0 && event.preventDefault());
    for (const input of root.querySelectorAll("[data-rating] input")) {
      if (isTouched(input)) this.#changed({ target: input });
    }
    if (root.dataset.seenUrl) {
      this.#seen();
      setInterval(() => document.visibilityState === "visible" && this.#seen(), SEEN_EVERY_MS);
    }
  }

  #changed({ target }) {
    const rating = target.closest("[data-rating]");
    if (!rating || !target.name) return;
    const value = valueOf(target);
    target.setAttribute("aria-invalid", String(value === undefined));
    if (value !== undefined) this.#push(rating, value);
  }

  #clicked({ target }) {
    const rating = target.closest("[data-rating]");
    if (target.closest("[data-point]")) this.#point(this.#pointing === rating ? null : rating);
    if (target.closest("[data-nowhere]")) {
      this.#point(null);
      this.#push(rating, 0);
    }
  }

  #point(rating) {
    const asked = (one, on) => one?.querySelector("[data-point]").setAttribute("aria-pressed", String(on));
    asked(this.#pointing, false);
    this.#pointing = rating;
    asked(rating, true);
    if (rating) rating.querySelector("[data-place-text]").textContent = this.words.click;
  }

  #pointed(event) {
    const rating = this.#pointing;
    if (!rating) return;
    event.preventDefault();
    this.#point(null);
    const { instance, frame, x, y } = event.detail;
    this.#push(rating, 1, { instance, frame, x, y });
  }

  #push(rating, value, point) {
    this.queue.push({ kind: "rate", place: rating.dataset.rating, rating, body: answerOf(rating, value, point) });
  }

  #saved({ rating, body }, answer) {
    rating.dataset.rated = body.value === null ? "no" : "yes";
    const place = rating.querySelector("[data-place-text]");
    if (place) place.textContent = body.value === 1 ? this.words.marked : this.words.nowhere;
    const count = this.root.querySelector("[data-rated-count]");
    const rated = answer?.body?.rated ?? this.root.querySelectorAll('[data-rated="yes"]').length;
    if (count) count.textContent = this.words.rated.replace("{n}", rated).replace("{of}", this.root.dataset.places);
  }

  #refused({ rating }) {
    rating.querySelector("input")?.setAttribute("aria-invalid", "true");
    this.mark.textContent = this.words.refused;
  }

  #say(state) {
    this.mark.dataset.save = state;
    this.mark.textContent = this.words[state] ?? "";
  }

  async #seen() {
    const answer = await request(this.root.dataset.seenUrl).catch(() => null);
    if (!answer) return;
    if (answer.status === 401) this.#say("expired");
    else if ([403, 404, 409].includes(answer.status)) this.#say("stopped");
    else if (answer.status === 200 && this.queue.pending.length === 0 && answer.version > this.queue.version) {
      this.#say("conflict");
    }
  }

  /** Leaves when the server has everything; the version is the one that its last answer named. */
  #finish(event) {
    if (this.queue.pending.length > 0) {
      event.preventDefault();
      this.queue.resume();
      return;
    }
    event.target.elements.version.value = this.queue.version;
  }
}

if (globalThis.document) {
  const root = document.querySelector("[data-study-reading]");
  if (root) new StudyReading(root, JSON.parse(document.getElementById("page-strings").textContent));
}
