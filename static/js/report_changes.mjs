/**
 * A change of the reading page → one request to the report's API. The only place that knows the addresses.
 */
const FINDING_ACTS = { accept: "accept", set: "change", clear: "clear", not_evaluable: "not-evaluable" };

export function toRequest(change) {
  const act = FINDING_ACTS[change.kind];
  if (act) {
    const body = { place: change.place };
    if (change.kind === "set") body.value = change.value;
    return { path: `findings/${act}/`, body };
  }
  const { kind, once, ...body } = change;
  delete body.place;
  delete body.label;
  delete body.text;
  return { path: `${kind.replaceAll("_", "-")}/`, body, once };
}
