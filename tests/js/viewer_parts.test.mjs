import assert from "node:assert/strict";
import { test } from "node:test";

import { offsetText, pairOf } from "../../viewer/alignment.mjs";
import { Description, linkedSlice } from "../../viewer/description.mjs";
import { Drawing } from "../../viewer/drawing.mjs";
import { centre } from "../../viewer/geometry.mjs";
import { crossShapes, levelShapes, referenceShapes, shownLevel } from "../../viewer/layers.mjs";
import { Loading, order, outward } from "../../viewer/loading.mjs";

const SAGITTAL = [0, 1, 0, 0, 0, -1];
const AXIAL = [1, 0, 0, 0, 1, 0];
const common = { spacing: [1, 1], rows: 160, columns: 160, frame: 1, level: null };

function stack(id, orientation, positions, reference = "A") {
  const frames = positions.map((position, number) => ({ instance: `${id}${number}`, position }));
  const shared = { ...common, orientation, frame_of_reference: reference };
  return { id, label: id, plane: orientation === AXIAL ? "axial" : "sagittal", common: shared, frames, first_frame: 1 };
}

function described(changes = {}) {
  const level = (name, z, more) => ({ name, structure: name, certain: true, center: [0, 0, z], axis: [0, 0, -1], ...more });
  return new Description({
    series: [
      stack("t2", SAGITTAL, [[-4, -80, 80], [0, -80, 80], [4, -80, 80]]),
      stack("ax", AXIAL, [20, 10, 0].map((z) => [-80, -80, z]), changes.axial ?? "A"),
      stack("t1", SAGITTAL, [[-3, -80, 80], [1, -80, 80], [5, -80, 80]]),
    ],
    hanging: ["t2", null, "t1"],
    levels: [
      level("C5", 20, { kind: "vertebra", line: null, sagittal: { series: "t2", frame: 1 }, axial: null }),
      level("C5/6", 11, { kind: "disc", line: [[0, -8, 11], [0, 8, 11]], sagittal: null, axial: { series: "ax", frame: 1 } }),
    ],
    levels_frame_of_reference: "A",
    alignments: changes.alignments ?? [],
    structures: [],
    measurements: [],
  });
}

const series = (description, id) => description.byId.get(id);

test("the hanging protocol is followed, and what it lacks is filled with what is there", () => {
  assert.deepEqual(described().hanging(3).map((one) => one.id), ["t2", "ax", "t1"]);
});

test("the page's name of a slice leads to its series and place", () => {
  const found = described().bySlice.get("ax2/1");
  assert.deepEqual([found.series.id, found.index], ["ax", 2]);
});

test("a level leads to the slice the server names, else to the nearest", () => {
  const description = described();
  const level = description.level("C5/6");
  assert.equal(description.sliceOfLevel(series(description, "ax"), level), 1);
  assert.equal(description.sliceOfLevel(series(description, "t1"), level), 1);
});

test("an axial slice shows one level, a sagittal one all of them", () => {
  const description = described();
  const both = { names: true, lines: true };
  const axial = series(description, "ax").frames[1];
  assert.equal(shownLevel(description, axial).name, "C5/6");
  assert.deepEqual(levelShapes(description, axial, both).map((shape) => shape.kind), ["disc-line", "disc"]);
  const sagittal = series(description, "t2").frames[1];
  assert.deepEqual(levelShapes(description, sagittal, both).map((shape) => shape.text), ["C5", undefined, "C5/6"]);
  assert.deepEqual(levelShapes(description, sagittal, { names: false, lines: false }), []);
});

test("frames of reference that nobody aligned share neither lines nor names nor slices", () => {
  const description = described({ axial: "B" });
  const sagittal = series(description, "t2").frames[1];
  const axial = series(description, "ax").frames[1];
  assert.deepEqual(referenceShapes(description, sagittal, [{ frame: axial, number: 2 }]), []);
  assert.deepEqual(levelShapes(description, axial, { names: true, lines: true }), []);
  assert.deepEqual(crossShapes(description, axial, { point: [0, 0, 10], frameOfReference: "A" }), []);
});

test("a stored nudge moves lines and names, in either direction", () => {
  const alignments = [{ from: "B", to: "A", offset_mm: [0, 0, 1] }];
  const description = described({ axial: "B", alignments });
  const sagittal = series(description, "t2").frames[1];
  const axial = series(description, "ax").frames[1];
  const [shape] = referenceShapes(description, sagittal, [{ frame: axial, number: 2 }]);
  assert.equal(shape.lines[0][0][2], 11);
  assert.equal(levelShapes(description, axial, { names: true, lines: false })[0].at[2], 10);
});

