// A clean window: only the face of a session that runs elsewhere, for window capture and OBS.

import {Refusal} from "./api.js";
import {Peer} from "./peer.js";

const AGAIN = 2000; // ms

/**
 * Watch a session (WHEP), and keep trying when it is lost.
 * @param {string} path of its WHEP resource on this server @param {import("./screen.js").Screen} screen
 * @param {import("./notices.js").Veil} veil @param {RTCIceServer[]} iceServers
 */
export async function watch(path, screen, veil, iceServers) {
  document.documentElement.classList.add("clean");
  document.title = "Bonaface: the face";
  const peer = new Peer(iceServers, {watch: true});
  const again = () => setTimeout(() => watch(path, screen, veil, iceServers), AGAIN);
  peer.addEventListener("stream", () => screen.show(peer.stream));
  peer.addEventListener("lost", again);
  try {
    // Only a path: another server's address must not become a request from this page.
    if (!path.startsWith("/whep/")) throw new Refusal("This is no address of a face.");
    await peer.connect(path);
    veil.lift();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    veil.show(error.message, error.remedy);
    peer.close();
    again();
  }
}
