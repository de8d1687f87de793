/**
 * Moves through the worklist by keyboard: J and K select a row, Enter opens it, / goes to the search field.
 *
 * Attributes: data-worklist on the table, data-open on each row's main action. Keys typed into a field are left alone.
 */
const table = document.querySelector("[data-worklist]");

function rows() {
  return [...table.querySelectorAll("tbody tr[id]")];
}

function move(step) {
  const all = rows();
  const current = all.indexOf(document.activeElement.closest("tr[id]"));
  const next = all[Math.min(Math.max(current + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, select, textarea")) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") {
    event.preventDefault();
    move(key === "j" ? 1 : -1);
  } else if (key === "/") {
    event.preventDefault();
    document.querySelector("input[type=search]")?.focus();
  } else if (key === "enter" && event.target.matches("tr[id]")) {
    event.preventDefault();
    event.target.querySelector("[data-open]")?.click();
  }
});
