import assert from "node:assert/strict";
import { test } from "node:test";
import { textsAt } from "../../static/js/slider_texts.mjs";

test("texts are found for a step however it is written", () => {
  const scored = { 0.4: { TPR: "80 %" }, 0.585: { TPR: "70 %" } };
  assert.deepEqual(textsAt(scored, "0.400"), { TPR: "80 %" });
  assert.deepEqual(textsAt(scored, 0.4), { TPR: "80 %" });
  assert.deepEqual(textsAt(scored, "0.585"), { TPR: "70 %" });
});

test("what the server did not score is not made up", () => {
  assert.equal(textsAt({ 0.4: {} }, "0.401"), null);
  assert.equal(textsAt({ 0.4: {} }, ""), null);
  assert.deepEqual(textsAt({ 10: { ppv: "7 %" } }, "10"), { ppv: "7 %" });
});
