import assert from "node:assert/strict";
import { test } from "node:test";

import { freePlaces, labelPlaces } from "../../viewer/label_places.mjs";

const SIZE = { width: 300, height: 200 };
const line = (x, y, width = 80) => ({ at: [[x, y], [x + 20, y + 2]], width });

test("labels of lines close together stand one below the other, in the order of the lines", () => {
  const places = labelPlaces([line(100, 102), line(110, 100), line(90, 101)], SIZE);
  const heights = places.map(({ y }) => y);
  assert.ok(heights[1] < heights[2] && heights[2] < heights[0]);
  assert.ok(heights[2] - heights[1] >= 13 && heights[0] - heights[2] >= 13);
  assert.deepEqual([...new Set(places.map(({ x }) => x))], [136]);
});

test("where the right has no room they stand in the lower left corner, above the caption", () => {
  const places = labelPlaces([line(250, 50), line(250, 40)], SIZE);
  assert.deepEqual(places.map(({ x }) => x), [4, 4]);
  assert.ok(places[1].y < places[0].y && places[0].y < 200 - 26);
});

test("at the edges they stay inside", () => {
  const [first] = labelPlaces([line(5, -40)], SIZE);
  assert.ok(first.y > 4);
  const [last] = labelPlaces([line(5, 400)], SIZE);
  assert.ok(last.y < 200 - 26);
});

/** Names {x, y, width} that any of the labels, as wide as given, covers. */
const hidden = (places, width, names) =>
  names.filter((name) =>
    places.some(({ x, y }) => Math.abs(y - name.y) < 14 && x < name.x + name.width && name.x < x + width),
  );

test("names at the foot are not hidden by labels that have no room beside their lines", () => {
  const names = [{ x: 30, y: 140, width: 30 }, { x: 30, y: 160, width: 30 }];
  const lines = [line(250, 150), line(250, 140), line(250, 130)];
  assert.equal(hidden(labelPlaces(lines, SIZE), 80, names).length, 2);
  const places = labelPlaces(lines, SIZE, names);
  assert.deepEqual(hidden(places, 80, names), []);
  assert.ok(places.every(({ x, y }) => x >= 4 && x + 80 <= 300 && y > 4 && y < 200 - 26));
});

test("a name on the right of the lines moves labels as little as leaves it to be read", () => {
  const name = { x: 150, y: 100, width: 30 };
  const [free] = labelPlaces([line(100, 100)], SIZE);
  const [moved] = labelPlaces([line(100, 100)], SIZE, [name]);
  assert.deepEqual(hidden([moved], 80, [name]), []);
  assert.equal(moved.x, free.x);
  assert.ok(Math.abs(moved.y - free.y) <= 28);
});

test("where every place hides a name the one that hides the fewest is taken", () => {
  const everywhere = Array.from({ length: 40 }, (_, row) => ({ x: 0, y: row * 5, width: 300 }));
  const once = { x: 0, y: 30, width: 300 };
  const [{ y }] = labelPlaces([line(290, 100)], SIZE, [...everywhere.filter((name) => name.y > 50), once]);
  assert.ok(y < 50 && y > 26, "not below the choice of a series either");
});

test("a label that would touch a name, so that both read as one word, stands elsewhere", () => {
  const touching = { x: 85, y: 160, width: 20 };
  const [{ x, y }] = labelPlaces([line(290, 150)], SIZE, [touching]);
  assert.ok(Math.abs(y - touching.y) >= 14 || x >= touching.x + touching.width + 4);
});

test("nothing measured, nothing placed", () => assert.deepEqual(labelPlaces([], SIZE), []));

test("A mark's label stands to its right, and to its left where the pane ends", () => {
  const [right, left] = freePlaces([{ x: 50, left: 40, y: 80, width: 60 }, { x: 290, left: 280, y: 150, width: 60 }], [], SIZE);
  assert.deepEqual(right, { x: 56, y: 80 });
  assert.deepEqual(left, { x: 214, y: 150 });
});

test("Labels of marks at one place cover neither each other nor a measured one, and none leaves the pane", () => {
  const taken = [{ x: 50, y: 152, width: 80 }];
  const labels = Array.from({ length: 6 }, () => ({ x: 50, left: 40, y: 150, width: 70 }));
  const places = freePlaces(labels, taken, SIZE);
  assert.ok(places.every(({ y }) => y <= SIZE.height - 26), "above the caption");
  const all = [...taken, ...places.map((place) => ({ ...place, width: 70 }))];
  for (const [index, one] of all.entries()) {
    assert.ok(one.x >= 0 && one.x + one.width <= SIZE.width && one.y > 0);
    for (const other of all.slice(index + 1)) {
      const apart = Math.abs(one.y - other.y) >= 14 || one.x + one.width <= other.x || other.x + other.width <= one.x;
      assert.ok(apart, JSON.stringify([one, other]));
    }
  }
});

test("where every corner holds a name the labels stand elsewhere along the left edge", () => {
  const name = (x, y) => ({ x, y, width: 30 });
  const corners = [name(10, 30), name(10, SIZE.height - 40), name(SIZE.width - 50, 30), name(SIZE.width - 50, SIZE.height - 40)];
  const [{ x, y }] = labelPlaces([line(290, 100)], SIZE, corners);
  assert.equal(x, 4);
  assert.ok(corners.every((corner) => Math.abs(corner.y - y) >= 14), `${y}`);
});

test("a gap narrower than a line's steps is found, and where there is none the place that hides the fewest", () => {
  const row = (y) => ({ x: 0, y, width: 300 });
  const [{ y }] = freePlaces([{ x: 150, left: 140, y: 123, width: 120 }], [row(39), row(71), row(97), row(110), row(124), row(138), row(161)], SIZE);
  assert.ok(y >= 53 && y <= 57, `${y}`);
  const [crowded] = freePlaces([{ x: 150, left: 140, y: 100, width: 120 }], [row(20), row(40), row(60), row(80), row(100), row(101), row(120), row(140), row(160)], SIZE);
  assert.ok(Math.abs(crowded.y - 100) >= 14, `${crowded.y}`);
});
