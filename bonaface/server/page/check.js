// Check a file: send it, follow the check, show its report.

import {ask, authorization, Refusal, send} from "./api.js";
import {sendReference} from "./enrolled.js";
import {learnScopes} from "./token.js";

const OFTEN = 500; // ms between two questions how far it is
const MOST = 256_000_000; // bytes
const part = (id) => document.getElementById(id);
/** @type {{id: string, stop: () => void} | null} the check that goes on */
let current = null;

/** @param {"open" | "work" | "trouble" | "result"} phase */
function show(phase) {
  document.documentElement.dataset.phase = phase;
  const heading = {work: "work-title", trouble: "trouble-title", result: "result-title"}[phase];
  if (heading) part(heading).focus();
  else part("file").focus();
}

function fail(error) {
  part("trouble-words").textContent =
    error instanceof Refusal ? error.sentence : "Something went wrong on this page. Load it again.";
  document.title = "Not checked · Bonaface";
  show("trouble");
}

function progress(share, words) {
  const bar = part("progress");
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
  if (part("stage-words").textContent !== words) part("stage-words").textContent = words;
}

/** Send a file with progress, which fetch cannot tell. @returns {Promise<any>} */
function upload(file, reference, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const named = new URLSearchParams({name: file.name.slice(-200) || "file", reference});
    request.open("POST", `/api/checks?${named}`);
    for (const [name, value] of Object.entries(authorization())) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = ({loaded, total}) => {
      progress((0.2 * loaded) / total, `Sending: ${Math.round((100 * loaded) / total)} %`);
    };
    request.onload = () => {
      const said = request.response ?? {};
      if (request.status === 202) resolve(said);
      else {
        reject(new Refusal(said.error ?? `The server refused (${request.status}).`, {
          remedy: said.remedy,
          status: request.status,
        }));
      }
    };
    request.onerror = () => reject(new Refusal("The server does not answer.", {remedy: "Try again."}));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

/** @param {File} file */
async function check(file) {
  if (!file) return;
  if (!file.size) return fail(new Refusal("This file is empty.", {remedy: "Choose another."}));
  if (file.size > MOST) return fail(new Refusal("This is larger than 256 MB.", {remedy: "Send a part of it."}));
  current?.stop();
  const gone = new AbortController();
  const mine = {id: "", stop: () => gone.abort()};
  current = mine;
  part("work-title").textContent = `Checking ${file.name}`;
  document.title = "Checking · Bonaface";
  progress(0, "Sending");
  show("work");
  try {
    await learnScopes("check");
    let state = await upload(file, await sendReference(), gone.signal);
    mine.id = state.id;
    while (current === mine && !state.problem && state.state !== "done") {
      if (state.state === "waiting") progress(null, "Waiting for others");
      else progress(0.2 + 0.8 * state.share, `Looking and listening: ${Math.round(100 * state.share)} %`);
      await new Promise((go) => setTimeout(go, OFTEN));
      state = await ask("GET", `/api/checks/${mine.id}`);
    }
    if (current !== mine) return;
    current = null;
    if (state.problem) throw new Refusal(state.problem.error, {remedy: state.problem.remedy});
    present(state.report, file.name);
  } catch (error) {
    if (current === mine) current = null;
    if (!gone.signal.aborted) fail(error);
  }
}

function present(address, name) {
  part("apart").href = address;
  part("save").href = address;
  part("save").download = `${name.replace(/\.[^.]*$/, "")}-report.html`;
  document.title = `Report on ${name} · Bonaface`;
  part("report").src = address;
  show("result");
}

/** The frame is as tall as what is in it. */
function fit() {
  const whole = part("report").contentDocument?.documentElement;
  if (whole) part("report").style.height = `${whole.querySelector("body").scrollHeight + 8}px`;
}

function stop() {
  const {id} = current ?? {};
  current?.stop();
  current = null;
  if (id) send("DELETE", `/api/checks/${id}`).catch(() => {});
  open();
}

function open() {
  part("file").value = "";
  document.title = "Check a file · Bonaface";
  show("open");
}

function wire() {
  const drop = part("drop");
  part("file").addEventListener("change", ({target}) => check(target.files[0]));
  addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  addEventListener("dragleave", ({relatedTarget}) => {
    if (!relatedTarget) drop.classList.remove("over");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    if (!part("token").open) check(event.dataTransfer.files[0]);
  });
  addEventListener("paste", ({clipboardData}) => {
    if (!part("token").open && clipboardData?.files.length) check(clipboardData.files[0]);
  });
  part("stop").addEventListener("click", stop);
  part("again").addEventListener("click", open);
  part("another").addEventListener("click", open);
  part("report").addEventListener("load", fit);
  addEventListener("resize", fit);
}

wire();
