/**
 * The corrections of the level strip: which level they are about, and what each button sends.
 *
 * Inside data-level-tools: data-level-which (options with data-before and data-after slices), data-level-to, and buttons
 * with data-relabel; the reading page sends a button's data-given as the body of its data-act. The level follows the one
 * the reader opened last.
 */

/** The body of one correction, or null where it is not possible. */
export function correction(kind, { level, to, before, after }) {
  if (kind === "move") return level === to ? null : { move: { level, to } };
  if (kind === "insert") return { insert: { disc: level } };
  if (kind === "block") return { insert: { disc: level, is_block: true } };
  if (kind === "remove") return { remove: { disc: level } };
  const slice = kind === "before" ? before : after;
  if (!slice) return null;
  const [instance, frame] = slice.split("/");
  return { slice: { level, instance, frame: Number(frame) } };
}

function about(tools) {
  const which = tools.querySelector("[data-level-which]");
  const { before, after } = which.selectedOptions[0]?.dataset ?? {};
  return { level: which.value, to: tools.querySelector("[data-level-to]").value, before, after };
}

if (globalThis.document) {
  let level = "";
  const choose = () => {
    for (const select of document.querySelectorAll("[data-level-which], [data-level-to]")) {
      if ([...select.options].some((option) => option.value === level)) select.value = level;
    }
  };
  document.addEventListener("dens:level", (event) => {
    level = event.detail.level;
    choose();
  });
  document.addEventListener("dens:levels-changed", choose);
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.("[data-relabel]");
      if (!button) return;
      const given = correction(button.dataset.relabel, about(button.closest("[data-level-tools]")));
      if (given === null) event.stopPropagation();
      else button.dataset.given = JSON.stringify(given);
    },
    true,
  );
}
