/**
 * Keeps the worklist's states alive: fetches the same rows every few seconds and replaces those that changed.
 *
 * Attributes: data-worklist (data-rows-url, data-text-new, data-text-lost) on the table, data-worklist-rows on its body,
 * data-worklist-news on the element that says that new studies arrived. Focus and scroll stay where they are.
 */
const PERIOD_MS = 3000;

export function changedRows(current, fresh) {
  const before = new Map([...current.querySelectorAll("tr[id]")].map((row) => [row.id, row]));
  const changed = [];
  let added = 0;
  for (const row of fresh.querySelectorAll("tr[id]")) {
    const old = before.get(row.id);
    if (!old) added += 1;
    else if (textOf(old) !== textOf(row)) changed.push([old, row]);
  }
  return { changed, added };
}

/* Forms carry a fresh token each time: compare what is seen and where it leads. */
function textOf(row) {
  const links = [...row.querySelectorAll("a, form, .state, .chip")];
  return row.textContent.replace(/\s+/g, " ") + links.map((e) => (e.href ?? e.action ?? "") + e.className).join();
}

function replace(old, row) {
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(row);
  if (hadFocus) row.focus();
}

async function refresh(table) {
  const news = document.querySelector("[data-worklist-news]");
  try {
    // Asking by itself must not keep an unattended session alive; when that has ended, nothing stays on the screen.
    const options = { headers: { "X-Background": "1" }, redirect: "manual" };
    const response = await fetch(table.dataset.rowsUrl + location.search, options);
    if (response.type === "opaqueredirect") {
      location.reload();
      return;
    }
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(`<table>${await response.text()}</table>`, "text/html");
    const { changed, added } = changedRows(table, page);
    for (const [old, row] of changed) replace(old, document.importNode(row, true));
    news.textContent = added > 0 ? table.dataset.textNew : "";
  } catch {
    news.textContent = table.dataset.textLost;
  }
}

if (globalThis.document) {
  const table = document.querySelector("[data-worklist]");
  setInterval(() => document.hidden || refresh(table), PERIOD_MS);
}
