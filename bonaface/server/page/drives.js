// The four ways to drive the face, each with the one line and the one choice that belong to it.

const NOTES = {
  text: "It says what you write, in a synthetic voice.",
  voice: "Your voice moves its lips. Others hear you.",
  face: "Your camera moves its head, eyes, brows and lips.",
  mind: "A conversation: it listens, thinks and answers."
};
const PLACEHOLDERS = {
  text: "What shall it say?",
  voice: "Talk, or write what it says",
  face: "Or write what it says",
  mind: "Talk to it, or write to it",
};

/**
 * Fires "choose" (detail: {drive, byHand}; byHand where a pointer chose it), "mind" (detail: name)
 * and "background" (detail: {kind, file?}).
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
    part("background").addEventListener("change", () => this.#background());
    part("background-file").addEventListener("change", () => {
      const [file] = part("background-file").files;
      if (file) this.#tell("background", {kind: "picture", file});
    });
  }

  get mind() {
    return this.part("mind").value;
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
    const about = this.minds.find((one) => one.name === this.mind)?.about;
    this.part("drive-note").textContent = (drive === "mind" && about) || NOTES[drive];
  }

  /** @param {string} drive */
  mark(drive) {
    document.documentElement.dataset.drive = drive;
    for (const input of this.inputs) input.checked = input.value === drive;
    this.#explain(drive);
    this.part("words").placeholder = PLACEHOLDERS[drive];
    this.part("mind-choice").hidden = drive !== "mind";
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
