// The words beside the player that say that AI is at work, in the viewer's language.

/** Fill the sign: what is seen, and what a screen reader says. English stands there already. */
export function sayAi(sign, {short, sentence, language}) {
  if (language === "en" && short === "AI") return;
  const [seen, heard] = sign.children;
  seen.textContent = short;
  heard.textContent = sentence;
  heard.lang = language;
  sign.title = sentence;
  sign.lang = language;
}
