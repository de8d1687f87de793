/**
 * Shows a change that met a newer version of the report beside what is stored now, and asks which one stands.
 *
 * Element: data-merge. The reader's own text stays readable until it is decided, and who is typing keeps the caret: a key
 * meant for a text must not become a command of the page.
 */
export function valuesOf(root) {
  const values = new Map();
  for (const finding of root.querySelectorAll("[data-finding]")) {
    const { place, label, state, value, valueLabel, stateLabel } = finding.dataset;
    values.set(place, { label, state, value, valueLabel, text: [valueLabel, stateLabel].filter(Boolean).join(" – ") });
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

const TEXT_FIELDS = "input, select, textarea";

/** What was changed elsewhere and asks for no decision: shown until the reader has closed it. */
export function showOthers(box, others, strings) {
  if (others.length === 0) return;
  const said = document.createElement("p");
  said.textContent = strings.changed_elsewhere;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = strings.close;
  close.addEventListener("click", () => {
    box.hidden = true;
    box.replaceChildren();
  });
  const rows = others.map(({ label, before, after }) => [label, before, after]);
  box.replaceChildren(said, table([strings.field, strings.before, strings.stored], rows), close);
  box.hidden = false;
}

/** Fill the view and resolve to "mine" or "theirs" when the reader has chosen. ``field`` may still be typed in. */
export function askWhichStands(box, { mine, field, theirs, others, message, canKeep, strings }) {
  const title = document.createElement("h2");
  title.textContent = strings.conflict_title;
  title.tabIndex = -1;
  const said = document.createElement("p");
  said.textContent = message;
  const parts = [title, said];
  const compared = table([strings.field, strings.yours, strings.stored], [[mine.label, mine.text, theirs]]);
  const showTyped = () => (compared.tBodies[0].rows[0].cells[1].textContent = field.value);
  field?.addEventListener("input", showTyped);
  parts.push(compared);
  if (others.length > 0) {
    const also = document.createElement("p");
    also.textContent = strings.also_changed;
    const rows = others.map(({ label, before, after }) => [label, before, after]);
    parts.push(also, table([strings.field, strings.before, strings.stored], rows));
  }
  return new Promise((resolve) => {
    const choose = (answer) => () => {
      field?.removeEventListener("input", showTyped);
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
    if (!document.activeElement?.matches(TEXT_FIELDS)) title.focus();
  });
}
