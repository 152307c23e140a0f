// Captions under the face: what it says, word by word as it is said, and what was heard of you.

/**
 * @typedef {{at: number, until: number, text: string, speaker: "face" | "you", final: boolean,
 *   words?: [string, number, number][]}} Caption
 *   times in ms; a word is its text, when it begins and when it ends
 */

const KEPT = 4; // seconds that a caption stays after its last word
const LINES = 2; // that are shown at once; a longer text is turned page by page
const LETTER = 0.54; // width of a letter and its share of ragged line ends, in ems

export class Captions {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.face = line(place, "said");
    this.you = line(place, "you");
    place.prepend(this.you);
    /** @type {{caption: Caption, from: number, pages: Page[]} | null} */
    this.told = null;
    this.lead = 150; // ms from a caption's coming until its sound is heard
  }

  /** @param {Caption} caption */
  show(caption) {
    if (caption.speaker === "you") this.#showYou(caption);
    else this.#showFace(caption);
  }

  /** The face was cut short: what was heard stays, the rest is struck out. */
  interrupt() {
    if (!this.told) return;
    this.face.classList.add("unheard");
    this.#fade(this.face);
    this.told = null;
  }

  clear() {
    this.told = null;
    for (const part of [this.face, this.you]) part.replaceChildren();
  }

  /** @param {boolean} on */
  turn(on) {
    this.place.classList.toggle("off", !on);
    this.place.setAttribute("aria-live", on ? "polite" : "off");
    if (on) this.place.removeAttribute("aria-hidden");
    else this.place.setAttribute("aria-hidden", "true");
  }

  #showYou(caption) {
    const name = document.createElement("span");
    name.className = "who";
    name.textContent = "You: ";
    this.you.classList.toggle("unsure", !caption.final);
    // A screen reader reads what is settled, not every guess on the way.
    this.you.setAttribute("aria-live", caption.final ? "polite" : "off");
    this.you.replaceChildren(name, caption.text);
    this.#fade(this.you, 8);
  }

  #showFace(caption) {
    const from = performance.now() + this.lead;
    this.told = {caption, from, pages: paginate(timed(caption), this.#room())};
    this.page = -1;
    this.face.classList.remove("unheard");
    this.#follow(this.told);
  }

  /** Mark the words as they are said, and turn the page when it is full. */
  #follow(told) {
    if (told !== this.told) return;
    const now = performance.now() - told.from;
    const at = Math.max(0, told.pages.findLastIndex((page) => page.at <= now));
    if (at !== this.page) {
      this.page = at;
      this.face.replaceChildren(...told.pages[at].words.flatMap(drawn));
    }
    const words = told.pages[at].words;
    [...this.face.children].forEach((part, i) => part.classList.toggle("said", words[i].at <= now));
    if (now > told.caption.until - told.caption.at) this.#fade(this.face);
    else requestAnimationFrame(() => this.#follow(told));
  }

  /** Letters that fit. */
  #room() {
    const em = parseFloat(getComputedStyle(this.place).fontSize);
    return Math.max(20, Math.floor(this.place.clientWidth / (em * LETTER)) * LINES);
  }

  #fade(part, seconds = KEPT) {
    clearTimeout(part.fading);
    const shown = part.textContent;
    part.fading = setTimeout(() => {
      if (part.textContent === shown && !this.#speaking(part)) part.replaceChildren();
    }, seconds * 1000);
  }

  #speaking(part) {
    return part === this.face && this.told !== null
      && performance.now() - this.told.from < this.told.caption.until - this.told.caption.at;
  }
}

/** @typedef {{at: number, text: string}} Word  at in ms from the caption's start */
/** @typedef {{at: number, words: Word[]}} Page */

/** The words with their times: the voice's own, or else spread over the letters. @returns {Word[]} */
function timed(caption) {
  if (caption.words?.length) {
    return caption.words.map(([text, at]) => ({at: at - caption.at, text}));
  }
  const texts = caption.text.split(/\s+/).filter(Boolean);
  const letters = texts.reduce((sum, text) => sum + text.length + 1, 0);
  let before = 0;
  return texts.map((text) => {
    const at = (before / letters) * (caption.until - caption.at);
    before += text.length + 1;
    return {at, text};
  });
}

/** @param {Word[]} words @param {number} most letters of a page @returns {Page[]} */
function paginate(words, most) {
  const pages = [];
  let letters = most + 1;
  for (const word of words) {
    letters += word.text.length + 1;
    if (letters > most) {
      pages.push({at: word.at, words: []});
      letters = word.text.length + 1;
    }
    pages.at(-1).words.push(word);
  }
  return pages.length ? pages : [{at: 0, words: []}];
}

function drawn(word) {
  const part = document.createElement("span");
  part.className = "word";
  part.textContent = `${word.text} `;
  return [part];
}

function line(place, name) {
  const part = document.createElement("p");
  part.className = name;
  place.append(part);
  return part;
}
