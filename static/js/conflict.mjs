/**
 * A change that met a newer version of the report: sent again where nothing is overwritten by it, else the reader decides.
 */
import { isAlreadySo } from "./already_so.mjs";
import { askWhichStands, differences, showOthers, valuesOf } from "./merge_view.mjs";
import { parse } from "./panels.mjs";
import { isOfOnePlace } from "./report_changes.mjs";

const AGAIN_AFTER_MS = 2000;

/** ``page``: {root, form, strings, queue, shown, seen, typed, refresh}. */
export async function resolveConflict(page, change, answer) {
  const { root, form, strings, queue, shown, seen, typed } = page;
  const before = valuesOf(form);
  let fresh;
  try {
    fresh = await shown.fetched();
  } catch {
    setTimeout(() => resolveConflict(page, change, answer), AGAIN_AFTER_MS);
    return;
  }
  const after = valuesOf(parse(fresh.html.form));
  const others = differences(before, after).filter((one) => one.place !== change.place);
  if (typed.at(change.place).length === 0 && isAlreadySo(change, after.get(change.place))) {
    shown.show(fresh);
    await queue.release(fresh.version);
    return;
  }
  // Somebody changed other places only: nothing is overwritten by sending this again, and what changed is shown.
  if (answer.status === 412 && isOfOnePlace(change) && !seen.isForeign(change.place, change.shown)) {
    shown.show(fresh);
    showOthers(root.querySelector("[data-others]"), others, strings);
    await queue.resolve(fresh.version);
    return;
  }
  const [field] = typed.at(change.place);
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
    typed.stop(change.place);
    typed.settle({ place: change.place });
  }
  change.shown = after.get(change.place)?.value;
  for (const kept of chosen === "mine" ? typed.at(change.place) : []) {
    kept.closest("[data-finding]").dataset.value = change.shown ?? "null";
  }
  shown.show(fresh);
  shown.placed(change.place)?.focus({ preventScroll: true });
  if (chosen === "mine") await queue.resolve(fresh.version);
  else await queue.drop(fresh.version);
  page.refresh();
}
