// The host's page of a room: open it, send its invitation, follow each caller's seal, ask for a live check.

import {ask, picture, Refusal, send} from "./api.js";
import {copy, refuse} from "./sheet.js";
import {learnScopes} from "./token.js";

const OFTEN = 1000; // ms between two looks
const KEY = "bonaface-room";
const part = (id) => document.getElementById(id);
/** @type {{id: string, name: string, invitation: string, callers: any[], limits: string[]} | null} */
let room = null;
let timer = 0;
/** What was said of each caller last, such that a change is told once. @type {Map<string, string>} */
const told = new Map();

/** @param {"open" | "room" | "over"} phase */
function show(phase) {
  document.documentElement.dataset.phase = phase;
  if (phase !== "open") part(phase === "room" ? "room-title" : "over-title").focus();
}

async function open(event) {
  event.preventDefault();
  refuse(part("refusal"), "");
  try {
    await learnScopes("check");
    take(await ask("POST", `/api/rooms?name=${encodeURIComponent(part("name").value)}`));
    sessionStorage.setItem(KEY, room.id);
    show("room");
    follow();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(part("refusal"), error.sentence);
  }
}

/** A room that this tab had before it was loaded again. */
async function resume() {
  const id = sessionStorage.getItem(KEY);
  if (!id) return;
  try {
    take(await ask("GET", `/api/rooms/${id}`));
    show("room");
    follow();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    sessionStorage.removeItem(KEY);
  }
}

function follow() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (!room) return;
    try {
      take(await ask("GET", `/api/rooms/${room.id}`));
      lose("");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.status === 404) return over();
      lose("The server does not answer. What is shown is of before.");
    }
    follow();
  }, OFTEN);
}

function lose(words) {
  part("lost").hidden = !words;
  part("lost").textContent = words;
}

function take(view) {
  room = view;
  const address = new URL(view.invitation, location.href);
  part("invitation").textContent = address.href;
  part("secure").hidden = address.protocol === "https:";
  part("room-title").textContent = view.name || "Your room";
  const list = part("callers");
  const known = new Map([...list.children].map((tile) => [tile.dataset.id, tile]));
  for (const caller of view.callers) {
    const tile = known.get(caller.id) ?? make(caller);
    if (!tile.isConnected) list.append(tile);
    fill(tile, caller);
    known.delete(caller.id);
  }
  for (const [id, tile] of known) {
    tile.remove();
    tell(id, "", `${tile.querySelector(".who").textContent} has left.`);
  }
}

function make(caller) {
  const tile = part("caller").content.cloneNode(true).firstElementChild;
  tile.dataset.id = caller.id;
  const find = (name) => tile.querySelector(name);
  const who = caller.name || "A caller without a name";
  find(".who").textContent = who;
  find(".seen").alt = `What is looked at of ${who}`;
  find(".leave").setAttribute("aria-label", `Hang up on ${who}`);
  const refusal = find(".claims .refusal");
  const act = (work) => async (event) => {
    refuse(refusal, "");
    try {
      await work(event);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      find(".claims").open = true;
      refuse(refusal, error.sentence);
    }
  };
  find(".request").addEventListener("click", act(() => ask("POST", `${at(caller)}/challenge`)));
  find(".leave").addEventListener("click", act(() => send("DELETE", at(caller))));
  find(".reference").addEventListener("change", act(async ({target}) => {
    const [file] = target.files;
    if (file) await send("PUT", `${at(caller)}/reference`, {body: file, type: "application/json"});
  }));
  return tile;
}

const at = (caller) => `/api/rooms/${room.id}/callers/${caller.id}`;

function fill(tile, caller) {
  const find = (name) => tile.querySelector(name);
  const {colour, word, reasons} = caller.seal;
  tile.dataset.colour = colour;
  find(".stand use").setAttribute("href", `page/icons.svg#seal-${colour}`);
  find(".word").textContent = word;
  find(".now").textContent = now(caller);
  find(".request").disabled = caller.asked || !caller.connected;
  const request = word.startsWith("Unclear") ? "Ask again what was unclear" : "Ask for a live check";
  find(".request").textContent = request;
  find(".request").setAttribute("aria-label", `${request}: ${find(".who").textContent}`);
  const words = [...new Set([...reasons, ...caller.findings.map((one) => one.reason), ...room.limits])];
  if (caller.trouble) words.unshift(caller.trouble);
  list(find(".reasons"), words.length ? words : ["Nothing was found or asked yet."]);
  if (caller.faces !== null && caller.connected) refresh(find(".seen"), `${at(caller)}/picture`);
  tell(caller.id, word, `${find(".who").textContent}: ${word}.`);
}

function now(caller) {
  if (!caller.connected) return "Not connected.";
  if (caller.asked) return "A live check is running.";
  const faces = ["No face is seen.", "One face is seen."][caller.faces] ?? `${caller.faces} faces are seen.`;
  return faces;
}

async function refresh(image, path) {
  if (image.dataset.loading) return;
  image.dataset.loading = "yes";
  try {
    const before = image.src;
    image.src = await picture(`${path}?at=${Date.now()}`);
    await image.decode().catch(() => {});
    if (before.startsWith("blob:")) URL.revokeObjectURL(before);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error; // no picture came yet
  } finally {
    delete image.dataset.loading;
  }
}

function list(place, words) {
  if (place.dataset.words === words.join("\n")) return;
  place.dataset.words = words.join("\n");
  place.replaceChildren(...words.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
}

/** Say a change once, for who does not see it. */
function tell(id, state, sentence) {
  if (told.get(id) === state) return;
  told.set(id, state);
  part("changes").textContent = sentence;
}

function over() {
  clearTimeout(timer);
  sessionStorage.removeItem(KEY);
  room = null;
  part("callers").replaceChildren();
  told.clear();
  show("over");
}

async function close() {
  const {id} = room;
  over();
  await send("DELETE", `/api/rooms/${id}`).catch(() => {});
}

part("open").addEventListener("submit", open);
part("close").addEventListener("click", close);
part("again").addEventListener("click", () => show("open"));
part("copy").addEventListener("click", () => copy(part("copy"), part("invitation").textContent));
resume();
