import assert from "node:assert/strict";
import { test } from "node:test";

import { batches, fill, pieces } from "../../static/js/upload_batches.mjs";

const entry = (name, size) => ({ name, file: { size, slice: (from, to) => ({ from, to, size: to - from }) } });
const names = (found) => found.map((batch) => (batch.large ? [`large ${batch.large.name}`] : batch.files.map((one) => one.name)));

test("small files travel together up to the byte limit", () => {
  const found = [...batches([entry("a", 4), entry("b", 5), entry("c", 3), entry("d", 0)], 10)];
  assert.deepEqual(names(found), [["a", "b"], ["c", "d"]]);
});

test("a batch has a limited number of files", () => {
  const found = [...batches([entry("a", 1), entry("b", 1), entry("c", 1)], 10, 2)];
  assert.deepEqual(names(found), [["a", "b"], ["c"]]);
});

test("a file larger than a request goes alone", () => {
  const found = [...batches([entry("a", 1), entry("zip", 11), entry("b", 1)], 10)];
  assert.deepEqual(names(found), [["large zip"], ["a", "b"]]);
});

test("pieces cover a file from any start without gap or overlap", () => {
  assert.deepEqual([...pieces(entry("zip", 25).file, 0, 10)].map((piece) => [piece.offset, piece.blob.to]), [[0, 10], [10, 20], [20, 25]]);
  assert.deepEqual([...pieces(entry("zip", 25).file, 12, 10)].map((piece) => [piece.offset, piece.blob.to]), [[12, 22], [22, 25]]);
});

test("texts are filled by name and unknown names stay", () => {
  assert.equal(fill("%(done)s of %(all)s %(x)s", { done: 1, all: 2 }), "1 of 2 %(x)s");
});
