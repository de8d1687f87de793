/**
 * Lets the figures of the threshold bench follow its slider. The server scored every threshold of the slider beforehand.
 *
 * Attributes: data-bench on the block, holding {threshold: {figure: text}}; data-bench-slider and data-bench-number inside it,
 * data-bench-figure=name on what shows a figure; data-bench-proposed anywhere on the number that would be proposed.
 * Without script the button "Score again" does the same.
 */

/** The figures scored for a threshold, or null where only the server can say. */
export function figuresAt(scored, threshold) {
  return scored[String(Number(Number(threshold).toFixed(3)))] ?? null;
}

if (globalThis.document) {
  for (const block of document.querySelectorAll("[data-bench]")) {
    const scored = JSON.parse(block.dataset.bench);
    const slider = block.querySelector("[data-bench-slider]");
    const number = block.querySelector("[data-bench-number]");
    const proposed = document.querySelector("[data-bench-proposed]");
    const show = (threshold) => {
      const figures = figuresAt(scored, threshold) ?? {};
      for (const place of block.querySelectorAll("[data-bench-figure]")) {
        place.textContent = figures[place.dataset.benchFigure] ?? "…";
      }
      slider.setAttribute("aria-valuetext", threshold);
      if (proposed) proposed.value = threshold;
    };
    slider.addEventListener("input", () => {
      number.value = Number(slider.value).toFixed(3);
      show(number.value);
    });
    number.addEventListener("input", () => {
      slider.value = number.value;
      show(number.value);
    });
  }
}
