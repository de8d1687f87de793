/**
 * When the session has ended, nothing of a patient stays on the screen: the page goes to the log-in.
 *
 * Attributes: data-session-url and data-account on the body. Asks once a minute without counting as use. The same when
 * somebody else has logged in from another tab. A page that still holds what the server has not taken (data-dirty, a
 * data-save mark that is not "saved", words in a field that is not sent yet) stays: it says itself what is the matter.
 */
const PERIOD_MS = 60_000;

export function holdsUnsaved(page) {
  if (page.querySelector('[data-dirty], [data-save]:not([data-save="saved"])') !== null) return true;
  const fields = page.querySelectorAll("textarea, [data-reading] input:not([type=password])");
  return [...fields].some((field) => field.value !== field.defaultValue);
}

async function look(address, account) {
  try {
    const answer = await fetch(address, { headers: { "X-Background": "1", "X-Account": account } });
    if ((answer.status === 401 || answer.status === 403) && !holdsUnsaved(document)) location.reload();
  } catch {
    // No connection says nothing about the session.
  }
}

if (globalThis.document) {
  const { sessionUrl, account } = document.body.dataset;
  if (sessionUrl) setInterval(() => look(sessionUrl, account), PERIOD_MS);
}
