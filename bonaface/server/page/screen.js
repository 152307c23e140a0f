// The screen in the frame: the still picture at first, then the live one, and its sound.

export class Screen {
  /** @param {(id: string) => any} part finds an element of the page */
  constructor(part) {
    this.part = part;
    /** @type {HTMLVideoElement} */
    this.video = part("face");
    this.wanted = true; // the person wants to hear it
    this.frames = 0;
    part("hear").addEventListener("click", () => this.#unblock());
    // Any press is what browsers wait for before a page may make a sound.
    addEventListener("pointerdown", () => !part("hear").hidden && this.#unblock());
    addEventListener("keydown", () => !part("hear").hidden && this.#unblock());
  }

  /** Show a likeness before it moves; without an address, nobody. @param {string} [address] */
  still(address) {
    for (const id of ["still", "glow"]) {
      this.part(id).hidden = !address;
      if (address) this.part(id).src = address;
      else this.part(id).removeAttribute("src");
    }
  }

  /** @param {MediaStream} stream */
  async show(stream) {
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    this.video.muted = !this.wanted;
    this.#count(stream);
    try {
      await this.video.play();
    } catch (error) {
      if (error.name !== "NotAllowedError") return;
      this.part("hear").hidden = false;
      this.video.muted = true;
      await this.video.play().catch(() => {});
    }
  }

  /** Show the still again until pictures come. */
  hide() {
    delete document.documentElement.dataset.shown;
  }

  /** @param {boolean} on */
  sound(on) {
    this.wanted = on;
    this.video.muted = !on;
    if (!on) this.part("hear").hidden = true;
    this.part("sound").setAttribute("aria-pressed", String(on));
  }

  #unblock() {
    this.part("hear").hidden = true;
    this.video.muted = !this.wanted;
    this.video.play().catch(() => {});
  }

  #count(stream) {
    if (this.counted === stream) return;
    this.counted = stream;
    if (!this.video.requestVideoFrameCallback) {
      this.video.addEventListener("playing", () => { document.documentElement.dataset.shown = ""; }, {once: true});
      return;
    }
    const each = () => {
      if (this.video.srcObject !== stream) return;
      this.frames += 1;
      document.documentElement.dataset.shown = "";
      this.video.requestVideoFrameCallback(each);
    };
    this.video.requestVideoFrameCallback(each);
  }
}
