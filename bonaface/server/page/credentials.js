// The credentials of one live track: its beginning, and every segment that follows (C2PA 2.3, 19.4).

import {activeManifest, afterScheme, find, hashBoxes, hex, isSignature, isStore, sha256, walk} from "./boxes.js";
import {read, same, write} from "./cbor.js";
import {isUnder, publicKey, readCertificate, readSign1, sessionKey, verifies} from "./signatures.js";

const ALGORITHM = 1;
const KID = 4;
const CHAIN = 33;
const LONGEST = 3600; // s that a session key may last
const STALE = 120_000; // ms, after which a segment is not live
const TEXTS = {
  "cut-short": "is cut short",
  unsigned: "carries no signature",
  changed: "was changed after it was signed",
  foreign: "belongs to another stream",
  "unknown-key": "is signed with a key that is not named for it",
  "ended-key": "is signed when its key was not in force",
  unproven: "follows a beginning that does not hold",
  gap: "comes after others that are missing",
  swapped: "comes later than it should",
  replayed: "has been here before",
  stale: "was not signed just now",
};

/** @typedef {{problem: string | null, text: string, number?: number}} Seen */
/**
 * @typedef {{manifest: string, keys: Map<string, any>, issuer: string, trusted: boolean, when: string,
 *   ai: boolean, consent: {record: string, ended: boolean} | null, stream: string, scale: number}} Beginning
 */

/** A segment or a beginning that does not hold. */
class Broken extends Error {}

/** Whether this browser can check at all. @returns {Promise<string>} empty, or why not */
export async function cannotCheck() {
  if (!globalThis.crypto?.subtle) return "Browsers check only on HTTPS, or on this very machine.";
  try {
    await crypto.subtle.importKey("raw", new Uint8Array(32), "Ed25519", false, ["verify"]);
    return "";
  } catch {
    return "This browser does not know the kind of signature (Ed25519).";
  }
}

/** Follows one track. */
export class Track {
  /** @param {Uint8Array} root certificate of the authority that is trusted */
  constructor(root) {
    this.root = root;
    /** @type {Map<string, Beginning>} */
    this.beginnings = new Map();
    /** @type {Beginning | null} */
    this.newest = null;
    this.last = 0;
    this.seen = new Set();
  }

  /** @param {Uint8Array} data @returns {Promise<Seen>} */
  async begin(data) {
    try {
      const known = await readBeginning(data, this.root);
      if (this.newest && known.stream !== this.newest.stream) throw new Broken("foreign");
      this.beginnings.set(known.manifest, known);
      this.newest = known;
      return {problem: null, text: ""};
    } catch (error) {
      return said(error, "unproven");
    }
  }

  /** @param {Uint8Array} data @returns {Promise<Seen>} */
  async follow(data) {
    let number;
    try {
      const info = readInfo(data);
      number = info.number;
      if (!this.beginnings.size) throw new Broken("unproven");
      await this.#check(data, info);
      const before = this.last;
      this.#place(number);
      const missing = before && number > before + 1;
      return {problem: missing ? "gap" : null, text: missing ? TEXTS.gap : "", number};
    } catch (error) {
      return {...said(error, "changed"), number};
    }
  }

  async #check(data, info) {
    const known = [...this.beginnings.values()].flatMap((one) => [...one.keys.values()]);
    const key = known.find((one) => one.kid === info.kid);
    const begin = this.beginnings.get(info.manifest);
    if (!key) throw new Broken(begin ? "unknown-key" : "foreign");
    const hashed = await hashBoxes(data, isSignature);
    const whole = same(hashed, info.hashed) && fragmentNumber(data) === info.number;
    if (!whole || !(await verifies(info.signed, key.public, info.signed.payload))) throw new Broken("changed");
    if (!begin?.keys.has(info.kid)) throw new Broken("foreign");
    const [scale, delta, , id] = info.event;
    if (scale !== begin.scale || delta !== 0 || id !== info.number) throw new Broken("changed");
    if (info.number < key.first) throw new Broken("unknown-key");
    if (info.at < key.from || info.at > key.until) throw new Broken("ended-key");
    if (Math.abs(Date.now() - info.at) > STALE) throw new Broken("stale");
  }

  #place(number) {
    if (this.seen.has(number)) throw new Broken("replayed");
    this.seen.add(number);
    this.seen.delete(number - 4096);
    if (number < this.last) throw new Broken("swapped");
    this.last = number;
  }
}

function said(error, otherwise) {
  const problem = error instanceof Broken ? error.message : otherwise;
  return {problem, text: TEXTS[problem]};
}

