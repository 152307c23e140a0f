// Whom a file is compared with: the reference of somebody who was enrolled, chosen here.

import {send} from "./api.js";

const ASKED = "Should it be a certain person, who was enrolled?";
const part = (id) => document.getElementById(id);
/** @type {File | null} */
let chosen = null;

function choose(file) {
  chosen = file ?? null;
  part("known").value = "";
  part("known-words").textContent = chosen ? `It is compared with ${chosen.name}.` : ASKED;
  part("known-choose").hidden = Boolean(chosen);
  part("known-drop").hidden = !chosen;
}

/** Send what was chosen. @returns {Promise<string>} its id, or nothing */
export async function sendReference() {
  if (!chosen) return "";
  const answer = await send("POST", "/api/references", {body: chosen, type: "application/json"});
  return (await answer.json()).id;
}

part("known").addEventListener("change", ({target}) => {
  choose(target.files[0]);
  if (chosen) part("known-drop").focus();
});
part("known-drop").addEventListener("click", () => {
  choose(null);
  part("known").focus();
});
