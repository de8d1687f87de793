/**
 * A change of the reading page → one request to the report's API. The only place that knows the addresses.
 *
 * Every change carries a key of its own, so that one sent again after a broken connection happens once.
 */
const FINDING_ACTS = {
  accept: "accept",
  accept_with_details: "accept",
  set: "change",
  clear: "clear",
  not_evaluable: "not-evaluable",
};

const TEXT_ACTS = { edit_text: "texts/edit/", restore_text: "texts/restore/" };

/** The page's own addresses: there a password given a few minutes ago need not be given again. */
const FROM_PAGE = new Set(["sign", "addendum", "withdraw"]);

const OF_ONE_PLACE = new Set(["set", "clear", "accept", "not_evaluable"]);

/** Whether a change says something of its own place only, so that it overwrites nothing that was said elsewhere. */
export function isOfOnePlace({ kind }) {
  return OF_ONE_PLACE.has(kind);
}

/** A random key; crypto.randomUUID is missing where the page was not loaded over HTTPS. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function toRequest({ kind, place, once, given = {}, value }) {
  const act = FINDING_ACTS[kind];
  if (TEXT_ACTS[kind]) return { path: TEXT_ACTS[kind], body: given, once, fromPage: false };
  const fromPage = FROM_PAGE.has(kind);
  if (!act) return { path: `${kind.replaceAll("_", "-")}/`, body: given, once, fromPage };
  const body = { place };
  if (kind === "set") body.value = value;
  if (kind === "accept_with_details") body.with_details = true;
  return { path: `findings/${act}/`, body, once, fromPage };
}
