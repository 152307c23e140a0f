// The four ways to drive the face, each with the one line and the one choice that belong to it.

const NOTES = {
  text: "It says what you write, in a synthetic voice.",
  voice: "Your voice moves its lips.",
  face: "Your camera moves its head, eyes, brows and lips.",
  mind: "A conversation: it listens, thinks and answers."
};
const SYNTHETIC = {
  voice: "Its voice says your words, a sentence late.",
  face: "Its voice says your words, a sentence late.",
};
const PLACEHOLDERS = {
  text: "What shall it say?",
  voice: "Talk, or write what it says",
  face: "Or write what it says",
  mind: "Talk to it, or write to it",
};

/**
 * Fires "choose" (detail: {drive, byHand}; byHand where a pointer chose it), "mind" (detail: name),
 * "heard" (detail: whether others hear the person's own voice) and "background" (detail: {kind, file?}).
 */
export class Drives extends EventTarget {
  /** @param {(id: string) => any} part finds an element of the page */
  constructor(part) {
    super();
    this.part = part;
    /** @type {{name: string, about: string}[]} */
    this.minds = [];
    this.inputs = [...document.querySelectorAll('input[name="drive"]')];
    for (const input of this.inputs) {
      input.addEventListener("click", (event) => { this.byHand = event.screenX !== 0 || event.pointerType === "touch"; });
      input.addEventListener("change", () => {
        this.#tell("choose", {drive: input.value, byHand: Boolean(this.byHand)});
      });
    }
    part("mind").addEventListener("change", () => this.#tell("mind", part("mind").value));
    part("heard").addEventListener("change", () => this.#tell("heard", this.own));
    part("background").addEventListener("change", () => this.#background());
    part("background-file").addEventListener("change", () => {
      const [file] = part("background-file").files;
      if (file) this.#tell("background", {kind: "picture", file});
    });
  }

  get mind() {
    return this.part("mind").value;
  }

  /** Whether others hear the person's own voice, where that or the camera drives the face. */
  get own() {
    return this.part("heard").value === "own";
  }

  set own(own) {
    this.part("heard").value = own ? "own" : "synthetic";
  }

  /** @param {{name: string, about: string}[]} minds */
  offer(minds) {
    const title = (one) => one.name.replaceAll(/[-_]/g, " ").replace(/^./, (letter) => letter.toUpperCase());
    this.minds = minds;
    this.part("mind").replaceChildren(...minds.map((one) => new Option(title(one), one.name)));
    this.part("mind").addEventListener("change", () => this.#explain());
    this.inputs.find((input) => input.value === "mind").disabled = minds.length === 0;
  }

  /** The one line under the choice: of a mind, what it is about. */
  #explain(drive = "mind") {
    const about = drive === "mind" && this.minds.find((one) => one.name === this.mind)?.about;
    const synthetic = !this.own && SYNTHETIC[drive];
    this.part("drive-note").textContent = about || synthetic || NOTES[drive];
  }

  /** @param {string} drive */
  mark(drive) {
    document.documentElement.dataset.drive = drive;
    for (const input of this.inputs) input.checked = input.value === drive;
    this.#explain(drive);
    this.part("words").placeholder = PLACEHOLDERS[drive];
    this.part("mind-choice").hidden = drive !== "mind";
    this.part("heard-choice").hidden = drive !== "voice" && drive !== "face";
    this.part("background-choice").hidden = drive !== "face";
    this.part("camera").hidden = drive !== "face";
  }

  #background() {
    const kind = this.part("background").value;
    if (kind === "picture") this.part("background-file").click();
    else this.#tell("background", {kind});
  }

  #tell(type, detail = undefined) {
    this.dispatchEvent(new CustomEvent(type, {detail}));
  }
}
