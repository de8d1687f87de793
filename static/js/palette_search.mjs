/**
 * Finds what a typed line means: pure, so that it can be tested without a page.
 *
 * An entry is {words, weight?, length?, ...}: everything it may be called by, and how it stands among its equals. A line
 * may hold several parts between commas; a part that names no level means the level of the part before.
 */
const LEVEL = /^[ct][1-8](?:[ct]?[1-8])?$/;

/** "C5/6" and "c56" are one word; the rest is split at everything that is no letter or number. */
export function tokens(text) {
  const plain = text.toLowerCase().replace(/([ct][1-7])\s*\/\s*([ct]?[1-7])/g, "$1$2");
  return plain.match(/-?\d+(?:[.]\d+)?(?![a-z])|[\p{L}\p{N}_]+/gu) ?? [];
}

/** Parts of a line, each with the level it inherits. */
export function parts(line) {
  let level = "";
  return line.split(/[,;，；]/).map((part) => part.trim()).filter(Boolean).map((part) => {
    const own = tokens(part).find((token) => LEVEL.test(token));
    if (own) level = own;
    return own || !level ? part : `${level} ${part}`;
  });
}

function score(entry, wanted) {
  let total = 0;
  for (const token of wanted) {
    const best = Math.max(0, ...entry.words.map((word) => {
      if (word === token) return 3;
      if (/^[-\d.]+$/.test(token)) return 0;
      return word.startsWith(token) ? 2 : token.length > 1 && word.includes(token) ? 1 : 0;
    }));
    if (best === 0) return 0;
    total += best;
  }
  return total + (entry.weight ?? 0) - (entry.length ?? entry.words.length) / 100;
}

/** The entries that hold every word of ``part``, best first. An inherited level is dropped where it fits nothing. */
export function search(entries, part, limit = 8) {
  const wanted = tokens(part);
  if (wanted.length === 0) return [];
  const found = (words) => entries
    .map((entry) => ({ entry, points: score(entry, words) }))
    .filter(({ points }) => points > 0)
    .sort((one, other) => other.points - one.points)
    .slice(0, limit)
    .map(({ entry }) => entry);
  return found(wanted);
}

/** As ``search``, and for a part without a level of its own also without the level it inherited. */
export function searchLine(entries, line, index, limit = 8) {
  const inherited = parts(line)[index] ?? "";
  const own = line.split(/[,;，；]/).map((part) => part.trim()).filter(Boolean)[index] ?? "";
  const found = search(entries, inherited, limit);
  return found.length > 0 ? found : search(entries, own, limit);
}
