/**
 * The bundle's entry: puts the viewer together in the markup the page gives it (templates/reports/_viewer.html).
 */
import { init, RenderingEngine } from "@cornerstonejs/core";
import { request } from "../static/js/api_client.mjs";
import { Alignment } from "./alignment.mjs";
import { showCaption, showSeriesList } from "./captions.mjs";
import { Cine } from "./cine.mjs";
import { Controls } from "./controls.mjs";
import { Description } from "./description.mjs";
import { prepareImages } from "./images.mjs";
import { listen, panTool, windowTool, zoomTool } from "./pointer.mjs";
import { MARK_KINDS } from "./marks.mjs";
import { startMarks } from "./marks_start.mjs";
import { Preferences } from "./preferences.mjs";
import { ResultBar } from "./result_bar.mjs";
import { Viewer } from "./viewer.mjs";

const NO_ANSWER = { status: 0, body: null };
/** Images that are gone come in crowds; what is left of the study is asked for once. */
const CROWD_MS = 300;

async function fetchContours(series) {
  if (!series.contours_url) return {};
  const answer = await request(series.contours_url, { method: "GET" });
  return answer.status === 200 ? (answer.body.frames ?? {}) : {};
}

function startAlignment({ root, said, viewer, words }) {
  return new Alignment({
    root: root.querySelector("[data-alignment]"),
    viewer,
    words,
    store: (body, version) => request(said.links.alignments, { method: "PUT", body, version }).catch(() => NO_ANSWER),
  });
}

/** `said` is the description from `address`; resolves when the first pictures are shown. */
export async function start({ root, said, words, address }) {
  init();
  prepareImages();
  const engine = new RenderingEngine("viewer");
  const preferences = new Preferences({
    said: said.preferences,
    save: (body) => request(said.links.preferences, { method: "PUT", body }),
  });
  const parts = {};
  const viewer = new Viewer({
    root,
    engine,
    description: new Description(said),
    preferences: preferences.values,
    words,
    fetchContours,
    onChange: (what, pane) => parts.changed?.(what, pane),
  });
  const result = new ResultBar({
    root: root.querySelector("[data-result]"),
    words,
    level: () => viewer.level,
    onRemove: (item) => viewer.drawing.remove(item),
  });
  const cine = new Cine(() => parts.controls?.show());
  const controls = (parts.controls = new Controls({ root, viewer, preferences, cine, result }));
  // A case of a reader study has neither: its description names no address to keep them.
  const alignment = said.links.alignments ? startAlignment({ root, said, viewer, words }) : null;
  const marks = said.links.corrections ? startMarks({ root, said, viewer, controls }) : null;
  const tools = {
    window: windowTool,
    pan: panTool,
    zoom: zoomTool,
    distance: viewer.drawing.tool("distance"),
    angle: viewer.drawing.tool("angle"),
    ...(marks ? Object.fromEntries(MARK_KINDS.map((kind) => [kind, marks.tool(kind)])) : {}),
    cross: {
      start: (pane, { point }) => viewer.pointAt(pane, point),
      move: (pane, { point }) => viewer.pointAt(pane, point),
    },
  };
  for (const pane of viewer.panes) {
    listen(pane, {
      tool: () => tools[controls.tool],
      crossTool: tools.cross,
      onClick: (clicked, place) => controls.tool === "window" && viewer.click(clicked, place),
      onDouble: (clicked) => controls.tool === "window" && controls.enlarge(clicked),
      onFocus: (focused) => viewer.focus(focused),
    });
    pane.figure.addEventListener("focusin", () => viewer.focus(pane));
  }
  viewer.drawing.onDone = (item) => result.show(item);
  viewer.drawing.onRemoved = () => result.show(viewer.drawing.last);

  let looking = 0;
  async function lookAgain() {
    looking = 0;
    const answer = await request(address, { method: "GET" }).catch(() => NO_ANSWER);
    // Told the same, outlines need not be fetched anew.
    if (answer.status === 200 && JSON.stringify(answer.body) !== JSON.stringify(viewer.description.said)) viewer.renew(answer.body);
  }

  parts.changed = (what, pane) => {
    for (const one of pane ? [pane] : viewer.panes) {
      showCaption(viewer.description, one, words);
      showSeriesList(viewer.description, one);
    }
    if (what === "focus") controls.show();
    if (what === "gone") looking ||= setTimeout(lookAgain, CROWD_MS);
    if (what === "hanging" || what === "description") alignment?.update();
  };

  document.addEventListener("dens:level", (event) => viewer.goLevel(event.detail.level));
  document.addEventListener("dens:slice", (event) => viewer.goSlice(event.detail.slice));
  document.addEventListener("dens:levels-changed", () => {
    lookAgain();
    marks?.store.load().catch(() => {});
  });
  document.addEventListener("visibilitychange", () => document.hidden || lookAgain());
  addEventListener("pagehide", () => preferences.flush());
  const sizes = new ResizeObserver(() => {
    engine.resize(true, true);
    viewer.redraw();
  });
  for (const pane of viewer.panes) sizes.observe(pane.view);

  await viewer.start();
  parts.changed("hanging");
  marks?.store.load().catch(() => {}); // without connection the images say so
}
