import assert from "node:assert/strict";
import { test } from "node:test";

import { parts, search, searchLine, tokens } from "../../static/js/palette_search.mjs";

const entry = (words, text) => ({ words: tokens(words), text });
const ENTRIES = [
  entry("C4/5 disc class bulge 膨出", "C4/5 bulge"),
  entry("C5/6 disc class bulge 膨出", "C5/6 bulge"),
  entry("C5/6 canal grade 椎管 2 cord deformed", "C5/6 canal 2"),
  entry("C5/6 canal grade 椎管 3 cord deformed", "C5/6 canal 3"),
  entry("C5/6 foramen right 2", "C5/6 right foramen 2"),
  entry("C5/6 foramen left 2", "C5/6 left foramen 2"),
  entry("cord signal faint", "cord signal faint"),
];
const best = (line) => search(ENTRIES, line)[0]?.text;

test("a level may be typed with or without its stroke, a word by its beginning", () => {
  assert.equal(best("c56 can 3"), "C5/6 canal 3");
  assert.equal(best("C5/6 canal 3"), "C5/6 canal 3");
  assert.equal(best("c45 bul"), "C4/5 bulge");
  assert.equal(best("c56 r for 2"), "C5/6 right foramen 2");
  assert.equal(best("c56 膨出"), "C5/6 bulge");
});

test("a number is never matched by a part of it, and what fits nothing finds nothing", () => {
  assert.equal(best("c56 canal 23"), undefined);
  assert.equal(best("c67 canal 3"), undefined);
  assert.equal(best(""), undefined);
});

test("a part without a level means the level before, unless that fits nothing", () => {
  assert.deepEqual(parts("c56 canal 3, right foramen 2"), ["c56 canal 3", "c56 right foramen 2"]);
  const line = "c56 canal 3, left foramen 2, cord signal faint";
  assert.equal(searchLine(ENTRIES, line, 1)[0].text, "C5/6 left foramen 2");
  assert.equal(searchLine(ENTRIES, line, 2)[0].text, "cord signal faint");
});
