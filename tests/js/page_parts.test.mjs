import assert from "node:assert/strict";
import { test } from "node:test";

import { toRequest } from "../../static/js/report_changes.mjs";
import { holdsUnsaved } from "../../static/js/session_watch.mjs";
import { toggled, typedValue } from "../../static/js/typed_value.mjs";

test("a page with unsaved changes is told from one without", () => {
  const page = (found, fields = []) => ({
    querySelector: (selector) => (found.some((one) => selector.includes(one)) ? {} : null),
    querySelectorAll: () => fields,
  });
  assert.equal(holdsUnsaved(page(["[data-dirty]"])), true);
  assert.equal(holdsUnsaved(page([])), false);
  // An addendum is sent when it is signed: until then its words are in the page alone.
  assert.equal(holdsUnsaved(page([], [{ value: "Compared with", defaultValue: "" }])), true);
});

test("a number may be typed with a comma, and nonsense is no number", () => {
  assert.deepEqual(typedValue("number", " 2,6 "), { value: 2.6 });
  assert.deepEqual(typedValue("number", "2.6mm"), { invalid: true });
  assert.deepEqual(typedValue("number", "1e5"), { invalid: true });
  assert.deepEqual(typedValue("text", "  "), { empty: true });
  assert.deepEqual(typedValue("text", " as typed "), { value: " as typed " });
});

test("normal stands alone among many values", () => {
  assert.deepEqual(toggled(["modic_1"], "normal", "normal"), ["normal"]);
  assert.deepEqual(toggled(["normal"], "modic_1", "normal"), ["modic_1"]);
  assert.deepEqual(toggled(["modic_1", "modic_2"], "modic_1", "normal"), ["modic_2"]);
});

test("each change becomes one request, with the key that lets it happen once", () => {
  assert.deepEqual(toRequest({ kind: "set", place: "pll@C5/6", value: "thickened", once: "k" }), {
    path: "findings/change/",
    body: { place: "pll@C5/6", value: "thickened" },
    once: "k",
    fromPage: false,
  });
  assert.deepEqual(toRequest({ kind: "accept_with_details", place: "slip@C4", once: "k" }).body, {
    place: "slip@C4",
    with_details: true,
  });
  assert.deepEqual(toRequest({ kind: "approve_preliminary", given: { content_digest: "d" }, once: "k" }), {
    path: "approve-preliminary/",
    body: { content_digest: "d" },
    once: "k",
    fromPage: false,
  });
  assert.equal(toRequest({ kind: "sign", given: { content_digest: "d", password: "" }, once: "k" }).fromPage, true);
});
