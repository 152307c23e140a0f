// CBOR (RFC 8949) as credentials use it: definite lengths, no floats. What is odd throws RangeError.

const DEEPEST = 24;
const SIMPLE = new Map([[20, false], [21, true], [22, null]]);
const WIDTHS = new Map([[24, 1], [25, 2], [26, 4], [27, 8]]);

/** A value with a tag that says how it is meant. */
export class Tagged {
  /** @param {number} tag @param {any} value */
  constructor(tag, value) {
    this.tag = tag;
    this.value = value;
  }
}

/** Decode exactly one value; maps become Map. @param {Uint8Array} data @returns {any} */
export function read(data) {
  const reader = new Reader(data);
  const value = reader.read(0);
  if (reader.at !== data.length) throw new RangeError("more than one CBOR value");
  return value;
}

class Reader {
  constructor(data) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.at = 0;
  }

  read(depth) {
    if (depth > DEEPEST) throw new RangeError("CBOR that is nested too deep");
    const [kind, count] = this.#head();
    switch (kind) {
      case 0: return count;
      case 1: return -1 - count;
      case 2: return this.#run(count);
      case 3: return new TextDecoder("utf-8", {fatal: true}).decode(this.#run(count));
      case 4: return this.#items(count, depth);
      case 5: return this.#map(count, depth);
      case 6: return new Tagged(count, this.read(depth + 1));
      default:
        if (!SIMPLE.has(count)) throw new RangeError("CBOR of an unknown kind");
        return SIMPLE.get(count);
    }
  }

  #head() {
    const first = this.view.getUint8(this.at);
    const small = first & 31;
    this.at += 1;
    if (small < 24) return [first >> 5, small];
    const width = WIDTHS.get(small);
    if (!width) throw new RangeError("CBOR of an unknown kind");
    let count = 0;
    for (let i = 0; i < width; i += 1) count = count * 256 + this.view.getUint8(this.at + i);
    if (!Number.isSafeInteger(count)) throw new RangeError("a number that is too large");
    this.at += width;
    return [first >> 5, count];
  }

  #run(count) {
    if (this.at + count > this.data.length) throw new RangeError("CBOR that is cut short");
    this.at += count;
    return this.data.slice(this.at - count, this.at);
  }

  #items(count, depth) {
    if (count > this.data.length - this.at) throw new RangeError("CBOR that is cut short");
    return Array.from({length: count}, () => this.read(depth + 1));
  }

  #map(count, depth) {
    const items = this.#items(2 * count, depth);
    const map = new Map();
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
    if (map.size !== count) throw new RangeError("a CBOR map with a key twice");
    return map;
  }
}

/** Encode texts, byte strings and arrays of them. @param {string | Uint8Array | Array} value */
export function write(value) {
  if (Array.isArray(value)) return join([head(4, value.length), ...value.map(write)]);
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return join([head(typeof value === "string" ? 3 : 2, bytes.length), bytes]);
}

function head(kind, count) {
  if (count < 24) return Uint8Array.of(kind << 5 | count);
  if (count < 256) return Uint8Array.of(kind << 5 | 24, count);
  if (count < 65536) return Uint8Array.of(kind << 5 | 25, count >> 8, count & 255);
  const out = new Uint8Array(5);
  out[0] = kind << 5 | 26;
  new DataView(out.buffer).setUint32(1, count);
  return out;
}

/** @param {Uint8Array[]} parts @returns {Uint8Array} */
export function join(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** @param {Uint8Array} a @param {Uint8Array} b */
export function same(a, b) {
  return a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length
    && a.every((byte, i) => byte === b[i]);
}
