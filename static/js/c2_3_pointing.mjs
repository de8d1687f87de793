/**
 * One click on C2/3 in a sagittal image asks for a new reading that counts from there.
 *
 * Attributes: data-c2-3 on the form with hidden fields instance, frame, x, y, level, mm; data-c2-3-point on the button
 * that makes the next click on a sagittal image the answer (Escape takes it back). The images say "dens:image-click" on
 * document, whichever way they are shown. data-c2-3-waiting while the new reading runs: the page loads itself anew when it
 * has arrived.
 */
const POLL_MS = 4000;
const FIELDS = ["instance", "frame", "x", "y", "level", "mm"];

function startPointing(form) {
  const button = form.querySelector("[data-c2-3-point]");
  const images = document.querySelector("[data-images]");
  if (!images || !button) return;
  button.hidden = false;
  let pointing = false;

  function point(on) {
    pointing = on;
    button.setAttribute("aria-pressed", String(on));
    images.classList.toggle("is-pointing", on);
  }

  button.addEventListener("click", () => point(!pointing));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pointing) point(false);
  });
  document.addEventListener("dens:image-click", (event) => {
    if (!pointing || event.detail.plane !== "sagittal") return;
    event.preventDefault();
    point(false);
    for (const name of FIELDS) {
      form.elements[name].value = event.detail[name];
      form.elements[name].disabled = false;
    }
    form.requestSubmit();
  });
}

function follow(page) {
  const timer = setInterval(async () => {
    const answer = await fetch(page.dataset.panelsUrl).catch(() => null);
    if (!answer?.ok) return;
    if ((await answer.json()).is_read_again) return;
    clearInterval(timer);
    location.reload();
  }, POLL_MS);
}

if (globalThis.document) {
  const form = document.querySelector("[data-c2-3]");
  if (form) startPointing(form);
  const page = document.querySelector("[data-reading]");
  if (page && document.querySelector("[data-c2-3-waiting]")) follow(page);
}
