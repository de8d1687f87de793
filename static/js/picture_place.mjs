/**
 * Which slice a server-drawn picture shows, and where in it a click lies. Pure.
 */
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
