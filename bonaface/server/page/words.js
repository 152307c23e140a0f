// The few words of the player in the viewer's language: those that a video's label knows. English else.

const ENGLISH = {
  ai: "AI",
  live: "Live face",
  begins: "It begins in a moment.",
  ended: "This has ended.",
  hear: "Tap to hear",
  made: "This face and voice are made with AI.",
  gone: "The consent for this face has ended. It is no longer shown.",
  good: "Its credentials hold.",
  bad: "Its credentials do not hold. Do not rely on what you see.",
  unsure: "Its credentials could not be checked here.",
  waiting: "Its credentials are being checked.",
  credentials: "Content credentials",
  ticket: "This address needs a ticket.",
  denied: "This face may not be shown.",
  nothing: "There is nothing to watch here.",
  lost: "The server was lost. Load this page again.",
  count: "Segments checked: {n}.",
};
const SAME = {nb: "no", nn: "no", cmn: "zh", yue: "zh"};

/**
 * The words of the first language that is known here, which the page then takes as its own.
 * @returns {Promise<typeof ENGLISH>}
 */
export async function chooseWords() {
  const asked = navigator.languages.map((tag) => tag.toLowerCase().split("-")[0]).map((tag) => SAME[tag] ?? tag);
  if ((asked[0] ?? "en") === "en") return ENGLISH;
  try {
    const known = {en: ENGLISH, ...await (await fetch(new URL("watch.json", import.meta.url))).json()};
    const language = asked.find((tag) => Object.hasOwn(known, tag)) ?? "en";
    say(known[language], language);
    return known[language];
  } catch {
    return ENGLISH; // it stands there already
  }
}

/** Fill the page; what has a language of its own keeps it. */
function say(words, language) {
  document.documentElement.lang = language;
  document.title = `${words.live} · ${words.ai}`;
  document.querySelector("video").ariaLabel = words.made;
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = words[one.dataset.word];
}