test("a nudge of nothing says that the coordinates agree; one taken back says nothing", () => {
  const agree = described({ axial: "B", alignments: [{ from: "B", to: "A", offset_mm: [0, 0, 0] }] });
  assert.deepEqual(agree.shift("A", "B"), [0, 0, 0]);
  const none = described({ axial: "B", alignments: [{ from: "B", to: "A", offset_mm: null, version: 2 }] });
  assert.equal(none.shift("A", "B"), null);
});

test("strangers among the shown series are named, others are not", () => {
  const pane = (description, id) => ({ series: series(description, id) });
  const same = described();
  assert.equal(pairOf(same, [pane(same, "t2"), pane(same, "ax")]), null);
  const apart = described({ axial: "B" });
  assert.deepEqual(pairOf(apart, [pane(apart, "t2"), pane(apart, "ax")]), { from: "B", to: "A", stored: null });
  const captured = { series: { frames: [{ position: null, frame_of_reference: null }] } };
  assert.equal(pairOf(same, [pane(same, "t2"), captured]), null); // what lies nowhere cannot be aligned
});

test("an offset is said in the patient's directions", () => {
  assert.equal(offsetText([-2, 0, 1.5]), "R 2.0 · H 1.5 mm");
  assert.equal(offsetText([0, 0, 0]), "0 mm");
});

test("linked series follow by place; series across each other do not", () => {
  const description = described();
  const frame = series(description, "t2").frames[2];
  assert.equal(linkedSlice(description, frame, centre(frame), series(description, "t1")), 2);
  assert.equal(linkedSlice(description, frame, centre(frame), series(description, "ax")), null);
});

test("loading walks outwards from what is shown", () => {
  assert.deepEqual([...outward(2, 6)], [2, 3, 1, 4, 0, 5]);
  assert.deepEqual([...outward(0, 1000, 2)], [0, 1, 2]);
  assert.deepEqual([...outward(0, 0)], []);
});

test("what every pane shows comes first, then mostly the pane in use", () => {
  const a = { name: "a", index: 0, count: 10, isFocus: false };
  const b = { name: "b", index: 5, count: 10, isFocus: true };
  const names = [...order([a, b])].map(({ pane, index }) => `${pane.name}${index}`);
  assert.deepEqual(names.slice(0, 6), ["b5", "a0", "b6", "b4", "b7", "a1"]);
  assert.equal(new Set(names).size, 20);
});

test("few images are fetched at once, each once, and one that failed is not asked for again", async () => {
  const asked = [];
  const loaded = new Set();
  let running = 0;
  let most = 0;
  const loading = new Loading({
    wanted: () => [{ name: "a", index: 4, count: 9 }],
    id: (pane, index) => `${pane.name}${index}`,
    isLoaded: (id) => loaded.has(id),
    load: async (id) => {
      asked.push(id);
      if (id !== "a5") loaded.add(id);
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      if (id === "a5") throw new Error("gone");
    },
  });
  loading.go();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked[0], "a4");
  assert.deepEqual([...new Set(asked)].sort(), asked.slice().sort());
  assert.equal(asked.length, 9);
  assert.ok(most <= 4);
});

const flat = { sliceKey: "s/1", toScreen: ([x, y]) => [x, y] };
const at = (x, y) => ({ point: [x, y, 0], place: [x, y] });

function drag(tool, from, to) {
  tool.start(flat, at(...from));
  tool.move(flat, at(...to));
  tool.end(flat, at(...to));
}

test("a distance is measured between its two ends, and an end can be moved", () => {
  const done = [];
  const drawing = new Drawing({ onDone: (item) => done.push(item.value) });
  drag(drawing.tool("distance"), [0, 0], [30, 40]);
  drag(drawing.tool("distance"), [30, 40], [0, 20]);
  assert.deepEqual(done, [50, 20]);
  assert.equal(drawing.items.length, 1);
});

test("an angle needs two lines; a click alone draws nothing", () => {
  const drawing = new Drawing();
  const tool = drawing.tool("angle");
  drag(tool, [0, 0], [100, 0]);
  assert.equal(drawing.last.value, null);
  drag(tool, [0, 50], [100, 150]);
  assert.ok(Math.abs(drawing.last.value - 45) < 1e-9);
  drag(drawing.tool("distance"), [300, 300], [300, 300]);
  assert.equal(drawing.items.length, 1);
});

test("a half-drawn angle can be given up", () => {
  const drawing = new Drawing();
  drag(drawing.tool("angle"), [0, 0], [100, 0]);
  assert.equal(drawing.cancel(), true);
  assert.deepEqual(drawing.items, []);
});
