// Reads signed receipts of what a live call was sent: each is believed, or refused with a reason.
// The rules are those of bonaface/marks/receipts/reader.py; tests/receipts.json holds both to them.

import {holds, leads, readCertificate} from "./certificate.js";
import {hex} from "./digest.js";

const VERSION = 1;
const SHORT = 10; // bytes of a frame's digest
const MOST = 2000; // frames in one receipt
const LONGEST = 65536; // characters
const LASTS = 3600; // s that a session key is good for, at most
const CLOCKS_DIFFER = 300; // s
const PATIENCE = 15000; // ms by which a receipt's time and ours may differ
const REMEMBERED = 64; // receipts that are known again
const TYPES = ["bonaface-session-key", "bonaface-receipt"];

/** A receipt that proves nothing; `reason` is a slug of docs/receipts.md. */
export class ReceiptRefused extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * @typedef {{kind: string, codec: string, bits: number, frames: {pts: number, digest: string}[]}} Sent
 * @typedef {{session: string, number: number, issued: number, mark: string,
 *   consent: {record: string, digest: string}, previous: string | null,
 *   sent: Sent[], looks: [number, string][]}} Receipt
 */

export class ReceiptReader {
  /**
   * @param {string} root the fingerprint that is trusted: SHA-256 of its certificate, hex
   * @param {string | null} session its tag; null takes that of the first the root vouches for
   */
  constructor(root, session = null) {
    this.root = root;
    this.session = session;
    this.key = null; // the newest
    this.keys = new Map();
    this.last = null;
    this.known = [];
  }

  /**
   * Take a signed text; null for one about a key. Throws ReceiptRefused. One at a time.
   * @param {string} text @param {number} now ms since 1970
   * @returns {Promise<{receipt: Receipt, missing: number} | null>}
   */
  async take(text, now) {
    const whole = garbledUnless(() => takeApart(text));
    if (whole.header.typ === TYPES[0]) {
      await this.#learn(whole, now);
      return null;
    }
    const receipt = await this.#believe(whole, now);
    return {receipt, missing: this.#place(receipt, await name(text))};
  }

  async #learn(whole, now) {
    const key = await readSessionKey(whole, this.root, now / 1000);
    this.#requireSession(key.session);
    this.session = key.session;
    this.key = key;
    this.keys.set(key.id, key);
  }

  async #believe(whole, now) {
    const key = this.keys.get(whole.header.kid);
    refuse("key", !key);
    refuse("signature", !await holds(key.key, whole.signature, whole.signed));
    const receipt = open(whole.payload, readReceipt);
    this.#requireSession(receipt.session);
    refuse("session", ["session", "mark"].some((each) => receipt[each] !== key[each])
      || ["record", "digest"].some((each) => receipt.consent[each] !== key.consent[each]));
    refuse("ended", receipt.issued < key.begins * 1000 || receipt.issued >= key.until * 1000);
    refuse("stale", Math.abs(now - receipt.issued) > PATIENCE);
    return receipt;
  }

  #requireSession(session) {
    refuse("session", this.session !== null && this.session !== session);
  }

  /** Set a receipt behind the last one; answers how many are missing between. */
  #place(receipt, own) {
    refuse("replayed", this.known.includes(own));
    const {number, before} = this.last ?? {number: receipt.number - 1, before: receipt.previous};
    refuse("reordered", receipt.number <= number);
    const missing = receipt.number - number - 1;
    refuse("previous", missing === 0 && receipt.previous !== before);
    this.last = {number: receipt.number, before: own};
    this.known = [...this.known.slice(1 - REMEMBERED), own];
    return missing;
  }
}

