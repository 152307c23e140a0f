// The Studio: puts the parts of the page together and wires them to what a person does.

import {About} from "./about.js";
import {ask, authorization, keepToken, Refusal, whenTokenNeeded} from "./api.js";
import {Call} from "./call.js";
import {Camera} from "./camera.js";
import {Captions} from "./captions.js";
import {watch} from "./clean.js";
import {Consent} from "./consent.js";
import {Conversation} from "./conversation.js";
import {Drives} from "./drives.js";
import {listen} from "./keys.js";
import {sayAi} from "./label.js";
import {Likenesses} from "./likenesses.js";
import {Memory} from "./memory.js";
import {Microphone} from "./microphone.js";
import {Notices, Veil} from "./notices.js";
import {Panel} from "./panel.js";
import {canConnect} from "./peer.js";
import {Screen} from "./screen.js";
import {closable, refuse} from "./sheet.js";

const part = (id) => document.getElementById(id);
const memory = new Memory();
const notices = new Notices(part("notices"));
const veil = new Veil(part);
const screen = new Screen(part);
const captions = new Captions(part("captions"));
const panel = new Panel(part);
const likenesses = new Likenesses(part("likenesses"));
const consent = new Consent(part);
const about = new About(part, likenesses);
const call = new Call(part);
const drives = new Drives(part);
const microphone = new Microphone();
const camera = new Camera();
const talk = new Conversation({
  part, memory, notices, veil, screen, captions, panel, likenesses, drives, microphone, camera, add,
});
let settings = {scopes: [], ice_servers: []};

function add() {
  consent.open({grant: settings.scopes.includes("consent"), notices: settings.notices});
}

/** Show the likeness of last time, or the first, or say how to add one. */
function open() {
  const last = likenesses.find(memory.likeness);
  const one = last?.status === "active" ? last : likenesses.first;
  part("about-open").disabled = !one;
  if (one) talk.appear(one);
  else talk.vanish();
}

function openAbout() {
  const one = likenesses.find(likenesses.chosen);
  if (one) about.open(one, {change: settings.scopes.includes("consent")});
}

/** Turn a button over, and do what it stands for. */
function toggle(button, act) {
  const on = part(button).getAttribute("aria-pressed") !== "true";
  part(button).setAttribute("aria-pressed", String(on));
  act(on);
}

function showCaptions() {
  toggle("captions-on", (on) => {
    captions.turn(on);
    memory.keep({captions: on});
  });
}

function wire() {
  const hear = () => toggle("sound", (on) => talk.listenIn(on));
  const showFigures = () => panel.turn(!panel.open);
  const acts = {
    sound: hear,
    "captions-on": showCaptions,
    "figures-on": showFigures,
    "figures-close": () => { panel.turn(false); part("figures-on").focus(); },
    "call-open": () => talk.session?.id && call.open(talk.session),
    "add-open": add,
    "about-open": openAbout,
    stop: () => talk.stop(),
    microphone: async () => {
      const on = !microphone.free;
      if (on && talk.drive === "text") await talk.choose("voice");
      await microphone.turn(on);
    },
    camera: () => camera.turn(camera.track === null),
  };
  for (const [id, act] of Object.entries(acts)) part(id).addEventListener("click", act);
  for (const id of ["add", "about", "call"]) closable(part(id));
  part("say").addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = part("words").value.trim();
    if (text && await talk.say(text)) part("words").value = "";
  });
  listen({
    stop: () => talk.stop(),
    talk: (down) => talk.talk(down),
    letters: {i: showFigures, c: showCaptions, m: hear},
  });
}

function wireChoices() {
  for (const name of ["voice", "manner", "size"]) {
    part(name).addEventListener("change", () => {
      memory.keep({[name]: part(name).value});
      talk.restart();
    });
  }
  part("caption-size").addEventListener("change", () => {
    memory.keep({captionSize: part("caption-size").value});
    part("captions").dataset.size = memory.captionSize;
  });
  drives.addEventListener("choose", ({detail}) => talk.choose(detail.drive, detail));
  drives.addEventListener("heard", ({detail}) => talk.speakAs(detail));
  drives.addEventListener("mind", () => talk.restart());
  drives.addEventListener("background", ({detail}) => talk.background(detail.kind, detail.file));
  likenesses.addEventListener("choose", ({detail}) => talk.appear(detail));
  about.addEventListener("changed", ({detail}) => detail === "remove" && open());
  consent.addEventListener("added", async ({detail}) => {
    await likenesses.load();
    memory.keep({likeness: detail});
    open();
  });
}

