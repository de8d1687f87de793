/**
 * Mouse, pen and finger over a pane. Left: the chosen tool. Middle: move. Right or Ctrl+wheel: zoom. Wheel: slices.
 * Shift+left: the crosshair. A plain click goes to `onClick`, a double click to `onDouble`.
 *
 * A tool is {start?, move?, end?}, each called with (pane, gesture): gesture.place and gesture.by are CSS pixels,
 * gesture.point lies on the shown slice.
 */
const CLICK_PX = 3;
const ZOOM_PER_PX = 0.006;
const WINDOW_PER_PX = 0.004;
/** A wheel's notch is at least this; a touch pad's steps are smaller and add up to it. */
const NOTCH_PX = 40;
const LINE_PX = 20;

export const windowTool = {
  move: (pane, { by: [x, y] }) => pane.adjustWindow([x * WINDOW_PER_PX, y * WINDOW_PER_PX]),
};
export const panTool = { move: (pane, { by }) => pane.pan(by) };
export const zoomTool = { move: (pane, { by: [, y] }) => pane.zoom(Math.exp(-y * ZOOM_PER_PX)) };

export function listen(pane, { tool, crossTool, onClick, onDouble, onFocus }) {
  const { view, figure } = pane;
  let gesture = null;
  let wheel = 0;

  const place = (event) => {
    const box = view.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function toolFor(event) {
    if (event.button === 1) return panTool;
    if (event.button === 2) return zoomTool;
    return event.shiftKey ? crossTool : tool();
  }

  view.addEventListener("pointerdown", (event) => {
    if (!pane.series || gesture) return;
    event.preventDefault();
    figure.focus({ preventScroll: true });
    onFocus(pane);
    view.setPointerCapture(event.pointerId);
    const start = place(event);
    gesture = { tool: toolFor(event), start, place: start, by: [0, 0], moved: false, button: event.button };
    gesture.tool.start?.(pane, { ...gesture, point: pane.toPoint(start) });
  });

  view.addEventListener("pointermove", (event) => {
    if (!gesture) return;
    const now = place(event);
    const far = Math.hypot(now[0] - gesture.start[0], now[1] - gesture.start[1]);
    if (!gesture.moved && far < CLICK_PX) return;
    gesture.moved = true;
    gesture.by = [now[0] - gesture.place[0], now[1] - gesture.place[1]];
    gesture.place = now;
    gesture.tool.move?.(pane, { ...gesture, point: pane.toPoint(now) });
  });

  function finish(event) {
    if (!gesture) return;
    const done = gesture;
    gesture = null;
    done.tool.end?.(pane, { ...done, point: pane.toPoint(done.place) });
    if (event.type === "pointerup" && !done.moved && done.button === 0) onClick(pane, done.place);
  }
  view.addEventListener("pointerup", finish);
  view.addEventListener("pointercancel", finish);
  view.addEventListener("contextmenu", (event) => event.preventDefault());
  view.addEventListener("dblclick", () => onDouble(pane));

  view.addEventListener("wheel", (event) => {
    event.preventDefault();
    onFocus(pane);
    if (event.ctrlKey) {
      pane.zoom(Math.exp(-event.deltaY * 0.002));
      return;
    }
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : event.deltaY * LINE_PX;
    wheel = Math.sign(pixels) === Math.sign(wheel) ? wheel + pixels : pixels;
    if (Math.abs(wheel) < NOTCH_PX) return;
    pane.step(Math.sign(wheel));
    wheel = 0;
  }, { passive: false });
}
