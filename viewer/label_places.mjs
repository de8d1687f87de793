/**
 * Where labels of measured lines stand so that each can be read: beside their lines, one below the other, inside the pane. Pure.
 */
const LINE_HEIGHT = 14;
const GAP = 6;
const MARGIN = 4;

/**
 * `labels` are {at: [[x, y], [x, y]], width} (the ends of their lines, CSS pixels); `size` is {width, height} of the pane.
 * Returns {x, y, anchor} for each, in the same order: all on the right of every line, or on the left where the right has no room.
 */
export function labelPlaces(labels, size) {
  if (labels.length === 0) return [];
  const xs = labels.flatMap(({ at }) => at.map(([x]) => x));
  const widest = Math.max(...labels.map(({ width }) => width));
  const right = Math.max(...xs) + GAP;
  const left = Math.min(...xs) - GAP;
  const isRight = right + widest <= size.width - MARGIN || left - widest < MARGIN;
  const x = isRight ? Math.max(Math.min(right, size.width - MARGIN - widest), MARGIN) : left;
  const middles = labels.map(({ at: [[, first], [, second]] }) => (first + second) / 2);
  const order = middles.map((_, index) => index).sort((one, two) => middles[one] - middles[two]);
  const height = LINE_HEIGHT * labels.length;
  const wanted = middles.reduce((sum, y) => sum + y, 0) / labels.length - height / 2;
  const top = Math.max(Math.min(wanted, size.height - MARGIN - height), MARGIN);
  const places = [];
  for (const [rank, index] of order.entries()) {
    places[index] = { x, y: top + LINE_HEIGHT * (rank + 0.8), anchor: isRight ? "start" : "end" };
  }
  return places;
}
