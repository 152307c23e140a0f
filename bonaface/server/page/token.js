// The sheet that asks for a token, on pages whose every act needs one.

import {ask, authorization, keepToken, whenTokenNeeded} from "./api.js";
import {refuse} from "./sheet.js";

const part = (id) => document.getElementById(id);
let wanted = "check";

function askForToken() {
  refuse(part("token-refusal"), "Authorization" in authorization() ? `This token may not ${wanted}.` : "");
  return new Promise((resolve) => {
    part("token-form").addEventListener("submit", () => {
      keepToken(part("token-words").value.trim());
      part("token-words").value = "";
      resolve();
    }, {once: true});
    if (!part("token").open) part("token").showModal();
    part("token-words").focus();
  });
}

/** Ask for a token with a scope, where one is needed, before anything is on its way. @param {string} scope */
export async function learnScopes(scope) {
  wanted = scope;
  let settings = await ask("GET", "/api/settings");
  while (settings.token_needed && !settings.scopes.some((one) => one === scope || one === "admin")) {
    await askForToken();
    settings = await ask("GET", "/api/settings");
  }
}

part("token").addEventListener("cancel", (event) => event.preventDefault());
whenTokenNeeded(askForToken);
