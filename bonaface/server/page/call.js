// "Put it into a call": a clean window, addresses of streams, and what broadcasts.js sends out.

import {Refusal} from "./api.js";
import {Broadcasts} from "./broadcasts.js";
import {copy, refuse} from "./sheet.js";

const KINDS = [
  ["whep", "Watch (WHEP)", "OBS, GStreamer, another browser: under a second later"],
  ["whip", "Send in (WHIP)", "OBS 30 and later: your camera and microphone drive the face"],
  ["watch", "Watch (page)", "anybody with a browser: it checks the credentials of what it plays"],
  ["hls", "Watch (HLS)", "players and large audiences: some seconds later"],
];

export class Call {
  /** @param {(id: string) => any} part finds an element of the page */
  constructor(part) {
    this.part = part;
    this.broadcasts = new Broadcasts(part);
    part("call").addEventListener("click", (event) => {
      const button = event.target.closest("[data-copy]");
      if (button) copy(button, this.part(button.dataset.copy).textContent);
    });
  }

  /** @param {import("./session.js").Session} session */
  async open(session) {
    refuse(this.part("call-refusal"), "");
    this.part("call").showModal();
    try {
      const {links, broadcasts} = await session.look();
      this.#tell(links);
      this.broadcasts.tell(session, broadcasts);
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
    this.part("addresses").replaceChildren(...KINDS.flatMap(
      ([kind, name, use]) => address(kind, name, use, new URL(links[kind], location.href).href),
    ));
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
