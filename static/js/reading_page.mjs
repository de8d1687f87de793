/**
 * The reading page: turns clicks and typing in the form into saved changes and shows what the server makes of them.
 *
 * Root: data-reading (data-api-url, data-page-url, data-panels-url, data-version). Fields: data-finding with data-set buttons,
 * data-set-select, data-set-text; data-act on everything else. Text is sent SAVE_AFTER_MS after the last key, and never
 * later than SAVE_AT_MOST_MS after the first one that was not sent, however long somebody types without a pause.
 * Nothing is kept in browser storage: while the page is open, what the server has not taken stays in it, and leaving asks.
 */
import { isAlreadySo } from "./already_so.mjs";
import { request } from "./api_client.mjs";
import { attachLogin } from "./login_again.mjs";
import { askWhichStands, differences, showOthers, valuesOf } from "./merge_view.mjs";
import { parse, updateForm, updatePart } from "./panels.mjs";
import { atRest } from "./pointer_rest.mjs";
import { newKey, toRequest } from "./report_changes.mjs";
import { SaveQueue } from "./save_queue.mjs";
import { SeenValues } from "./seen_values.mjs";
import { toggled, typedValue } from "./typed_value.mjs";
import { TypingPace } from "./typing_pace.mjs";

const SAVE_AFTER_MS = 700;
const SAVE_AT_MOST_MS = 1200;
// Pressed again before the page shows what they did, these would be logged twice.
const ONCE_AT_A_TIME = new Set(["confirm_levels", "confirm_rest", "lock_first_read"]);
const TURNS_MACHINE_OFF = /^(postop@|ai_withheld)/;
const OF_ONE_PLACE = new Set(["set", "clear", "accept", "not_evaluable"]);

const root = document.querySelector("[data-reading]");
const strings = JSON.parse(document.getElementById("page-strings").textContent);
const form = root.querySelector('[data-panel="form"]');
const pace = new TypingPace({ afterMs: SAVE_AFTER_MS, atMostMs: SAVE_AT_MOST_MS });
const seen = new SeenValues();
const showLogin = attachLogin(root.querySelector("[data-login-again]"), () => {
  queue.resume();
  refresh();
});
const opened = Date.now();
let refreshing = Promise.resolve();
let digest = "";
let refusal = "";

