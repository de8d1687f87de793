/**
 * One line that goes to a field, sets a value or presses a button: "c56 canal 3, right foramen 2".
 *
 * Element: data-palette with an input (role combobox), a list (role listbox) and data-palette-status. It offers only what
 * stands on the page and does it by the same buttons. Opened by the key / or Ctrl+K; Escape goes back. Not a dialogue.
 */
import { parts, searchLine, tokens } from "./palette_search.mjs";

const box = document.querySelector("[data-palette]");
const input = box.querySelector("input");
const list = box.querySelector("[role=listbox]");
const status = box.querySelector("[data-palette-status]");
let options = [];
let chosen = 0;
let cameFrom = null;

const nextShown = () => new Promise((resolve) => {
  document.addEventListener("dens:shown", resolve, { once: true });
});

/** The words of a place's key are English on every page, so that "canal 3" works in Chinese as well. */
const names = (finding) => {
  const { place, label } = finding.dataset;
  const level = finding.closest("[data-level]")?.dataset.level ?? "";
  return [...tokens(level), ...tokens(label), ...tokens(place.replaceAll("_", " "))];
};

function goTo(finding) {
  const group = finding.closest("details");
  if (group) group.open = true;
  finding.focus();
  finding.scrollIntoView({ block: "nearest" });
}

function valueEntries(finding) {
  const { label } = finding.dataset;
  const own = names(finding);
  const entries = [{ words: own, text: label, finding, run: null }];
  // All values of a field stand together, in the order of the page.
  const length = own.length + 0.5;
  for (const button of finding.querySelectorAll("[data-set]:not(:disabled)")) {
    const said = button.getAttribute("aria-label") ?? button.textContent.trim();
    const words = [...own, ...tokens(said), ...tokens(button.dataset.set.replaceAll("_", " "))];
    entries.push({ words, length, text: `${label}: ${said}`, finding, run: () => button.click() });
  }
  for (const option of finding.querySelectorAll("[data-set-select]:not(:disabled) option[value]:not([value=''])")) {
    const select = option.parentElement;
    const run = () => {
      select.value = option.value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    };
    const words = [...own, ...tokens(option.textContent), ...tokens(option.value)];
    entries.push({ words, length, text: `${label}: ${option.textContent.trim()}`, finding, run });
  }
  return entries;
}

/** A number that was typed behind the name of a field that takes one. */
function numberEntries(finding, part) {
  const field = finding.querySelector("[data-set-text].number:not(:disabled)");
  const number = tokens(part).findLast((token) => /^-?\d+(?:\.\d+)?$/.test(token));
  if (!field || number === undefined) return [];
  const [{ words, text }] = valueEntries(finding);
  const run = () => {
    field.value = number;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  };
  // "canal 1" means the grade; the number that has no such choice stands behind it.
  return [{ words: [...words, number], weight: -1, text: `${text}: ${number}`, finding, run }];
}

function entries(part) {
  const findings = [...document.querySelectorAll("[data-finding]")];
  const buttons = "button[data-act][aria-keyshortcuts]:not(:disabled), [data-text-language], button[data-sign-target]";
  const acts = [...document.querySelectorAll(buttons)];
  return [
    ...findings.flatMap((finding) => [...valueEntries(finding), ...numberEntries(finding, part)]),
    ...acts.map((button) => {
      const text = button.textContent.trim().replace(/\s+/g, " ");
      return { words: tokens(text), text, run: () => button.click() };
    }),
  ];
}

function close() {
  list.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function show() {
  const said = parts(input.value);
  const last = said.length - 1;
  options = last < 0 ? [] : searchLine(entries(said[last]), input.value, last);
  chosen = 0;
  list.replaceChildren(...options.map((option, index) => {
    const item = document.createElement("li");
    item.id = `palette-${index}`;
    item.setAttribute("role", "option");
    item.textContent = option.text;
    item.addEventListener("mousedown", (event) => event.preventDefault());
    item.addEventListener("click", () => {
      chosen = index;
      run();
    });
    return item;
  }));
  const earlier = said.slice(0, -1).map((part, index) => searchLine(entries(part), input.value, index, 1)[0]?.text ?? `${part} …`);
  status.textContent = [...earlier, ...(last >= 0 && options.length === 0 ? [`${said[last]} …`] : [])].join(" · ");
  mark();
}

function mark() {
  const open = options.length > 0;
  list.hidden = !open;
  input.setAttribute("aria-expanded", String(open));
  for (const [index, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(index === chosen));
  if (open) input.setAttribute("aria-activedescendant", `palette-${chosen}`);
  else input.removeAttribute("aria-activedescendant");
}

/** One part after the other: a field that a value brings up can be set by the next part. What fits nothing stays typed. */
async function run() {
  const line = input.value;
  const said = parts(line);
  const picked = options[chosen];
  let at = null;
  for (const [index, part] of said.entries()) {
    // The page was rendered anew since the list was shown: the same entry is looked up again.
    const found = searchLine(entries(part), line, index);
    const entry = (index === said.length - 1 && found.find(({ text }) => text === picked?.text)) || found[0];
    if (!entry) {
      input.value = said.slice(index).join(", ");
      show();
      return;
    }
    if (entry.run) {
      const shown = nextShown();
      entry.run();
      if (entry.finding) await shown;
    }
    at = entry.finding ?? null;
  }
  input.value = "";
  status.textContent = "";
  close();
  const place = at && [...document.querySelectorAll("[data-finding]")].find((one) => one.dataset.place === at.dataset.place);
  if (place) goTo(place);
}

function open() {
  cameFrom = document.activeElement;
  input.focus();
  input.select();
}

input.addEventListener("input", show);
input.addEventListener("blur", close);
input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && options.length > 0) {
    chosen = (chosen + step + options.length) % options.length;
    mark();
  } else if (event.key === "Enter") {
    run();
  } else if (event.key === "Escape") {
    input.value = "";
    status.textContent = "";
    close();
    (cameFrom?.isConnected ? cameFrom : document.body).focus();
  } else return;
  event.preventDefault();
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches?.("input, select, textarea");
  const slash = event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!slash && !((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k")) return;
  event.preventDefault();
  open();
});
