// What is going on between a person and the face: begins sessions, shows how they stand, and passes
// on what either side says.

import {Refusal} from "./api.js";
import {Session} from "./session.js";

const STATES = {idle: "Ready", speaking: "Speaking", listening: "Listening", thinking: "Thinking"};
const PHASES = {
  connecting: "Connecting", reconnecting: "Reconnecting", full: "Waiting",
  ended: "Ended", paused: "Ended", refused: "Not live",
};
const OVER = new Set(["consent-ended", "consent-revoked", "consent-expired"]);
const BY_PERSON = new Set(["voice", "face"]); // what a person says drives the face
const DRAWN = 60; // ms from a picture's coming to its being seen, about

/**
 * @typedef {object} Parts what it plays on
 * @property {(id: string) => any} part finds an element of the page
 * @property {import("./notices.js").Notices} notices
 * @property {import("./notices.js").Veil} veil
 * @property {import("./screen.js").Screen} screen
 * @property {import("./captions.js").Captions} captions
 * @property {import("./panel.js").Panel} panel
 * @property {import("./seal.js").Seal} seal
 * @property {import("./likenesses.js").Likenesses} likenesses
 * @property {import("./drives.js").Drives} drives
 * @property {import("./microphone.js").Microphone} microphone
 * @property {import("./camera.js").Camera} camera
 * @property {import("./memory.js").Memory} memory
 * @property {() => void} add opens the dialogue that adds a likeness
 */

