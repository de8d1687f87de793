/**
 * Sends chosen or dropped files to the upload API in small requests and shows what became of each.
 *
 * On the form: data-upload, data-files-url, data-pieces-url, data-finish-url, data-study-url and its texts.
 * Inside: data-upload-drop, -files, -folder, -stop, -progress, -status. In the page: data-upload-results, -studies,
 * -rows. Without script the form posts the files itself; every request may be sent twice without harm.
 */
import { chosenFiles, droppedFiles } from "./dropped_files.mjs";
import { batches, fill, pieces } from "./upload_batches.mjs";

const RETRY_AFTER_MS = [1000, 3000, 8000];

class Refused extends Error {}
class Stopped extends Error {}

function csrfToken() {
  return document.cookie.match(/(?:^|;\s*)(?:__Host-)?dens-csrf=([^;]+)/)?.[1] ?? "";
}

class Upload {
  constructor(form) {
    this.form = form;
    this.text = form.dataset;
    this.part = (name) => document.querySelector(`[data-upload-${name}]`);
    this.counts = { stored: 0, already_stored: 0, quarantined: 0, refused: 0 };
    this.studies = new Set();
    this.stop = null;
    this.waiting = [];
    for (const element of form.querySelectorAll("[data-upload-needs-script]")) element.hidden = false;
    form.addEventListener("submit", (event) => this.submitted(event));
    this.part("stop").addEventListener("click", () => this.stop?.abort());
    this.acceptDrops(this.part("drop"));
  }

  acceptDrops(zone) {
    zone.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
    zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
    zone.addEventListener("drop", async (event) => {
      event.preventDefault();
      zone.classList.remove("is-over");
      const files = await droppedFiles(event.dataTransfer);
      if (files.length) this.run(files);
      else this.say(this.text.textNothing);
    });
  }

  submitted(event) {
    event.preventDefault();
    const files = [...chosenFiles(this.part("files")), ...chosenFiles(this.part("folder"))];
    if (files.length) this.run(files);
  }

  /** Sends these files; those chosen meanwhile wait until the running ones are done. */
  async run(files) {
    this.waiting.push(...files);
    if (this.stop) return;
    while (this.waiting.length) await this.sendAll(this.waiting.splice(0));
  }

  async sendAll(files) {
    this.stop = new AbortController();
    this.part("stop").hidden = false;
    this.part("results").hidden = false;
    this.bytes = files.reduce((sum, entry) => sum + entry.file.size, 0);
    this.sentBytes = 0;
    this.sentFiles = 0;
    this.allFiles = files.length;
    let said = this.text.textStopped;
    try {
      this.advance(0, 0);
      for (const batch of batches(files)) {
        if (batch.large) await this.sendLarge(batch.large);
        else await this.sendBatch(batch.files);
      }
      said = this.summary();
    } catch (error) {
      this.waiting = [];
      if (error instanceof Refused) said = error.message;
      else if (!(error instanceof Stopped)) throw error;
    } finally {
      await this.finish();
      this.stop = null;
      this.part("stop").hidden = true;
      this.form.reset();
      this.say(said);
    }
  }

  async sendBatch(files) {
    const body = new FormData();
    for (const entry of files) {
      body.append("files", entry.file);
      body.append("names", entry.name);
    }
    body.append("more", "true");
    const answer = await this.send(this.text.filesUrl, body);
    this.show(answer.body);
    this.advance(files.reduce((sum, entry) => sum + entry.file.size, 0), files.length);
  }

  async sendLarge(entry) {
    const upload = crypto.randomUUID?.() ?? fallbackUuid();
    let start = 0;
    for (;;) {
      let outOfPlace = false;
      for (const { offset, blob } of pieces(entry.file, start)) {
        const body = new FormData();
        const fields = { upload, name: entry.name, offset, total: entry.file.size, more: "true" };
        for (const [name, value] of Object.entries(fields)) body.append(name, value);
        body.append("piece", blob, "piece");
        const answer = await this.send(this.text.piecesUrl, body, [409]);
        if (answer.status === 409) {
          start = answer.body.error.details.present;
          outOfPlace = true;
          break;
        }
        this.advance(blob.size, 0);
        if (answer.status === 200) this.show(answer.body);
      }
      if (!outOfPlace) break;
    }
    this.advance(0, 1);
  }

  /** One request, repeated while the connection fails. Throws Refused with a sentence, or Stopped. */
  async send(address, body, expected = []) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
        const response = await fetch(address, { method: "POST", headers, body, signal: this.stop.signal, redirect: "manual" });
        if (response.status === 401 || response.type === "opaqueredirect") throw new Refused(this.text.textLogin);
        const content = await response.json().catch(() => null);
        if (response.ok || expected.includes(response.status)) return { status: response.status, body: content };
        if (content?.error?.details?.files) this.show(content.error.details);
        throw new Refused(content?.error?.message ?? this.text.textFailed);
      } catch (error) {
        if (this.stop.signal.aborted) throw new Stopped();
        if (error instanceof Refused || attempt >= RETRY_AFTER_MS.length) {
          throw error instanceof Refused ? error : new Refused(this.text.textFailed);
        }
        this.say(this.text.textLost);
        await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER_MS[attempt]));
      }
    }
  }

  async finish() {
    if (!this.studies.size) return;
    const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken() };
    const body = JSON.stringify({ studies: [...this.studies] });
    // Should this be lost, the server asks for inference by itself a minute later.
    await fetch(this.text.finishUrl, { method: "POST", headers, body }).catch(() => null);
  }

  show(report) {
    const rows = document.createDocumentFragment();
    for (const file of report.files) {
      this.counts[file.status] += 1;
      const row = rows.appendChild(document.createElement("tr"));
      const name = row.appendChild(document.createElement("td"));
      name.className = "upload-name";
      name.appendChild(document.createElement("bdi")).textContent = file.name;
      const tag = row.appendChild(document.createElement("td")).appendChild(document.createElement("span"));
      tag.className = `tag upload-${file.status}`;
      tag.textContent = file.status_text;
      row.appendChild(document.createElement("td")).textContent = file.message;
    }
    this.part("rows").append(rows);
    for (const study of report.studies) this.addStudy(study);
  }

  addStudy(study) {
    if (this.studies.has(study)) return;
    this.studies.add(study);
    const link = document.createElement("a");
    link.className = "button";
    link.href = this.text.studyUrl.replace("00000000-0000-0000-0000-000000000000", study);
    link.textContent = `${this.text.textStudy} ${this.studies.size}`;
    this.part("studies").appendChild(document.createElement("li")).append(link);
  }

  summary() {
    const { stored, already_stored: already, quarantined, refused } = this.counts;
    return fill(this.text.textDone, { stored, already, quarantined, refused });
  }

  advance(bytes, files) {
    this.sentBytes += bytes;
    this.sentFiles += files;
    this.part("progress").value = this.bytes ? Math.min(1, this.sentBytes / this.bytes) : 1;
    this.say(fill(this.text.textSending, { done: this.sentFiles, all: this.allFiles }));
  }

  say(text) {
    this.part("status").textContent = text;
  }
}

/** Plain http has no crypto.randomUUID outside localhost. */
function fallbackUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

for (const form of document.querySelectorAll("[data-upload]")) new Upload(form);
