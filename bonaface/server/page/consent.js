// Adding a likeness: a photo, and the yes that it needs, in plain words.

import {Refusal, send} from "./api.js";
import {refuse} from "./sheet.js";

const LARGEST = 25_000_000; // bytes of a photo

/** @typedef {{basis: string, contexts: string[], text: string}} Notice words that the server records */

/** The dialogue. Fires "added" (detail: the id of the likeness). */
export class Consent extends EventTarget {
  /** @param {(id: string) => any} part finds an element of the page */
  constructor(part) {
    super();
    this.part = part;
    /** @type {Notice[]} */
    this.notices = [];
    this.form = part("add-form");
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.form.addEventListener("input", () => this.#tell());
    part("photo").addEventListener("change", () => this.#preview());
    this.#acceptDrops(this.form.querySelector(".drop"));
  }

  /** @param {{grant: boolean, notices: Notice[]}} may grant: whether a yes may be recorded here */
  open({grant, notices}) {
    this.form.reset();
    this.notices = notices;
    for (const input of this.form.elements.basis) {
      const fromFile = input.value === "record";
      input.closest("label").hidden = !grant && !fromFile;
      if (!grant && fromFile) input.checked = true;
    }
    this.part("photo-view").hidden = true;
    this.part("photo-words").hidden = false;
    refuse(this.part("add-refusal"), "");
    const today = new Date();
    this.part("until").min = iso(today);
    today.setFullYear(today.getFullYear() + 1);
    this.part("until").value = iso(today);
    this.#tell();
    this.part("add").showModal();
  }

  get basis() {
    return this.form.elements.basis.value;
  }

  /** The words that are agreed to. */
  get notice() {
    const where = this.part("where").value;
    const same = (one) => one.basis === this.basis && one.contexts.join() === where;
    return this.notices.find(same)?.text ?? "";
  }

  /** Say back what is being agreed to; who ticked other words has not ticked these. */
  #tell() {
    const fromFile = this.basis === "record";
    this.part("terms-part").hidden = fromFile;
    this.part("record-part").hidden = !fromFile;
    this.part("add-send").textContent = fromFile ? "Add the face" : "Record this yes and add the face";
    if (fromFile) return;
    const purpose = slug(this.part("purpose").value).replaceAll("-", " ") || "…";
    const until = this.part("until").valueAsDate;
    const day = until ? until.toLocaleDateString("en", {dateStyle: "long", timeZone: "UTC"}) : "…";
    const before = this.part("agree-words").textContent;
    this.part("agree-notice").textContent = this.notice;
    this.part("agree-terms").textContent = `For ${purpose}, until ${day}.`;
    if (before !== this.part("agree-words").textContent) this.part("agree").checked = false;
  }

  #preview() {
    const [file] = this.part("photo").files;
    this.part("photo-view").hidden = !file;
    this.part("photo-words").hidden = Boolean(file);
    if (!file) return;
    URL.revokeObjectURL(this.part("photo-view").src);
    this.part("photo-view").src = URL.createObjectURL(file);
    this.part("photo-view").alt = `The photo you chose: ${file.name}`;
  }

  #acceptDrops(place) {
    const over = (on) => (event) => {
      event.preventDefault();
      place.classList.toggle("over", on);
    };
    place.addEventListener("dragover", over(true));
    place.addEventListener("dragleave", over(false));
    place.addEventListener("drop", (event) => {
      over(false)(event);
      this.part("photo").files = event.dataTransfer.files;
      this.#preview();
    });
  }

  /** What is missing, as [where, sentence]; null where nothing is. */
  #missing() {
    const photo = this.part("photo").files[0];
    if (!photo) return ["photo", "Choose a photo first."];
    if (photo.size > LARGEST) return ["photo", "This photo is larger than 25 MB. Choose a smaller one."];
    if (this.basis === "record") {
      return this.part("record").files[0] ? null : ["record", "Choose the file with the consent record."];
    }
    if (!this.part("subject").value.trim()) return ["subject", "Write whose face it is; a pseudonym will do."];
    if (!slug(this.part("purpose").value)) return ["purpose", "Write what the face is for."];
    if (!this.part("until").value) return ["until", "Say until when this is agreed."];
    return this.part("agree").checked ? null : ["agree", "Nobody is shown without a yes: tick the sentence if it is true."];
  }

  async #submit(event) {
    event.preventDefault();
    const missing = this.#missing();
    if (missing) {
      refuse(this.part("add-refusal"), missing[1], this.part(missing[0]));
      return;
    }
    const button = this.part("add-send");
    button.disabled = true;
    try {
      const answer = await send("POST", "/api/likenesses", {body: this.#body(), wait: 60000});
      const made = await answer.json();
      this.part("add").close();
      this.dispatchEvent(new CustomEvent("added", {detail: made.id}));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(this.part("add-refusal"), error.sentence);
    } finally {
      button.disabled = false;
    }
  }

  #body() {
    const body = new FormData();
    body.set("photo", this.part("photo").files[0]);
    if (this.basis === "record") {
      body.set("consent", this.part("record").files[0]);
      return body;
    }
    body.set("subject", this.part("subject").value.trim());
    body.set("basis", this.basis);
    body.set("purpose", slug(this.part("purpose").value));
    body.set("until", this.part("until").value);
    body.set("contexts", this.part("where").value);
    body.set("notice", this.notice);
    body.set("agreed", "true");
    return body;
  }
}

/** A purpose as the record knows it: "Video calls" is video-calls. @param {string} text */
function slug(text) {
  const plain = text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);
}

function iso(day) {
  return day.toISOString().slice(0, 10);
}