export class Conversation {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    /** @type {Session | null} */
    this.session = null;
    /** @type {RTCIceServer[]} */
    this.iceServers = [];
    this.drive = "text";
    this.phase = "connecting";
    this.state = "idle";
  }

  /** Show a likeness, live. @param {import("./likenesses.js").Likeness} likeness */
  appear(likeness) {
    const {part, captions, screen, likenesses, memory} = this.parts;
    const room = this.session?.close();
    captions.clear();
    screen.hide();
    screen.still(likeness.status === "active" ? likeness.picture : undefined);
    likenesses.mark(likeness.id);
    part("who").textContent = likeness.name;
    part("face").setAttribute("aria-label", `The live face of ${likeness.name}, made by AI`);
    memory.keep({likeness: likeness.id});
    this.session = new Session(this.#cast(likeness), this.iceServers);
    this.#follow(this.session);
    this.parts.seal.follow(this.session);
    this.session.begin(room);
  }

  /** Nobody is here: say how to change that. */
  vanish() {
    const {part, veil, add} = this.parts;
    this.session?.close();
    this.session = null;
    this.parts.seal.forget();
    this.parts.screen.still();
    this.#tell("empty");
    part("who").textContent = "No likeness yet";
    const button = {words: "Add a likeness", act: add};
    veil.show("Whose face shall speak?", "A photo and a yes are all it needs.", button);
  }

  /** Another voice, manner, picture or mind: the same face, a new conversation. */
  restart() {
    const one = this.parts.likenesses.find(this.parts.likenesses.chosen);
    if (one) this.appear(one);
  }

  /** Let something else drive the face. @param {string} drive @param {{byHand?: boolean}} [how] */
  async choose(drive, {byHand = false} = {}) {
    const {notices, microphone, camera, drives} = this.parts;
    this.adopt(drive);
    this.session?.drive(drive, drives.own);
    notices.drop("voice-muted");
    if (drive === "text") await microphone.turn(false);
    if (drive !== "face") await camera.turn(false);
    // Walking over the choices with arrow keys must not turn microphones and cameras on.
    if (byHand && drive !== "text") await microphone.turn(true);
    if (byHand && drive === "face") await camera.turn(true);
    this.#explainSilence();
  }

  /** Let others hear a person's own voice, or the face's. @param {boolean} own */
  speakAs(own) {
    this.parts.memory.keep({ownVoice: own});
    this.parts.drives.mark(this.drive);
    this.session?.drive(this.drive, own);
    this.#explainSilence();
  }

  #explainSilence() {
    const {memory, notices, drives} = this.parts;
    if (!BY_PERSON.has(this.drive) || memory.sound === false) return;
    const who = drives.own ? "Others hear you." : "Others hear the synthetic voice.";
    notices.show(`${who} Here you are not played back to yourself.`, {code: "voice-muted"});
  }

  /** Show what drives the face. @param {string} drive */
  adopt(drive) {
    this.drive = drive;
    this.parts.drives.mark(drive);
    // One's own words, a quarter of a second or a sentence late, make it hard to talk.
    this.parts.screen.sound(this.parts.memory.sound !== false && !BY_PERSON.has(drive));
  }

  /** @param {boolean} on */
  listenIn(on) {
    this.parts.screen.sound(on);
    if (!BY_PERSON.has(this.drive)) this.parts.memory.keep({sound: on});
  }

  /** @param {string} text @returns {Promise<boolean>} whether it was taken */
  async say(text) {
    if (!this.session?.id) return false;
    const answered = this.drive === "mind";
    return this.#try("say", () => answered ? this.session.ask(text) : this.session.say(text));
  }

  async stop() {
    if (this.session?.id) await this.#try("say", () => this.session.interrupt());
  }

  /** Push-to-talk. @param {boolean} down */
  async talk(down) {
    if (this.drive === "text" && down) await this.choose("voice");
    await this.parts.microphone.hold(down);
  }

  /** @param {string} kind @param {File} [file] */
  async background(kind, file) {
    if (this.session?.id) await this.#try("background", () => this.session.background(kind, file));
  }

  async #try(code, act) {
    try {
      await act();
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.parts.notices.show(error.sentence, {code, level: "warning"});
      return false;
    }
  }

  #cast(likeness) {
    const {memory, drives} = this.parts;
    const [width, height] = (memory.size ?? "512x512").split("x").map(Number);
    const shape = width > height ? "wide" : width < height ? "tall" : "square";
    document.documentElement.dataset.shape = shape;
    return {
      likeness: likeness.id,
      purpose: likeness.purposes[0],
      voice: memory.voice ?? "default",
      manner: memory.manner ?? "warm",
      size: [width, height],
      drive: this.drive,
      own_voice: drives.own,
      ...(drives.mind && {mind: drives.mind}),
    };
  }

  #follow(one) {
    const {microphone, camera, captions, screen, notices} = this.parts;
    const current = (act) => (event) => { if (this.session === one) act(event.detail); };
    one.tracks = {microphone: microphone.track, camera: camera.track};
    one.addEventListener("phase", current((detail) => this.#enter(detail)));
    one.addEventListener("message", current((detail) => this.#hear(detail)));
    one.addEventListener("stream", current(() => screen.show(one.stream)));
    one.addEventListener("renewed", current(() => {
      captions.clear();
      notices.show("The server was started again; this is a new conversation.", {code: "renewed"});
    }));
  }

  #tell(phase, state = "idle") {
    Object.assign(this, {phase, state});
    Object.assign(document.documentElement.dataset, {phase, state});
    this.parts.part("state").textContent = phase === "live" ? STATES[state] : PHASES[phase] ?? "";
    this.parts.part("stop").hidden = !(phase === "live" && state === "speaking");
  }

  #enter({phase, refusal, wait = 0}) {
    const {veil} = this.parts;
    this.#tell(phase);
    const again = {words: "Try now", act: () => this.session?.hurry()};
    if (phase === "live") {
      veil.lift();
      this.session.drive(this.drive, this.parts.drives.own);
    } else if (phase === "connecting") {
      veil.lift();
    } else if (phase === "reconnecting") {
      this.parts.screen.hide();
      const why = refusal ? "The server does not answer." : "The connection was lost.";
      veil.show("Reconnecting", `${why} It is tried again by itself.`);
    } else if (phase === "paused") {
      const on = {...again, words: "Go on"};
      veil.show("The conversation has ended", "Nothing happened in it for a while.", on);
    } else if (phase === "full") {
      this.#countDown(refusal, performance.now() + wait, again);
    } else if (phase === "refused") {
      veil.show(refusal.message, refusal.remedy, again);
    }
  }

  /** The server is full: say why, and when it is tried again. */
  #countDown(refusal, due, again) {
    if (this.phase !== "full") return;
    const left = Math.max(0, Math.ceil((due - performance.now()) / 1000));
    this.parts.veil.show(refusal.message, `${refusal.remedy} Trying again in ${left} s.`.trim(), again);
    if (left > 0) setTimeout(() => this.#countDown(refusal, due, again), 1000);
  }

  #hear(event) {
    const {captions, notices, panel} = this.parts;
    if (event.type === "caption") captions.show(event);
    else if (event.type === "interrupted") captions.interrupt();
    else if (event.type === "notice" && OVER.has(event.code)) this.#lose(event);
    else if (event.type === "notice") notices.show(event.text, event);
    else if (event.type === "state" && this.phase === "live") {
      this.#tell("live", event.state);
      if (event.drive !== this.drive) this.adopt(event.drive);
    } else if (event.type === "figures") {
      captions.lead = event.lead + DRAWN;
      if (panel.open) panel.tell(event);
    }
  }

  /** The consent is over: the face goes, the call stays. */
  #lose(event) {
    this.parts.captions.clear();
    this.parts.notices.drop("renewed");
    this.parts.screen.still();
    this.#tell("ended");
    const text = `${event.text} The call stays; choose another face, or add one.`;
    const button = {words: "Add a likeness", act: this.parts.add};
    this.parts.veil.show("The consent for this face has ended", text, button);
    this.parts.likenesses.load();
  }
}
