import assert from "node:assert/strict";
import { test } from "node:test";

import { isAlreadySo } from "../../static/js/already_so.mjs";

const now = (state, value, valueLabel = "") => ({ state, value: JSON.stringify(value), valueLabel });

test("accepting what stands accepted with the value that was shown asks nothing", () => {
  const accepted = now("human_confirmed", "herniation", "herniation");
  for (const kind of ["accept", "accept_with_details"]) {
    assert.ok(isAlreadySo({ kind, valueLabel: "herniation" }, accepted));
    assert.ok(!isAlreadySo({ kind, valueLabel: "bulge" }, accepted));
    assert.ok(!isAlreadySo({ kind, valueLabel: "herniation" }, now("human_changed", "herniation", "herniation")));
  }
});

test("the same value of two tabs is no conflict, another one is", () => {
  assert.ok(isAlreadySo({ kind: "set", value: ["edema", "disc"] }, now("human_changed", ["edema", "disc"])));
  assert.ok(!isAlreadySo({ kind: "set", value: "3" }, now("human_changed", "2")));
  assert.ok(!isAlreadySo({ kind: "set", value: "3" }, now("ai_suggested", "3")));
});

test("taking back and calling not evaluable happen once", () => {
  assert.ok(isAlreadySo({ kind: "clear" }, now("unset", null)));
  assert.ok(isAlreadySo({ kind: "not_evaluable" }, now("not_evaluable", null)));
  assert.ok(!isAlreadySo({ kind: "clear" }, now("human_changed", "2")));
});

test("acts without a place, and places that are gone, are always asked about", () => {
  assert.ok(!isAlreadySo({ kind: "sign" }, undefined));
  assert.ok(!isAlreadySo({ kind: "sign" }, now("unset", null)));
  assert.ok(!isAlreadySo({ kind: "accept", valueLabel: "x" }, undefined));
});