/** @param {Uint8Array} data @param {Uint8Array} root @returns {Promise<Beginning>} */
async function readBeginning(data, root) {
  const manifest = activeManifest(data);
  const part = (label, among = manifest) => {
    const found = among.parts.find((one) => one.label === label);
    if (!found) throw new RangeError(`there is no ${label}`);
    return found;
  };
  const stated = part("c2pa.assertions");
  const say = (label) => {
    const found = stated.parts.find((one) => one.label === label);
    return found ? read(found.cbor) : null;
  };
  const claim = part("c2pa.claim.v2").cbor;
  const certificate = await checkClaim(readSign1(read(part("c2pa.signature").cbor)), claim);
  await checkAssertions(read(claim), stated);
  const hashed = await hashBoxes(data, (one) => ["ftyp", "mfra"].includes(one.kind) || isStore(one));
  if (!same(hashed, say("c2pa.hash.bmff.v3").get("hash"))) throw new Broken("unproven");
  if (!(await isUnder(certificate, root))) throw new Broken("unproven");
  const keys = await Promise.all(say("c2pa.session-keys").get("keys").map((one) => readKey(one, certificate)));
  const [created] = say("c2pa.actions.v2").get("actions");
  const consent = say("org.bonaface.consent");
  const stream = say("org.bonaface.stream");
  return {
    manifest: manifest.label,
    keys: new Map(keys.map((key) => [key.kid, key])),
    issuer: readCertificate(certificate).names[0],
    when: created.get("when").value,
    ai: created.get("digitalSourceType").endsWith("rainedAlgorithmicMedia"),
    consent: consent && {record: consent.get("record"), ended: consent.get("state") === "ended"},
    stream: `${stream?.get("stream")} ${stream?.get("track")}`,
    scale: timescale(data),
  };
}

async function checkClaim(signed, claim) {
  const headers = read(signed.protected);
  const chain = headers.get(CHAIN);
  const certificate = Array.isArray(chain) ? chain[0] : chain;
  if (headers.get(ALGORITHM) !== -7) throw new RangeError("a signature of an unknown kind");
  const key = await publicKey(readCertificate(certificate).key);
  if (!(await verifies(signed, key, claim))) throw new Broken("unproven");
  return certificate;
}

async function checkAssertions(claim, stated) {
  const named = claim.get("created_assertions");
  if (named.length !== stated.parts.length) throw new Broken("unproven");
  for (const one of named) {
    const label = one.get("url").split("/").at(-1);
    const found = stated.parts.filter((part) => part.label === label);
    const right = found.length === 1 && same(await sha256(found[0].hashed), one.get("hash"));
    if (!right) throw new Broken("unproven");
  }
}

async function readKey(stated, certificate) {
  const key = await sessionKey(stated.get("key"));
  const binding = readSign1(stated.get("signerBinding"));
  const bound = await verifies(binding, key, write(certificate));
  const seconds = stated.get("validityPeriod");
  if (!bound || !(seconds > 0 && seconds <= LONGEST)) throw new Broken("unproven");
  const from = Date.parse(stated.get("createdAt").value);
  return {
    public: key,
    kid: hex(stated.get("key").get(2)),
    first: stated.get("minSequenceNumber"),
    from,
    until: from + seconds * 1000,
  };
}

function readInfo(data) {
  let boxes;
  try {
    boxes = walk(data);
  } catch {
    throw new Broken("cut-short");
  }
  const events = boxes.filter(isSignature);
  if (!events.length) throw new Broken("unsigned");
  if (events.length > 1) throw new Broken("changed");
  const rest = afterScheme(events[0]);
  const view = new DataView(rest.buffer, rest.byteOffset);
  const plain = new TextDecoder().decode(rest.subarray(0, 6)) === "\0fseg\0";
  if (!plain || new DataView(events[0].data.buffer, events[0].data.byteOffset).getUint32(8)) throw new Broken("changed");
  const signed = readSign1(read(rest.subarray(22)));
  const info = read(signed.payload);
  checkExclusions(info.get("bmffHash"));
  return {
    signed,
    event: [6, 10, 14, 18].map((at) => view.getUint32(at)),
    kid: hex(signed.loose.get(KID)),
    number: info.get("sequenceNumber"),
    manifest: info.get("manifestId"),
    hashed: info.get("bmffHash").get("hash"),
    at: read(signed.protected).get("iat") * 1000,
  };
}

/** Only the signature's own box may stay out of the hash. */
function checkExclusions(binding) {
  const [only, ...more] = binding.get("exclusions");
  const [form] = only.get("data");
  const right = only.get("xpath") === "/emsg" && form.get("offset") === 12
    && new TextDecoder().decode(form.get("value")) === "urn:c2pa:verifiable-segment-info";
  if (more.length || !right || binding.get("alg") !== "sha256") throw new Broken("changed");
}

function fragmentNumber(data) {
  const found = find(data, "moof", "mfhd");
  return found && new DataView(found.body.buffer, found.body.byteOffset).getUint32(4);
}

function timescale(data) {
  const found = find(data, "moov", "trak", "mdia", "mdhd");
  const view = new DataView(found.body.buffer, found.body.byteOffset);
  return view.getUint32(view.getUint8(0) === 1 ? 20 : 12);
}
