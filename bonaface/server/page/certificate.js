// Just enough of X.509 (RFC 5280) to tell whether one certificate issued another: ECDSA on P-256 only.

import {hex} from "./digest.js";

const CURVE = {name: "ECDSA", namedCurve: "P-256"};
const ECDSA_SHA256 = "06082a8648ce3d040302"; // the algorithm's identifier, DER

/**
 * @typedef {object} Certificate
 * @property {Uint8Array} body what is signed
 * @property {Uint8Array} signature r and s
 * @property {string} issuer DER, hex
 * @property {string} subject
 * @property {number} begins ms since 1970
 * @property {number} ends
 * @property {CryptoKey} key
 * @property {string} print SHA-256, hex
 */

/** Read a certificate; throws for what is none, or has other keys. @returns {Promise<Certificate>} */
export async function readCertificate(der) {
  const [body, algorithm, signature] = inside(one(der));
  if (!hex(algorithm.content).startsWith(ECDSA_SHA256)) throw new Error("signed in another way");
  const fields = inside(body);
  if (fields[0].tag === 0xa0) fields.shift(); // the version, where it is told
  const [, , issuer, times, subject, key] = fields;
  const [begins, ends] = inside(times).map(time);
  return {
    body: body.whole,
    signature: joined(signature.content.subarray(1)),
    issuer: hex(issuer.whole),
    subject: hex(subject.whole),
    begins,
    ends,
    key: await crypto.subtle.importKey("spki", key.whole, CURVE, true, ["verify"]),
    print: hex(new Uint8Array(await crypto.subtle.digest("SHA-256", der))),
  };
}

/** Whether `top` issued `signer`, and both hold now. @param {number} now ms since 1970 */
export async function leads(top, signer, now) {
  if (signer.issuer !== top.subject) return false;
  if ([top, signer].some((each) => now < each.begins || now > each.ends)) return false;
  return holds(top.key, signer.signature, signer.body);
}

/** Whether a key made a signature. @param {CryptoKey} key */
export function holds(key, signature, signed) {
  return crypto.subtle.verify({name: "ECDSA", hash: "SHA-256"}, key, signature, signed);
}

/** One value of DER (ITU-T X.690): its tag, its content, and all of it. */
function one(data, at = 0) {
  let length = data[at + 1];
  let from = at + 2;
  if (length > 0x80) {
    const more = length & 0x7f;
    length = data.subarray(from, from + more).reduce((sum, byte) => sum * 256 + byte, 0);
    from += more;
  }
  if (!(from + length <= data.length)) throw new Error("cut off");
  return {tag: data[at], content: data.subarray(from, from + length), whole: data.subarray(at, from + length)};
}

function inside(value) {
  const parts = [];
  for (let at = 0; at < value.content.length; at += parts.at(-1).whole.length) {
    parts.push(one(value.content, at));
  }
  return parts;
}

/** UTCTime or GeneralizedTime, in ms since 1970. */
function time({tag, content}) {
  const text = new TextDecoder().decode(content);
  const long = tag === 0x18 ? text : `${text < "5" ? "20" : "19"}${text}`;
  return Date.parse(long.replace(/^(....)(..)(..)(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

/** A signature's two numbers as 32 bytes each. */
function joined(der) {
  const both = new Uint8Array(64);
  inside(one(der)).forEach(({content}, i) => {
    const digits = content.subarray(Math.max(0, content.length - 32));
    both.set(digits, 32 * (i + 1) - digits.length);
  });
  return both;
}
