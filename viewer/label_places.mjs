/**
 * Where labels of measured lines stand so that each can be read and hides nothing measured: beside the lines, else in a corner. Pure.
 */
const LINE_HEIGHT = 14;
const GAP = 6;
const MARGIN = 4;
/** The pane's choice of a series stands above, its caption below. */
const HEAD = 26;
const FOOT = 26;

/** Space on each side of what a label stands beside. */
const BESIDE = 6;
/** How far a label moves at most, and by how much at a time: whole lines would step over narrow gaps. */
const REACH = 8 * LINE_HEIGHT;
const STEP = 2;

/** Nearest first: 0, a step below, a step above, two below … */
function movesFromHome() {
  const rows = [0];
  for (let by = STEP; by <= REACH; by += STEP) rows.push(by, -by);
  return rows;
}

/** Whether two texts {x, y, width} would cover each other or read as one word (y: baseline). */
function overlaps(one, other) {
  const isBeside = one.x >= other.x + other.width + MARGIN || other.x >= one.x + one.width + MARGIN;
  return Math.abs(one.y - other.y) < LINE_HEIGHT && !isBeside;
}

/**
 * `labels` are {x, left, y, width}: the right and left end of what each stands beside, its height, its own width. `taken` are {x, y, width} of
 * labels that stand already (y: baseline). Returns {x, y} for each: to the right of it, else to the left, else as little below or above as
 * leaves each readable; within `size`.
 */
export function freePlaces(labels, taken, size) {
  const standing = [...taken];
  return labels.map(({ x, left, y, width }) => {
    const last = size.width - width - MARGIN;
    const beside = [x + BESIDE, left - BESIDE - width].filter((place) => place >= MARGIN && place <= last);
    const sides = beside.length > 0 ? beside : [Math.max(last, MARGIN)];
    const tries = movesFromHome().flatMap((by) => sides.map((side) => ({ x: side, y: y + by, width })));
    const fits = tries.filter((place) => place.y >= LINE_HEIGHT && place.y <= size.height - FOOT);
    const hides = (place) => standing.filter((other) => overlaps(place, other)).length;
    const fewest = (found, place) => (hides(place) < hides(found) ? place : found);
    // Nearly always a near place is free, and this is asked at every slice: only else are all of them compared.
    const best = fits.find((place) => !hides(place)) ?? fits.reduce(fewest, fits[0] ?? tries[0]);
    standing.push(best);
    return { x: best.x, y: best.y };
  });
}

/**
 * `labels` are {at: [[x, y], [x, y]], width} (the ends of their lines, CSS pixels); `size` is {width, height} of the pane; `taken` are
 * {x, y, width} of names that stand already (y: baseline). Returns {x, y} for each label, in the same order: one below the other as the
 * lines are, on the right of every line or where that has no room in a corner, else along the left edge: the first of these places that
 * hides no name, else the one that hides the fewest.
 */
export function labelPlaces(labels, size, taken = []) {
  if (labels.length === 0) return [];
  const middles = labels.map(({ at: [[, first], [, second]] }) => (first + second) / 2);
  const order = middles.map((_, index) => index).sort((one, two) => middles[one] - middles[two]);
  const placed = ({ x, top }) => {
    const rows = [];
    for (const [rank, index] of order.entries()) rows[index] = { x, y: top + LINE_HEIGHT * (rank + 0.8) };
    return rows;
  };
  const hidden = (rows) => taken.filter((name) => rows.some((row, index) => overlaps({ ...row, width: labels[index].width }, name))).length;
  const tries = blockPlaces(labels, middles, size).map(placed).map((rows) => ({ rows, hides: hidden(rows) }));
  return tries.reduce((best, next) => (next.hides < best.hides ? next : best)).rows;
}

/** Where a block of labels may stand, {x, top}, the best place first. */
function blockPlaces(labels, middles, size) {
  const height = LINE_HEIGHT * labels.length;
  const lowest = size.height - FOOT - height;
  const last = size.width - Math.max(...labels.map(({ width }) => width)) - MARGIN;
  const right = Math.max(...labels.flatMap(({ at }) => at.map(([x]) => x))) + GAP;
  const beside = middles.reduce((sum, y) => sum + y, 0) / labels.length - height / 2;
  const corners = [MARGIN, Math.max(last, MARGIN)].flatMap((x) => [lowest, HEAD].map((top) => ({ x, top })));
  if (right > last) {
    const along = [];
    for (let top = lowest - STEP; top > HEAD; top -= STEP) along.push({ x: MARGIN, top });
    return [...corners, ...along];
  }
  const inside = (top) => Math.max(Math.min(top, lowest), MARGIN);
  return [...movesFromHome().map((by) => ({ x: right, top: inside(beside + by) })), ...corners];
}
