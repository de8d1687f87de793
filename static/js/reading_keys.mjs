/**
 * The keyboard of the reading page. Every key presses a button that is also on the page, so both do the same.
 *
 * Single letters work while the focus is not in a text, number or choice field; they are listed on the page itself.
 */
const TEXT_FIELDS = "input, select, textarea";

const isVisible = (element) => element.offsetParent !== null;
const press = (selector, root = document) => {
  const button = root.querySelector(selector);
  if (!button || button.disabled || button.hidden) return false;
  button.click();
  return true;
};

function focusOn(element) {
  const group = element.closest("details");
  if (group) group.open = true;
  element.focus();
  element.scrollIntoView({ block: "nearest" });
}

/** Fields of open groups and the heads of closed ones, in reading order. */
function stops() {
  return [...document.querySelectorAll(".form-column summary, [data-finding]")].filter(
    (stop) => isVisible(stop) && !(stop.matches("summary") && stop.parentElement.open),
  );
}

function move(by) {
  const all = stops();
  const active = document.activeElement.closest("[data-finding], .form-column summary");
  const at = all.indexOf(active);
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (next) focusOn(next);
}

function nextUndecided() {
  const all = [...document.querySelectorAll("[data-finding]")];
  const at = all.indexOf(document.activeElement.closest("[data-finding]"));
  const ordered = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  const next = ordered.find((one) => "decide" in one.dataset)
    ?? ordered.find((one) => one.dataset.state === "unset" && one.querySelector(".required"));
  if (next) focusOn(next);
}

function moveLevel(by) {
  const all = [...document.querySelectorAll("details[data-level]")];
  const at = all.findIndex((level) => level.open);
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  next.open = true;
  focusOn(next.querySelector("[data-finding]") ?? next.querySelector("summary"));
}

function setNth(finding, n) {
  const select = finding.querySelector("[data-set-select]");
  if (select && select.options[n]) {
    select.selectedIndex = n;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  }
  const button = finding.querySelectorAll("[data-set]")[n - 1];
  if (!button || button.disabled) return false;
  button.click();
  return true;
}

function toggleText() {
  const buttons = [...document.querySelectorAll("[data-text-language]")];
  buttons.find((button) => button.getAttribute("aria-pressed") === "false")?.click();
}

/** Accept what the machine suggests here, with its details, and go on to the next suggestion; from nowhere: to the first. */
function acceptAndGoOn() {
  const finding = document.activeElement.closest("[data-finding]");
  if (!finding || !("decide" in finding.dataset)) {
    nextUndecided();
    return;
  }
  const goOn = () => document.querySelector("[data-finding][data-decide]") && nextUndecided();
  if (press("[data-act=accept_with_details]", finding) || press("[data-act=accept]", finding)) {
    document.addEventListener("dens:shown", goOn, { once: true });
  }
}

/** Ask a colleague, about the field in hand where there is one. */
function askColleague() {
  const ask = document.querySelector("[data-ask]");
  if (!ask) return;
  const place = document.activeElement.closest("[data-finding]")?.dataset.place ?? "";
  const about = ask.querySelector("[data-ask-place]");
  about.value = place;
  if (about.selectedIndex < 0) about.value = "";
  ask.open = true;
  const first = ask.querySelector("[data-ask-first]");
  first.focus();
  first.scrollIntoView({ block: "nearest" });
}

const PAGE_KEYS = {
  y: acceptAndGoOn,
  l: () => press("[data-act=confirm_levels]"),
  z: () => press("[data-act=relabel_undo]"),
  // What cannot be taken back takes a second key; in the images B is the window.
  b: () => document.querySelector("[data-act=lock_first_read]")?.focus(),
  p: () => press("[data-prior] [data-suggested]"),
  r: () => press("[data-act=confirm_rest]"),
  j: () => move(1),
  k: () => move(-1),
  u: nextUndecided,
  "[": () => moveLevel(-1),
  "]": () => moveLevel(1),
  c: () => press("[data-contours]"),
  w: () => press("[data-whole]"),
  t: toggleText,
  s: () => document.querySelector("[data-sign-target]")?.focus(),
  q: askColleague,
  "?": () => {
    const keys = document.querySelector("[data-page-keys]");
    keys.open = !keys.open;
    if (keys.open) keys.scrollIntoView({ block: "nearest" });
  },
};

const FIELD_KEYS = {
  a: (finding, event) => press(event.shiftKey ? "[data-act=accept_with_details]" : "[data-act=accept]", finding),
  n: (finding) => press("[data-act=not_evaluable]", finding),
  x: (finding) => press("[data-act=clear]", finding),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const finding = event.target.closest?.("[data-finding]");
  if (event.key === "Escape" && finding) {
    finding.focus();
    return;
  }
  if (event.target.matches?.(TEXT_FIELDS)) return;
  const key = event.key.toLowerCase();
  if (finding && /^[1-9]$/.test(key)) {
    if (setNth(finding, Number(key))) event.preventDefault();
  } else if (finding && FIELD_KEYS[key]) {
    event.preventDefault();
    FIELD_KEYS[key](finding, event);
  } else if (finding && key === "enter" && event.target === finding) {
    event.preventDefault();
    finding.querySelector("button, select, input, textarea")?.focus();
  } else if (finding && (key === "arrowright" || key === "arrowleft") && event.target.matches("button")) {
    const buttons = [...finding.querySelectorAll("button:not(:disabled)")];
    const next = buttons[buttons.indexOf(event.target) + (key === "arrowright" ? 1 : -1)];
    next?.focus();
  } else if (PAGE_KEYS[key]) {
    event.preventDefault();
    PAGE_KEYS[key]();
  }
});

document.addEventListener("toggle", (event) => {
  const { level } = event.target.dataset ?? {};
  if (level && event.target.open) document.dispatchEvent(new CustomEvent("dens:level", { detail: { level } }));
}, true);

document.addEventListener("focusin", (event) => {
  const finding = event.target.closest?.("[data-finding]");
  if (finding?.dataset.slice) {
    document.dispatchEvent(new CustomEvent("dens:slice", { detail: { slice: finding.dataset.slice } }));
  }
  for (const sentence of document.querySelectorAll("[data-sources]")) {
    const sources = sentence.dataset.sources.split(" ");
    sentence.classList.toggle("is-linked", Boolean(finding) && sources.includes(finding.dataset.place));
  }
});

document.addEventListener("dens:go-level", (event) => {
  const level = [...document.querySelectorAll("details[data-level]")].find((one) => one.dataset.level === event.detail.level);
  if (!level) return;
  level.open = true;
  level.scrollIntoView({ block: "nearest" });
  document.dispatchEvent(new CustomEvent("dens:level", { detail: event.detail }));
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-go-place]");
  if (!link) return;
  const finding = [...document.querySelectorAll("[data-finding]")].find(
    (one) => one.dataset.place === link.dataset.goPlace,
  );
  if (!finding) return;
  event.preventDefault();
  focusOn(finding);
});
