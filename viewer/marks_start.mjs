/** Puts the marks for training together: what the server has, what is drawn, the list beside it. */
import { request } from "../static/js/api_client.mjs";
import { MarkPanel } from "./mark_panel.mjs";
import { MarkStore } from "./mark_store.mjs";
import { Marks } from "./marks.mjs";

export function startMarks({ root, said, viewer, controls }) {
  const { words, rules } = JSON.parse(document.getElementById("mark-words").textContent);
  const panel = new MarkPanel({ root: root.querySelector("[data-marks]"), words, rules });
  const store = new MarkStore({
    address: said.links.corrections,
    request,
    onChange: () => {
      root.querySelector("[data-mark-tools]").hidden = !store.mayDraw;
      panel.show();
      viewer.redraw();
    },
    onState: (state) => {
      panel.showState(state);
      // The page asks for the log-in as soon as it hears of its end itself.
      if (state === "expired") document.dispatchEvent(new CustomEvent("dens:refresh"));
    },
  });
  const onMove = (mark) => {
    controls.tool = mark.kind;
    marks.moving = mark.points.length === 1 ? mark : null;
    marks.chosen = mark;
    viewer.focused.figure.focus({ preventScroll: true });
  };
  const marks = new Marks({ store, viewer, words, rules, panel, onMove });
  panel.attach(marks);
  viewer.marks = marks;
  panel.put.addEventListener("click", () => marks.putInMiddle(controls.tool, viewer.focused));
  panel.machine.addEventListener("click", () => marks.takeMachine(viewer.focused));
  addEventListener("beforeunload", (event) => {
    if (store.isUnsaved || marks.isDrawing) event.preventDefault();
  });
  addEventListener("online", () => store.queue.resume());
  return marks;
}
