/**
 * The points of a figure in reading order, for the keyboard: each is {curveNumber, pointNumber, text, cases}. Only points that
 * say something are there: a trace without `customdata` is decoration (a diagonal, a band). `customdata` holds, per point, what
 * is read out and the address of its reports (empty where there are none).
 */
export function pointsOf(data) {
  return data.flatMap((trace, curveNumber) =>
    (trace.customdata ?? []).map(([text, cases], pointNumber) => ({ curveNumber, pointNumber, text, cases })),
  );
}

/** The point that a key leads to; `null` for a key that means nothing here. */
export function pointAfter(key, current, length) {
  const last = length - 1;
  const steps = { ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1, ArrowUp: current - 1 };
  const ends = { Home: 0, End: last };
  if (length === 0 || !(key in steps || key in ends)) return null;
  return key in ends ? ends[key] : Math.min(Math.max(steps[key], 0), last);
}
