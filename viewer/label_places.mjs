/**
 * Where labels of measured lines stand so that each can be read and hides nothing measured: beside the lines, else in a corner. Pure.
 */
const LINE_HEIGHT = 14;
const GAP = 6;
const MARGIN = 4;
/** The pane's caption stands below. */
const FOOT = 26;

/**
 * `labels` are {at: [[x, y], [x, y]], width} (the ends of their lines, CSS pixels); `size` is {width, height} of the pane.
 * Returns {x, y} for each, in the same order: one below the other as the lines are, on the right of every line, or in the lower left
 * corner where the right has no room.
 */
export function labelPlaces(labels, size) {
  if (labels.length === 0) return [];
  const right = Math.max(...labels.flatMap(({ at }) => at.map(([x]) => x))) + GAP;
  const hasRoom = right + Math.max(...labels.map(({ width }) => width)) <= size.width - MARGIN;
  const middles = labels.map(({ at: [[, first], [, second]] }) => (first + second) / 2);
  const order = middles.map((_, index) => index).sort((one, two) => middles[one] - middles[two]);
  const height = LINE_HEIGHT * labels.length;
  const lowest = size.height - FOOT - height;
  const beside = middles.reduce((sum, y) => sum + y, 0) / labels.length - height / 2;
  const top = hasRoom ? Math.max(Math.min(beside, lowest), MARGIN) : lowest;
  const places = [];
  for (const [rank, index] of order.entries()) {
    places[index] = { x: hasRoom ? right : MARGIN, y: top + LINE_HEIGHT * (rank + 0.8) };
  }
  return places;
}
