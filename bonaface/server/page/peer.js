// The WebRTC connection of one session: the face comes in, microphone and camera go out,
// a data channel carries words and events. Also a viewer of a session (WHEP), which only receives,
// and a caller who is checked, who only sends.

import {send} from "./api.js";

const GATHER = 1500; // ms to wait for addresses before the offer goes out without the rest
// ms that each may wait before it is played, such that sound and lips meet: pictures are drawn sooner than sound is heard.
const BUFFER = {audio: 60, video: 90};

/**
 * A connection to a session. Fires "message" (detail: an event of the session), "stream", "frame"
 * (detail: the digest of a coded frame that came, and its times), "open" and "lost" (once, when it will not come back by itself).
 */
export class Peer extends EventTarget {
  /** @param {RTCIceServer[]} iceServers @param {{watch?: boolean, show?: boolean}} [how] watch: only receive; show: only send */
  constructor(iceServers, {watch = false, show = false} = {}) {
    super();
    this.pc = new RTCPeerConnection({iceServers, bundlePolicy: "max-bundle"});
    this.stream = new MediaStream();
    this.resource = "";
    this.closed = false;
    // One video line both ways: some stacks never start a second one in the same bundle.
    const direction = watch ? "recvonly" : show ? "sendonly" : "sendrecv";
    this.sound = this.pc.addTransceiver("audio", {direction});
    this.picture = this.pc.addTransceiver("video", {direction});
    this.channel = watch ? null : this.pc.createDataChannel("bonaface");
    this.witness = watch || show ? null : this.#witness();
    this.#listen();
  }

  /** Offer to the resource at `path`, and take its answer. Throws a Refusal. @param {string} path */
  async connect(path) {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    await this.#gathered();
    const answer = await send("POST", path, {
      body: this.pc.localDescription.sdp,
      type: "application/sdp",
    });
    this.resource = answer.headers.get("Location") ?? "";
    if (this.closed) return this.#leave();
    await this.pc.setRemoteDescription({type: "answer", sdp: await answer.text()});
    return undefined;
  }

  /** Send an event to the session; dropped where the channel is not open. @param {object} event */
  tell(event) {
    if (this.channel?.readyState !== "open") return false;
    this.channel.send(JSON.stringify(event));
    return true;
  }

  /** @param {MediaStreamTrack | null} track */
  async microphone(track) {
    await this.sound.sender.replaceTrack(track);
  }

  /** @param {MediaStreamTrack | null} track */
  async camera(track) {
    await this.picture.sender.replaceTrack(track);
  }

  /** Send at most so many pictures a second; the camera itself stays as it is. @param {number} rate */
  async pace(rate) {
    const {sender} = this.picture;
    const asked = sender.getParameters();
    for (const one of asked.encodings ?? []) one.maxFramerate = rate;
    await sender.setParameters(asked).catch(() => {}); // not everywhere, and never needed
  }

  close() {
    if (this.closed) return;
    this.closed = true;
    this.pc.close();
    this.witness?.terminate();
    this.#leave();
  }

  #leave() {
    if (this.resource) send("DELETE", this.resource, {keepalive: true}).catch(() => {});
  }

  /** Whether coded frames can be looked at here. */
  get witnessed() {
    return this.witness !== null;
  }

  /** Look at each coded frame on its way to the decoder, in a worker (WebRTC Encoded Transform). */
  #witness() {
    if (typeof RTCRtpScriptTransform !== "function") return null;
    const worker = new Worker("page/witness.js", {type: "module"});
    for (const {receiver} of [this.sound, this.picture]) {
      receiver.transform = new RTCRtpScriptTransform(worker, {kind: receiver.track.kind});
    }
    worker.addEventListener("message", ({data}) => {
      this.dispatchEvent(new CustomEvent("frame", {detail: data}));
    });
    return worker;
  }

  #listen() {
    this.pc.addEventListener("track", ({track, receiver}) => {
      // Told nothing, Chromium begins with 250 ms of sound and takes half a minute to bring the lips along.
      receiver.jitterBufferTarget = BUFFER[track.kind];
      this.stream.addTrack(track);
      this.dispatchEvent(new Event("stream"));
    });
    this.pc.addEventListener("connectionstatechange", () => {
      if (this.pc.connectionState === "failed") this.lose();
    });
    this.channel?.addEventListener("open", () => {
      this.tell({type: "hello"});
      this.dispatchEvent(new Event("open"));
    });
    this.channel?.addEventListener("close", () => this.lose());
    this.channel?.addEventListener("message", ({data}) => {
      this.dispatchEvent(new CustomEvent("message", {detail: JSON.parse(data)}));
    });
  }

  /** Give this connection up; whoever holds it makes another. */
  lose() {
    if (this.closed) return;
    this.close();
    this.dispatchEvent(new Event("lost"));
  }

  #gathered() {
    if (this.pc.iceGatheringState === "complete") return Promise.resolve();
    return new Promise((resolve) => {
      setTimeout(resolve, GATHER);
      this.pc.addEventListener("icegatheringstatechange", () => {
        if (this.pc.iceGatheringState === "complete") resolve();
      });
    });
  }
}

/** Tell whether this browser can do WebRTC at all. */
export function canConnect() {
  return typeof RTCPeerConnection === "function";
}
