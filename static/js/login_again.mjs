/**
 * Logging in again without leaving the page, so that what is not saved yet can be.
 *
 * Form: data-login-again (data-account, data-session-url, data-text-other, data-text-refused, data-text-offline) with
 * the account's name in a hidden username field. Only the person whose page it is can go on with it: what they typed must
 * never be saved under another name.
 */
import { csrfToken } from "./api_client.mjs";

async function logIn(box, password) {
  const { account, sessionUrl } = box.dataset;
  const response = await fetch(sessionUrl, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
    body: JSON.stringify({ username: box.elements.username.value, password }),
  });
  const said = await response.json().catch(() => null);
  if (!response.ok) return said?.error?.message ?? box.dataset.textRefused;
  return said?.id === account ? "" : box.dataset.textOther;
}

/** Show or hide the form; ``loggedIn`` is called once the right person is back. */
export function attachLogin(box, loggedIn) {
  const error = box.querySelector("[data-login-error]");
  const say = (text) => {
    error.textContent = text;
    error.hidden = text === "";
  };
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const field = box.elements.password;
    const password = field.value;
    field.value = "";
    try {
      const refusal = await logIn(box, password);
      say(refusal);
      if (refusal) field.focus();
      else loggedIn();
    } catch {
      say(box.dataset.textOffline);
    }
  });
  return (shown) => {
    if (box.hidden !== shown) return;
    box.hidden = !shown;
    say("");
    // Somebody may be typing: the caret stays where it is.
    if (shown && document.activeElement === document.body) box.elements.password.focus();
  };
}
