// How a watched call stands: receipts that held, frames that were found in them, the seal's colour.
// The rules are those of bonaface/marks/receipts/tally.py; tests/receipts.json holds both to them.

import {ALIKE, distance} from "./look.js";
import {Match} from "./match.js";

const SILENCE = 3500; // ms without a receipt: they stopped
const GAP = 10000; // ms for which a missing receipt is held against the seal
const UNSEEN = 5000; // ms without a frame that could be checked
const LATE = 2000; // ms on the way
const LOOKS = 3; // that a shown picture is compared with, and that may differ in a row
// Refusals that no honest network causes. The others leave receipts out, and the seal turns grey.
const FORGED = new Set(["garbled", "root", "chain", "signature", "session", "previous", "ended"]);

/** All times are ms since 1970 by the sender's clock, as well as it is known. */
export class Tally {
  constructor() {
    this.frames = {video: new Match("video"), audio: new Match("audio")};
    this.receipts = 0;
    this.late = 0;
    this.missing = 0;
    /** @type {Map<string, number>} by reason */
    this.refused = new Map();
    this.looks = 0; // shown pictures that look like what was sent
    this.unlike = 0;
    this.row = 0; // of unlike ones
    this.heard = 0; // when the last receipt came
    this.gap = null; // when one was missing
    this.seen = null; // when a look agreed
    /** @type {string[]} */
    this.shown = []; // the last looks of what was sent
  }

  /** @param {import("./match.js").Arrived} frame */
  arrive(frame) {
    this.frames[frame.kind].arrive(frame);
  }

  /** @param {{receipt: import("./receipt.js").Receipt, missing: number}} taken @param {number} at */
  take({receipt, missing}, at) {
    const how = {first: this.receipts === 0, missing};
    for (const match of Object.values(this.frames)) match.expect(receipt, how);
    this.shown = [...this.shown, ...receipt.looks.map(([, bits]) => bits)].slice(-LOOKS);
    this.receipts += 1;
    if (at - receipt.issued > LATE) this.late += 1;
    this.missing += missing;
    this.heard = at;
    if (missing) this.gap = at;
  }

  /** @param {string} reason */
  refuse(reason) {
    this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1);
  }

  /** Compare a picture as it is shown with what was sent lately. @param {string} bits @param {number} at */
  see(bits, at) {
    if (!this.shown.length) return;
    if (Math.min(...this.shown.map((look) => distance(look, bits))) <= ALIKE) {
      this.looks += 1;
      this.row = 0;
      this.seen = at;
    } else {
      this.unlike += 1;
      this.row += 1;
    }
  }

  /** How it stands. @param {number} now @returns {{colour: "green" | "grey" | "red", why: string}} */
  seal(now) {
    const forged = [...this.refused.keys()].find((reason) => FORGED.has(reason));
    if (forged) return {colour: "red", why: forged};
    if (Object.values(this.frames).some(({counts}) => counts.strange)) return {colour: "red", why: "strange"};
    if (this.row >= LOOKS) return {colour: "red", why: "unlike"};
    const why = this.#doubt(now);
    return why ? {colour: "grey", why} : {colour: "green", why: "good"};
  }

  #doubt(now) {
    if (!this.receipts) return this.refused.keys().next().value ?? "waiting";
    if (now - this.heard > SILENCE) return "stopped";
    if (this.gap !== null && now - this.gap < GAP) return "missing";
    return this.#unchecked(now) ? "unchecked" : "";
  }

  /** Whether there is nothing to be checked, or nothing was found of what there should be. */
  #unchecked(now) {
    if (this.seen !== null) return now - this.seen > UNSEEN;
    const there = Object.values(this.frames).map(({counts}) => counts).filter(({listed}) => now - listed <= UNSEEN);
    return !there.length || there.some(({last}) => now - last > UNSEEN);
  }
}
