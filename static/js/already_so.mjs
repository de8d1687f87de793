/**
 * Whether a place stands already where a refused change wanted it: a key pressed twice before the page showed what the first
 * press did, or the same decision of two tabs. Then nothing was overwritten and there is nothing to ask. Pure.
 *
 * `change` as it was made ({kind, value, valueLabel}); `now` as valuesOf (merge_view.mjs) reads it.
 */
const MEANT = {
  accept: (change, now) => now.state === "human_confirmed" && now.valueLabel === change.valueLabel,
  not_evaluable: (_change, now) => now.state === "not_evaluable",
  clear: (_change, now) => now.state === "unset" || now.state === "ai_suggested",
  set: (change, now) => now.state.startsWith("human_") && now.value === JSON.stringify(change.value),
};
MEANT.accept_with_details = MEANT.accept;

export function isAlreadySo(change, now) {
  return Boolean(now && MEANT[change.kind]?.(change, now));
}
