/** What the reading page of a reader study makes of its fields. */
import assert from "node:assert/strict";
import test from "node:test";
import { answerOf, isTouched, valueOf } from "../../static/js/study_reading.mjs";

const field = (value, validity = { valid: true, badInput: false }) => ({ value, validity });

test("a number is a number, an emptied field takes the answer back", () => {
  assert.equal(valueOf(field("35")), 35);
  assert.equal(valueOf(field(" 0 ")), 0);
  assert.equal(valueOf(field("")), null);
});

test("what is not on the scale is not sent", () => {
  assert.equal(valueOf(field("120", { valid: false, badInput: false })), undefined);
  assert.equal(valueOf(field("", { valid: false, badInput: true })), undefined);
  assert.equal(valueOf(field("many")), undefined);
});

test("what was chosen before the script ran is not lost", () => {
  assert.equal(isTouched({ type: "radio", checked: true, defaultChecked: false }), true);
  assert.equal(isTouched({ type: "radio", checked: false, defaultChecked: true }), false);
  assert.equal(isTouched({ type: "number", value: "5", defaultValue: "" }), true);
  assert.equal(isTouched({ type: "number", value: "5", defaultValue: "5" }), false);
});

test("an answer names its place", () => {
  const rating = { dataset: { finding: "canal", level: "C5/6", side: "left" } };
  assert.deepEqual(answerOf(rating, 2), { finding: "canal", level: "C5/6", side: "left", value: 2, point: null });
});
