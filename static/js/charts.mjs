/**
 * Draws the charts of a page with plotly.js (the strict bundle, which makes no code from text) and lets points be walked by keys.
 *
 * Attributes: data-chart on the element to draw in, naming the id of its figure as JSON; data-chart-news on an element after
 * it, where the point under the keys is read out. Arrow keys, Home and End walk, Enter and a click open a point's reports.
 * The charts' tables hold the same numbers, so a page without script lacks nothing.
 */
import { pointAfter, pointsOf } from "./chart_points.mjs";
import { coloursOf, themed } from "./chart_theme.mjs";

const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };

export function draw(place, figure) {
  const style = getComputedStyle(place);
  const drawn = themed(
    figure,
    coloursOf((name) => style.getPropertyValue(name)),
  );
  return globalThis.Plotly.react(place, drawn.data, drawn.layout, CONFIG);
}

function open(cases) {
  if (cases) globalThis.location.assign(cases);
}

function walkByKeys(place, figure) {
  const points = pointsOf(figure.data);
  const news = place.parentElement.querySelector("[data-chart-news]");
  let current = -1;
  place.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") open(points[current]?.cases);
    const next = pointAfter(event.key, current, points.length);
    if (next === null) return;
    event.preventDefault();
    current = next;
    const { curveNumber, pointNumber, text } = points[current];
    globalThis.Plotly.Fx.hover(place, [{ curveNumber, pointNumber }]);
    if (news) news.textContent = text;
  });
  place.addEventListener("blur", () => globalThis.Plotly.Fx.unhover(place, []));
}

async function start(place) {
  const figure = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  await draw(place, figure);
  place.on("plotly_click", ({ points: [point] }) => open(point.customdata?.[1]));
  walkByKeys(place, figure);
  new MutationObserver(() => draw(place, figure)).observe(document.body, { attributeFilter: ["class"] });
  place.dataset.drawn = "yes";
}

if (globalThis.Plotly) {
  for (const place of document.querySelectorAll("[data-chart]")) start(place);
}
