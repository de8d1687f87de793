/**
 * Lets figures follow a slider. The server worked out the text of every step, so that numbers are made in one place.
 *
 * Attributes: data-slider-texts on the block, holding {step: {figure: text}}; inside it data-slider, perhaps data-slider-number
 * (the same value, typed), and data-slider-text=figure on what shows one; data-slider-copy anywhere on an input that follows.
 */

/** The texts of a step, or null where only the server can say. */
export function textsAt(texts, step) {
  return texts[String(Number(Number(step).toFixed(3)))] ?? null;
}

if (globalThis.document) {
  for (const block of document.querySelectorAll("[data-slider-texts]")) {
    const texts = JSON.parse(block.dataset.sliderTexts);
    const slider = block.querySelector("[data-slider]");
    const number = block.querySelector("[data-slider-number]");
    const copy = number && document.querySelector("[data-slider-copy]");
    const show = (step) => {
      const found = textsAt(texts, step) ?? {};
      for (const place of block.querySelectorAll("[data-slider-text]")) {
        place.textContent = found[place.dataset.sliderText] ?? "…";
      }
      slider.setAttribute("aria-valuetext", found[slider.dataset.slider] ?? step);
      if (copy) copy.value = step;
    };
    slider.addEventListener("input", () => {
      if (number) number.value = Number(slider.value).toFixed(3);
      show(number ? number.value : slider.value);
    });
    number?.addEventListener("input", () => {
      slider.value = number.value;
      show(number.value);
    });
  }
}
