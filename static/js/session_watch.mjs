/**
 * When the session has ended, nothing of a patient stays on the screen: the page goes to the log-in.
 *
 * Attribute: data-session-url on the body. Asks once a minute without counting as use. A page that still holds changes
 * the server has not taken (data-dirty, or a data-save mark that is not "saved") stays: it says itself what is the matter.
 */
const PERIOD_MS = 60_000;

export function holdsUnsaved(page) {
  return page.querySelector('[data-dirty], [data-save]:not([data-save="saved"])') !== null;
}

async function look(address) {
  try {
    const answer = await fetch(address, { headers: { "X-Background": "1" } });
    if ((answer.status === 401 || answer.status === 403) && !holdsUnsaved(document)) location.reload();
  } catch {
    // No connection says nothing about the session.
  }
}

if (globalThis.document) {
  const { sessionUrl } = document.body.dataset;
  if (sessionUrl) setInterval(() => look(sessionUrl), PERIOD_MS);
}
