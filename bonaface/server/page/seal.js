// The seal beside the face: does what is shown here agree with what the server signed for?
// Green while receipts hold and frames are found in them, grey when nothing can be told, red when
// a receipt is forged or a frame is in none. The sheet behind it says why.

import {ask, Refusal} from "./api.js";
import {lookAt} from "./look.js";
import {ReceiptReader, ReceiptRefused} from "./receipt.js";
import {Tally} from "./tally.js";

const WORDS = {
  good: ["Unaltered", "This AI face and its voice reach you as the server sent them, frame by frame."],
  alike: ["Looks unaltered", "What you see looks like what the server sent. This browser does not let its frames be compared one by one."],
  waiting: ["Not checked yet", "No receipt has come yet."],
  offline: ["Not checked", "There is no connection now."],
  stopped: ["Not checked", "The receipts stopped, so nothing can be said of what you see."],
  missing: ["Not checked", "A receipt is missing. It is checked again after a while."],
  unchecked: ["Not checked", "Receipts come, and no frame that could be found in them."],
  stale: ["Not checked", "The receipts are not of now."],
  key: ["Not checked", "The receipts are signed with a key nobody vouched for."],
  version: ["Not checked", "The receipts are of a version that this page does not know."],
  reordered: ["Not checked", "The receipts came out of order."],
  unreached: ["Not checked", "The server does not say what it signs."],
  strange: ["Altered on the way", "Frames came that the server did not sign for: somebody on the way changes what you see or hear."],
  unlike: ["Altered on the way", "What you see does not look like what the server signed for."],
  signature: ["Forged", "A receipt’s signature does not hold."],
  root: ["Forged", "A receipt was signed under another authority."],
  chain: ["Forged", "A certificate behind a receipt does not hold."],
  session: ["Forged", "A receipt is of another conversation."],
  previous: ["Forged", "A receipt does not follow from the one before."],
  ended: ["Forged", "A receipt was signed with a key whose time is over."],
  garbled: ["Forged", "Something came that is no receipt."],
};

export class Seal {
  /** @param {(id: string) => any} part finds an element of the page */
  constructor(part) {
    this.part = part;
    this.canvas = document.createElement("canvas");
    this.shown = "";
    this.forget();
    part("seal").addEventListener("click", () => {
      this.#fill();
      part("seal-sheet").showModal();
    });
    setInterval(() => this.#look(), 1000);
  }

  /** Nothing is connected. */
  forget() {
    this.session = null;
    this.#begin();
    this.#show({colour: "grey", why: "offline"});
  }

  /** Watch over a session's connections. @param {import("./session.js").Session} session */
  follow(session) {
    this.forget();
    this.session = session;
    const current = (act) => ({detail}) => { if (this.session === session) act(detail); };
    session.addEventListener("peer", current(() => this.#meet(session)));
    session.addEventListener("frame", current((frame) => this.#arrive(frame)));
    session.addEventListener("message", current((event) => {
      if (event.type === "receipt") this.#take(event.jws);
    }));
    session.addEventListener("phase", current(({phase}) => {
      if (phase !== "live" && phase !== "connecting") this.#begin();
    }));
  }

  #begin() {
    this.tally = new Tally();
    this.reader = null;
    this.ahead = null; // ms by which the server's clock is ahead of ours
    this.waiting = []; // frames that came before we knew
    this.unreached = false;
    this.turn = Promise.resolve();
  }

  /** A new connection: learn whom to believe, then take what comes, one after the other. */
  #meet(session) {
    this.#begin();
    const {tally} = this;
    this.turn = this.#learn(session, tally);
  }

  async #learn(session, tally) {
    try {
      const asked = Date.now();
      const said = await ask("GET", `${session.address}/receipts`);
      if (tally !== this.tally) return;
      this.ahead = said.now - (asked + Date.now()) / 2;
      this.reader = new ReceiptReader(said.root, said.session);
      for (const frame of this.waiting.splice(0)) this.#arrive(frame);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.unreached = tally === this.tally;
    }
  }

  get now() {
    return Math.round(Date.now() + (this.ahead ?? 0));
  }

  #arrive(frame) {
    if (this.ahead === null) this.waiting.push(frame);
    else this.tally.arrive({...frame, at: Math.round(frame.at + this.ahead)});
  }

  #take(jws) {
    const {tally} = this;
    this.turn = this.turn.then(async () => {
      if (tally !== this.tally || !this.reader) return;
      const at = this.now;
      try {
        const taken = await this.reader.take(jws, at);
        if (taken && tally === this.tally) tally.take(taken, at);
      } catch (refusal) {
        if (!(refusal instanceof ReceiptRefused)) throw refusal;
        tally.refuse(refusal.reason);
      }
    });
  }

