/**
 * Light or dark as the system is: for pages that are read at a desk as well as in the reading room.
 *
 * Attribute: data-theme-of-system on any element of the page. The body's class is the only thing that changes.
 */
if (document.querySelector("[data-theme-of-system]")) {
  const dark = globalThis.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    document.body.classList.toggle("theme-dark", dark.matches);
    document.body.classList.toggle("theme-light", !dark.matches);
  };
  follow();
  dark.addEventListener("change", follow);
}
