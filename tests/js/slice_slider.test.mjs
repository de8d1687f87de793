import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf } from "../../static/js/slice_slider.mjs";

test("only the number of the slice changes in the address", () => {
  assert.equal(addressOf("/audit/peer-learning/cases/12-34/images/3.png", 11), "/audit/peer-learning/cases/12-34/images/11.png");
});
