// The keyboard: Escape stops the face, space held down talks, single letters turn things on and off.

const TYPING = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
const PRESSED_BY_SPACE = "button, a, summary, input";

/**
 * @param {{stop: () => void, talk: (down: boolean) => void, letters: Record<string, () => void>}} acts
 */
export function listen(acts) {
  let talking = false;
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") acts.stop();
    const typing = event.target.matches?.(TYPING);
    if (event.key === " " && !typing && !event.target.matches?.(PRESSED_BY_SPACE)) {
      event.preventDefault();
      if (!event.repeat && !talking) acts.talk(talking = true);
    }
    const act = acts.letters[event.key.toLowerCase()];
    if (act && !typing && !event.repeat) act();
  });
  const release = () => {
    if (talking) acts.talk(talking = false);
  };
  addEventListener("keyup", (event) => event.key === " " && release());
  addEventListener("blur", release);
}
