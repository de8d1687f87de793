/**
 * Chooses how the images are shown: the viewer where this browser can, else the pictures that the server draws, with the reason.
 *
 * Root: data-images with data-bundle (address of the viewer's bundle, empty where it was not built) and data-description-url.
 * Inside, two templates: data-images-viewer and data-images-plain; one of them is put into data-images-place. data-images-note
 * says what is going on, in the words of the script tag #image-words.
 */
import { request } from "./api_client.mjs";
import { startPlain } from "./slice_panes.mjs";

function hasWebGl2() {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}

/** Put one of the two ways to show images in place. */
function unfold(root, name) {
  const place = root.querySelector("[data-images-place]");
  place.replaceChildren(root.querySelector(`template[data-images-${name}]`).content.cloneNode(true));
  return place;
}

function say(root, text) {
  const note = root.querySelector("[data-images-note]");
  note.textContent = text;
  note.hidden = !text;
}

async function startViewer(root, words) {
  const [{ start }, answer] = await Promise.all([
    import(root.dataset.bundle),
    request(root.dataset.descriptionUrl, { method: "GET" }),
  ]);
  if (answer.status !== 200) throw new Error(`description: ${answer.status}`);
  const place = unfold(root, "viewer");
  await start({ root: place.firstElementChild, said: answer.body, words, address: root.dataset.descriptionUrl });
}

async function start(root) {
  const words = JSON.parse(document.getElementById("image-words").textContent);
  if (!root.dataset.descriptionUrl) {
    // This site serves no description to draw from: the plain pictures are the way images are shown.
    say(root, "");
    startPlain(unfold(root, "plain"));
    root.dataset.images = "plain";
    return;
  }
  const reason = root.dataset.bundle ? (hasWebGl2() ? "" : words.no_webgl) : words.no_bundle;
  if (!reason) {
    try {
      await startViewer(root, words);
      say(root, "");
      root.dataset.images = "viewer";
      return;
    } catch (error) {
      console.warn(error);
    }
  }
  say(root, reason || words.viewer_failed);
  startPlain(unfold(root, "plain"));
  root.dataset.images = "plain";
}

const root = document.querySelector("[data-images]");
if (root) start(root);
