// The microphone: opened once, let through while you talk, its level shown as a ring.

const WHY = {
  NotAllowedError: ["The microphone is blocked.", 
    "Allow it beside the address of this page, then press the microphone again. Typing works without."],
  NotFoundError: ["No microphone was found.", "Plug one in, or type instead."],
  NotReadableError: ["Another program holds the microphone.", "Close it there, then press the microphone again."],
  insecure: ["This page may not use the microphone.", "Browsers allow it over https, or on this machine at 127.0.0.1."],
};
const QUIET = 0.004; // amplitude that no voice at a microphone falls below for long
const PATIENCE = 6000; // ms of such quiet before we say so

/**
 * Fires "level" (detail: 0..1), "silent" (nothing was heard for a while), "change", and
 * "trouble" (detail: {code, message, remedy}).
 */
export class Microphone extends EventTarget {
  constructor() {
    super();
    /** @type {MediaStreamTrack | null} */
    this.track = null;
    this.free = false; // hands-free: open until it is pressed again
    this.held = false; // open while the key is down
  }

  get open() {
    return this.track !== null && (this.free || this.held);
  }

  /** @param {boolean} on */
  async turn(on) {
    this.free = on;
    await this.#apply();
  }

  /** @param {boolean} down */
  async hold(down) {
    this.held = down;
    await this.#apply();
  }

  async #apply() {
    if ((this.free || this.held) && !this.track) await this.#fetch();
    if (this.track) this.track.enabled = this.open;
    if (this.open) this.quietSince = performance.now();
    this.dispatchEvent(new Event("change"));
  }

  async #fetch() {
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "insecure");
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: {echoCancellation: true, noiseSuppression: true, autoGainControl: true},
      });
      [this.track] = stream.getAudioTracks();
    } catch (error) {
      this.free = this.held = false;
      this.#trouble(error.name in WHY ? error.name : "NotReadableError");
      return;
    }
    this.track.addEventListener("ended", () => {
      this.track = null;
      this.free = this.held = false;
      this.#trouble("NotFoundError");
      this.dispatchEvent(new Event("change"));
    });
    this.#measure();
  }

  #trouble(name) {
    const [message, remedy] = WHY[name];
    const detail = {code: `microphone-${name}`, message, remedy};
    this.dispatchEvent(new CustomEvent("trouble", {detail}));
  }

  #measure() {
    const context = new AudioContext();
    const ear = new AnalyserNode(context, {fftSize: 1024});
    context.createMediaStreamSource(new MediaStream([this.track])).connect(ear);
    context.resume();
    const samples = new Float32Array(ear.fftSize);
    const look = () => {
      if (!this.track) {
        context.close();
        return;
      }
      ear.getFloatTimeDomainData(samples);
      const loud = Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
      this.#level(this.open ? loud : 0);
      setTimeout(() => requestAnimationFrame(look), 40);
    };
    look();
  }

  #level(loud) {
    // 0 at -50 dB, 1 at -10 dB: about what a voice at arm's length covers.
    const level = Math.min(1, Math.max(0, (20 * Math.log10(loud + 1e-6) + 50) / 40));
    this.dispatchEvent(new CustomEvent("level", {detail: level}));
    const now = performance.now();
    if (!this.open || loud > QUIET) this.quietSince = now;
    if (now - this.quietSince > PATIENCE) {
      this.quietSince = now + 60000;
      this.dispatchEvent(new Event("silent"));
    }
  }
}
