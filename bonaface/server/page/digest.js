// The digest of a coded frame, as bonaface/marks/receipts/receipt.py makes it. docs/receipts.md has the format.

const SHORT = 10; // bytes
const DELIMITER = 9, FILLER = 12; // NAL units that carry nothing (ITU-T H.264, table 7-1)

/** @param {string} codec H264, VP8 or OPUS @param {Uint8Array} data @returns {Promise<string>} hex */
export async function digestFrame(codec, data) {
  const whole = await crypto.subtle.digest("SHA-256", codec === "H264" ? units(data) : data);
  return hex(new Uint8Array(whole, 0, SHORT));
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The NAL units of a byte stream (ITU-T H.264, annex B), each after its length in four bytes. */
function units(data) {
  const starts = findStarts(data);
  const kept = starts.map((start, i) => trim(data, start, starts[i + 1] - 3 || data.length))
    .filter((unit) => unit.length && ![DELIMITER, FILLER].includes(unit[0] & 31));
  const joined = new Uint8Array(kept.reduce((sum, unit) => sum + 4 + unit.length, 0));
  const view = new DataView(joined.buffer);
  let at = 0;
  for (const unit of kept) {
    view.setUint32(at, unit.length);
    joined.set(unit, at + 4);
    at += 4 + unit.length;
  }
  return joined;
}

/** Where units begin: after each 00 00 01. */
function findStarts(data) {
  const starts = [];
  for (let at = data.indexOf(1, 2); at >= 0; at = data.indexOf(1, at + 1)) {
    if (data[at - 1] === 0 && data[at - 2] === 0) starts.push(at + 1);
  }
  return starts;
}

/** A unit without zeros that trail. */
function trim(data, start, end) {
  let last = end;
  while (last > start && data[last - 1] === 0) last -= 1;
  return data.subarray(start, last);
}
