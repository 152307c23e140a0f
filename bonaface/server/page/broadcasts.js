// What a session sends out besides: a recording, a push to a service, a webcam. Each is begun and
// ended by one button.

import {ask, Refusal} from "./api.js";
import {refuse} from "./sheet.js";

const WORDS = {
  recording: ["Start recording", "Stop recording"],
  rtmp: ["Push", "Stop pushing"],
  camera: ["Show it as a webcam", "Stop the webcam"],
};
const AGAIN = 700; // ms between looks whether a recording is signed
const LOOKS = 120;

export class Broadcasts {
  /** @param {(id: string) => any} part finds an element of the page */
  constructor(part) {
    this.part = part;
    /** @type {import("./session.js").Session | null} */
    this.session = null;
    for (const kind of ["recording", "camera"]) {
      part(`${kind}-toggle`).addEventListener("click", () => this.#turn(kind));
    }
    part("rtmp-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#turn("rtmp");
    });
  }

  /**
   * Show how those of a session stand.
   * @param {import("./session.js").Session} session @param {string[]} running the kinds of them
   */
  tell(session, running) {
    if (this.session?.id !== session.id) this.part("recording-link").hidden = true;
    this.session = session;
    for (const kind of Object.keys(WORDS)) this.#mark(kind, running.includes(kind));
  }

  #mark(kind, on) {
    const button = this.part(`${kind}-toggle`);
    button.setAttribute("aria-pressed", String(on));
    button.lastElementChild.textContent = WORDS[kind][Number(on)];
    if (kind === "recording") this.part("recording-note").textContent = on ? "It is being recorded." : "";
  }

  async #turn(kind) {
    const button = this.part(`${kind}-toggle`);
    const on = button.getAttribute("aria-pressed") === "true";
    const path = `${this.session.address}/${kind}`;
    button.disabled = true;
    refuse(this.part("call-refusal"), "");
    try {
      const what = kind === "rtmp" ? {url: this.part("rtmp-address").value.trim()} : undefined;
      const made = await ask(on ? "DELETE" : "POST", path, on ? undefined : what);
      this.#mark(kind, !on);
      if (kind === "recording") await this.#offer(made, on);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 404) this.#mark(kind, false);
      refuse(this.part("call-refusal"), error.sentence);
    } finally {
      button.disabled = false;
    }
  }

  /** A recording is signed when it has ended, which takes a moment; then it can be had. */
  async #offer(made, ended) {
    const link = this.part("recording-link");
    link.hidden = true;
    if (!ended) return;
    this.part("recording-note").textContent = "It is being signed.";
    const ready = await this.#signed(made.id);
    this.part("recording-note").textContent = ready ? "" : "This recording failed.";
    link.hidden = !ready;
    link.href = made.file;
  }

  async #signed(id) {
    for (let look = 0; look < LOOKS; look += 1) {
      const {recordings} = await ask("GET", "/api/recordings");
      const one = recordings.find((each) => each.id === id);
      if (!one || one.ready) return Boolean(one);
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
    return false;
  }
}
