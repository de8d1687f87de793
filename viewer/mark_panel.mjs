/**
 * The choices for the next mark, and the list of marks with what may be done about each, by mouse and by keys.
 *
 * Root: data-marks (templates/reports/_marks.html). Every word is text, never markup.
 */
import { whyForm, wordsForm } from "./mark_forms.mjs";
import { markText } from "./mark_places.mjs";

const KEYS = { a: "accept", r: "reject", o: "reopen", m: "amend", e: "reword", delete: "retract", backspace: "retract" };
const ACTS = ["accept", "reject", "amend", "reword", "reopen", "retract"];
/** What the server must allow for an act; saying something else is putting another mark in its place. */
const NEEDS = { reword: "amend" };
const mayDo = (mark, act) => mark.may.includes(NEEDS[act] ?? act);

export class MarkPanel {
  #focused = null;

  constructor({ root, words, rules }) {
    Object.assign(this, { root, words, rules });
    const part = (name) => root.querySelector(`[data-mark-${name}]`);
    [this.options, this.structure, this.level, this.says] = ["options", "structure", "level", "says"].map(part);
    [this.put, this.machine, this.note, this.list] = ["put", "machine", "note", "list"].map(part);
    [this.count, this.rows] = ["count", "rows"].map(part);
    this.rows.addEventListener("click", (event) => this.#clicked(event));
    this.rows.addEventListener("keydown", (event) => this.#key(event));
  }

  /** `marks` is the Marks that draws; `hasMachine` whether outlines may be taken. */
  attach(marks) {
    this.marks = marks;
    this.store = marks.store;
  }

  /** The choices for one kind; none for a tool that draws no mark. */
  offer(kind) {
    const rules = this.rules[kind];
    this.options.hidden = !rules || !this.store.mayDraw;
    if (this.options.hidden || this.options.dataset.kind === kind) return;
    this.options.dataset.kind = kind;
    const fill = (list, entries) => {
      list.replaceChildren(...entries.map(([value, text]) => new Option(text, value)));
      list.hidden = entries.length < 2;
    };
    fill(this.structure, rules.structures.map((one) => [one, this.words.structure[one]]));
    const none = kind === "disc_slice" ? [["", this.words.none]] : [];
    fill(this.level, [["auto", this.words.by_place], ...none, ...rules.levels.map((level) => [level, level])]);
    fill(this.says, rules.says.map((one) => [one, this.words.says[one]]));
    this.machine.hidden = kind !== "contour";
  }

  /** What the reader chose; level undefined where the place is to say it. */
  given(kind) {
    this.offer(kind);
    const level = this.level.value === "auto" ? undefined : this.level.value;
    return { structure: this.structure.value, level, says: this.says.value };
  }

  say(text) {
    if (this.note.textContent !== text) this.note.textContent = text;
  }

  /** Saving, waiting, logged out: said beside the marks, never only by colour. */
  showState(state) {
    this.note.dataset.state = state;
    this.say(state === "saved" || state === "conflict" ? "" : (this.words[state] ?? ""));
  }

  show() {
    const { shown } = this.store;
    this.root.hidden = !this.store.mayDraw && shown.length === 0;
    this.count.textContent = String(shown.length);
    const active = document.activeElement;
    const focus = this.rows.contains(active) ? this.#focused : null;
    this.rows.replaceChildren(...shown.map((mark) => this.#row(mark)));
    if (this.asking && this.question.contains(active)) active.focus();
    else if (focus) this.#focusOn(this.#standsFor(focus) ?? shown[0]);
  }

  /** The mark itself, or the one that was put in its place. */
  #standsFor(mark) {
    const { shown } = this.store;
    return shown.includes(mark) ? mark : shown.find((one) => one.replaces && one.replaces === mark.id);
  }

  #row(mark) {
    const row = document.createElement("li");
    const go = this.#button("go", markText(mark, this.words));
    row.mark = mark;
    row.dataset.state = mark.unsaved ? "unsaved" : mark.state;
    row.classList.toggle("is-chosen", mark === this.marks.chosen);
    const state = mark.refused
      ? `${this.words.refused}: ${mark.refused}`
      : mark.unsaved || mark.busy ? this.words.unsaved : this.words.state[mark.state];
    const about = [
      this.words.kind[mark.kind],
      mark.author,
      mark.origin === "machine" ? this.words.origin.machine : "",
      state,
      mark.comment && `“${mark.comment}” ${mark.decided_by}`,
      mark.levels_are_current === false ? this.words.old_levels : "",
    ];
    const text = document.createElement("span");
    text.textContent = about.filter(Boolean).join(" · ");
    row.append(go, text);
    if (mark.refused && mark.unsaved) row.append(this.#button("again", this.words.again));
    for (const act of mark.busy ? [] : ACTS.filter((one) => mayDo(mark, one))) {
      if (mark.unsaved && !mark.refused) continue;
      row.append(this.#button(act, this.words[act]));
    }
    if (mark === this.asking) row.append(this.question);
    return row;
  }

  #button(act, text) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.markAct = act;
    button.textContent = text;
    return button;
  }

  #clicked(event) {
    const button = event.target.closest("[data-mark-act]");
    if (!button || button.type === "submit") return;
    this.#act(button.closest("li").mark, button.dataset.markAct);
  }

  #act(mark, act) {
    this.#focused = mark;
    if (act === "go") this.marks.choose(mark);
    else if (act === "again") this.store.sendAgain(mark);
    else if (act === "reject") this.#ask(mark, whyForm(this.words, (body) => this.#told(mark, "reject", body)));
    else if (act === "reword") {
      this.#ask(mark, wordsForm(mark, this.rules, this.words, (body) => this.#told(mark, "amend", body)));
    }
    else if (act === "amend") this.marks.beginMove(mark);
    else {
      this.store.decide(mark, act);
      if (act === "accept") this.#next(mark);
    }
  }

  #ask(mark, form) {
    this.asking = mark;
    this.question = form;
    this.show();
    form.querySelector("input, select:not([hidden])")?.focus();
  }

