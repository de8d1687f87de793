import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresAt } from "../../static/js/threshold_bench.mjs";

test("figures are found for a threshold however it is written", () => {
  const scored = { 0.4: { TPR: "80 %" }, 0.585: { TPR: "70 %" } };
  assert.deepEqual(figuresAt(scored, "0.400"), { TPR: "80 %" });
  assert.deepEqual(figuresAt(scored, 0.4), { TPR: "80 %" });
  assert.deepEqual(figuresAt(scored, "0.585"), { TPR: "70 %" });
});

test("what the server did not score is not made up", () => {
  assert.equal(figuresAt({ 0.4: {} }, "0.401"), null);
  assert.equal(figuresAt({ 0.4: {} }, ""), null);
});
