/**
 * The reading page: turns clicks and typing in the form into saved changes and shows what the server makes of them.
 *
 * Root: data-reading (data-api-url, data-page-url, data-panels-url, data-version). Fields: data-finding with data-set buttons,
 * data-set-select, data-set-text; data-act on everything else. Nothing is kept in browser storage: while the page is open, what
 * the server has not taken stays in it, and leaving asks.
 */
import { request } from "./api_client.mjs";
import { resolveConflict } from "./conflict.mjs";
import { attachLogin } from "./login_again.mjs";
import { atRest } from "./pointer_rest.mjs";
import { isOfOnePlace, newKey, toRequest } from "./report_changes.mjs";
import { SaveMark } from "./save_mark.mjs";
import { SaveQueue } from "./save_queue.mjs";
import { SeenValues } from "./seen_values.mjs";
import { ShownReport } from "./shown_report.mjs";
import { toggled, typedValue } from "./typed_value.mjs";
import { TypedFields } from "./typed_fields.mjs";

// Pressed again before the page shows what they did, these would be logged twice.
const ONCE_AT_A_TIME = new Set(["confirm_levels", "confirm_rest", "lock_first_read"]);
const TURNS_MACHINE_OFF = /^(postop@|ai_withheld)/;

const root = document.querySelector("[data-reading]");
const strings = JSON.parse(document.getElementById("page-strings").textContent);
const form = root.querySelector('[data-panel="form"]');
const seen = new SeenValues();
const showLogin = attachLogin(root.querySelector("[data-login-again]"), () => {
  queue.resume();
  refresh();
});
const mark = new SaveMark({ root, form, strings, showLogin });
const shown = new ShownReport({ root, form, seen, mark });
const typed = new TypedFields({ form, save: saveText, onTyped: () => queue.pending.length === 0 && mark.show("saving") });
const opened = Date.now();
let refreshing = Promise.resolve();

const queue = new SaveQueue({
  version: Number(root.dataset.version),
  send: (change, version) => {
    // The version in hand may be that of a text which this page, being typed in, never showed.
    if (isOfOnePlace(change) && seen.isForeign(change.place, change.shown)) return { status: 412, body: null };
    const { path, body, once, fromPage } = toRequest(change);
    const address = (fromPage ? root.dataset.pageUrl : root.dataset.apiUrl) + path;
    return request(address, { body, version, once, keepalive: document.hidden });
  },
  onState: (state) => mark.show(state),
  onSaved: (change) => {
    if (change.kind === "set" || change.kind === "clear") seen.saved(change.place, change.value);
    typed.settle(change);
    clearSubmitted(change);
    document.dispatchEvent(new CustomEvent("dens:saved", { detail: change }));
    if (queue.pending.length === 0) refresh().then(() => afterwards(change));
  },
  onConflict: (change, answer) =>
    resolveConflict({ root, form, strings, queue, shown, seen, typed, refresh }, change, answer),
  onRefused: (change, answer) => {
    for (const field of typed.at(change.place)) field.setAttribute("aria-invalid", "true");
    mark.refuse(answer.body?.error?.message ?? strings.refused, answer.body?.error?.details);
    refresh();
  },
});

/** What follows once the page shows what an act has done. */
function afterwards({ kind, place = "" }) {
  if (kind === "confirm_rest") goToSigning();
  // An operation, or the reader's reason, takes the machine's lines off the images too.
  if (TURNS_MACHINE_OFF.test(place)) document.dispatchEvent(new CustomEvent("dens:levels-changed"));
  // Names, lines and thumbnails of every picture move along with the levels.
  if (kind === "relabel" || kind === "relabel_undo") {
    if (root.querySelector('[data-images="plain"]')) location.reload();
    else document.dispatchEvent(new CustomEvent("dens:levels-changed"));
  }
  if (kind === "lock_first_read") location.reload(); // outlines may be drawn from now on
}

/**
 * Whether a field that somebody is typing in was changed elsewhere. Then this page has not shown that value, and must
 * not claim the version that holds it: the typed text will meet it in the merge view.
 */
function changesWhatIsTyped() {
  return typed.all.some((field) => {
    const { place, value } = field.closest("[data-finding]").dataset;
    return seen.isForeign(place, value);
  });
}

function refresh() {
  refreshing = refreshing.then(async () => {
    try {
      const fresh = await shown.fetched();
      await atRest();
      if (!changesWhatIsTyped()) queue.version = Math.max(queue.version, fresh.version);
      shown.show(fresh);
    } catch {
      if (mark.state !== "expired") mark.show(queue.pending.length > 0 ? "waiting" : "stale");
    }
  });
  return refreshing;
}

/**
 * What was sent is no longer being typed: left there, it would keep its panel from showing what came of it. An answered
 * comment loses its form at once, because words typed under another one keep the panel as it is.
 */
