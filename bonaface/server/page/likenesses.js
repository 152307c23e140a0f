// The likenesses that may be shown here: a row of faces to choose from.

import {ask, picture, send} from "./api.js";

/**
 * @typedef {{id: string, name: string, basis: string, purposes: string[], contexts: string[], valid_until: string,
 *   status: "active" | "expired" | "revoked" | "unknown", picture: string}} Likeness
 */

/** Fires "choose" (detail: a Likeness). */
export class Likenesses extends EventTarget {
  /** @param {HTMLElement} place a radiogroup */
  constructor(place) {
    super();
    this.place = place;
    /** @type {Likeness[]} */
    this.all = [];
    this.chosen = "";
    place.addEventListener("keydown", (event) => this.#step(event));
  }

  /** Read them from the server. */
  async load() {
    const said = await ask("GET", "/api/likenesses");
    this.all = await Promise.all(said.likenesses.map(async (one) => ({
      ...one,
      picture: await picture(one.picture),
    })));
    this.place.replaceChildren(...this.all.map((one) => this.#draw(one)));
    this.mark(this.chosen);
  }

  /** @param {string} id */
  find(id) {
    return this.all.find((one) => one.id === id);
  }

  /** Show which one is chosen. @param {string} id */
  mark(id) {
    this.chosen = id;
    for (const button of this.place.children) {
      const on = button.dataset.id === id;
      button.setAttribute("aria-checked", String(on));
      button.tabIndex = on ? 0 : -1;
    }
    if (!this.find(id) && this.place.firstElementChild) this.place.firstElementChild.tabIndex = 0;
  }

  /** Forget it: photo, record and all. @param {string} id */
  async remove(id) {
    await send("DELETE", `/api/likenesses/${id}`);
    await this.load();
  }

  /** Take the consent for it back, for good. @param {string} id */
  async revoke(id) {
    await send("POST", `/api/likenesses/${id}/revocation`);
    await this.load();
  }

  /** The first that may be shown today. */
  get first() {
    return this.all.find((one) => one.status === "active");
  }

  #draw(one) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "face";
    button.dataset.id = one.id;
    button.setAttribute("role", "radio");
    const active = one.status === "active";
    const thumb = document.createElement("span");
    thumb.className = "thumb";
    // Whose consent is over is not shown, here neither.
    if (active) {
      const image = document.createElement("img");
      thumb.append(Object.assign(image, {src: one.picture, alt: "", width: 64, height: 64, draggable: false}));
    } else {
      thumb.innerHTML = '<svg class="icon" aria-hidden="true"><use href="page/icons.svg#photo"/></svg>';
    }
    const name = document.createElement("span");
    name.className = "face-name";
    name.textContent = one.name;
    button.title = one.name;
    button.append(thumb, name);
    if (!active) {
      button.classList.add("over");
      const why = document.createElement("span");
      why.className = "unseen";
      why.textContent = ` (consent ${one.status})`;
      button.append(why);
      button.title += `: the consent is ${one.status}`;
    }
    button.addEventListener("click", () => this.#choose(one));
    return button;
  }

  #choose(one) {
    if (one.id !== this.chosen) this.dispatchEvent(new CustomEvent("choose", {detail: one}));
  }

  /** Arrow keys walk through the row, as in any group of radio buttons. */
  #step(event) {
    const way = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
    const here = [...this.place.children].indexOf(event.target.closest("[role=radio]"));
    if (!way || here < 0) return;
    event.preventDefault();
    const next = (here + way + this.all.length) % this.all.length;
    this.place.children[next].focus();
    this.#choose(this.all[next]);
  }
}