/** Check a statement about a session key. @param {number} now s since 1970 */
async function readSessionKey(whole, root, now) {
  const [signer, top] = await readChain(whole.header);
  refuse("root", top.print !== root);
  refuse("chain", !await leads(top, signer, now * 1000));
  refuse("signature", !await holds(signer.key, whole.signature, whole.signed));
  const said = open(whole.payload, (value) => ({
    id: text(value.kid),
    jwk: {kty: text(value.key.kty), crv: text(value.key.crv), x: text(value.key.x), y: text(value.key.y)},
    session: text(value.session),
    consent: {record: text(value.consent.record), digest: text(value.consent.digest)},
    mark: text(value.mark),
    begins: count(value.from),
    until: count(value.until),
  }));
  const key = await crypto.subtle.importKey("jwk", said.jwk, {name: "ECDSA", namedCurve: "P-256"}, true, ["verify"])
    .catch(() => refuse("garbled", true));
  refuse("ended", said.until <= said.begins || said.until - said.begins > LASTS);
  refuse("ended", now < said.begins - CLOCKS_DIFFER || now >= said.until);
  return {...said, key, signer: signer.print, root};
}

async function readChain(header) {
  try {
    const [signer, top, more] = header.x5c;
    if (more !== undefined) throw new Error("more than two");
    return await Promise.all([signer, top].map((one) => readCertificate(bytes(atob(one)))));
  } catch {
    throw new ReceiptRefused("garbled");
  }
}

/** Read a payload: its version, then what `read` makes of it. */
function open(payload, read) {
  const whole = garbledUnless(() => JSON.parse(payload));
  refuse("garbled", whole?.v === undefined);
  refuse("version", whole.v !== VERSION);
  return garbledUnless(() => read(whole));
}

/** Read what is signed; throws for anything else. @returns {Receipt} */
export function readReceipt(whole) {
  const sent = whole.sent.map(readTrack);
  if (sent.reduce((sum, {frames}) => sum + frames.length, 0) > MOST) throw new Error("too many");
  [whole.from, whole.until].forEach(count);
  return {
    session: text(whole.session),
    number: count(whole.number),
    issued: count(whole.issued),
    consent: {record: text(whole.consent.record), digest: text(whole.consent.digest)},
    mark: text(whole.mark),
    previous: whole.previous === null ? null : text(whole.previous),
    sent,
    looks: whole.looks.map(([at, bits]) => [count(at), text(bits)]),
  };
}

function readTrack({kind, codec, bits, first, steps, digests}) {
  if (kind !== "audio" && kind !== "video") throw new Error("another kind");
  const whole = fromText(digests);
  if (whole.length !== SHORT * (steps.length + 1)) throw new Error("not one digest a frame");
  let pts = count(first);
  const frames = [0, ...steps].map((step, i) => {
    pts += count(step);
    return {pts, digest: hex(whole.subarray(SHORT * i, SHORT * (i + 1)))};
  });
  return {kind, codec: text(codec), bits: count(bits), frames};
}

/** A signed text in its parts (RFC 7515, compact). */
function takeApart(jws) {
  if (jws.length > LONGEST) throw new Error("too long");
  const [head, body, signature, more] = jws.split(".");
  const header = JSON.parse(plain(fromText(head)));
  if (more !== undefined || header.alg !== "ES256" || !TYPES.includes(header.typ)) throw new Error("another kind");
  return {
    header,
    payload: plain(fromText(body)),
    signed: bytes(`${head}.${body}`),
    signature: fromText(signature),
  };
}

/** How a receipt is named by the one after it. */
async function name(jws) {
  const whole = await crypto.subtle.digest("SHA-256", bytes(jws));
  return toText(new Uint8Array(whole, 0, 16));
}

function toText(data) {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Bytes of base64url, written in the one way there is. */
function fromText(written) {
  const data = bytes(atob(written.replaceAll("-", "+").replaceAll("_", "/")));
  if (toText(data) !== written) throw new Error("written in another way");
  return data;
}

function bytes(binary) {
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

function plain(data) {
  return new TextDecoder("utf-8", {fatal: true}).decode(data);
}

function text(value) {
  if (typeof value !== "string") throw new Error("no text");
  return value;
}

function count(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error("no count");
  return value;
}

/** @param {string} reason @param {boolean} wrong */
function refuse(reason, wrong) {
  if (wrong) throw new ReceiptRefused(reason);
}

function garbledUnless(act) {
  try {
    return act();
  } catch {
    throw new ReceiptRefused("garbled");
  }
}
