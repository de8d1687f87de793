import assert from "node:assert/strict";
import { test } from "node:test";

import {
  affine,
  angleBetween,
  centre,
  distance,
  edges,
  levelOfSlice,
  nearestSlice,
  referenceLine,
  signedDistance,
  toPatient,
  toPixel,
} from "../../viewer/geometry.mjs";

const SAGITTAL = [0, 1, 0, 0, 0, -1];
const AXIAL = [1, 0, 0, 0, 1, 0];
const sagittal = { position: [2, -70, 90], orientation: SAGITTAL, spacing: [0.8, 0.5], rows: 200, columns: 320 };
const axial = { position: [-60, -60, 10], orientation: AXIAL, spacing: [0.5, 0.5], rows: 240, columns: 240 };
const near = (a, b) => assert.ok(a.every((value, i) => Math.abs(value - b[i]) < 1e-6), `${a} is not ${b}`);

test("a pixel goes to the patient and back, rows and columns with their own spacing", () => {
  near(toPatient(sagittal, [10, 20]), [2, -65, 74]);
  near(toPixel(sagittal, [99, -65, 74]), [10, 20]);
});

test("a tilted frame keeps what is measured on it", () => {
  const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
  const tilted = { ...axial, orientation: [1, 0, 0, 0, c, -s] };
  assert.ok(Math.abs(distance(toPatient(tilted, [0, 0]), toPatient(tilted, [30, 40])) - 25) < 1e-9);
  assert.ok(Math.abs(signedDistance(tilted, toPatient(tilted, [7, 9]))) < 1e-9);
});

test("the nearest slice is that of the place, not of the number", () => {
  const stack = [40, 10, -20, 30].map((z) => ({ ...axial, position: [-60, -60, z] }));
  assert.deepEqual(nearestSlice(stack, [0, 0, 12]), { index: 1, distance: 2 });
  assert.equal(nearestSlice([{ position: null }], [0, 0, 0]), null);
});

test("of two packs of slices the one that holds the point is meant", () => {
  const beside = { ...axial, position: [200, 200, 12] };
  assert.equal(nearestSlice([beside, { ...axial, position: [-60, -60, 20] }], [0, 0, 12]).index, 1);
});

test("the reference line of an axial slice crosses the sagittal image at its height", () => {
  const line = referenceLine(sagittal, axial);
  for (const point of line) near([point[0], point[2]], [2, 10]);
  const [first, second] = line.map((point) => point[1]).sort((a, b) => a - b);
  near([first, second], [-60.25, 59.75]); // as far as the axial image reaches
});

test("the reference line moves with the slice and with a nudge", () => {
  const lower = { ...axial, position: [-60, -60, -15] };
  near([referenceLine(sagittal, lower)[0][2]], [-15]);
  near([referenceLine(sagittal, lower, [0, 0, 4])[0][2]], [-11]);
});

test("parallel slices and slices beside each other have no reference line", () => {
  assert.equal(referenceLine(sagittal, { ...sagittal, position: [5, -70, 90] }), null);
  assert.equal(referenceLine(sagittal, { ...axial, position: [-60, -60, 500] }), null);
  assert.equal(referenceLine(sagittal, { position: null }), null);
});

test("the edges of a picture say where the patient's sides are", () => {
  assert.deepEqual(edges(sagittal), { left: "A", right: "P", top: "H", bottom: "F" });
  assert.deepEqual(edges(axial), { left: "R", right: "L", top: "A", bottom: "P" });
  const oblique = { ...axial, orientation: [0.8, 0.6, 0, 0, 0, -1] };
  assert.deepEqual(edges(oblique), { left: "RA", right: "LP", top: "H", bottom: "F" });
});

test("an angle does not depend on which way its lines were drawn", () => {
  const flat = [[0, 0, 0], [10, 0, 0]];
  const steep = [[0, 0, 0], [10, 10, 0]];
  assert.ok(Math.abs(angleBetween(flat, steep) - 45) < 1e-9);
  assert.ok(Math.abs(angleBetween(flat, [steep[1], steep[0]]) - 45) < 1e-9);
});

const levels = [
  { name: "C5", center: [0, 0, 20], axis: [0, 0, -1] },
  { name: "C5/6", center: [0, 0, 11.5], axis: [0, 0, -1] },
  { name: "C6", center: [0, 0, 3], axis: [0, 0, -1] },
];

test("an axial slice shows the level nearest along the spine, and none far from all", () => {
  assert.equal(levelOfSlice(axial, levels).name, "C5/6");
  assert.equal(levelOfSlice({ ...axial, position: [-60, -60, 4] }, levels).name, "C6");
  assert.equal(levelOfSlice({ ...axial, position: [-60, -60, 60] }, levels), null);
  assert.equal(levelOfSlice(axial, []), null);
});

test("a slice along the spine shows no single level", () => {
  assert.equal(levelOfSlice(sagittal, levels), null);
});

test("the middle of a frame is the middle of its pixels", () => {
  near(centre(axial), [-0.25, -0.25, 10]);
});

test("A parallel projection is the same for many points at once, far from the point it was taken at too", () => {
  const project = ([x, y, z]) => [3.5 * x - 1.25 * y + 0.5 * z + 417, 0.75 * x + 2 * y - 3 * z - 88];
  const quick = affine(project, [120, -340, 55]);
  for (const point of [[0, 0, 0], [120, -340, 55], [-310.4, 22.7, 900.1]]) {
    const [expected, found] = [project(point), quick(point)];
    assert.ok(Math.hypot(expected[0] - found[0], expected[1] - found[1]) < 1e-9);
  }
});
