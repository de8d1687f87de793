/**
 * The marks of a study as the server has them, and those it has not taken yet. What was not saved stays, says so and is tried
 * again; a refused one stays with the reason until it is sent again or given up. Knows no page.
 *
 * request(address, options) as in api_client.mjs. onChange() hears every change, onState(state) as SaveQueue's.
 */
import { newKey } from "../static/js/report_changes.mjs";
import { SaveQueue } from "../static/js/save_queue.mjs";

export class MarkStore {
  #own = [];
  #levelMapVersion = 1;

  constructor({ address, request, onChange, onState = () => {} }) {
    Object.assign(this, { address, request, onChange });
    this.marks = []; // oldest first
    this.mayDraw = false;
    this.queue = new SaveQueue({
      version: 0,
      send: (change) => this.#send(change),
      onState,
      onSaved: (change, answer) => this.#saved(change, answer),
      onConflict: (change, answer) => {
        this.#refused(change, answer);
        this.queue.drop(0);
      },
      onRefused: (change, answer) => this.#refused(change, answer),
    });
  }

  /** Everything from the server; throws without connection. */
  async load() {
    const answer = await this.request(this.address, { method: "GET" });
    if (answer.status !== 200) return;
    this.mayDraw = answer.body.may_draw;
    this.#levelMapVersion = answer.body.level_map_version;
    const known = new Map(this.marks.map((mark) => [mark.id, mark]));
    const given = answer.body.marks.map((mark) => Object.assign(known.get(mark.id) ?? {}, mark));
    this.marks = [...given, ...this.marks.filter((mark) => mark.unsaved)];
    this.onChange();
  }

  /** What is shown: not what was taken back or replaced. */
  get shown() {
    return this.marks.filter((mark) => mark.unsaved || !["retracted", "amended"].includes(mark.state));
  }

  /** Whether leaving the page would lose something. */
  get isUnsaved() {
    return this.queue.pending.length > 0 || this.marks.some((mark) => mark.unsaved);
  }

  /** `shown` is the mark as it looks until the server has answered; `body` what is sent. */
  draw(shown, body) {
    const mark = { ...shown, unsaved: true, state: "open", may: ["retract"], comment: "", is_own: true, body };
    this.marks.push(mark);
    this.#own.push(mark);
    this.#push(mark);
    return mark;
  }

  #push(mark) {
    mark.refused = "";
    const body = { ...mark.body, level_map_version: this.#levelMapVersion };
    this.onChange();
    this.queue.push({ mark, kind: "draw", body, once: newKey() });
  }

  sendAgain(mark) {
    this.#push(mark);
  }

  decide(mark, act, body = {}) {
    if (mark.refused && mark.unsaved && act === "retract") {
      this.marks = this.marks.filter((one) => one !== mark);
      this.onChange();
      return;
    }
    mark.busy = true;
    this.onChange();
    this.queue.push({ mark, kind: act, body, once: newKey() });
  }

  /** The reader's own last mark that can still be taken back, of this page. */
  get last() {
    return this.#own.filter((mark) => this.marks.includes(mark) && mark.may.includes("retract") && !mark.busy).at(-1) ?? null;
  }

  #send({ mark, kind, body, once }) {
    if (kind === "draw") return this.request(this.address, { body, once });
    if (!mark.id) return { status: 204, body: null }; // it was never taken
    return this.request(`${this.address}${mark.id}/${kind}/`, { body, version: mark.version, once });
  }

  #saved({ mark, kind }, { body }) {
    mark.busy = false;
    const given = body?.marks ?? [];
    if (kind === "draw") {
      // The same object goes on: whoever holds it (a row, an undo) sees it saved.
      Object.assign(mark, given[0], { unsaved: false, refused: "" });
    } else {
      for (const one of given) {
        const known = this.marks.find((other) => other.id === one.id);
        if (known) Object.assign(known, one);
        else this.marks.push(one);
      }
    }
    this.onChange();
  }

  #refused({ mark }, answer) {
    mark.busy = false;
    mark.refused = answer.body?.error?.message ?? String(answer.status);
    this.#levelMapVersion = answer.body?.error?.details?.level_map_version ?? this.#levelMapVersion;
    this.onChange();
    if (mark.id) this.load().catch(() => {});
  }
}
