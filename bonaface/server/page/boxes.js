// Boxes of MP4 (ISO/IEC 14496-12) and of JUMBF (ISO/IEC 19566-5), and the hash over them that C2PA
// defines (2.3, section 18.6.2).

import {join} from "./cbor.js";

const C2PA = "d8fec3d61b0e483c92975828877ec481";
const SCHEME = "urn:c2pa:verifiable-segment-info";
const SCHEME_AT = 12; // bytes into its emsg box

/** @typedef {{kind: string, at: number, data: Uint8Array, body: Uint8Array}} Box */

/** The boxes one after the other; they must fill it exactly. @param {Uint8Array} data @returns {Box[]} */
export function walk(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const boxes = [];
  for (let at = 0; at < data.length;) {
    let size = view.getUint32(at);
    const long = size === 1;
    if (long) size = Number(view.getBigUint64(at + 8));
    if (size === 0) size = data.length - at;
    if (size < (long ? 16 : 8) || at + size > data.length) throw new RangeError("a box is cut short");
    const whole = data.subarray(at, at + size);
    boxes.push({kind: latin(whole.subarray(4, 8)), at, data: whole, body: whole.subarray(long ? 16 : 8)});
    at += size;
  }
  return boxes;
}

/** The first box inside the first box, and so on. @returns {Box | undefined} */
export function find(data, ...path) {
  let found;
  for (const kind of path) {
    found = walk(found ? found.body : data).find((one) => one.kind === kind);
    if (!found) return undefined;
  }
  return found;
}

/** @param {Uint8Array} bytes */
export const latin = (bytes) => String.fromCharCode(...bytes);
/** @param {Uint8Array} bytes */
export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {Box} one */
export const isStore = (one) => one.kind === "uuid" && hex(one.body.subarray(0, 16)) === C2PA;
/** @param {Box} one */
export const isSignature = (one) => one.kind === "emsg"
  && latin(one.data.subarray(SCHEME_AT, SCHEME_AT + SCHEME.length)) === SCHEME;

/** What comes behind the scheme of a signature's box. @param {Box} one */
export const afterScheme = (one) => one.data.subarray(SCHEME_AT + SCHEME.length);

/** @param {Uint8Array} data @param {(one: Box) => boolean} skip @returns {Promise<Uint8Array>} */
export function hashBoxes(data, skip) {
  const parts = walk(data).filter((one) => !skip(one)).flatMap((one) => {
    const offset = new Uint8Array(8);
    new DataView(offset.buffer).setBigUint64(0, BigInt(one.at));
    return [offset, one.data];
  });
  return sha256(join(parts));
}

/** @param {Uint8Array} data */
export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest("SHA-256", data));

/**
 * A labelled box and all in it.
 * @param {Box} one @returns {{label: string, hashed: Uint8Array, parts: any[], cbor?: Uint8Array}}
 */
export function superbox(one, depth = 0) {
  if (one.kind !== "jumb" || depth > 8) throw new RangeError("this is no JUMBF box");
  const [described, ...inner] = walk(one.body);
  if (described?.kind !== "jumd") throw new RangeError("a JUMBF box without a description");
  return {
    label: latin(described.body.subarray(17)).split("\0")[0],
    hashed: one.body,
    parts: inner.filter((part) => part.kind === "jumb").map((part) => superbox(part, depth + 1)),
    cbor: inner.find((part) => part.kind === "cbor")?.body,
  };
}

/** The last manifest of the one store in an initialization segment. @param {Uint8Array} data */
export function activeManifest(data) {
  const stores = walk(data).filter(isStore);
  if (stores.length !== 1) throw new RangeError("it carries no credentials");
  const store = superbox(walk(stores[0].body.subarray(20 + "manifest\0".length + 8))[0]);
  if (!store.parts.length) throw new RangeError("the manifest store is empty");
  return store.parts.at(-1);
}
