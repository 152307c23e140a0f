// Plays a session's HLS with the browser's own decoders. Every part goes through `inspect` before it
// is played, so that what is checked is what is seen.

const AHEAD = 3; // segments before the newest at which a viewer begins
const LOOK = 1000; // ms between looks at the playlists
const BEHIND = 14; // s, from which on a viewer jumps forward
const KEPT = 20; // s that stay behind
const EARLY = new Set([429, 503]); // ask again

/** The server will not give it; `status` is of HTTP. */
export class Refused extends Error {
  constructor(status) {
    super(`${status}`);
    this.status = status;
  }
}

/**
 * @typedef {{name: string, kind: "begin" | "segment", data: Uint8Array}} Part
 * @typedef {(track: string, part: Part) => Promise<void>} Inspect
 */

export class Player extends EventTarget {
  /** @param {HTMLVideoElement} video @param {string} address of index.m3u8 @param {Inspect} inspect */
  constructor(video, address, inspect) {
    super();
    this.video = video;
    this.address = new URL(address, location.href).href;
    this.inspect = inspect;
    this.ended = false;
  }

  /** Play to the end. Throws Refused. */
  async play() {
    const {tracks, codecs} = readIndex(await text(this.address), this.address);
    const source = new (globalThis.ManagedMediaSource ?? MediaSource)();
    this.video.disableRemotePlayback = true; // which ManagedMediaSource asks for
    this.video.src = URL.createObjectURL(source);
    await new Promise((open) => source.addEventListener("sourceopen", open, {once: true}));
    const runs = tracks.map((address, i) => {
      const kind = i === 0 ? "video" : "audio";
      const codec = codecs.find((one) => one.startsWith("mp4a") === (kind === "audio"));
      return new Run(address, source.addSourceBuffer(`${kind}/mp4; codecs="${codec}"`), this);
    });
    while (!runs.every((run) => run.over)) {
      await Promise.all(runs.map((run) => run.look()));
      this.#keepUp();
      await new Promise((later) => setTimeout(later, LOOK));
    }
    if (source.readyState === "open") source.endOfStream();
    this.ended = true;
    this.dispatchEvent(new Event("ended"));
  }

  /** Begin where there is something, jump over what was left out, and do not fall behind. */
  #keepUp() {
    const {video} = this;
    const ranges = Array.from({length: video.buffered.length}, (_, i) => [video.buffered.start(i), video.buffered.end(i)]);
    if (!ranges.length) return;
    const now = video.currentTime;
    const newest = ranges.at(-1)[1];
    const inside = ranges.some(([from, until]) => from <= now && now < until - 0.1);
    const next = ranges.find(([from]) => from > now);
    if (newest - now > BEHIND) video.currentTime = Math.max(ranges.at(-1)[0], newest - 5);
    else if (!inside && next) video.currentTime = next[0] + 0.01;
  }
}

/** One track: fetched, inspected, appended, in order. */
class Run {
  constructor(address, buffer, player) {
    this.address = address;
    this.name = new URL(address).pathname.split("/").at(-1).replace(".m3u8", "");
    this.buffer = buffer;
    this.player = player;
    this.over = false;
    this.begin = "";
    this.newest = -1;
  }

  async look() {
    if (this.over) return;
    const {entries, ended} = readPlaylist(await text(this.address), this.address);
    const fresh = entries.filter((one) => one.number > this.newest);
    for (const one of this.newest < 0 ? fresh.slice(-AHEAD) : fresh) await this.#take(one);
    this.over = ended;
    await this.#forget();
  }

  async #take(one) {
    const data = await bytes(one.segment);
    if (one.begin !== this.begin) await this.#append("begin", one.begin, await bytes(one.begin));
    this.begin = one.begin;
    await this.#append("segment", one.segment, data);
    this.newest = one.number;
  }

  async #append(kind, address, data) {
    const name = new URL(address).pathname.split("/").at(-1);
    await this.player.inspect(this.name, {name, kind, data});
    await this.#change(() => this.buffer.appendBuffer(data));
  }

  async #forget() {
    const until = this.player.video.currentTime - KEPT;
    if (this.buffer.buffered.length && this.buffer.buffered.start(0) < until) {
      await this.#change(() => this.buffer.remove(0, until));
    }
  }

  #change(work) {
    return new Promise((done, failed) => {
      this.buffer.addEventListener("updateend", done, {once: true});
      this.buffer.addEventListener("error", () => failed(new Error("The browser cannot play this.")), {once: true});
      work();
    });
  }
}

/** @param {string} list @param {string} base */
function readIndex(list, base) {
  const media = [...list.matchAll(/#EXT-X-MEDIA:.*URI="([^"]+)"/g)].map((found) => found[1]);
  const pictures = list.split("\n").find((line) => line && !line.startsWith("#"));
  const codecs = list.match(/CODECS="([^"]+)"/)[1].split(",");
  return {tracks: [pictures, ...media].map((one) => within(one, base)), codecs};
}

/** @param {string} list @param {string} base */
function readPlaylist(list, base) {
  let number = Number(list.match(/#EXT-X-MEDIA-SEQUENCE:(\d+)/)?.[1] ?? 0);
  let begin = "";
  const entries = [];
  for (const line of list.split("\n")) {
    const found = line.match(/^#EXT-X-MAP:URI="([^"]+)"/);
    if (found) begin = within(found[1], base);
    else if (line && !line.startsWith("#")) {
      entries.push({number, begin, segment: within(line, base)});
      number += 1;
    }
  }
  return {entries, ended: list.includes("#EXT-X-ENDLIST")};
}

/** Addresses lead to this very server, whoever wrote them. */
function within(relative, base) {
  const address = new URL(relative, base);
  if (address.origin !== location.origin) throw new Error("A part lies on another server.");
  return address.href;
}

async function fetched(address) {
  for (;;) {
    const answer = await fetch(address, {cache: "no-store"});
    if (answer.ok) return answer;
    if (!EARLY.has(answer.status)) throw new Refused(answer.status);
    await new Promise((later) => setTimeout(later, LOOK));
  }
}

const text = async (address) => (await fetched(address)).text();
const bytes = async (address) => new Uint8Array(await (await fetched(address)).arrayBuffer());