function clearSubmitted({ kind, given }) {
  const forms = [...root.querySelectorAll(`[data-submit="${kind}"]`)];
  const sent = forms.find((one) => !given?.note || one.elements.note.value === given.note);
  const note = sent?.closest(".process-note");
  if (!note) {
    sent?.reset();
    return;
  }
  if (sent.contains(document.activeElement)) note.focus({ preventScroll: true });
  sent.remove();
}

/** When nothing is left open the next key may sign. */
function goToSigning() {
  if (!root.querySelector(".problem-item")) root.querySelector("[data-sign-target]")?.focus();
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function describe(finding, text) {
  const { place, label, value, valueLabel } = finding.dataset;
  return { place, label, text, shown: value, valueLabel };
}

function push(change) {
  mark.refuse("");
  return queue.push({ once: newKey(), ...change });
}

function set(finding, value, text, shown = finding.dataset.value) {
  return push({ kind: "set", value, ...describe(finding, text), shown });
}

function setChoice(finding, button) {
  if (finding.dataset.kind !== "multi") return set(finding, button.dataset.set, button.textContent.trim());
  const before = finding.dataset.value;
  const stored = JSON.parse(before || "null");
  const normal = finding.querySelector("[data-default]")?.dataset.set;
  const next = toggled(Array.isArray(stored) ? stored : [], button.dataset.set, normal);
  finding.dataset.value = JSON.stringify(next);
  for (const one of finding.querySelectorAll("[data-set]")) {
    one.setAttribute("aria-pressed", String(next.includes(one.dataset.set)));
  }
  if (next.length === 0) return push({ kind: "clear", given: {}, ...describe(finding), shown: before });
  const words = [...finding.querySelectorAll('[aria-pressed="true"]')].map((one) => one.textContent.trim());
  return set(finding, next, words.join(", "), before);
}

function saveText(field) {
  const finding = field.closest("[data-finding]");
  typed.stop(finding.dataset.place);
  if (!("dirty" in field.dataset)) return;
  if (field.value === field.defaultValue) {
    delete field.dataset.dirty;
    if (queue.pending.length === 0) mark.show("saved");
    return;
  }
  const { value, empty, invalid } = typedValue(finding.dataset.kind, field.value);
  if (invalid) field.setAttribute("aria-invalid", "true");
  if (invalid) {
    mark.refuse(strings.not_a_number);
    mark.show("not_accepted");
  }
  if (empty) push({ kind: "clear", ...describe(finding, field.value) });
  else if (!invalid) set(finding, value, field.value);
}

function act(kind, finding, given = {}) {
  if (ONCE_AT_A_TIME.has(kind) && queue.pending.some((other) => other.kind === kind)) return queue.resume();
  return push({ kind, given, ...(finding ? describe(finding) : {}) });
}

form.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches("[data-set-select]")) return;
  const finding = field.closest("[data-finding]");
  if (field.value === "") act("clear", finding);
  else set(finding, field.value, field.selectedOptions[0].textContent.trim());
});

root.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-set]");
  if (choice) setChoice(choice.closest("[data-finding]"), choice);
  const button = event.target.closest("[data-act]");
  if (button) {
    press(button);
  }
  const language = event.target.closest("[data-text-language]");
  if (language) shown.showText(language.dataset.textLanguage);
});

async function press(button) {
  const { act: kind, code, fingerprint, answer } = button.dataset;
  const part = kind === "restore_text" ? button.closest("[data-part]").dataset : {};
  const given = code ? { code, fingerprint, answer } : JSON.parse(button.dataset.given ?? "{}");
  if (part.section) Object.assign(given, { section: part.section, language: part.language });
  if (kind === "confirm_rest") given.seconds = Math.round((Date.now() - opened) / 1000);
  if ("needsDigest" in button.dataset && !(await addDigest(given))) return;
  act(kind, button.closest("[data-finding]"), given);
}

/**
 * What is approved or signed is exactly what this page shows: its digest goes along. False while a change is not saved,
 * because then the page and the server do not show the same.
 */
async function addDigest(given) {
  typed.saveAll();
  while (queue.pending.length > 0 && mark.state === "saving") await pause(50);
  if (queue.pending.length > 0 || root.querySelector("[data-dirty]")) {
    mark.refuse(strings.save_first);
    return false;
  }
  await refresh();
  given.content_digest = shown.digest;
  return true;
}

root.addEventListener("submit", async (event) => {
  const { target } = event;
  event.preventDefault();
  const given = Object.fromEntries(new FormData(target));
  for (const field of target.querySelectorAll("input[type=password]")) field.value = "";
  if ("needsDigest" in target.dataset && !(await addDigest(given))) return;
  if (target.dataset.submit) act(target.dataset.submit, null, given);
});

addEventListener("beforeunload", (event) => {
  if (queue.pending.length > 0 || root.querySelector("[data-dirty]")) event.preventDefault();
});
typed.takeUp();
document.addEventListener("dens:change", (event) => push(event.detail));
document.addEventListener("dens:refresh", () => queue.pending.length === 0 && refresh());
root.dataset.ready = "";
addEventListener("online", () => queue.resume());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) queue.resume();
  // Whoever leaves the tab may close it next.
  else typed.saveAll();
});
