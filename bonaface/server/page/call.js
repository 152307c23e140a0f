// "Put it into a call": a clean window, addresses of streams, a recording.

import {ask, Refusal} from "./api.js";
import {copy, refuse} from "./sheet.js";

const KINDS = [
  ["whep", "Watch (WHEP)", "OBS, GStreamer, another browser: under a second"],
  ["whip", "Send in (WHIP)", "OBS 30 and later: your camera and microphone drive the face"],
  ["hls", "Watch (HLS)", "players and large audiences: some seconds later"],
];

export class Call {
  /** @param {(id: string) => any} part finds an element of the page */
  constructor(part) {
    this.part = part;
    this.session = null;
    part("record-toggle").addEventListener("click", () => this.#record());
    part("call").addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) copy(button, this.part(button.dataset.copy).textContent);
    });
  }

  /** @param {import("./session.js").Session} session */
  async open(session) {
    if (this.session?.id !== session.id) this.#show(false);
    this.session = session;
    refuse(this.part("call-refusal"), "");
    this.part("call").showModal();
    try {
      this.#tell(await session.links());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(this.part("call-refusal"), error.sentence);
    }
  }

  #tell(links) {
    const clean = new URL("/", location.href);
    clean.searchParams.set("watch", links.whep);
    this.part("clean").href = clean.href;
    this.part("clean-address").textContent = clean.href;
    // What this server cannot do is not offered.
    this.part("recording-part").hidden = !links.recording;
    this.part("webcam-part").hidden = !links.webcam;
    this.part("addresses").replaceChildren(...KINDS.filter(([kind]) => links[kind]).flatMap(
      ([kind, name, use]) => address(kind, name, use, new URL(links[kind], location.href).href),
    ));
  }

  async #record() {
    const on = this.part("record-toggle").getAttribute("aria-pressed") === "true";
    const button = this.part("record-toggle");
    button.disabled = true;
    refuse(this.part("call-refusal"), "");
    try {
      const path = `${this.session.address}/recording`;
      const answer = await ask(on ? "DELETE" : "POST", path, on ? undefined : {});
      this.#show(!on, on ? answer : null);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refuse(this.part("call-refusal"), error.sentence);
    } finally {
      button.disabled = false;
    }
  }

  #show(recording, made = null) {
    this.part("record-toggle").setAttribute("aria-pressed", String(recording));
    this.part("record-words").textContent = recording ? "Stop recording" : "Start recording";
    this.part("record-note").textContent = recording ? "Recording" : "";
    const id = made?.id ?? made?.recording;
    this.part("record-link").hidden = !id;
    if (id) this.part("record-link").href = made.link ?? `/api/recordings/${id}`;
  }
}

function address(kind, name, use, href) {
  const term = document.createElement("dt");
  const bold = document.createElement("b");
  bold.textContent = name;
  term.append(bold, `: ${use}`);
  const says = document.createElement("dd");
  const code = document.createElement("code");
  code.id = `address-${kind}`;
  code.textContent = href;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.dataset.copy = code.id;
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy the address: ${name}`);
  says.append(code, button);
  return [term, says];
}
