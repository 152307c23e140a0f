// One conversation with one face, which outlives its connections: it keeps the session on the
// server, connects again when the connection is lost, and begins anew when the session is gone.

import {ask, Refusal, send} from "./api.js";
import {Peer} from "./peer.js";

const WAITS = [300, 700, 1500, 3000, 5000]; // ms between attempts; the last one repeats
const SILENCE = 3500; // ms without a word from the server before we ask whether it is there
const OPENING = 12000; // ms for a connection to open
const KEY = "bonaface-session";

/**
 * @typedef {{likeness: string, purpose?: string, voice: string, manner: string,
 *   size: [number, number], drive: string, own_voice: boolean, mind?: string, background?: string}} Cast
 */

/**
 * Fires "phase" (detail: {phase, refusal?, wait?}), "message" (detail: an event), "stream",
 * "renewed" (the server was started again; this is a new session with the same cast).
 * Phases: connecting, live, reconnecting, full, refused, and paused: the server ended the session,
 * because nothing happened in it for long; `hurry` begins another.
 */
export class Session extends EventTarget {
  /** @param {Cast} cast @param {RTCIceServer[]} iceServers */
  constructor(cast, iceServers) {
    super();
    this.cast = cast;
    this.iceServers = iceServers;
    this.id = "";
    this.boot = ""; // of the server that the session runs on
    /** @type {Peer | null} */
    this.peer = null;
    this.tracks = {microphone: null, camera: null};
    this.closed = false;
    this.attempt = 0;
    this.heardAt = 0;
    this.watch = setInterval(() => this.#notice(), 1000);
  }

  /**
   * Begin, or take up the session that this tab had before it was loaded again.
   * @param {Promise<void>} [room] settles when the one before has made room
   */
  async begin(room) {
    this.#phase("connecting");
    await room;
    if (this.closed) return;
    const kept = remembered(this.cast);
    if (kept) this.id = kept;
    await this.#reach();
  }

  /** Stop for good. @param {{forget?: boolean}} [how] forget: end it on the server too */
  async close({forget = true} = {}) {
    this.closed = true;
    clearInterval(this.watch);
    clearTimeout(this.timer);
    this.peer?.close();
    if (forget && this.id) {
      sessionStorage.removeItem(KEY);
      await send("DELETE", this.address, {keepalive: true}).catch(() => {});
    }
  }

  get address() {
    return `/api/sessions/${this.id}`;
  }

  get stream() {
    return this.peer?.stream ?? null;
  }

  /** Try at once instead of waiting. */
  hurry() {
    clearTimeout(this.timer);
    this.#reach();
  }

  /** Speak: over the channel, or over HTTP where that is not open. @param {string} text */
  async say(text) {
    if (!this.peer?.tell({type: "say", text})) await ask("POST", `${this.address}/say`, {text});
  }

  /** Have the mind answer. @param {string} text */
  async ask(text) {
    if (!this.peer?.tell({type: "ask", text})) await ask("POST", `${this.address}/ask`, {text});
  }

  async interrupt() {
    if (!this.peer?.tell({type: "interrupt"})) await ask("POST", `${this.address}/interrupt`, {});
  }

  /** @param {string} mode @param {boolean} own whether others hear the person's own voice */
  drive(mode, own) {
    Object.assign(this.cast, {drive: mode, own_voice: own});
    this.peer?.tell({type: "drive", mode, own_voice: own});
  }

  /** Put something else behind the person. @param {string} kind @param {File} [file] */
  async background(kind, file) {
    // A session that begins anew does not have the picture.
    this.cast.background = file ? "own" : kind;
    if (file) await send("PUT", `${this.address}/background`, {body: file, type: file.type});
    else if (!this.peer?.tell({type: "background", kind})) {
      await ask("PATCH", this.address, {background: kind});
    }
  }

  /** Where others can watch it or send to it, and which broadcasts of it run. */
  async look() {
    return ask("GET", this.address);
  }

  /** @param {"microphone" | "camera"} which @param {MediaStreamTrack | null} track */
  async give(which, track) {
    this.tracks[which] = track;
    await this.peer?.[which](track);
  }

  #phase(phase, more = {}) {
    this.dispatchEvent(new CustomEvent("phase", {detail: {phase, ...more}}));
  }

