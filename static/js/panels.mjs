/**
 * Puts freshly rendered parts of the page in place without disturbing the reader: what did not change stays the same
 * element, focus stays where it is, open groups stay open, and a field that is being typed into is not touched.
 *
 * Parts are elements with data-panel; inside the form, findings (data-finding) are matched by id.
 */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function isBeingTyped(element) {
  return element.querySelector("[data-dirty]") !== null;
}

/* The caret stays in a text that was just saved: everything around it is renewed. */
function putAround(old, fresh) {
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  for (const part of [".mark", ".finding-label", ".finding-actions"]) {
    old.querySelector(part)?.replaceWith(fresh.querySelector(part));
  }
}

function put(old, fresh) {
  if (old.outerHTML === fresh.outerHTML || isBeingTyped(old)) return;
  const active = document.activeElement;
  const hadFocus = old.contains(active);
  if (hadFocus && active.matches("[data-set-text]")) {
    putAround(old, fresh);
    return;
  }
  const set = hadFocus ? active.dataset?.set : undefined;
  old.replaceWith(fresh);
  if (!hadFocus) return;
  const again = set === undefined ? null : fresh.querySelector(`[data-set="${CSS.escape(set)}"]`);
  (active === old ? fresh : (again ?? fresh)).focus({ preventScroll: true });
}

function reconcile(container, fresh) {
  const wanted = [...fresh.children];
  const ids = new Set(wanted.map((element) => element.id));
  for (const old of [...container.children]) if (!ids.has(old.id) && !isBeingTyped(old)) old.remove();
  let after = null;
  for (const next of wanted) {
    const old = document.getElementById(next.id);
    if (old && old.parentElement === container) {
      put(old, next);
    } else if (after) {
      after.after(next);
    } else {
      container.prepend(next);
    }
    after = document.getElementById(next.id);
  }
}

export function updateForm(panel, html) {
  const fresh = parse(html);
  const groups = fresh.querySelectorAll("details[data-group]");
  for (const group of groups) {
    const old = document.getElementById(group.id);
    const summary = old.querySelector("summary");
    const next = group.querySelector("summary");
    if (summary.innerHTML !== next.innerHTML) summary.innerHTML = next.innerHTML;
    reconcile(old.querySelector(".fields"), group.querySelector(".fields"));
  }
  for (const part of fresh.querySelectorAll(".gate-line")) {
    const old = panel.querySelector(`.${part.classList[0]}`);
    if (old && old.innerHTML !== part.innerHTML) {
      old.innerHTML = part.innerHTML;
      old.className = part.className;
    }
  }
}

/** By what the element that has the focus can be found again among freshly rendered ones. */
function nameOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const attributes = [...element.attributes].filter(({ name }) => name.startsWith("data-"));
  const part = element.closest("[id]")?.id;
  const own = attributes.map(({ name, value }) => `[${name}="${CSS.escape(value)}"]`).join("");
  return own ? `${part ? `#${CSS.escape(part)} ` : ""}${own}` : "";
}

/**
 * Replace a part as a whole, unless something was typed in it or a paragraph is being written. The focus stays on the
 * same control; where that is gone it goes to the next one of the part, never to the top of the page.
 */
export function updatePart(panel, html) {
  const typing = [...panel.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
  const box = document.createElement("div");
  box.append(parse(html));
  if (typing || panel.querySelector("[data-editing]") || panel.innerHTML === box.innerHTML) return;
  const active = panel.contains(document.activeElement) ? document.activeElement : null;
  const name = active ? nameOf(active) : "";
  panel.innerHTML = box.innerHTML;
  if (!active) return;
  panel.tabIndex = -1;
  const again = (name && panel.querySelector(name)) || panel.querySelector("a[href], button:not(:disabled), input, summary");
  (again ?? panel).focus({ preventScroll: true });
}
