/**
 * The form's number fields that a drawn distance or angle can be put into, and the way there: as if it had been typed.
 */
const UNITS = { mm: /^mm$/, deg: /^(°|deg|degrees|度)$/ };

function isFor(finding, unit) {
  const text = finding.querySelector(".unit")?.textContent.trim() ?? "";
  const input = finding.querySelector("[data-set-text]");
  return input !== null && !input.disabled && UNITS[unit].test(text);
}

/** Fields with that unit: the one last in use first, then those of the level that is looked at, then the others. */
export function fieldsFor(unit, { lastPlace, level }) {
  const fields = [...document.querySelectorAll('[data-finding][data-kind="number"]')].filter((one) => isFor(one, unit));
  const rank = (one) => {
    if (one.dataset.place === lastPlace) return 0;
    return one.closest("[data-level]")?.dataset.level === level ? 1 : 2;
  };
  return fields
    .map((one) => ({ place: one.dataset.place, label: one.dataset.label, rank: rank(one) }))
    .sort((one, two) => one.rank - two.rank);
}

/** Write a value as typing does: the page saves it and shows what the server makes of it. */
export function putInto(place, value) {
  const finding = [...document.querySelectorAll("[data-finding]")].find((one) => one.dataset.place === place);
  const input = finding?.querySelector("[data-set-text]");
  if (!input || input.disabled) return false;
  const group = finding.closest("details");
  if (group) group.open = true;
  input.value = value.toFixed(1);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
  finding.focus({ preventScroll: true });
  finding.scrollIntoView({ block: "nearest" });
  return true;
}
