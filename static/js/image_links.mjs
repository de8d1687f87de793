/**
 * What leads from the page to its images, whichever way they are shown: data-go-level names a level, data-show-slice a slice
 * ("instance/frame"). Clicks become events on document: "dens:go-level" {level}, "dens:slice" {slice}; whatever names the
 * level that is looked at is marked (aria-current).
 */
function mark(level) {
  for (const button of document.querySelectorAll("[data-go-level]")) {
    button.setAttribute("aria-current", String(button.dataset.goLevel === level));
  }
}

document.addEventListener("click", (event) => {
  const level = event.target.closest("[data-go-level]")?.dataset.goLevel;
  if (level) document.dispatchEvent(new CustomEvent("dens:go-level", { detail: { level } }));
  const slice = event.target.closest("[data-show-slice]")?.dataset.showSlice;
  if (slice) document.dispatchEvent(new CustomEvent("dens:slice", { detail: { slice } }));
});
document.addEventListener("dens:level", (event) => mark(event.detail.level));
document.addEventListener("dens:shown-level", (event) => mark(event.detail.level));
