import assert from "node:assert/strict";
import { test } from "node:test";

import { SeenValues } from "../../static/js/seen_values.mjs";

const held = (place, value) => new Map([[place, { value: JSON.stringify(value) }]]);

test("a value that this page never showed is foreign, its own later words are not", () => {
  const seen = new SeenValues();
  seen.hear(held("comment_exam", null));
  assert.equal(seen.isForeign("comment_exam", "null"), false);
  seen.saved("comment_exam", "motion");
  assert.equal(seen.isForeign("comment_exam", "null"), false);
  seen.hear(held("comment_exam", "somebody else's words"));
  assert.equal(seen.isForeign("comment_exam", "null"), true);
  assert.equal(seen.isForeign("comment_exam", '"somebody else\'s words"'), false);
});

test("blanks around a text and the order of several values make no difference", () => {
  const seen = new SeenValues();
  seen.saved("comment_exam", " motion ");
  seen.hear(held("comment_exam", "motion"));
  seen.hear(held("endplate@C5", ["modic_1", "irregular"]));
  assert.equal(seen.isForeign("comment_exam", "null"), false);
  assert.equal(seen.isForeign("endplate@C5", '["irregular", "modic_1"]'), false);
});

test("clearing a field here and setting it elsewhere is a conflict", () => {
  const seen = new SeenValues();
  seen.saved("quality", undefined);
  seen.hear(held("quality", "limited"));
  assert.equal(seen.isForeign("quality", '"good"'), true);
  assert.equal(seen.isForeign("never_heard_of", '"good"'), false);
});
