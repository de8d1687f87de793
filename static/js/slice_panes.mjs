/**
 * The plain images beside the form, drawn by the server, for browsers in which the viewer does not run: pages through a series,
 * follows the level in focus, shows or hides contours.
 *
 * Attributes: data-panes around figures with data-pane="sagittal|axial"; data-contours and data-whole on the switches.
 * The script tag #slices holds addresses and stacks. Events: listens to "dens:level" {level} and "dens:slice" {slice} on
 * document; a click on a picture is said as "dens:image-click" {instance, frame, x, y, plane, level, mm}.
 */
import { placeInPicture, sliceOf } from "./picture_place.mjs";

export class Pane {
  constructor(stacks) {
    this.stacks = stacks;
    this.stack = 0;
    this.index = 0;
    this.level = "";
  }

  get slices() {
    return this.stacks[this.stack]?.slices ?? [];
  }

  get slice() {
    return this.slices[this.index];
  }

  /** Go to a slice wherever it lies; false when this pane does not have it. */
  show(slice) {
    for (const [stack, { slices }] of this.stacks.entries()) {
      const index = slices.indexOf(slice);
      if (index >= 0) {
        [this.stack, this.index] = [stack, index];
        return true;
      }
    }
    return false;
  }

  step(by) {
    this.index = Math.min(Math.max(this.index + by, 0), Math.max(this.slices.length - 1, 0));
  }

  nextStack() {
    if (this.stacks.length < 2) return;
    const part = this.slices.length > 1 ? this.index / (this.slices.length - 1) : 0;
    this.stack = (this.stack + 1) % this.stacks.length;
    this.index = Math.round(part * (this.slices.length - 1));
  }
}

/** `x`, `y` of a click count from 0 to 1 across and down the picture, which is cut out around `level` by `mm` (both may be empty). */
function sayClicks(figure, name) {
  const image = figure.querySelector("img");
  image?.addEventListener("click", (event) => {
    const picture = { width: image.naturalWidth, height: image.naturalHeight };
    const place = placeInPicture(image.getBoundingClientRect(), picture, { x: event.clientX, y: event.clientY });
    const slice = sliceOf(image.getAttribute("src"));
    if (!place || !slice) return;
    const detail = { ...slice, ...place, plane: name };
    document.dispatchEvent(new CustomEvent("dens:image-click", { detail, cancelable: true }));
  });
}

export function startPlain(root) {
  const data = JSON.parse(document.getElementById("slices").textContent);
  const panes = {};
  let contours = true;
  let whole = false;

  function draw(name) {
    const pane = panes[name];
    const figure = root.querySelector(`[data-pane=${name}]`);
    const image = figure.querySelector("img");
    if (!image || !pane.slice) return;
    const query = new URLSearchParams(name === "sagittal" ? { side: "768" } : {});
    if (contours) query.set("contours", "1");
    if (contours && name === "sagittal") query.set("names", "1");
    const center = name === "axial" ? pane.level : data.center;
    if (center && !whole) {
      query.set("level", center);
      query.set("mm", name === "axial" ? "40" : "80");
    }
    const address = `${data.base}${pane.slice}.png?${query}`;
    if (image.getAttribute("src") !== address) image.src = address;
    const { label, slices } = pane.stacks[pane.stack];
    const text = [pane.level && name === "axial" ? pane.level : "", label, `${pane.index + 1}/${slices.length}`];
    figure.querySelector("[data-pane-caption]").textContent = text.filter(Boolean).join(" · ");
    image.alt = text.filter(Boolean).join(", ");
  }

  function showLevel(level) {
    const place = data.levels[level];
    if (!place) return;
    if (place.sagittal) panes.sagittal.show(place.sagittal);
    if (place.axial && panes.axial.show(place.axial)) panes.axial.level = level;
    draw("sagittal");
    draw("axial");
  }

  function showSlice(slice) {
    for (const name of Object.keys(panes)) if (panes[name].show(slice)) draw(name);
  }

  for (const figure of root.querySelectorAll("[data-pane]")) {
    const name = figure.dataset.pane;
    const pane = (panes[name] = new Pane(data.stacks[name]));
    if (!pane.show(data.first[name])) pane.step(Math.floor(pane.slices.length / 2));
    pane.level = name === "axial" ? data.firstLevel : "";
    sayClicks(figure, name);
    figure.addEventListener("wheel", (event) => {
      event.preventDefault();
      pane.step(event.deltaY > 0 ? 1 : -1);
      draw(name);
    }, { passive: false });
    figure.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 5, PageUp: -5 }[event.key];
      if (step) pane.step(step);
      else if (event.key === "ArrowRight" || event.key === "ArrowLeft") pane.nextStack();
      else return;
      event.preventDefault();
      draw(name);
    });
  }

  root.querySelector("[data-contours]")?.addEventListener("click", (event) => {
    contours = !contours;
    event.currentTarget.setAttribute("aria-pressed", String(contours));
    Object.keys(panes).forEach(draw);
  });
  root.querySelector("[data-whole]")?.addEventListener("click", (event) => {
    whole = !whole;
    event.currentTarget.setAttribute("aria-pressed", String(whole));
    Object.keys(panes).forEach(draw);
  });
  document.addEventListener("dens:level", (event) => showLevel(event.detail.level));
  document.addEventListener("dens:slice", (event) => showSlice(event.detail.slice));
  Object.keys(panes).forEach(draw);
}
