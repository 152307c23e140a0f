// The page of somebody who was invited to be checked: enter, be looked at, do what is asked, leave.

import {ask, keepToken, Refusal} from "./api.js";
import {run} from "./challenge.js";
import {canConnect, Peer} from "./peer.js";
import {refuse} from "./sheet.js";

const PATIENCE = 15000; // ms for a connection to open
const REST = 8; // pictures a second while nothing is asked
const FULL = 30;
const WHY = {
  NotAllowedError: "Your camera or microphone is blocked. Allow both beside the address of this page, then enter again.",
  NotFoundError: "No camera and microphone were found. Plug them in, then enter again.",
  NotReadableError: "Another program holds the camera or the microphone. Close it there, then enter again.",
  insecure: "Browsers give cameras to pages over https only. Ask your host for an address that begins with https.",
};
const CAMERA = {width: {ideal: 640}, height: {ideal: 480}, frameRate: {ideal: 25, max: 30}};
const part = (id) => document.getElementById(id);
const place = `/api/rooms/${location.pathname.split("/").pop()}`;
/** @type {Peer | null} */
let peer = null;
/** @type {MediaStream | null} */
let media = null;
let servers = [];

/** @param {"open" | "live" | "over"} phase */
function show(phase) {
  document.documentElement.dataset.phase = phase;
  part({open: "name", live: "live-title", over: "over-title"}[phase]).focus();
}

const say = (words) => { part("live-words").textContent = words; };

async function greet() {
  keepToken(location.hash.slice(1));
  if (!canConnect()) return refuse(part("refusal"), "This browser cannot make calls. Try a newer one.");
  try {
    const {name, ice_servers: known} = await ask("GET", `${place}/invitation`);
    servers = known;
    part("host").textContent = name ? `${name} invites you to a live check.` : "You were invited to a live check.";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    part("host").textContent = "";
    part("enter").hidden = true;
    refuse(part("refusal"), error.sentence);
  }
  return undefined;
}

async function enter(event) {
  event.preventDefault();
  refuse(part("refusal"), "");
  try {
    media = await open();
    part("self").srcObject = media;
    show("live");
    say("Connecting.");
    await connect();
  } catch (error) {
    stop();
    show("open");
    refuse(part("refusal"), error instanceof Refusal ? error.sentence : WHY[error.name] ?? WHY.NotReadableError);
  }
}

async function open() {
  if (!navigator.mediaDevices) throw new DOMException("", "insecure");
  return navigator.mediaDevices.getUserMedia({
    video: {...CAMERA, facingMode: "user"},
    // The voice as it is: what calls do to it would hide what is looked for.
    audio: {echoCancellation: true, noiseSuppression: false, autoGainControl: false},
  });
}

async function connect() {
  const mine = new Peer(servers, {show: true});
  peer = mine;
  await mine.microphone(media.getAudioTracks()[0]);
  await mine.camera(media.getVideoTracks()[0]);
  const late = setTimeout(() => mine.lose(), PATIENCE);
  mine.addEventListener("open", () => {
    clearTimeout(late);
    mine.pace(REST);
    say("You are being looked at. Stay before the camera; your host may ask you for a short check.");
  });
  mine.addEventListener("lost", () => leave("The connection ended. Your camera and microphone are off."));
  mine.addEventListener("message", ({detail}) => listen(detail));
  await mine.connect(`${place}/callers?name=${encodeURIComponent(part("name").value)}`);
}

function listen(said) {
  if (said.type === "asked" && !part("asked").open && !part("challenge").open) part("asked").showModal();
  else if (said.type === "challenge") perform(said);
  else if (said.type === "over") finish("Thank you, the check is over. What it showed is told to your host.");
}

function agree(event) {
  event.preventDefault();
  part("asked").close();
  peer?.pace(FULL);
  const able = Object.fromEntries(["flashes", "speaks", "moves"].map((one) => [one, part(one).checked]));
  peer?.tell({type: "agree", ...able});
}

function decline() {
  part("asked").close();
  peer?.tell({type: "decline"});
  say("You said no. Your host is told so, and nothing else.");
}

async function perform(asked) {
  const [track] = media.getVideoTracks();
  const ended = await run(part, asked, {
    begin: () => peer?.tell({type: "begin", nonce: asked.nonce}),
    step: (does) => { if (asked.kind === "camera") change(track, does); },
  });
  if (asked.kind === "camera") await track.applyConstraints(CAMERA).catch(() => {});
  if (ended === "done") return peer?.tell({type: "next"});
  peer?.tell({type: "decline"});
  return finish("You stopped the check. Your host is told so, and nothing else.");
}

/** Have the camera give another size and rate, and say what came of it. @param {string} does as in "644x362@13" */
async function change(track, does) {
  const [width, height, frameRate] = does.split(/[x@]/).map(Number);
  await track.applyConstraints({width: {ideal: width}, height: {ideal: height}, frameRate: {ideal: frameRate}}).catch(() => {});
  const now = track.getSettings();
  const can = track.getCapabilities?.() ?? {};
  peer?.tell({
    type: "camera", label: track.label, width: now.width, height: now.height, rate: now.frameRate,
    sizes: [can.width?.max ?? 0, can.height?.max ?? 0],
  });
}

function finish(words) {
  peer?.pace(REST);
  if (part("challenge").open) part("challenge").close();
  say(words);
  part("live-title").focus();
}

function stop() {
  const mine = peer;
  peer = null;
  mine?.close();
  for (const track of media?.getTracks() ?? []) track.stop();
  media = null;
  part("self").srcObject = null;
  for (const one of ["asked", "challenge"]) if (part(one).open) part(one).close();
}

function leave(words) {
  if (!media) return;
  stop();
  part("over-words").textContent = words;
  show("over");
}

part("enter").addEventListener("submit", enter);
part("agree").addEventListener("submit", agree);
part("decline").addEventListener("click", decline);
part("asked").addEventListener("cancel", decline);
part("leave").addEventListener("click", () => leave("Your camera and microphone are off. Nothing was kept."));
part("back").addEventListener("click", () => show("open"));
addEventListener("pagehide", stop);
greet();
