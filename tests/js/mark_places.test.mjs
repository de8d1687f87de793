import assert from "node:assert/strict";
import { test } from "node:test";

import { Description } from "../../viewer/description.mjs";
import { choicesFor } from "../../viewer/mark_forms.mjs";
import { levelAt, markShapes, markText, MAX_POINTS, sideAt, thinned } from "../../viewer/mark_places.mjs";

const words = {
  none: "no disc",
  no_level: "no level",
  no_side: "no side",
  side: { left: "left", right: "right" },
  structure: { lf: "lig. flavum", pll: "PLL", disc: "disc", cord: "cord", body: "body" },
  says: { thickened: "thickened", normal: "normal", osteophyte: "osteophyte", level: "level only", outline: "outline" },
};
const SAGITTAL = [0, 1, 0, 0, 0, -1];
const AXIAL = [1, 0, 0, 0, 1, 0];
const shared = { spacing: [1, 1], rows: 160, columns: 160, frame: 1, level: null, frame_of_reference: "A" };

function described(axialLevel = null) {
  const level = (name, kind, center) => ({
    name, structure: name, kind, center, certain: true, axis: [0, 0, -1], line: null, sagittal: null, axial: null,
  });
  const series = (id, plane, orientation, frames) => ({
    id, label: id, plane, common: { ...shared, orientation }, frames, first_frame: 0,
  });
  return new Description({
    series: [
      series("sag", "sagittal", SAGITTAL, [{ instance: "s", position: [0, -80, 80] }]),
      series("ax", "axial", AXIAL, [{ instance: "a", position: [-80, -80, 11], level: axialLevel }]),
    ],
    hanging: ["sag", "ax", null],
    levels: [level("C5", "vertebra", [2, 0, 20]), level("C5/6", "disc", [2, 0, 11]), level("C6", "vertebra", [2, 0, 2])],
    levels_frame_of_reference: "A",
    alignments: [],
    structures: [],
    measurements: [],
  });
}
const frameOf = (description, id) => {
  const one = description.byId.get(id);
  return description.frame?.(one, 0) ?? { ...one.common, ...one.frames[0] };
};

test("a mark on a sagittal slice is about the nearest vertebra or disc, and about none far away", () => {
  const description = described();
  const frame = frameOf(description, "sag");
  assert.equal(levelAt(description, frame, [0, 3, 18], "vertebra"), "C5");
  assert.equal(levelAt(description, frame, [0, 3, 4], "vertebra"), "C6");
  assert.equal(levelAt(description, frame, [0, 3, 18], "disc"), "C5/6");
  assert.equal(levelAt(description, frame, [0, 40, 60], "vertebra"), "");
});

test("a mark on the axial slice of a disc is about that disc wherever it lies in it", () => {
  const description = described(1);
  const frame = frameOf(description, "ax");
  assert.equal(levelAt(description, frame, [60, 60, 11], "disc"), "C5/6");
});

test("left and right are the patient's, seen from the middle of the level and not of the image", () => {
  const description = described(1);
  const frame = frameOf(description, "ax");
  assert.equal(sideAt(description, frame, [5, 10, 11]), "left");
  assert.equal(sideAt(description, frame, [1, 10, 11]), "right"); // left of the image's middle, right of the neck's
});

test("a drawn line keeps its shape, loses corners closer than a pixel, and is never too long to be sent", () => {
  assert.deepEqual(thinned([[0, 0], [0, 0], [0.4, 0], [2, 0], [2, 0.5], [2, 2]]), [[0, 0], [2, 0], [2, 2]]);
  const long = thinned(Array.from({ length: 4000 }, (_, index) => [index * 2, index % 7]));
  assert.ok(long.length <= MAX_POINTS && long.length > MAX_POINTS / 2);
});

test("what a mark says is told in words, its state by a sign", () => {
  const mark = { kind: "ligament_point", structure: "lf", level: "C5/6", side: "right", says: "thickened", state: "open" };
  assert.equal(markText(mark, words), "C5/6 lig. flavum right thickened ?");
  assert.equal(markText({ ...mark, state: "accepted" }, words), "C5/6 lig. flavum right thickened ✓");
  assert.equal(markText({ ...mark, unsaved: true }, words), "C5/6 lig. flavum right thickened …");
  const slice = { kind: "disc_slice", structure: "disc", level: "", side: "", says: "level", state: "rejected" };
  assert.equal(markText(slice, words), "no disc disc ✗");
});

test("marks are drawn on their own slice only, and the corners of the chosen contour can be held", () => {
  const frame = frameOf(described(), "ax");
  const points = [[10, 10], [20, 10], [20, 20]];
  const contour = { kind: "contour", structure: "cord", level: "", says: "outline", state: "open", instance: "a", frame: 1, points };
  const dot = { ...contour, kind: "ligament_point", structure: "pll", points: [[80, 80]], diameter_px: 3 };
  const elsewhere = { ...dot, instance: "other" };
  const shapes = markShapes([contour, dot, elsewhere], frame, words, contour);
  assert.deepEqual(shapes.map((shape) => [shape.data["data-mark"], shape.handles.length]), [["contour", 3], ["ligament_point", 0]]);
  assert.deepEqual(shapes[0].lines[0][0], [-70, -70, 11]); // the patient's millimetres
  assert.equal(shapes[1].lines[0].length, 4);
});

test("a mark can be reworded only into what its kind may say", () => {
  const rules = {
    ligament_point: { levels: ["C4/5", "C5/6"], says: ["thickened", "normal"], needs_level: true },
    disc_slice: { levels: ["C5/6"], says: ["level"], needs_level: false },
  };
  const ligament = choicesFor({ kind: "ligament_point", structure: "lf" }, rules, words);
  assert.deepEqual(ligament.level.map(([value]) => value), ["C4/5", "C5/6"]);
  assert.deepEqual(ligament.side.map(([value]) => value), ["left", "right"]);
  assert.deepEqual(choicesFor({ kind: "ligament_point", structure: "pll" }, rules, words).side, []);
  const slice = choicesFor({ kind: "disc_slice", structure: "disc" }, rules, words);
  assert.deepEqual(slice.level[0], ["", "no disc"]);
});
