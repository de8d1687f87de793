/**
 * Writes a paragraph of the report by hand, in place. It is saved while it is typed; the fields stay as they are.
 *
 * Element: data-part (data-section, data-language, data-printed-text) with a button data-edit-text. Sends "dens:change" and
 * hears "dens:saved"; Escape or the same button ends it, and "dens:refresh" shows what came of it.
 */
const SAVE_AFTER_MS = 800;
const root = document.querySelector("[data-reading]");
let timer = null;

const say = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function save(field) {
  clearTimeout(timer);
  if (!("dirty" in field.dataset) || field.value.trim() === "") return;
  const { section, language, label } = field.closest("[data-part]").dataset;
  const given = { section, language, text: field.value };
  say("dens:change", { kind: "edit_text", place: `text/${section}/${language}`, label, text: field.value, given });
}

function begin(part) {
  const field = document.createElement("textarea");
  field.value = part.dataset.printedText;
  field.defaultValue = field.value;
  field.dataset.manualText = "";
  field.setAttribute("aria-label", part.dataset.label);
  field.rows = Math.max(3, Math.ceil(field.value.length / 60));
  part.dataset.editing = "";
  part.querySelector("[data-printed]").replaceChildren(field);
  part.querySelector("[data-edit-text]").setAttribute("aria-pressed", "true");
  field.focus();
}

function end(part) {
  const field = part.querySelector("[data-manual-text]");
  save(field);
  field.defaultValue = field.value;
  delete part.dataset.editing;
  part.querySelector("[data-edit-text]").focus();
  say("dens:refresh");
}

root.addEventListener("click", (event) => {
  const button = event.target.closest("[data-edit-text]");
  if (!button) return;
  const part = button.closest("[data-part]");
  if ("editing" in part.dataset) end(part);
  else begin(part);
});
root.addEventListener("input", (event) => {
  if (!event.target.matches("[data-manual-text]")) return;
  event.target.dataset.dirty = "";
  clearTimeout(timer);
  timer = setTimeout(() => save(event.target), SAVE_AFTER_MS);
});
root.addEventListener("focusout", (event) => {
  if (event.target.matches("[data-manual-text]")) save(event.target);
});
root.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !event.target.matches("[data-manual-text]")) return;
  event.preventDefault();
  end(event.target.closest("[data-part]"));
});
document.addEventListener("dens:saved", (event) => {
  const field = root.querySelector("[data-manual-text]");
  if (field && event.detail.kind === "edit_text" && event.detail.given.text === field.value) delete field.dataset.dirty;
});