  #told(mark, act, body) {
    this.asking = null;
    this.store.decide(mark, act, body);
    if (act === "reject") this.#next(mark);
    else this.#focusOn(mark);
  }

  /** From one decided mark to the next that waits. */
  #next(mark) {
    const { shown } = this.store;
    const at = shown.indexOf(mark);
    const waits = (one) => one !== mark && one.state === "open" && !one.busy && one.may.includes("accept");
    const next = [...shown.slice(at + 1), ...shown.slice(0, at)].find(waits) ?? mark;
    this.#focused = next;
    if (next !== mark) this.marks.choose(next);
    this.#focusOn(next);
  }

  #focusOn(mark) {
    this.#focused = mark ?? null;
    [...this.rows.children].find((row) => row.mark === mark)?.querySelector("button").focus({ preventScroll: false });
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = event.target.closest("li");
    if (event.target.closest("form")) {
      if (event.key !== "Escape") return;
      this.asking = null;
      this.show();
      this.#focusOn(row.mark);
      event.stopPropagation();
      return;
    }
    const key = event.key.toLowerCase();
    const steps = { arrowdown: row.nextElementSibling, arrowup: row.previousElementSibling };
    if (key in steps) {
      if (steps[key]) this.#walk(steps[key].mark);
    } else if (KEYS[key] && mayDo(row.mark, KEYS[key]) && !row.mark.busy) {
      this.#act(row.mark, KEYS[key]);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #walk(mark) {
    this.marks.choose(mark);
    this.#focusOn(mark);
  }

  /** Open the list at the first mark that waits for this reader, else at the first. */
  open() {
    const { shown } = this.store;
    this.list.open = true;
    const first = shown.find((mark) => mark.state === "open" && mark.may.includes("accept")) ?? shown[0];
    if (first) this.#walk(first);
    else this.list.querySelector("summary").focus();
  }
}