function wireDevices() {
  const trouble = ({detail}) => {
    notices.show(`${detail.message} ${detail.remedy}`, {code: detail.code, level: "error"});
  };
  microphone.addEventListener("trouble", trouble);
  camera.addEventListener("trouble", trouble);
  microphone.addEventListener("silent", () => {
    const text = "Nothing is heard from your microphone. Is it muted, or is another one chosen?";
    notices.show(text, {code: "microphone-silent", level: "warning"});
  });
  microphone.addEventListener("level", ({detail}) => {
    document.documentElement.style.setProperty("--level", detail.toFixed(3));
    if (detail > 0.2) notices.drop("microphone-silent");
  });
  microphone.addEventListener("change", () => {
    part("microphone").setAttribute("aria-pressed", String(microphone.open));
    talk.session?.give("microphone", microphone.track);
  });
  camera.addEventListener("change", () => {
    part("camera").setAttribute("aria-pressed", String(camera.track !== null));
    part("self").hidden = camera.track === null;
    part("self").srcObject = camera.track && new MediaStream([camera.track]);
    talk.session?.give("camera", camera.track);
  });
  // The session waits half a minute: long enough for a page that is only loaded again.
  addEventListener("pagehide", () => talk.session?.close({forget: false}));
  setInterval(() => panel.open && panel.look(talk.session?.peer?.pc), 1000);
}

/** Ask for a token until one is given; whether it opens anything is for the server to say. */
function askForToken() {
  const before = "Authorization" in authorization();
  refuse(part("token-refusal"), before ? "This token does not open the Studio." : "");
  return new Promise((resolve) => {
    part("token-form").addEventListener("submit", () => {
      keepToken(part("token-words").value.trim());
      resolve();
    }, {once: true});
    if (!part("token").open) part("token").showModal();
    part("token-words").focus();
  });
}

async function learnSettings() {
  settings = await ask("GET", "/api/settings");
  while (settings.token_needed && settings.scopes.length === 0) {
    await askForToken();
    settings = await ask("GET", "/api/settings");
  }
  talk.iceServers = settings.ice_servers;
  sayAi(part("ai"), settings.label);
}

async function begin() {
  if (!canConnect()) {
    document.documentElement.dataset.phase = "unsupported";
    const text = "It lacks WebRTC, or it is switched off. Firefox, Chrome, Edge and Safari have it.";
    veil.show("This browser cannot show a live face", text);
    return;
  }
  const watched = new URLSearchParams(location.search).get("watch");
  if (watched) {
    settings = await ask("GET", "/api/settings");
    watch(watched, screen, veil, settings.ice_servers);
    return;
  }
  whenTokenNeeded(askForToken);
  part("token").addEventListener("cancel", (event) => event.preventDefault());
  await learnSettings();
  wire();
  wireChoices();
  wireDevices();
  drives.own = memory.ownVoice !== false;
  talk.adopt("text");
  const wanted = [ask("GET", "/api/voices"), ask("GET", "/api/minds"), likenesses.load()];
  const [{voices}, {minds}] = await Promise.all(wanted);
  const upper = (text) => text.replace(/^./, (letter) => letter.toUpperCase());
  offer("voice", voices.map((one) => [upper(one.about), one.name]), memory.voice);
  offer("manner", settings.manners.map((one) => [upper(one), one]), memory.manner ?? "warm");
  offer("caption-size", null, memory.captionSize);
  offer("size", null, memory.size);
  drives.offer(minds);
  part("captions").dataset.size = part("caption-size").value;
  if (memory.captions === false) showCaptions();
  open();
}

/** Fill a choice, and take up the last one. */
function offer(id, choices, last) {
  if (choices) part(id).replaceChildren(...choices.map(([text, value]) => new Option(text, value)));
  if (last && [...part(id).options].some((option) => option.value === last)) part(id).value = last;
  else if (last) memory.keep({[id]: undefined});
}

async function start() {
  try {
    await begin();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    document.documentElement.dataset.phase = "refused";
    veil.show(error.message, error.remedy, {words: "Try again", act: () => location.reload()});
  }
}

start();
