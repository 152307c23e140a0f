"""What headless Chromium sees and hears of a live face, for bench/live.py."""

import argparse
import asyncio
import shutil
from typing import Any

import numpy as np
from playwright.async_api import Page, async_playwright

ARGUMENTS = [
    "--allow-loopback-in-peer-connection",
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
TEXTS = (
    "Good morning.",
    "Certainly, I can explain how that works.",
    "The next train leaves at half past nine from platform four, and it arrives before noon.",
    "No.",
    "Please open the window, and tell me what you see.",
)
# A peer of its own rather than the page's: nothing but what is measured runs beside it.
CONNECT = """async () => {
  const list = await (await fetch("/api/likenesses")).json();
  const begun = await (await fetch("/api/sessions", {method: "POST",
    headers: {"content-type": "application/json"},
    body: JSON.stringify({likeness: list.likenesses[0].id, size: [512, 512], rate: 25})})).json();
  const connection = window.connection = new RTCPeerConnection({iceServers: []});
  window.channel = connection.createDataChannel("bonaface");
  const stream = new MediaStream();
  connection.ontrack = ({track, receiver}) => {  // as bonaface/server/page/peer.js does
    receiver.jitterBufferTarget = track.kind === "video" ? 90 : 60;
    stream.addTrack(track);
  };
  connection.addTransceiver("audio", {direction: "recvonly"});
  connection.addTransceiver("video", {direction: "recvonly"});
  await connection.setLocalDescription(await connection.createOffer());
  await new Promise((done) => {
    if (connection.iceGatheringState === "complete") done();
    connection.onicegatheringstatechange =
      () => connection.iceGatheringState === "complete" && done();
  });
  const answer = await (await fetch(`/api/sessions/${begun.id}/peer`, {method: "POST",
    headers: {"content-type": "application/sdp"},
    body: connection.localDescription.sdp})).text();
  await connection.setRemoteDescription({type: "answer", sdp: answer});
  const video = window.video = document.createElement("video");
  video.srcObject = stream;
  await video.play();
  const context = new AudioContext({sampleRate: 48000});
  const tap = context.createScriptProcessor(256, 1, 1);
  window.loud = [];
  window.shown = [];
  tap.onaudioprocess = ({inputBuffer}) => {
    const samples = inputBuffer.getChannelData(0);
    if (samples.some((one) => Math.abs(one) > 0.01)) window.loud.push(performance.now());
  };
  context.createMediaStreamSource(stream).connect(tap);
  tap.connect(context.destination);
  const note = (now) => { window.shown.push(now); video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
  return begun.id;
}"""
# From sending a text to hearing it with a picture on screen: the later of the two.
ASK = """async (text) => {
  window.loud.length = window.shown.length = 0;
  const begun = performance.now();
  window.channel.send(JSON.stringify({type: "say", text}));
  while (!window.loud.length && performance.now() - begun < 5000)
    await new Promise((done) => setTimeout(done, 2));
  if (!window.loud.length) return null;
  const heard = window.loud[0];
  while (!window.shown.some((one) => one >= heard - 40) && performance.now() - begun < 5000)
    await new Promise((done) => setTimeout(done, 2));
  const seen = window.shown.find((one) => one >= heard - 40);
  return Math.max(heard, seen) - begun;
}"""
HUSH = """() => window.channel.send(JSON.stringify({type: "interrupt"}))"""
# Both streams' playout on the sender's clock (W3C webrtc-stats, estimatedPlayoutTimestamp).
SKEW = """async () => {
  const at = {};
  for (const one of (await window.connection.getStats()).values())
    if (one.type === "inbound-rtp" && one.estimatedPlayoutTimestamp)
      at[one.kind] = one.estimatedPlayoutTimestamp;
  return at.audio && at.video ? at.video - at.audio : null;
}"""


async def measure_browser(server: str, options: argparse.Namespace) -> dict[str, Any]:
    """Text to sound and picture, and the skew between the two, in Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is needed. Run: apt-get install chromium")
    results: dict[str, Any] = {}
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = await browser.new_page()
        await page.goto(f"{server}/healthz")
        await page.evaluate(CONNECT)
        await asyncio.sleep(3)
        if "text" in options.only:
            results["text"] = await ask(page, 8 if options.quick else 50)
        if "skew" in options.only:
            results["skew"] = await watch(page, 0.3 if options.quick else options.minutes)
        await browser.close()
    return results


async def ask(page: Page, times: int) -> dict[str, float]:
    """Ask for texts, one after another."""
    found = []
    for index in range(times):
        took = await page.evaluate(ASK, TEXTS[index % len(TEXTS)])
        await page.evaluate(HUSH)
        await asyncio.sleep(0.7)
        if took is not None:
            found.append(took)
    p50, p95 = np.percentile(found, [50, 95])
    return {"p50": float(p50), "p95": float(p95), "n": len(found)}


async def watch(page: Page, minutes: float) -> dict[str, float]:
    """Read the skew twice a second while the face talks and rests."""
    found: list[tuple[float, float]] = []
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while loop.time() - begun < 60 * minutes:
        if len(found) % 40 == 0:
            text = TEXTS[len(found) // 40 % len(TEXTS)]
            await page.evaluate("(text) => channel.send(JSON.stringify({type: 'say', text}))", text)
        skew = await page.evaluate(SKEW)
        if skew is not None:
            found.append(((loop.time() - begun) / 60, skew))
        await asyncio.sleep(0.5)
    times, skews = np.array(found).T
    drift = float(np.polyfit(times, skews, 1)[0]) if len(found) > 2 else 0.0
    p99 = float(np.percentile(np.abs(skews), 99))
    return {"p99": p99, "drift": drift, "minutes": minutes, "n": len(found)}