const queue = new SaveQueue({
  version: Number(root.dataset.version),
  send: (change, version) => {
    // The version in hand may be that of a text which this page, being typed in, never showed.
    if (OF_ONE_PLACE.has(change.kind) && seen.isForeign(change.place, change.shown)) return { status: 412, body: null };
    const { path, body, once, fromPage } = toRequest(change);
    const address = (fromPage ? root.dataset.pageUrl : root.dataset.apiUrl) + path;
    return request(address, { body, version, once, keepalive: document.hidden });
  },
  onState: showState,
  onSaved: (change) => {
    if (change.kind === "set" || change.kind === "clear") seen.saved(change.place, change.value);
    settle(change);
    clearSubmitted(change.kind);
    document.dispatchEvent(new CustomEvent("dens:saved", { detail: change }));
    if (queue.pending.length === 0) refresh().then(() => afterwards(change));
  },
  onConflict: (change, answer) => resolveConflict(change, answer),
  onRefused: (change, answer) => {
    for (const field of typedAt(change.place)) field.setAttribute("aria-invalid", "true");
    showError(answer.body?.error?.message ?? strings.refused, answer.body?.error?.details);
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

/** "Saved" is said only when nothing typed is still on its way. */
function showState(answered) {
  const typed = root.querySelector("[data-dirty]");
  const refused = form.querySelector('[data-dirty][aria-invalid="true"]');
  const state = answered === "saved" && typed ? (refused ? "not_accepted" : "saving") : answered;
  const mark = root.querySelector("[data-save-mark]");
  mark.dataset.save = state;
  if (state !== "saving") showLogin(state === "expired");
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const time = new Date().toLocaleTimeString([], clock);
  mark.textContent = state === "saved" ? `${strings.saved} ${time}` : strings[state];
}

function showError(message, details) {
  const more = Array.isArray(details) ? details.map((one) => one.message ?? "").filter(Boolean) : [];
  refusal = [message, ...more].filter(Boolean).join(" · ");
  showRefusal();
}

/** Stays until the next act: the panel it stands in is rendered anew meanwhile. */
function showRefusal() {
  const place = root.querySelector("[data-action-error]");
  if (place.textContent !== refusal) place.textContent = refusal;
  place.hidden = !refusal;
}

async function panels() {
  const answer = await request(root.dataset.panelsUrl, { method: "GET" });
  if (answer.status === 401) showState("expired");
  if (answer.status !== 200) throw new Error(String(answer.status));
  seen.hear(valuesOf(parse(answer.body.html.form)));
  return answer.body;
}

function showPanels({ html, digest: shown }) {
  digest = shown;
  updateForm(form, html.form);
  for (const [name, part] of Object.entries(html)) {
    if (name !== "form") updatePart(root.querySelector(`[data-panel="${name}"]`), part);
  }
  showText(root.dataset.text);
  showRefusal();
  document.dispatchEvent(new CustomEvent("dens:shown"));
}

/**
 * Whether a field that somebody is typing in was changed elsewhere. Then this page has not shown that value, and must
 * not claim the version that holds it: the typed text will meet it in the merge view.
 */
function changesWhatIsTyped() {
  return [...form.querySelectorAll("[data-dirty]")].some((field) => {
    const { place, value } = field.closest("[data-finding]").dataset;
    return seen.isForeign(place, value);
  });
}

function refresh() {
  refreshing = refreshing.then(async () => {
    try {
      const fresh = await panels();
      await atRest();
      if (!changesWhatIsTyped()) queue.version = Math.max(queue.version, fresh.version);
      showPanels(fresh);
    } catch {
      const { save } = root.querySelector("[data-save-mark]").dataset;
      if (save !== "expired") showState(queue.pending.length > 0 ? "waiting" : "stale");
    }
  });
  return refreshing;
}

function typedAt(place) {
  const fields = [...form.querySelectorAll("[data-dirty]")];
  return fields.filter((field) => field.closest("[data-finding]").dataset.place === place);
}

/** A saved text is no longer "being typed" unless it went on meanwhile. */
function settle(change) {
  for (const field of pace.waits(change.place) ? [] : typedAt(change.place)) {
    if (change.text !== undefined && field.value !== change.text) continue;
    delete field.dataset.dirty;
    field.defaultValue = field.value;
  }
}

/** What was sent is no longer being typed: left there, it would keep its panel from showing what came of it. */
function clearSubmitted(kind) {
  root.querySelector(`[data-submit="${kind}"]`)?.reset();
}

/** When nothing is left open the next key may sign. */
function goToSigning() {
  if (!root.querySelector(".problem-item")) root.querySelector("[data-sign-target]")?.focus();
}

async function resolveConflict(change, answer) {
  const before = valuesOf(form);
  let fresh;
  try {
    fresh = await panels();
  } catch {
    setTimeout(() => resolveConflict(change, answer), 2000);
    return;
  }
  const after = valuesOf(parse(fresh.html.form));
  const others = differences(before, after).filter((one) => one.place !== change.place);
  if (typedAt(change.place).length === 0 && isAlreadySo(change, after.get(change.place))) {
    showPanels(fresh);
    await queue.release(fresh.version);
    return;
  }
  // Somebody changed other places only: nothing is overwritten by sending this again, and what changed is shown.
  if (answer.status === 412 && OF_ONE_PLACE.has(change.kind) && !seen.isForeign(change.place, change.shown)) {
    showPanels(fresh);
    showOthers(root.querySelector("[data-others]"), others, strings);
    await queue.resolve(fresh.version);
    return;
  }
  const [field] = typedAt(change.place);
  const mine = { label: change.label ?? "", text: field?.value ?? change.text ?? strings[change.kind] ?? change.kind };
  const chosen = await askWhichStands(root.querySelector("[data-merge]"), {
    mine,
    field,
    theirs: after.get(change.place)?.text ?? "",
    others,
    message: answer.body?.error?.message ?? "",
    canKeep: answer.status === 412,
    strings,
  });
  if (chosen === "theirs") {
    pace.stop(change.place);
    settle({ place: change.place });
  }
  change.shown = after.get(change.place)?.value;
  for (const typed of chosen === "mine" ? typedAt(change.place) : []) {
    typed.closest("[data-finding]").dataset.value = change.shown ?? "null";
  }
  showPanels(fresh);
  placed(change.place)?.focus({ preventScroll: true });
  if (chosen === "mine") await queue.resolve(fresh.version);
  else await queue.drop(fresh.version);
  refresh();
}

function placed(place) {
  return [...form.querySelectorAll("[data-finding]")].find((finding) => finding.dataset.place === place);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function describe(finding, text) {
  const { place, label, value, valueLabel } = finding.dataset;
  return { place, label, text, shown: value, valueLabel };
}

function push(change) {
  showError("");
  return queue.push({ once: newKey(), ...change });
}

function set(finding, value, text, shown = finding.dataset.value) {
  return push({ kind: "set", value, ...describe(finding, text), shown });
}

function setChoice(finding, button) {
  if (finding.dataset.kind !== "multi") return set(finding, button.dataset.set, button.textContent.trim());
  const shown = finding.dataset.value;
  const stored = JSON.parse(shown || "null");
  const normal = finding.querySelector("[data-default]")?.dataset.set;
  const next = toggled(Array.isArray(stored) ? stored : [], button.dataset.set, normal);
  finding.dataset.value = JSON.stringify(next);
  for (const one of finding.querySelectorAll("[data-set]")) {
    one.setAttribute("aria-pressed", String(next.includes(one.dataset.set)));
  }
  if (next.length === 0) return push({ kind: "clear", given: {}, ...describe(finding), shown });
  const words = [...finding.querySelectorAll('[aria-pressed="true"]')].map((one) => one.textContent.trim());
  return set(finding, next, words.join(", "), shown);
}

function saveText(field) {
  const finding = field.closest("[data-finding]");
  pace.stop(finding.dataset.place);
  if (!("dirty" in field.dataset)) return;
  if (field.value === field.defaultValue) {
    delete field.dataset.dirty;
    if (queue.pending.length === 0) showState("saved");
    return;
  }
  const { value, empty, invalid } = typedValue(finding.dataset.kind, field.value);
  if (invalid) field.setAttribute("aria-invalid", "true");
  if (invalid) {
    showError(strings.not_a_number);
    showState("not_accepted");
  }
  if (empty) push({ kind: "clear", ...describe(finding, field.value) });
  else if (!invalid) set(finding, value, field.value);
}

function act(kind, finding, given = {}) {
  if (ONCE_AT_A_TIME.has(kind) && queue.pending.some((other) => other.kind === kind)) return queue.resume();
  return push({ kind, given, ...(finding ? describe(finding) : {}) });
}

form.addEventListener("input", (event) => {
  const field = event.target.closest("[data-set-text]");
  if (!field) return;
  field.dataset.dirty = "";
  field.removeAttribute("aria-invalid");
  if (queue.pending.length === 0) showState("saving");
  // Letters on their way to become Chinese characters are no text yet.
  if (!event.isComposing) keepPace(field);
});

function keepPace(field) {
  pace.typed(field.closest("[data-finding]").dataset.place, () => saveText(field));
}

for (const [kind, goOn] of [["compositionstart", saveText], ["compositionend", keepPace]]) {
  form.addEventListener(kind, (event) => {
    const field = event.target.closest("[data-set-text]");
    if (field) goOn(field);
  });
}

form.addEventListener("change", (event) => {
  const field = event.target;
  if (field.matches("[data-set-text]")) saveText(field);
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
  if (language) showText(language.dataset.textLanguage);
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
  for (const field of form.querySelectorAll("[data-dirty]")) saveText(field);
  const mark = root.querySelector("[data-save-mark]");
  while (queue.pending.length > 0 && mark.dataset.save === "saving") await pause(50);
  if (queue.pending.length > 0 || root.querySelector("[data-dirty]")) {
    showError(strings.save_first);
    return false;
  }
  await refresh();
  given.content_digest = digest;
  return true;
}

function showText(language) {
  if (!language) return;
  root.dataset.text = language;
  for (const text of root.querySelectorAll("[data-text]")) {
    if (text !== root) text.hidden = text.dataset.text !== language;
  }
  for (const button of root.querySelectorAll("[data-text-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.textLanguage === language));
  }
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
for (const field of form.querySelectorAll("[data-set-text]")) {
  // Typed before this script was there.
  if (field.value !== field.defaultValue) field.dispatchEvent(new Event("input", { bubbles: true }));
}
document.addEventListener("dens:change", (event) => push(event.detail));
document.addEventListener("dens:refresh", () => queue.pending.length === 0 && refresh());
root.dataset.ready = "";
addEventListener("online", () => queue.resume());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) queue.resume();
  // Whoever leaves the tab may close it next.
  else for (const field of form.querySelectorAll("[data-dirty]")) saveText(field);
});
