// Signatures with the browser's own cryptography: COSE_Sign1 (RFC 9052), certificates (RFC 5280).

import {Tagged, write} from "./cbor.js";

const SIGN1 = 18;
const ECDSA = {name: "ECDSA", namedCurve: "P-256", hash: "SHA-256"};
const ED25519 = {name: "Ed25519"};
const HALF = 32; // bytes of r, and of s

/** @typedef {{protected: Uint8Array, loose: Map<any, any>, payload: Uint8Array | null, signature: Uint8Array}} Sign1 */

/** @param {any} value decoded CBOR @returns {Sign1} */
export function readSign1(value) {
  const parts = value instanceof Tagged && value.tag === SIGN1 ? value.value : value;
  if (!Array.isArray(parts) || parts.length !== 4 || !(parts[3] instanceof Uint8Array)) {
    throw new RangeError("this is no COSE_Sign1");
  }
  return {protected: parts[0], loose: parts[1], payload: parts[2], signature: parts[3]};
}

/** @param {Sign1} signed @param {CryptoKey} key @param {Uint8Array} payload */
export function verifies(signed, key, payload) {
  const message = write(["Signature1", signed.protected, new Uint8Array(0), payload]);
  const how = key.algorithm.name === "ECDSA" ? ECDSA : ED25519;
  return crypto.subtle.verify(how, key, signed.signature, message);
}

/** A session key out of its COSE_Key. @param {Map<number, any>} stated */
export function sessionKey(stated) {
  const [kind, curve, x] = [stated.get(1), stated.get(-1), stated.get(-2)];
  if (kind === 1 && curve === 6) return crypto.subtle.importKey("raw", x, ED25519, false, ["verify"]);
  throw new RangeError("a session key of a kind that is not known here");
}

/**
 * What a certificate is read for here.
 * @param {Uint8Array} der
 * @returns {{signed: Uint8Array, signature: Uint8Array, key: Uint8Array, from: Date, until: Date, names: string[]}}
 */
export function readCertificate(der) {
  const [tbs, , seal] = children(element(der, 0));
  const fields = children(tbs).filter((one) => one.kind !== 0xa0); // without the version
  const [, , , validity, subject, key] = fields;
  const [from, until] = children(validity).map(moment);
  return {
    signed: tbs.whole,
    signature: rawSignature(seal.body.subarray(1)),
    key: key.whole,
    from,
    until,
    names: children(subject).map((set) => text(children(children(set)[0])[1].body)),
  };
}

/** @param {Uint8Array} spki */
export const publicKey = (spki) => crypto.subtle.importKey("spki", spki, ECDSA, false, ["verify"]);

/** Whether a certificate is signed by another, and both are in force. @param {Uint8Array} der @param {Uint8Array} root */
export async function isUnder(der, root) {
  const [own, above] = [readCertificate(der), readCertificate(root)];
  const now = new Date();
  const inForce = [own, above].every((one) => one.from <= now && now <= one.until);
  return inForce && crypto.subtle.verify(ECDSA, await publicKey(above.key), own.signature, own.signed);
}

/** @param {string} pem @returns {Uint8Array} */
export function fromPem(pem) {
  const body = pem.replace(/-----[^-]+-----/g, "").replace(/\s+/g, "");
  return Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
}

/** One element of DER (ITU-T X.690). */
function element(data, at) {
  let length = data[at + 1];
  let begin = at + 2;
  if (length > 127) {
    const width = length & 127;
    if (width > 4) throw new RangeError("a certificate that is too long");
    length = 0;
    for (let i = 0; i < width; i += 1) length = length * 256 + data[begin + i];
    begin += width;
  }
  const end = begin + length;
  if (!(end <= data.length)) throw new RangeError("a certificate that is cut short");
  return {kind: data[at], whole: data.subarray(at, end), body: data.subarray(begin, end)};
}

function children(parent) {
  const found = [];
  for (let at = 0; at < parent.body.length; at += found.at(-1).whole.length) {
    found.push(element(parent.body, at));
  }
  return found;
}

/** DER's r and s to the 64 bytes that WebCrypto takes. */
function rawSignature(der) {
  const out = new Uint8Array(2 * HALF);
  children(element(der, 0)).forEach((number, i) => {
    const bytes = number.body.subarray(Math.max(0, number.body.length - HALF));
    out.set(bytes, (i + 1) * HALF - bytes.length);
  });
  return out;
}

/** UTCTime and GeneralizedTime (RFC 5280, section 4.1.2.5). */
function moment(time) {
  const written = text(time.body);
  const year = time.kind === 0x17 ? (Number(written.slice(0, 2)) < 50 ? "20" : "19") : "";
  const [, y, ...rest] = (year + written).match(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/) ?? [];
  return new Date(`${y}-${rest[0]}-${rest[1]}T${rest[2]}:${rest[3]}:${rest[4]}Z`);
}

const text = (bytes) => new TextDecoder().decode(bytes);
