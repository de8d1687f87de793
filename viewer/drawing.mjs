/**
 * Distances and angles that the reader draws: two points, or two lines (as Cobb measured). Pure state, in the patient's own
 * coordinates; `onChange()` hears every change, `onDone(item)` a finished one, `onRemoved()` that one is gone.
 */
import { angleBetween, distance } from "./geometry.mjs";

const SHORTEST_MM = 0.5;
const GRIP_PX = 8;

export class Drawing {
  constructor({ onChange = () => {}, onDone = () => {}, onRemoved = () => {} } = {}) {
    Object.assign(this, { onChange, onDone, onRemoved });
    this.items = [];
    this.held = null;
  }

  get last() {
    return this.items.at(-1) ?? null;
  }

  tool(kind) {
    return {
      start: (pane, { point, place }) => this.#start(kind, pane, point, place),
      move: (_, { point }) => this.#move(point),
      end: () => this.#end(),
    };
  }

  #start(kind, pane, point, place) {
    const slice = pane.sliceKey;
    this.held = this.#gripped(pane, place) ?? this.#newLine(kind, slice, point);
    this.onChange();
  }

  /** An end of a line that is already there and lies under the pointer. */
  #gripped(pane, place) {
    for (const item of this.items.filter((one) => one.slice === pane.sliceKey)) {
      for (const line of item.lines) {
        for (const end of [0, 1]) {
          const [x, y] = pane.toScreen(line[end]);
          if (Math.hypot(x - place[0], y - place[1]) <= GRIP_PX) return { item, line, end };
        }
      }
    }
    return null;
  }

  #newLine(kind, slice, point) {
    const line = [point, point];
    const open = this.items.find((one) => one.kind === kind && one.slice === slice && one.value === null);
    const item = open ?? { kind, slice, unit: kind === "angle" ? "deg" : "mm", lines: [], value: null };
    if (!open) this.items.push(item);
    item.lines.push(line);
    return { item, line, end: 1 };
  }

  #move(point) {
    if (!this.held) return;
    this.held.line[this.held.end] = point;
    measure(this.held.item);
    this.onChange();
  }

  #end() {
    if (!this.held) return;
    const { item } = this.held;
    this.held = null;
    item.lines = item.lines.filter(([a, b]) => distance(a, b) >= SHORTEST_MM);
    measure(item);
    if (item.lines.length === 0) this.remove(item);
    else if (item.value !== null) this.onDone(item);
    this.onChange();
  }

  /** Give up an angle that has only one line. */
  cancel() {
    const before = this.items.length;
    this.items = this.items.filter((one) => one.value !== null);
    this.held = null;
    if (this.items.length !== before) this.onChange();
    return this.items.length !== before;
  }

  remove(item) {
    this.items = this.items.filter((one) => one !== item);
    this.onRemoved();
    this.onChange();
  }
}

function measure(item) {
  if (item.kind === "distance") item.value = item.lines.length === 1 ? distance(...item.lines[0]) : null;
  else item.value = item.lines.length === 2 ? angleBetween(...item.lines) : null;
}
