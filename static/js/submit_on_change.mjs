/**
 * Submits a form when one of its choices changes.
 *
 * Attribute: data-submit-on-change on the form. Text fields wait for Enter or the button. Without script the button does it.
 */
for (const form of document.querySelectorAll("[data-submit-on-change]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, input[type=checkbox]")) form.requestSubmit();
  });
}
