import assert from "node:assert/strict";
import { test } from "node:test";

import { pointAfter, pointsOf } from "../../static/js/chart_points.mjs";
import { coloursOf, themed } from "../../static/js/chart_theme.mjs";

const colours = coloursOf((name) => ` colour of ${name.slice(2)} `);

test("a trace is drawn in the ink it names, its error bars in the ink of text", () => {
  const trace = { type: "scatter", meta: { ink: "machine" }, error_y: { array: [1] }, line: { dash: "dot" } };
  const { data } = themed({ data: [trace], layout: {} }, colours);
  assert.equal(data[0].marker.color, "colour of machine");
  assert.deepEqual(data[0].line, { dash: "dot", color: "colour of machine" });
  assert.deepEqual(data[0].error_y, { array: [1], color: "colour of ink" });
  assert.equal(trace.marker, undefined, "the figure itself stays as it was, for the next theme");
});

test("ground, letters, axes and shapes follow the theme", () => {
  const layout = { xaxis: { range: [0, 1] }, yaxis: {}, shapes: [{ type: "rect", name: "ok" }, { type: "line" }] };
  const { layout: drawn } = themed({ data: [], layout }, colours);
  assert.equal(drawn.paper_bgcolor, "colour of surface");
  assert.equal(drawn.font.color, "colour of ink");
  assert.deepEqual(drawn.xaxis.range, [0, 1]);
  assert.equal(drawn.yaxis.gridcolor, "colour of line");
  assert.equal(drawn.shapes[0].fillcolor, "colour of ok");
  assert.equal(drawn.shapes[1].line.color, "colour of muted");
});

test("only points that say something are walked", () => {
  const data = [{ x: [0, 1] }, { customdata: [["one", "/a"], ["two", ""]] }];
  const points = pointsOf(data);
  assert.deepEqual(points.map(({ curveNumber, pointNumber }) => [curveNumber, pointNumber]), [[1, 0], [1, 1]]);
  assert.equal(points[0].cases, "/a");
});

test("keys walk to the ends and no further", () => {
  assert.equal(pointAfter("ArrowRight", -1, 3), 0);
  assert.equal(pointAfter("ArrowRight", 2, 3), 2);
  assert.equal(pointAfter("ArrowLeft", -1, 3), 0);
  assert.equal(pointAfter("End", 0, 3), 2);
  assert.equal(pointAfter("a", 0, 3), null);
  assert.equal(pointAfter("ArrowRight", -1, 0), null);
});
