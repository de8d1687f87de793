/**
 * PPV and NPV at a prevalence that the reader moves: posterior odds = prior odds × likelihood ratio, with the likelihood ratio's
 * interval carried through (as `predictive_values` of reporting/statistics does for the server's table).
 *
 * Attributes: data-predictive on the block, holding {"plr": [value, low, high], "nlr": […]} with null for what is not estimable;
 * data-prevalence on the slider (per mille); data-shown-prevalence, data-shown-ppv and data-shown-npv on what shows the figures;
 * data-words = what stands for a figure that is not estimable.
 */
export function posterior(odds, ratio) {
  return ratio === null ? null : (odds * ratio) / (1 + odds * ratio);
}

/** [value, low, high] of PPV and of NPV; null where the ratio is not estimable. */
export function predictiveValues(prevalence, { plr, nlr }) {
  const odds = prevalence / (1 - prevalence);
  const [missed, fewest, most] = nlr.map((ratio) => posterior(odds, ratio));
  const complement = (share) => (share === null ? null : 1 - share);
  return { ppv: plr.map((ratio) => posterior(odds, ratio)), npv: [missed, most, fewest].map(complement) };
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** "81.3 % (70.2–89.1)", the value alone without an interval, or `words` where there is no value. */
export function shown([value, low, high], words) {
  if (value === null) return words;
  if (low === null || high === null) return percent(value);
  return `${percent(value)} (${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)})`;
}

if (globalThis.document) {
  for (const block of document.querySelectorAll("[data-predictive]")) {
    const ratios = JSON.parse(block.dataset.predictive);
    const slider = block.querySelector("[data-prevalence]");
    const say = (name, text) => {
      block.querySelector(`[data-shown-${name}]`).textContent = text;
    };
    const update = () => {
      const prevalence = Number(slider.value) / 1000;
      const { ppv, npv } = predictiveValues(prevalence, ratios);
      say("prevalence", percent(prevalence));
      say("ppv", shown(ppv, block.dataset.words));
      say("npv", shown(npv, block.dataset.words));
      slider.setAttribute("aria-valuetext", percent(prevalence));
    };
    slider.addEventListener("input", update);
    update();
  }
}
