// Lets the page's readers answer the vectors: node receipts.mjs FOLDER-OF-THE-PAGE < vectors > answers

import {readFileSync} from "node:fs";
import {pathToFileURL} from "node:url";

const page = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`).href);
const [{ReceiptReader, ReceiptRefused, readReceipt}, {digestFrame}, {hashGrey}, {Tally}] = await Promise.all(
  ["receipt.js", "digest.js", "look.js", "tally.js"].map(page),
);
const vectors = JSON.parse(readFileSync(0, "utf-8"));

async function reading({root, session, steps}) {
  const reader = new ReceiptReader(root, session);
  const said = [];
  for (const [text, now] of steps) {
    try {
      said.push((await reader.take(text, now))?.missing ?? null);
    } catch (refusal) {
      if (!(refusal instanceof ReceiptRefused)) throw refusal;
      said.push(refusal.reason);
    }
  }
  return said;
}

function tallied({events, at}) {
  const tally = new Tally();
  for (const [kind, ...what] of events) {
    if (kind === "frame") tally.arrive({kind: what[0], rtp: what[1], digest: what[2], at: what[3]});
    else if (kind === "receipt") tally.take({receipt: readReceipt(what[0]), missing: what[1]}, what[2]);
    else if (kind === "look") tally.see(...what);
    else tally.refuse(...what);
  }
  const {colour, why} = tally.seal(at);
  const counts = Object.fromEntries(Object.entries(tally.frames).map(
    ([kind, {counts: {checked, lost, strange, untold}}]) => [kind, [checked, lost, strange, untold]],
  ));
  const {receipts, missing, late} = tally;
  return {seal: `${colour} ${why}`, ...counts, receipts, missing, late};
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const answers = {
  readings: await Promise.all(vectors.readings.map(reading)),
  digests: await Promise.all(vectors.digests.map(({codec, data}) => digestFrame(codec, bytes(data)))),
  looks: vectors.looks.map(({grey}) => hashGrey(Float64Array.from(grey))),
  tallies: vectors.tallies.map(tallied),
};
process.stdout.write(JSON.stringify(answers));
