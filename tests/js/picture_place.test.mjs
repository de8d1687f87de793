import assert from "node:assert/strict";
import { test } from "node:test";

import { placeInPicture, sliceOf } from "../../static/js/picture_place.mjs";

const box = { left: 10, top: 20, width: 400, height: 200 };

test("a click is measured in the picture, not in the bars beside it", () => {
  const square = { width: 768, height: 768 }; // drawn 200 wide in the middle of the box
  assert.deepEqual(placeInPicture(box, square, { x: 110, y: 20 }), { x: 0, y: 0 });
  assert.deepEqual(placeInPicture(box, square, { x: 210, y: 120 }), { x: 0.5, y: 0.5 });
  assert.equal(placeInPicture(box, square, { x: 50, y: 120 }), null);
});

test("the picture's address says which slice was clicked and how it was cut out", () => {
  const address = "/reports/r/images/0a-1b/3.png?side=768&contours=1&level=vertebra-3&mm=80";
  assert.deepEqual(sliceOf(address), { instance: "0a-1b", frame: "3", level: "vertebra-3", mm: "80" });
  assert.deepEqual(sliceOf("/reports/r/images/0a/1.png"), { instance: "0a", frame: "1", level: "", mm: "" });
  assert.equal(sliceOf("/elsewhere.png"), null);
});
