/**
 * One click on C2/3 in the sagittal image asks for a new reading that counts from there.
 *
 * Attributes: data-c2-3 on the form with hidden fields instance, frame, x, y, level, mm; data-c2-3-point on the button
 * that makes the next click in data-pane="sagittal" the answer (Escape takes it back). data-c2-3-waiting while the new
 * reading runs: the page loads itself anew when it has arrived.
 */
const POLL_MS = 4000;

/** Where a click lies in a picture that is fitted whole into its box: 0 to 1 across and down; null beside it. */
export function placeInPicture(box, picture, click) {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const left = box.left + (box.width - picture.width * scale) / 2;
  const top = box.top + (box.height - picture.height * scale) / 2;
  const x = (click.x - left) / (picture.width * scale);
  const y = (click.y - top) / (picture.height * scale);
  return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : null;
}

/** Which slice a picture's address names, and its cut-out. */
export function sliceOf(address) {
  const url = new URL(address, "http://page/");
  const parts = /\/images\/([0-9a-f-]+)\/(\d+)\.png$/.exec(url.pathname);
  if (!parts) return null;
  const [, instance, frame] = parts;
  return { instance, frame, level: url.searchParams.get("level") ?? "", mm: url.searchParams.get("mm") ?? "" };
}

function startPointing(form) {
  const figure = document.querySelector("[data-pane=sagittal]");
  const image = figure?.querySelector("img");
  const button = form.querySelector("[data-c2-3-point]");
  if (!image || !button) return;
  button.hidden = false;
  let pointing = false;

  function point(on) {
    pointing = on;
    button.setAttribute("aria-pressed", String(on));
    figure.classList.toggle("is-pointing", on);
  }

  button.addEventListener("click", () => point(!pointing));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pointing) point(false);
  });
  figure.addEventListener("click", (event) => {
    if (!pointing) return;
    const picture = { width: image.naturalWidth, height: image.naturalHeight };
    const place = placeInPicture(image.getBoundingClientRect(), picture, { x: event.clientX, y: event.clientY });
    const slice = sliceOf(image.getAttribute("src"));
    if (!place || !slice) return;
    point(false);
    for (const [name, value] of Object.entries({ ...slice, ...place })) {
      form.elements[name].value = value;
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
