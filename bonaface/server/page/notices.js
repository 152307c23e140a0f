// What a person must know now: notices under the face, and the veil over it.

const LONG = 12000; // ms that a notice stays when nobody closes it

export class Notices {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
  }

  /**
   * @param {string} text
   * @param {{code?: string, level?: "info" | "warning" | "error"}} [how]
   *   one notice is shown for each code; errors stay until they are closed
   */
  show(text, {code = text, level = "info"} = {}) {
    this.drop(code);
    const notice = document.createElement("div");
    notice.className = "notice";
    notice.dataset.code = code;
    notice.setAttribute("role", level === "info" ? "status" : "alert");
    const words = document.createElement("p");
    words.textContent = text;
    notice.append(words, closer(() => notice.remove()));
    this.place.append(notice);
    while (this.place.children.length > 2) this.place.firstElementChild.remove();
    if (level !== "error") setTimeout(() => notice.remove(), LONG);
  }

  /** @param {string} code */
  drop(code) {
    for (const notice of this.place.children) if (notice.dataset.code === code) notice.remove();
  }
}

export class Veil {
  /** @param {(id: string) => HTMLElement} part finds an element of the page */
  constructor(part) {
    this.part = part;
    this.act = () => {};
    part("veil-act").addEventListener("click", () => this.act());
  }

  /**
   * @param {string} title @param {string} text
   * @param {{words: string, act: () => void} | null} [button]
   */
  show(title, text = "", button = null) {
    this.part("veil").hidden = false;
    set(this.part("veil-title"), title);
    set(this.part("veil-text"), text);
    this.part("veil-act").hidden = button === null;
    if (button) {
      set(this.part("veil-act"), button.words);
      this.act = button.act;
    }
  }

  lift() {
    this.part("veil").hidden = true;
  }
}

function set(part, text) {
  if (part.textContent !== text) part.textContent = text;
}

function closer(act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tool";
  button.innerHTML = '<svg class="icon" aria-hidden="true"><use href="page/icons.svg#close"/></svg>'
    + '<span class="unseen">Dismiss</span>';
  button.addEventListener("click", act);
  return button;
}
