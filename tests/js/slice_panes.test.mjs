import assert from "node:assert/strict";
import { test } from "node:test";

import { Pane } from "../../static/js/slice_panes.mjs";

const stacks = [{ slices: ["a/1", "b/1", "c/1"] }, { slices: ["x/1", "y/1", "z/1", "w/1", "v/1"] }];

test("paging stops at both ends of the series", () => {
  const pane = new Pane(stacks);
  pane.step(-1);
  assert.equal(pane.slice, "a/1");
  pane.step(10);
  assert.equal(pane.slice, "c/1");
});

test("a slice is found in whichever series holds it", () => {
  const pane = new Pane(stacks);
  assert.equal(pane.show("z/1"), true);
  assert.equal(pane.stack, 1);
  assert.equal(pane.show("unknown/1"), false);
  assert.equal(pane.slice, "z/1");
});

test("changing series keeps the relative position", () => {
  const pane = new Pane(stacks);
  pane.show("b/1");
  pane.nextStack();
  assert.equal(pane.slice, "z/1");
});

test("a pane without images does not fail", () => {
  const pane = new Pane([]);
  pane.step(1);
  pane.nextStack();
  assert.equal(pane.slice, undefined);
});