  #look() {
    if (!this.session) return;
    const video = this.part("face");
    if (!this.session.peer?.witnessed && video.readyState >= 2) this.tally.see(lookAt(video, this.canvas), this.now);
    this.#show(this.#judge());
  }

  #judge() {
    if (!this.session.peer || this.session.peer.closed) return {colour: "grey", why: "offline"};
    if (this.unreached) return {colour: "grey", why: "unreached"};
    const seal = this.tally.seal(this.now);
    return seal.why === "good" && !this.session.peer.witnessed ? {...seal, why: "alike"} : seal;
  }

  #show({colour, why}) {
    const seal = this.part("seal");
    const [name, sentence] = WORDS[why];
    seal.dataset.colour = colour;
    this.part("seal-icon").setAttribute("href", `page/icons.svg#seal-${colour}`);
    if (this.shown !== why) {
      seal.title = name;
      this.part("seal-name").textContent = `Seal: ${name}`;
      this.part("seal-words").textContent = `${name}. ${sentence}`;
      this.shown = why;
    }
    if (this.part("seal-sheet").open) this.#fill();
  }

  #fill() {
    const {dataset} = this.part("seal");
    const [name, sentence] = WORDS[this.shown];
    this.part("seal-title").textContent = name;
    this.part("seal-sentence").textContent = sentence;
    this.part("seal-sheet").dataset.colour = dataset.colour;
    this.part("seal-large").setAttribute("href", `page/icons.svg#seal-${dataset.colour}`);
    fill(this.part("seal-who"), this.#signed());
    this.part("seal-counts").replaceChildren(...this.#counted());
    this.part("seal-receipts").textContent = this.#receipts();
  }

  #signed() {
    const key = this.reader?.key;
    if (!key) return [["Signed by", "nobody yet", ""]];
    return [
      ["Signed by", "this Bonaface installation", grouped(key.signer)],
      ["Authority", "its own", grouped(key.root)],
      ["Consent", "record", key.consent.record],
      ["Hidden mark", "", key.mark],
    ];
  }

  #counted() {
    const {video, audio} = this.tally.frames;
    if (!this.session?.peer?.witnessed) {
      return [row("th", "", "Alike", "Unlike"), row("td", "Pictures", this.tally.looks, this.tally.unlike)];
    }
    const counts = [["Pictures", video.counts], ["Sound", audio.counts]];
    return [
      row("th", "", "As sent", "Lost", "Strange"),
      ...counts.map(([name, {checked, lost, strange}]) => row("td", name, checked, lost, strange)),
    ];
  }

  #receipts() {
    const {receipts, late, missing, refused} = this.tally;
    const {video, audio} = this.tally.frames;
    const untold = video.counts.untold + audio.counts.untold;
    return [
      `${receipts} receipts hold`,
      late && `${late} came late`,
      missing && `${missing} are missing`,
      untold && `${untold} frames came without one`,
      ...[...refused].map(([reason, times]) => `${times} refused: ${reason}`),
    ].filter(Boolean).join(", ") + ".";
  }
}

/** A row of the table; its first cell names it. @param {"td" | "th"} kind */
function row(kind, name, ...cells) {
  const line = document.createElement("tr");
  for (const [i, text] of [name, ...cells].entries()) {
    const cell = document.createElement(i > 0 ? kind : name ? "th" : "td");
    if (cell.localName === "th" && text) cell.scope = i === 0 ? "row" : "col";
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}

/** The first half of a fingerprint, as people compare them. */
function grouped(print) {
  return print.slice(0, 32).match(/.{4}/g).join(" ");
}

function fill(list, rows) {
  list.replaceChildren(...rows.flatMap(([name, is, code]) => {
    const [term, says, print] = ["dt", "dd", "code"].map((tag) => document.createElement(tag));
    term.textContent = name;
    print.textContent = code;
    says.append(is, print);
    return [term, says];
  }));
}
