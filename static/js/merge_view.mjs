/**
 * Shows a change that met a newer version of the report beside what is stored now, and asks which one stands.
 *
 * Element: data-merge. Nothing is merged on its own, and the reader's own text stays readable until it is decided.
 */
export function valuesOf(root) {
  const values = new Map();
  for (const finding of root.querySelectorAll("[data-finding]")) {
    const { place, label, state, value, valueLabel, stateLabel } = finding.dataset;
    values.set(place, { label, state, value, text: [valueLabel, stateLabel].filter(Boolean).join(" – ") });
  }
  return values;
}

/** Places whose value or state differ between two readings of the form, with both texts. */
export function differences(before, after) {
  const found = [];
  for (const [place, now] of after) {
    const was = before.get(place);
    if (was && (was.value !== now.value || was.state !== now.state)) {
      found.push({ place, label: now.label, before: was.text, after: now.text });
    }
  }
  return found;
}

function cell(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (tag === "th") element.scope = "col";
  return element;
}

function table(head, rows) {
  const element = document.createElement("table");
  const headRow = element.createTHead().insertRow();
  for (const text of head) headRow.append(cell("th", text));
  const body = element.createTBody();
  for (const row of rows) body.insertRow().append(...row.map((text) => cell("td", text)));
  return element;
}

/** Fill the view and resolve to "mine" or "theirs" when the reader has chosen. */
export function askWhichStands(box, { mine, theirs, others, message, canKeep, strings }) {
  const title = document.createElement("h2");
  title.textContent = strings.conflict_title;
  title.tabIndex = -1;
  const said = document.createElement("p");
  said.textContent = message;
  const parts = [title, said];
  parts.push(table([strings.field, strings.yours, strings.stored], [[mine.label, mine.text, theirs]]));
  if (others.length > 0) {
    const also = document.createElement("p");
    also.textContent = strings.also_changed;
    const rows = others.map(({ label, before, after }) => [label, before, after]);
    parts.push(also, table([strings.field, strings.before, strings.stored], rows));
  }
  return new Promise((resolve) => {
    const choose = (answer) => () => {
      box.hidden = true;
      box.replaceChildren();
      resolve(answer);
    };
    const row = document.createElement("div");
    row.className = "row";
    const take = document.createElement("button");
    take.type = "button";
    take.textContent = strings.take_stored;
    take.addEventListener("click", choose("theirs"));
    if (canKeep) {
      const keep = document.createElement("button");
      keep.type = "button";
      keep.className = "button-primary";
      keep.textContent = strings.keep_mine;
      keep.addEventListener("click", choose("mine"));
      row.append(keep);
    }
    row.append(take);
    box.replaceChildren(...parts, row);
    box.hidden = false;
    title.focus();
  });
}
