/**
 * Keeps the worklist alive: asks every few seconds, with the tag of what it has, and puts in place what has changed.
 *
 * Attributes: data-worklist (data-rows-url, data-tag, data-text-gone, data-text-lost) on the table, data-worklist-rows on
 * its body, data-worklist-views with data-view-count, data-worklist-news, data-selected-count. Focus, selection and scroll
 * stay where they are; a row that somebody is at is not taken away, but marked as gone.
 */
const PERIOD_MS = 3000;

/** The fresh rows against those on the page: {changed: [[old, fresh]], added: [[fresh, id before it]], gone: [old]}. */
export function compareRows(current, fresh) {
  const before = new Map(current.map((row) => [row.id, row]));
  const now = new Set(fresh.map((row) => row.id));
  const changed = [];
  const added = [];
  fresh.forEach((row, index) => {
    const old = before.get(row.id);
    if (!old) added.push([row, index > 0 ? fresh[index - 1].id : null]);
    else if (old.outerHTML !== row.outerHTML) changed.push([old, row]);
  });
  return { changed, added, gone: current.filter((row) => !now.has(row.id)) };
}

function replace(old, row) {
  const box = old.querySelector("[data-select]");
  if (box?.checked) row.querySelector("[data-select]").checked = true;
  const active = document.activeElement;
  const focused = old.contains(active) ? [...old.querySelectorAll("a, button, input")].indexOf(active) : null;
  old.replaceWith(row);
  if (focused === null) return;
  const again = focused < 0 ? row : row.querySelectorAll("a, button, input")[focused];
  (again ?? row).focus({ preventScroll: true });
}

function leave(row, text) {
  if (!row.contains(document.activeElement) && !row.querySelector("[data-select]:checked")) {
    row.remove();
  } else if (!row.classList.contains("is-gone")) {
    row.classList.add("is-gone");
    const said = document.createElement("span");
    said.className = "sub";
    said.textContent = text;
    row.querySelector("th").append(said);
  }
}

function showRows(table, page) {
  const body = table.querySelector("[data-worklist-rows]");
  const rowsOf = (root) => [...root.querySelectorAll("tr[id]")];
  const fresh = rowsOf(page).map((row) => document.importNode(row, true));
  const { changed, added, gone } = compareRows(rowsOf(body), fresh);
  for (const [old, row] of changed) replace(old, row);
  for (const [row, before] of added) {
    const above = before && document.getElementById(before);
    if (above) above.after(row);
    else body.prepend(row);
  }
  for (const row of gone) leave(row, table.dataset.textGone);
  body.querySelector(".empty")?.remove();
  const empty = page.querySelector(".empty");
  if (empty && rowsOf(body).length === 0) body.append(document.importNode(empty, true));
}

function showCounts(page) {
  const counts = (root) => [...root.querySelectorAll("[data-view-count]")];
  const fresh = counts(page);
  const shown = counts(document);
  if (fresh.length !== shown.length) return;
  shown.forEach((one, index) => {
    if (one.textContent !== fresh[index].textContent) one.textContent = fresh[index].textContent;
  });
}

async function refresh(table) {
  const news = document.querySelector("[data-worklist-news]");
  try {
    // Asking by itself must not keep an unattended session alive; when that has ended, nothing stays on the screen.
    const { account } = document.body.dataset;
    const headers = { "X-Background": "1", "X-Account": account, "If-None-Match": `"${table.dataset.tag}"` };
    const address = table.dataset.rowsUrl + location.search;
    const response = await fetch(address, { headers, redirect: "manual", cache: "no-store" });
    if (response.type === "opaqueredirect" || response.status === 403) {
      location.reload();
      return;
    }
    news.textContent = "";
    if (response.status === 304) return;
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    showRows(table, page);
    showCounts(page);
    table.dataset.tag = response.headers.get("ETag")?.replace(/^W\/|"/g, "") ?? "";
  } catch {
    news.textContent = table.dataset.textLost;
  }
}

function showSelected() {
  const number = document.querySelectorAll("[data-select]:checked").length;
  const count = document.querySelector("[data-selected-count]");
  if (count) count.textContent = number > 0 ? `(${number})` : "";
}

if (globalThis.document) {
  const table = document.querySelector("[data-worklist]");
  setInterval(() => document.hidden || refresh(table).then(showSelected), PERIOD_MS);
  document.addEventListener("visibilitychange", () => document.hidden || refresh(table));
  document.addEventListener("change", showSelected);
}
