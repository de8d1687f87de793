import assert from "node:assert/strict";
import { test } from "node:test";

import { correction } from "../../static/js/level_strip.mjs";

const about = { level: "C5/6", to: "C6/7", before: "", after: "abc/3" };

test("each correction says what it is about", () => {
  assert.deepEqual(correction("move", about), { move: { level: "C5/6", to: "C6/7" } });
  assert.deepEqual(correction("insert", about), { insert: { disc: "C5/6" } });
  assert.deepEqual(correction("block", about), { insert: { disc: "C5/6", is_block: true } });
  assert.deepEqual(correction("remove", about), { remove: { disc: "C5/6" } });
  assert.deepEqual(correction("after", about), { slice: { level: "C5/6", instance: "abc", frame: 3 } });
});

test("what changes nothing is not sent", () => {
  assert.equal(correction("before", about), null);
  assert.equal(correction("move", { ...about, to: "C5/6" }), null);
});
