/**
 * The viewer's buttons and keys. Every key presses a button that is on the page, or does what the mouse does.
 *
 * Buttons: data-tool, data-shows (a preference), data-do; the choice of layout: data-layout-choice. Keys work while an image or one
 * of these buttons has the focus; "V" anywhere on the page outside a text field brings the focus to the image.
 */
import { MARK_KINDS } from "./marks.mjs";

const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5, Home: -Infinity, End: Infinity };
const MOVE_PX = 24;
const MOVES = { ArrowDown: [0, -MOVE_PX], ArrowUp: [0, MOVE_PX], ArrowRight: [-MOVE_PX, 0], ArrowLeft: [MOVE_PX, 0] };
const ZOOM = { "+": 1.15, "=": 1.15, "-": 1 / 1.15 };
const WINDOWS = { ",": [0, 0.05], ".": [0, -0.05], "<": [-0.08, 0], ">": [0.08, 0] };
const TEXT_FIELDS = "input, select, textarea";
/** On a button of the viewer these keys mean what they mean on an image; Enter, space and arrows belong to the button. */
const LETTER_OR_DIGIT = /^[a-z0-9]$/i;

export class Controls {
  #tool = "window";

  constructor({ root, viewer, preferences, cine, result }) {
    Object.assign(this, { root, viewer, preferences, cine, result });
    root.addEventListener("click", (event) => this.#clicked(event));
    root.addEventListener("change", (event) => this.#chosen(event));
    for (const pane of viewer.panes) pane.figure.addEventListener("keydown", (event) => this.#key(event, pane));
    root.addEventListener("keydown", (event) => {
      if (LETTER_OR_DIGIT.test(event.key) && event.target.matches("button, summary") && !event.target.closest("li")) {
        this.#key(event, viewer.focused);
      }
    });
    document.addEventListener("keydown", (event) => this.#pageKey(event));
    this.show();
  }

  get tool() {
    return this.#tool;
  }

  set tool(name) {
    this.#tool = name;
    this.viewer.drawing.cancel();
    this.viewer.marks?.cancel();
    this.show();
  }

  /** Whether the chosen tool draws a mark for training. */
  get isMarking() {
    return MARK_KINDS.includes(this.#tool);
  }

  /** Buttons, lists and layout as things are. */
  show() {
    const press = (button, on) => button.setAttribute("aria-pressed", String(Boolean(on)));
    for (const button of this.root.querySelectorAll("[data-tool]")) press(button, button.dataset.tool === this.#tool);
    for (const button of this.root.querySelectorAll("[data-shows]")) press(button, this.preferences.get(button.dataset.shows));
    press(this.#button("whole"), this.viewer.isWhole);
    press(this.#button("cine"), this.cine.isRunning);
    const layout = this.preferences.get("layout");
    press(this.#button("enlarge"), layout === "single");
    this.root.dataset.tool = this.#tool;
    this.viewer.marks?.panel.offer(this.#tool);
    this.root.querySelector("[data-layout-choice]").value = layout;
    const panes = this.root.querySelector("[data-viewer-panes]");
    const changed = panes.dataset.layout !== layout;
    panes.dataset.layout = layout;
    for (const pane of this.viewer.panes) {
      const isFocused = pane === this.viewer.focused;
      pane.figure.classList.toggle("is-focused", isFocused);
      pane.figure.hidden = layout === "single" && !isFocused;
    }
    if (changed) this.viewer.loading.go();
  }

  #button(name) {
    return this.root.querySelector(`[data-do="${name}"]`);
  }

  #clicked(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const { tool, shows, do: act } = button.dataset;
    if (tool) this.tool = tool;
    if (shows) this.#toggle(shows);
    if (act) this.do(act);
  }

  #chosen(event) {
    const { target } = event;
    if (target.matches("[data-layout-choice]")) this.#setLayout(target.value);
    if (!target.matches("[data-pane-series]")) return;
    const pane = this.viewer.panes.find((one) => one.figure.contains(target));
    this.#hang(pane, this.viewer.description.byId.get(target.value)).then(() => this.#keepHanging());
  }

  #toggle(name) {
    // Where there is nothing to draw, as of the machine for who reads blind first, a key must not turn it off unseen.
    if (this.root.querySelector(`[data-shows="${name}"]`)?.hidden) return;
    this.preferences.set(name, !this.preferences.get(name));
    this.viewer.redraw();
    this.show();
  }

  #setLayout(layout) {
    this.preferences.set("layout", layout);
    this.show();
    this.viewer.redraw();
  }

  async #hang(pane, series) {
    if (!series) return;
    await this.viewer.hangLike(pane, series, pane.frame);
  }

  /** Only what another study would have too is a habit worth keeping. */
  #keepHanging() {
    const roles = this.viewer.panes.map((one) => one.series?.role ?? "unknown");
    if (!roles.includes("unknown")) this.preferences.set("hanging", roles);
  }

  do(act, pane = this.viewer.focused) {
    const { viewer } = this;
    const acts = {
      whole: () => viewer.toggleWhole(),
      reset: () => viewer.reset(pane),
      invert: () => pane.invert(),
      cine: () => this.cine.toggle(pane),
      enlarge: () => this.enlarge(pane),
      put: () => this.result.put(),
    };
    acts[act]?.();
    this.show();
  }

  /** One pane alone, and back to what was before. */
  enlarge(pane) {
    const layout = this.preferences.get("layout");
    if (layout !== "single") this.before = layout;
    this.viewer.focus(pane);
    this.#setLayout(layout === "single" ? (this.before ?? "columns") : "single");
    pane.figure.focus({ preventScroll: true });
  }

  #pageKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.(TEXT_FIELDS)) return;
    if (event.key.toLowerCase() !== "v") return;
    event.preventDefault();
    this.viewer.focused.figure.focus();
  }

  #key(event, pane) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TEXT_FIELDS)) return;
    const act = this.#actOf(event, pane);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    this.viewer.focus(pane);
    act();
  }

  #actOf(event, pane) {
    const { key, shiftKey } = event;
    const tool = { b: "window", d: "distance", g: "angle", o: "cross", h: "pan", z: "zoom" }[key.toLowerCase()];
    const mark = { 5: "vertebra_point", 6: "ligament_point", 7: "disc_slice", 8: "contour" }[key];
    const shows = { n: "show_names", m: "show_measurements", e: "show_reference_lines", y: "linked" }[key.toLowerCase()];
    const act = { i: "invert", p: "cine", f: "enlarge", 0: "reset", q: "put" }[key.toLowerCase()];
    if (shiftKey && MOVES[key]) return () => pane.pan(MOVES[key].map((px) => -px));
    if (STEPS[key]) return () => pane.step(STEPS[key]);
    if (key === "ArrowRight" || key === "ArrowLeft") return () => this.#otherSeries(pane, key === "ArrowRight" ? 1 : -1);
    if (ZOOM[key]) return () => pane.zoom(ZOOM[key]);
    if (WINDOWS[key]) return () => pane.adjustWindow(WINDOWS[key]);
    if (/^[1-4]$/.test(key)) return () => this.#goPane(Number(key) - 1);
    if (key === "Escape") return () => this.#escape();
    if (tool) return () => (this.tool = tool);
    const { marks } = this.viewer;
    if (marks?.store.mayDraw && mark) return () => (this.tool = mark);
    if (marks && key.toLowerCase() === "k") return () => marks.panel.open();
    if (marks?.store.mayDraw && this.isMarking) {
      if (key === "Enter") return () => marks.putInMiddle(this.#tool, pane);
      if (key === "Backspace") return () => marks.undo();
    }
    if (shows) return () => this.#toggle(shows);
    if (act) return () => this.do(act, pane);
    return null;
  }

  #goPane(number) {
    const pane = this.viewer.panes[number];
    if (!pane) return;
    this.viewer.focus(pane);
    this.show();
    pane.figure.focus({ preventScroll: true });
  }

  #otherSeries(pane, by) {
    const all = this.viewer.description.series;
    const at = all.indexOf(pane.series);
    this.#hang(pane, all[(at + by + all.length) % all.length]);
  }

  /** One thing back per press: film, half-drawn angle, crosshair, tool. */
  #escape() {
    const { cine, viewer } = this;
    if (cine.stop() || viewer.drawing.cancel() || viewer.marks?.cancel() || viewer.clearCross()) return;
    this.tool = "window";
  }
}