  async #reach() {
    try {
      if (!await this.#attend()) return;
      await this.#connect();
      this.attempt = 0;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#again(error);
    }
  }

  /** Make sure that there is a session on the server; answers whether there is. */
  async #attend() {
    if (this.id && await this.#stands()) return true;
    const lost = this.attempt > 0 && this.boot !== "";
    if (lost) {
      const {boot} = await ask("GET", "/api/settings");
      if (boot === this.boot) {
        this.attempt = 0;
        this.#phase("paused");
        return false;
      }
    }
    const made = await ask("POST", "/api/sessions", {language: navigator.language, ...this.cast});
    Object.assign(this, {id: made.id, boot: made.boot});
    remember(this.id, this.cast);
    if (lost) this.dispatchEvent(new Event("renewed"));
    if (this.closed) this.close();
    return !this.closed;
  }

  /** Ask whether the session of old still runs. */
  async #stands() {
    try {
      const found = await send("GET", this.address, {wait: 2500});
      this.boot = (await found.json()).boot;
      return true;
    } catch (error) {
      if (error.status !== 404 && error.status !== 410) throw error;
      this.id = "";
      sessionStorage.removeItem(KEY);
      return false;
    }
  }

  async #connect() {
    const peer = new Peer(this.iceServers);
    this.peer?.close();
    this.peer = peer;
    peer.addEventListener("stream", () => this.dispatchEvent(new Event("stream")));
    peer.addEventListener("lost", () => this.#lost(peer));
    peer.addEventListener("message", ({detail}) => this.#hear(detail));
    await peer.microphone(this.tracks.microphone);
    await peer.camera(this.tracks.camera);
    await Promise.all([opened(peer), peer.connect(`${this.address}/peer`)]);
    this.heardAt = performance.now();
    this.#phase("live");
  }

  #hear(event) {
    this.heardAt = performance.now();
    this.dispatchEvent(new CustomEvent("message", {detail: event}));
  }

  #lost(peer) {
    if (this.closed || peer !== this.peer) return;
    this.attempt = 1;
    this.#phase("reconnecting", {wait: 0});
    this.#reach();
  }

  /** The server speaks every second; when it does not, ask whether it is still there. */
  async #notice() {
    const quiet = performance.now() - this.heardAt;
    if (this.asking || !this.heardAt || quiet < SILENCE || this.peer?.closed) return;
    this.asking = true;
    try {
      await send("GET", this.address, {wait: 2500});
      if (quiet > 3 * SILENCE) this.peer?.lose();
    } catch {
      this.peer?.lose();
    } finally {
      this.asking = false;
    }
  }

  #again(refusal) {
    if (this.closed) return;
    this.peer?.close();
    if (refusal.status >= 400 && refusal.status < 500 && refusal.status !== 429) {
      this.#phase("refused", {refusal});
      return;
    }
    const full = refusal.status === 503 || refusal.status === 429;
    const short = WAITS[Math.min(this.attempt, WAITS.length - 1)];
    const wait = full ? 1000 * (refusal.retryAfter || 15) : short * (0.8 + 0.4 * Math.random());
    this.attempt += 1;
    this.#phase(full ? "full" : "reconnecting", {refusal, wait});
    this.timer = setTimeout(() => this.#reach(), wait);
  }
}

/** Wait until the data channel is open; throws a Refusal where it never is. @param {Peer} peer */
function opened(peer) {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Refusal("The picture does not come through.", {
      remedy: "A firewall may be in the way; ask for a TURN server in the settings.",
    }));
    const timer = setTimeout(late, OPENING);
    peer.addEventListener("open", () => { clearTimeout(timer); resolve(undefined); });
    peer.addEventListener("lost", () => { clearTimeout(timer); late(); });
  });
}

function remember(id, cast) {
  sessionStorage.setItem(KEY, JSON.stringify({id, likeness: cast.likeness}));
}

function remembered(cast) {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  return kept?.likeness === cast.likeness ? kept.id : "";
}
