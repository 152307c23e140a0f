// The player page: it plays one session, checks all that it plays, and says what that shows.

import {cannotCheck, Track} from "./credentials.js";
import {Player, Refused} from "./player.js";
import {closable} from "./sheet.js";
import {fromPem} from "./signatures.js";
import {chooseWords} from "./words.js";

const part = (id) => document.getElementById(id);
const [, session] = location.pathname.split("/watch/");
const words = await chooseWords();
const LISTED = 5; // troubles that are told one by one
const REFUSALS = {401: "ticket", 403: "denied", 404: "nothing"};
const LEADS = {
  waiting: "Nothing was checked yet.",
  good: "Everything you have seen and heard here is as it was signed.",
  bad: "Something here is not as it was signed. Do not rely on what you see.",
};

/** What was found out. */
class Proof {
  constructor() {
    /** @type {Map<string, Track>} */
    this.tracks = new Map();
    this.root = null;
    this.since = undefined; // when the first beginning was made
    this.doubt = "";
    this.checked = 0; // segments
    this.intact = 0; // of them
    this.failed = 0;
    this.troubles = [];
  }

  get state() {
    if (this.failed) return "bad";
    if (this.doubt) return "unsure";
    return this.checked ? "good" : "waiting";
  }

  get newest() {
    return [...this.tracks.values()].map((track) => track.newest).find(Boolean) ?? null;
  }

  /** @type {import("./player.js").Inspect} */
  async inspect(name, {kind, name: file, data}) {
    if (this.doubt) return;
    if (!this.tracks.has(name)) this.tracks.set(name, new Track(this.root));
    const track = this.tracks.get(name);
    const before = this.newest?.consent?.ended;
    const seen = kind === "begin" ? await track.begin(data) : await track.follow(data);
    this.checked += Number(kind === "segment");
    this.intact += Number(kind === "segment" && [null, "gap"].includes(seen.problem));
    this.since ??= track.newest?.when;
    // Segments that were withdrawn when a consent ended are missing, and are meant to be.
    const withdrawn = seen.problem === "gap" && !before && track.newest?.consent?.ended;
    if (seen.problem && !withdrawn) {
      this.failed += 1;
      this.troubles.push(`${file} ${seen.text}.`);
    }
    show(this);
  }
}

/** @param {Proof} proof */
function show(proof) {
  const {state, newest, checked, intact} = proof;
  document.documentElement.dataset.proof = state;
  const made = newest ? (newest.ai ? "AI: a face and a voice that no camera recorded" : "No model: a card drawn by a program") : "Not known";
  part("fact-made").textContent = made;
  part("fact-by").textContent = newest ? `${newest.issuer}, this server's own authority` : "Not known";
  part("fact-when").textContent = proof.since ? new Date(proof.since).toLocaleString() : "Not known";
  part("fact-consent").textContent = consentWords(newest);
  part("fact-segments").textContent = `${intact} of ${checked} verified`;
  part("sheet-lead").textContent = state === "unsure" ? proof.doubt : LEADS[state];
  part("troubles").hidden = !proof.troubles.length;
  part("trouble-list").replaceChildren(...proof.troubles.slice(-LISTED).map(item));
  part("told").textContent = `${sentence(proof)} ${checked ? words.count.replace("{n}", checked) : ""}`;
  // A screen reader hears what changes, not every count.
  if (part("alert").textContent !== sentence(proof)) part("alert").textContent = sentence(proof);
  part("pin-state").textContent = `: ${words[state]}`;
}

function consentWords(newest) {
  if (!newest?.consent) return "Not known";
  if (newest.consent.ended) return "Ended. The face is no longer shown";
  return `On record and in force (${newest.consent.record.slice(0, 8)})`;
}

function sentence(proof) {
  return `${proof.newest?.consent?.ended ? words.gone : words.made} ${words[proof.state]}`;
}

function item(text) {
  const made = document.createElement("li");
  made.textContent = text;
  return made;
}

function veil(text) {
  part("veil").hidden = text === "";
  part("veil-title").textContent = text;
}

async function hear(video) {
  try {
    await video.play();
  } catch {
    video.muted = true;
    part("hear").hidden = false;
    await video.play();
  }
}

/** The authority of this server. @returns {Promise<Uint8Array>} */
async function authority() {
  const answer = await fetch("/page/authority.pem", {cache: "no-store"});
  if (!answer.ok) throw new Refused(answer.status);
  return fromPem(await answer.text());
}

/** @param {Proof} proof */
async function watch(proof) {
  const video = part("video");
  const address = `/hls/${session}/index.m3u8${location.search}`;
  video.addEventListener("loadeddata", () => {
    document.documentElement.style.setProperty("--shape", video.videoWidth / video.videoHeight);
    veil("");
    hear(video);
  }, {once: true});
  proof.doubt = await cannotCheck();
  if (!proof.doubt) proof.root = await authority();
  if (!(globalThis.ManagedMediaSource ?? globalThis.MediaSource)) {
    proof.doubt = "This browser plays the stream itself, and shows this page nothing to check.";
    video.src = address;
    show(proof);
    return;
  }
  show(proof);
  await new Player(video, address, (...seen) => proof.inspect(...seen)).play();
  video.addEventListener("ended", () => veil(words.ended), {once: true});
}

closable(part("sheet"));
part("pin").addEventListener("click", () => part("sheet").showModal());
part("hear").addEventListener("click", () => {
  part("video").muted = false;
  part("hear").hidden = true;
});
const proof = new Proof();
watch(proof).catch((error) => {
  if (!(error instanceof Refused) && !(error instanceof TypeError)) console.error(error);
  veil(words[REFUSALS[error.status] ?? "lost"]);
  proof.doubt = "Nothing more comes that could be checked.";
  show(proof);
});
