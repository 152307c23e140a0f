// What all dialogues share: they close by their buttons and by a press beside them, and they refuse in words.

/** @param {HTMLDialogElement} dialog */
export function closable(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => dialog.close());
  }
  dialog.addEventListener("pointerdown", (event) => {
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (event.target === dialog && !inside) dialog.close();
  });
}

/**
 * Say why something cannot be, and lead to where it can be mended.
 * @param {HTMLElement} place @param {string} sentence empty: there is no refusal (any more)
 * @param {HTMLElement} [mend]
 */
export function refuse(place, sentence, mend = place) {
  place.hidden = sentence === "";
  place.textContent = sentence;
  if (sentence) {
    place.scrollIntoView({block: "nearest"});
    mend.focus();
  }
}

/** Copy a text, and say so on the button. @param {HTMLElement} button @param {string} text */
export async function copy(button, text) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it";
    const place = button.parentElement.querySelector("code, output");
    place.hidden = false;
    getSelection().selectAllChildren(place);
  }
  setTimeout(() => { button.textContent = before; }, 1600);
}
