/**
 * Pages through the slices of a picture. Attributes: data-slice-picture on the img, whose address ends in "…/NUMBER.png";
 * data-slice-number on a range input in the same figure. Without script the first picture stays.
 */

/** The address of another slice. */
export function addressOf(address, number) {
  return address.replace(/\d+(?=\.png$)/, String(number));
}

if (globalThis.document) {
  for (const slider of document.querySelectorAll("[data-slice-number]")) {
    const picture = slider.closest("figure").querySelector("[data-slice-picture]");
    slider.addEventListener("input", () => {
      picture.src = addressOf(picture.getAttribute("src"), slider.value);
    });
  }
}
