/**
 * When nothing is pressed. Whatever is rendered anew between the press and the release of a button swallows the click on it.
 */
const LONGEST_MS = 1000;
const waiting = [];
let isDown = false;

addEventListener("pointerdown", () => (isDown = true), true);
for (const kind of ["pointerup", "pointercancel"]) {
  addEventListener(kind, () => {
    isDown = false;
    setTimeout(() => waiting.splice(0).forEach((goOn) => goOn())); // after the click
  }, true);
}

/** Resolves at once, or after the release; a press that nobody ends (outside the window) holds nothing up for long. */
export function atRest() {
  if (!isDown) return Promise.resolve();
  return new Promise((resolve) => {
    waiting.push(resolve);
    setTimeout(resolve, LONGEST_MS);
  });
}
