// The camera, for a face that is driven by yours.

const WHY = {
  NotAllowedError: ["The camera is blocked.", "Allow it beside the address of this page, then turn it on again."],
  NotFoundError: ["No camera was found.", "Plug one in, or drive the face by text or voice."],
  NotReadableError: ["Another program holds the camera.", "Close it there, then turn it on again."],
  insecure: ["This page may not use the camera.", "Browsers allow it over https, or on this machine at 127.0.0.1."],
};

/** Fires "change", and "trouble" (detail: {code, message, remedy}). */
export class Camera extends EventTarget {
  constructor() {
    super();
    /** @type {MediaStreamTrack | null} */
    this.track = null;
  }

  /** @param {boolean} on */
  async turn(on) {
    if (on && !this.track) await this.#fetch();
    if (!on) {
      this.track?.stop();
      this.track = null;
    }
    this.dispatchEvent(new Event("change"));
  }

  async #fetch() {
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "insecure");
      const stream = await navigator.mediaDevices.getUserMedia({
        // More pixels than these do not make the landmarks any better.
        video: {width: {ideal: 640}, height: {ideal: 480}, frameRate: {ideal: 30, max: 30}, facingMode: "user"},
      });
      [this.track] = stream.getVideoTracks();
      this.track.addEventListener("ended", () => this.turn(false));
    } catch (error) {
      const code = error.name in WHY ? error.name : "NotReadableError";
      const [message, remedy] = WHY[code];
      this.dispatchEvent(new CustomEvent("trouble", {detail: {code: `camera-${code}`, message, remedy}}));
    }
  }
}
