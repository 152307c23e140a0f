// What stands behind the face that is shown: whose yes, for what, until when; voice and manner.

import {Refusal} from "./api.js";
import {refuse} from "./sheet.js";

const BASES = {
  self: "Their own",
  "guardian-of-estate": "Their estate’s",
  "public-domain-historical": "None is needed: a historical person, a portrait in the public domain",
  fictional: "None is needed: this person does not exist",
};
const WHERE = {live: "Live only", recorded: "In recordings only", "live,recorded": "Live and in recordings"};
const STATUS = {
  expired: "It has ended",
  revoked: "It was taken back",
  unknown: "This installation does not know it",
};
const SURE = {
  revoke: ["The consent is taken back for good. The face disappears at once, here and in every call.", "Take it back"],
  remove: ["The photo, the record and everything made of them for this server are deleted.", "Delete it"],
};

/** The dialogue. Fires "changed" when a likeness was revoked or removed. */
export class About extends EventTarget {
  /** @param {(id: string) => any} part @param {import("./likenesses.js").Likenesses} likenesses */
  constructor(part, likenesses) {
    super();
    this.part = part;
    this.likenesses = likenesses;
    for (const act of ["revoke", "remove"]) part(act).addEventListener("click", () => this.#ask(act));
    part("sure-no").addEventListener("click", () => this.#settle());
    part("sure-yes").addEventListener("click", () => this.#do());
  }

  /** @param {import("./likenesses.js").Likeness} one @param {{change: boolean}} may */
  open(one, {change}) {
    this.part("about-title").textContent = one.name;
    const facts = [
      ["Whose yes", BASES[one.basis] ?? one.basis],
      ["For", one.purposes.map((slug) => slug.replaceAll("-", " ")).join(", ")],
      ["Where", WHERE[one.contexts.join()]],
      ["Until", day(one.valid_until)],
      ["State", STATUS[one.status]],
    ];
    this.part("about-consent").replaceChildren(...facts.filter(([, is]) => is).flatMap(pair));
    this.part("revoke").hidden = !change || one.status !== "active";
    this.part("remove").hidden = !change;
    refuse(this.part("about-refusal"), "");
    this.#settle();
    this.part("about").showModal();
  }

  #ask(act) {
    this.act = act;
    const [words, yes] = SURE[act];
    this.part("sure-words").textContent = words;
    this.part("sure-yes").textContent = yes;
    this.part("about-sure").hidden = false;
    this.part("sure-no").focus();
  }

  #settle() {
    this.part("about-sure").hidden = true;
  }

  async #do() {
    try {
      await this.likenesses[this.act](this.likenesses.chosen);
      this.part("about").close();
      this.dispatchEvent(new CustomEvent("changed", {detail: this.act}));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(this.part("about-refusal"), error.sentence);
    }
  }
}

function day(text) {
  return new Date(`${text}T00:00Z`).toLocaleDateString("en", {dateStyle: "long", timeZone: "UTC"});
}

function pair([name, is]) {
  const [term, says] = [document.createElement("dt"), document.createElement("dd")];
  term.textContent = name;
  says.textContent = is;
  return [term, says];
}
