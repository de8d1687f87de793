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

/** Replace a part as a whole, unless something was typed in it. Focus stays on the element of the same id. */
export function updatePart(panel, html) {
  const typing = [...panel.querySelectorAll("input, textarea")].some((field) => field.value !== field.defaultValue);
  const fresh = parse(html);
  const box = document.createElement("div");
  box.append(fresh);
  if (typing || panel.innerHTML === box.innerHTML) return;
  const focused = panel.contains(document.activeElement) ? document.activeElement.id : "";
  panel.innerHTML = box.innerHTML;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}
