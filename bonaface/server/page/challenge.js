// One challenge on the whole screen: its words, what to do now, and the time that is left.

const COUNT = 3; // s to read it before it begins
const TICK = 50; // ms
const SIDES = {left: "← Left", right: "Right →", ahead: "Straight ahead"};
const HANDS = {left: "← Hand from the left", right: "Hand from the right →"};

/**
 * Show it from its beginning to its end. Settles with "done", or "stopped" when the person stopped it.
 * @param {(id: string) => any} part
 * @param {{kind: string, nonce: string, words: string, steps: {at: number, does: string}[], lasts: number}} asked
 * @param {{begin: () => void, step?: (does: string) => void}} act begin: the first step is shown now
 */
export async function run(part, asked, act) {
  const dialog = part("challenge");
  const gone = new AbortController();
  const {signal} = gone;
  part("challenge-stop").addEventListener("click", () => gone.abort(), {signal});
  dialog.addEventListener("cancel", (event) => { event.preventDefault(); gone.abort(); }, {signal});
  part("challenge-words").textContent = asked.words;
  part("challenge-step").textContent = "";
  part("challenge-time").value = 1;
  if (!dialog.open) dialog.showModal();
  part("challenge-words").focus();
  try {
    for (let left = COUNT; left > 0; left -= 1) {
      part("challenge-step").textContent = String(left);
      await wait(1000, signal);
    }
    part("challenge-step").textContent = "";
    await follow(part, asked, act, signal);
    return "done";
  } catch (error) {
    if (!signal.aborted) throw error;
    return "stopped";
  } finally {
    dark(dialog);
    gone.abort();
  }
}

async function follow(part, asked, act, signal) {
  const begun = performance.now();
  let shown = -1;
  act.begin();
  for (;;) {
    const at = (performance.now() - begun) / 1000;
    const step = asked.steps.findLastIndex((one) => one.at <= at);
    if (step !== shown && step >= 0) {
      shown = step;
      show(part, asked.kind, asked.steps[step].does);
      act.step?.(asked.steps[step].does);
    }
    part("challenge-time").value = Math.max(0, 1 - at / asked.lasts);
    if (at >= asked.lasts) return;
    await wait(TICK, signal);
  }
}

function show(part, kind, does) {
  if (kind === "colour") light(part("challenge"), does);
  else part("challenge-step").textContent = say(kind, does);
}

function say(kind, does) {
  if (kind === "camera") return "";
  return (kind === "hand" ? HANDS : SIDES)[does] ?? does;
}

/** Fill the screen with a colour; what is written on it stays readable. */
function light(dialog, colour) {
  const [r, g, b] = colour.slice(1).match(/../g).map((two) => parseInt(two, 16));
  dialog.style.setProperty("--light", colour);
  dialog.style.setProperty("--on-light", 0.299 * r + 0.587 * g + 0.114 * b > 110 ? "#000" : "#fff");
  dialog.classList.add("lit");
}

function dark(dialog) {
  dialog.classList.remove("lit");
}

function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const stop = () => { clearTimeout(timer); reject(signal.reason); };
    const timer = setTimeout(() => { signal.removeEventListener("abort", stop); resolve(); }, ms);
    signal.addEventListener("abort", stop, {once: true});
  });
}
