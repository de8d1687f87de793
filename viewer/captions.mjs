/**
 * What a pane says of its picture beside it: number of the slice, level, window, the sides of the patient, missing slices.
 */
import { edges, isPlaced } from "./geometry.mjs";
import { shownLevel } from "./layers.mjs";

const SIDES = ["left", "right", "top", "bottom"];

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function windowText(pane) {
  const range = pane.window;
  if (!range) return "";
  return `C ${Math.round((range.upper + range.lower) / 2)} W ${Math.round(range.upper - range.lower)}`;
}

/** The words of one picture, without its window. */
export function pictureText(description, pane, words) {
  if (!pane.frame) return words.no_series;
  const level = shownLevel(description, pane.frame);
  const name = level && (level.certain ? level.name : `${level.name} (${words.uncertain})`);
  const missing = pane.series.completeness?.missing;
  return [
    name,
    `${pane.index + 1}/${pane.count}`,
    missing ? words.missing.replace("{n}", String(missing)) : "",
    isPlaced(pane.frame) ? "" : words.no_place,
  ].filter(Boolean).join(" · ");
}

export function showCaption(description, pane, words) {
  const text = pictureText(description, pane, words);
  put(pane.caption, text);
  put(pane.figure.querySelector("[data-pane-window]"), windowText(pane));
  const level = pane.frame && shownLevel(description, pane.frame);
  put(pane.figure.querySelector("[data-pane-level]"), level?.name ?? "");
  pane.view.setAttribute("aria-label", [pane.series?.label, text].filter(Boolean).join(", "));
  const letters = isPlaced(pane.frame) ? edges(pane.frame) : {};
  for (const side of SIDES) put(pane.figure.querySelector(`[data-side="${side}"]`), letters[side] ?? "");
}

/** The series a pane may show, in its own list. */
export function showSeriesList(description, pane) {
  const list = pane.figure.querySelector("[data-pane-series]");
  if (list.options.length !== description.series.length) {
    list.replaceChildren(...description.series.map((one) => new Option(one.label, one.id)));
  }
  list.value = pane.series?.id ?? "";
}
