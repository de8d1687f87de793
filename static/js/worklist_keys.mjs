/**
 * The worklist by keyboard: J and K move between rows, Enter opens, X selects, A goes to the choice of whom to assign, 1 to 9
 * go to a view, N and B to older and newest studies, / to the search field.
 *
 * Attributes: data-worklist on the table; data-open and data-select in each row; data-view, data-assign-to, data-older,
 * data-newest on the page. Keys typed into a field are left alone.
 */
const TEXT_FIELDS = 'input:not([type="checkbox"]), select, textarea';

export function nextIndex(current, step, length) {
  return current < 0 ? 0 : Math.min(Math.max(current + step, 0), length - 1);
}

if (globalThis.document) {
  const table = document.querySelector("[data-worklist]");
  const rows = () => [...table.querySelectorAll("tbody tr[id]")];
  const here = () => document.activeElement.closest("[data-worklist] tr[id]");
  const click = (selector) => document.querySelector(selector)?.click();

  const move = (step) => {
    const all = rows();
    const next = all[nextIndex(all.indexOf(here()), step, all.length)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };

  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    "/": () => document.querySelector("input[type=search]")?.focus(),
    x: () => here()?.querySelector("[data-select]")?.click(),
    a: () => document.querySelector("[data-assign-to]")?.focus(),
    n: () => click("[data-older]"),
    b: () => click("[data-newest]"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.matches(TEXT_FIELDS)) return;
    const key = event.key.toLowerCase();
    if (KEYS[key]) {
      event.preventDefault();
      KEYS[key]();
    } else if (/^[1-9]$/.test(key)) {
      document.querySelectorAll("[data-view]")[Number(key) - 1]?.click();
    } else if (key === "enter" && event.target.matches("tr[id], [data-select]")) {
      event.preventDefault();
      here()?.querySelector("[data-open]")?.click();
    }
  });
}
