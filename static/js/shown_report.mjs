/**
 * The panels of the reading page as the server renders them: asked for, put into the page, with the digest of what is shown.
 *
 * Root: data-panels-url, data-panel elements, data-text (the language of the text) and data-text-language buttons. ``seen`` hears
 * every value that the server holds. Says "dens:shown" when the page shows what it was given.
 */
import { request } from "./api_client.mjs";
import { valuesOf } from "./merge_view.mjs";
import { parse, updateForm, updatePart } from "./panels.mjs";

export class ShownReport {
  /** Of the content that is shown; empty until the server has said it. */
  digest = "";

  constructor({ root, form, seen, mark }) {
    Object.assign(this, { root, form, seen, mark });
  }

  async fetched() {
    const answer = await request(this.root.dataset.panelsUrl, { method: "GET" });
    if (answer.status === 401) this.mark.show("expired");
    if (answer.status !== 200) throw new Error(String(answer.status));
    this.seen.hear(valuesOf(parse(answer.body.html.form)));
    return answer.body;
  }

  show({ html, digest }) {
    this.digest = digest;
    updateForm(this.form, html.form);
    for (const [name, part] of Object.entries(html)) {
      if (name !== "form") updatePart(this.root.querySelector(`[data-panel="${name}"]`), part);
    }
    this.showText(this.root.dataset.text);
    this.mark.showRefusal();
    document.dispatchEvent(new CustomEvent("dens:shown"));
  }

  showText(language) {
    if (!language) return;
    this.root.dataset.text = language;
    for (const text of this.root.querySelectorAll("[data-text]")) {
      if (text !== this.root) text.hidden = text.dataset.text !== language;
    }
    for (const button of this.root.querySelectorAll("[data-text-language]")) {
      button.setAttribute("aria-pressed", String(button.dataset.textLanguage === language));
    }
  }

  /** The finding at a place of the report. */
  placed(place) {
    return [...this.form.querySelectorAll("[data-finding]")].find((finding) => finding.dataset.place === place);
  }
}
