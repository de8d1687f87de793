/**
 * The small forms in a mark's row: why it is wrong, and what it says instead. Each calls done(body) with what is to be sent.
 */
function labelled(element, words) {
  element.setAttribute("aria-label", words);
  return element;
}

function choice(words, entries, chosen) {
  const list = labelled(document.createElement("select"), words);
  list.replaceChildren(...entries.map(([value, text]) => new Option(text, value, false, value === chosen)));
  list.hidden = entries.length < 2;
  return list;
}

function formOf(parts, words, body, done) {
  const form = document.createElement("form");
  const send = document.createElement("button");
  send.textContent = words;
  form.append(...parts, send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    done(body());
  });
  // A list takes Enter for itself in no browser, and submits in none either.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("select")) return;
    event.preventDefault();
    form.requestSubmit();
  });
  return form;
}

export function whyForm(words, done) {
  const input = labelled(document.createElement("input"), words.why);
  Object.assign(input, { required: true, maxLength: 500, placeholder: words.why });
  return formOf([input], words.reject, () => ({ comment: input.value }), done);
}

/** Level, side and wording that a mark may have, as [value, text]; one entry where there is nothing to choose. Pure. */
export function choicesFor(mark, rules, words) {
  const { levels, says, needs_level: needsLevel } = rules[mark.kind];
  const none = needsLevel ? [] : [["", mark.kind === "disc_slice" ? words.none : words.no_level]];
  const sides = mark.structure === "lf" ? ["left", "right"] : [];
  return {
    level: [...none, ...levels.map((level) => [level, level])],
    side: [...(needsLevel ? [] : [["", words.no_side]]), ...sides.map((side) => [side, words.side[side]])],
    says: says.map((one) => [one, words.says[one]]),
  };
}

/** Where a mark lies stays; only its words change. */
export function wordsForm(mark, rules, words, done) {
  const entries = choicesFor(mark, rules, words);
  const [level, side, says] = ["level", "side", "says"].map((name) => choice(words.choose[name], entries[name], mark[name]));
  const body = () => ({
    points: mark.points,
    level: level.value,
    side: side.value,
    says: level.value || mark.kind !== "disc_slice" ? says.value : "level", // of no disc nothing else can be said
  });
  return formOf([level, side, says], words.keep, body, done);
}
