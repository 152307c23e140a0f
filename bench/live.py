"""How quick a live face is, and how many fit on a machine, beside peers and limits.

    python bench/live.py [--json] [--only NAME ...] [--minutes 10] [--quick]

Starts `bonaface serve` on the loopback. An aiortc peer speaks and listens (bench/live_client.py),
headless Chromium watches (bench/live_browser.py). Both run beside the server on the same cores, so
figures hold their cost too, but for `faces`, where the server's own CPU time is counted.

`--json` prints {"text": {"p50", "p95", "n"}, "voice": ..., "face": ..., "answer": ...,
"interruption": ..., "skew": {"p99", "drift", "minutes", "n"}, "faces": [{"faces", "cores",
"memory_mb", "missed", "pictures", "rate"}], "refused_at", "refusal"}; times in ms.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from live_client import RATE, RUN, Floats, LivePeer, Microphone, Webcam, first_loud, last_loud
from live_server import Server

from bonaface import weights
from bonaface.avatar.likeness import build_likeness
from bonaface.avatar.mouth.sound import SoundMouth
from bonaface.avatar.pose import LIPS, SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.core import Picture, Sound, over
from bonaface.face.find import find_faces
from bonaface.media.photos import read_photo
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice

LONG = (
    "This sentence is said so that it can be cut short, and it goes on for quite a while yet. " * 3
)
BESIDE = {
    "text": "aim 300 / 500; Ditto 400, OpenTalking 1600-2000",
    "voice": "aim P95 150; VASA-1 170 on an RTX 4090",
    "face": "aim P95 120",
    "answer": "aim P50 900; OpenAvatarChat 2200, LiveKit voice 1200",
    "interruption": "aim P95 150",
    "skew": "aim p99 40; BT.1359 +45/-125",
}


def say(text: str, voice: str = "male") -> Floats:
    """Speech at RATE, without the silence around it."""
    sounds = [utterance.sound for utterance in open_voice(voice).push(text)]
    whole = np.concatenate([sound.samples for sound in sounds])
    samples = np.array(resample(Sound(0, whole, sounds[0].rate), RATE).samples)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1]]


def mouth_gap(pixels: np.ndarray[Any, Any]) -> float:
    """How far the lips are apart, as a share of the distance between the eyes."""
    faces = find_faces(Picture(0, pixels))
    if not faces:
        return 0.0
    points = faces[0].landmarks
    eyes = np.linalg.norm(points[263, :2] - points[33, :2])
    return float(np.linalg.norm(points[14, :2] - points[13, :2]) / eyes)


def opened(peer: LivePeer, since: float, until: float) -> float | None:
    """When the lips had opened by a third of the widest they get between two moments."""
    shown = [one for one in peer.seen if since - 0.2 <= one.at <= until]
    gaps = [mouth_gap(one.pixels) for one in shown]
    if not gaps or max(gaps) - gaps[0] < 0.02:
        return None
    wide = gaps[0] + (max(gaps) - gaps[0]) / 3
    return next(
        one.at for one, gap in zip(shown, gaps, strict=True) if gap > wide and one.at > since
    )


async def measure_voice(peer: LivePeer, times: int) -> list[float]:
    """Speak a vowel after silence: how much later the lips come than they do over a file.

    Codecs and the way there and back are included; that lips open a while after the sound begins
    (`natural`) is not a delay.
    """
    vowel = np.concatenate([say("Ah!"), np.zeros(RATE // 4, np.float32)])
    natural = lips_after(vowel)
    found = []
    for _ in range(times):
        peer.seen.clear()
        await asyncio.sleep(0.8)
        peer.microphone.sent.clear()
        peer.microphone.say(vowel)
        await asyncio.sleep(1.2)
        begun = peer.microphone.sent[0].at
        if moved := opened(peer, begun, begun + 1.0):
            found.append(1000 * (moved - begun) - natural)
    return found


def lips_after(sound: Floats) -> float:
    """Ms from the first sample until the lips of SoundMouth have opened by a third."""
    silence = np.zeros(RATE, np.float32)
    whole = np.concatenate([silence, sound, silence])
    lips = list(over(SoundMouth(), [Sound(0, whole, RATE)]))
    jaw = LIPS.index("jawOpen")
    open_ = np.array([one.weights[jaw] for one in lips])[RATE // RUN :]
    return float(20 * np.argmax(open_ > open_.max() / 3))


async def measure_face(peer: LivePeer, times: int) -> list[float]:
    """Open the mouth before the webcam: until it opens in the picture that comes back."""
    shut, wide = draw_mouths()
    webcam = peer.webcam or Webcam(shut)
    found = []
    for _ in range(times):
        webcam.picture = shut
        await asyncio.sleep(0.9)
        peer.seen.clear()
        await asyncio.sleep(0.3)
        webcam.picture = wide
        begun = asyncio.get_running_loop().time()
        await asyncio.sleep(0.7)
        if moved := opened(peer, begun, begun + 0.7):
            found.append(1000 * (moved - begun))
    return found


def draw_mouths() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """The demo portrait with its mouth shut and wide open: what the webcam shows."""
    from live_consent import permit_demo  # noqa: PLC0415

    photo = read_photo(weights.find("portrait-hopper"))
    renderer = Renderer(build_likeness(photo, (480, 480)), permit_demo(photo))
    shapes = np.zeros(len(SHAPES), np.float32)
    shut = renderer.draw(Pose(0, shapes.copy()))
    shapes[SHAPES.index("jawOpen")] = 0.9
    return shut, renderer.draw(Pose(0, shapes))


async def measure_answer(peer: LivePeer, times: int) -> list[float]:
    """Say something to a scripted mind: from the last of it to the first of the answer."""
    question, found = say("Where does it hurt?"), []
    for _ in range(times):
        await quiet(peer)
        peer.microphone.sent.clear()
        peer.microphone.say(question)
        await asyncio.sleep(len(question) / RATE + 2.5)
        ended = peer.microphone.sent[-1].at + 0.02
        if answered := first_loud(peer.heard, ended):
            found.append(1000 * (answered - ended))
    return found


async def measure_interruption(peer: LivePeer, times: int) -> list[float]:
    """Speak over the face: from the first sound sent to the last sound that comes back."""
    cut, found = say("Stop, wait a moment please."), []
    for _ in range(times):
        await quiet(peer)
        peer.channel.send(json.dumps({"type": "say", "text": LONG}))
        await asyncio.sleep(2.5)
        peer.microphone.sent.clear()
        peer.microphone.say(cut)
        await asyncio.sleep(2.5)
        begun = peer.microphone.sent[0].at
        silent = last_loud(peer.heard, begun + 2.0)
        if silent:
            found.append(1000 * (silent - begun))
        peer.channel.send(json.dumps({"type": "interrupt"}))
    return found


async def quiet(peer: LivePeer, seconds: float = 0.7) -> None:
    """Wait until nothing has been heard for a while, then forget what was."""
    while True:
        peer.heard.clear()
        await asyncio.sleep(seconds)
        if first_loud(peer.heard, 0) is None:
            return


async def measure_faces(server: Server, web: httpx.AsyncClient, most: int, seconds: float) -> Any:
    """Add faces until one is refused: cores of the server, and pictures that were missed."""
    rows: list[dict[str, float]] = []
    peers: list[LivePeer] = []
    refused: str | None = None
    while len(peers) < most and refused is None:
        peer = LivePeer(server.address, keep=False, talks=False)
        try:
            await peer.open(web, size=[512, 512], rate=25)
        except httpx.HTTPStatusError as error:
            refused = error.response.json()["error"]
            break
        peers.append(peer)
        await asyncio.sleep(2)
        rows.append(await count_faces(server, web, peers, seconds))
    for peer in peers:
        await peer.close(web)
    return rows, len(peers) + 1 if refused else None, refused


async def count_faces(
    server: Server, web: httpx.AsyncClient, peers: list[LivePeer], seconds: float
) -> dict[str, float]:
    """Watch what runs for some seconds, all of them talking."""
    faces = len(peers)
    for peer in peers:
        peer.channel.send(json.dumps({"type": "say", "text": LONG}))
    before, spent = await totals(server, web), server.spent
    begun = asyncio.get_running_loop().time()
    await asyncio.sleep(seconds)
    after, took = await totals(server, web), asyncio.get_running_loop().time() - begun
    pictures, missed = (b - a for a, b in zip(before, after, strict=True))
    return {
        "faces": faces,
        "cores": (server.spent - spent) / took,
        "memory_mb": server.memory,
        "pictures": pictures,
        "missed": missed,
        "rate": pictures / took / faces,
    }


async def totals(server: Server, web: httpx.AsyncClient) -> tuple[int, int]:
    """Pictures released and missed by all sessions so far."""
    listed = (await web.get(f"{server.address}/api/sessions")).json()["sessions"]
    addresses = [f"{server.address}/api/sessions/{one['id']}" for one in listed]
    figures = [(await web.get(address)).json()["figures"] for address in addresses]
    missed = sum(one["late"] + one["dropped"] for one in figures)
    return sum(one["pictures"] for one in figures), missed


Measure = Callable[[LivePeer, int], Awaitable[list[float]]]
LATENCIES: dict[str, tuple[Measure, dict[str, Any], int]] = {
    "voice": (measure_voice, {"drive": "voice"}, 30),
    "face": (measure_face, {"drive": "face"}, 30),
    "answer": (measure_answer, {"drive": "mind", "mind": "patient"}, 15),
    "interruption": (measure_interruption, {"drive": "text"}, 20),
}


async def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure what was asked for."""
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as home, Server(Path(home)) as server:
        async with httpx.AsyncClient(timeout=30) as web:
            for name, (measure, wish, times) in LATENCIES.items():
                if name in options.only:
                    webcam = Webcam(draw_mouths()[0]) if name == "face" else None
                    peer = LivePeer(server.address, webcam, microphone=Microphone())
                    await peer.open(web, **wish)
                    count = max(3, times // 5) if options.quick else times
                    results[name] = summarise(await measure(peer, count))
                    print(name, results[name], file=sys.stderr)
                    await peer.close(web)
            if {"text", "skew"} & set(options.only):
                from live_browser import measure_browser  # noqa: PLC0415

                results |= await measure_browser(server.address, options)
            if "faces" in options.only:
                seconds = 5 if options.quick else 15
                rows, refused, why = await measure_faces(server, web, 16, seconds)
                results |= {"faces": rows, "refused_at": refused, "refusal": why}
    return results


def summarise(found: list[float]) -> dict[str, float]:
    """Percentiles of times in ms."""
    if not found:
        return {"n": 0}
    p50, p95 = np.percentile(found, [50, 95])
    return {"p50": float(p50), "p95": float(p95), "n": len(found)}


def show(results: dict[str, Any]) -> None:
    """Print the table."""
    print(f"{'ms':<14}{'P50':>8}{'P95':>8}{'n':>6}  beside")
    for name in ("text", *LATENCIES):
        if name in results and results[name]["n"]:
            one = results[name]
            print(f"{name:<14}{one['p50']:>8.0f}{one['p95']:>8.0f}{one['n']:>6}  {BESIDE[name]}")
    if "skew" in results:
        one = results["skew"]
        print(
            f"{'skew':<14}p99 {one['p99']:.0f} ms, drift {one['drift']:+.2f} ms a minute, "
            f"{one['minutes']:.1f} min, n {one['n']}  {BESIDE['skew']}"
        )
    for row in results.get("faces", []):
        print(
            f"{row['faces']:>3} faces  {row['cores']:.2f} cores"
            f"  {row['cores'] / row['faces']:.3f} each  {row['rate']:.1f} pictures/s each"
            f"  {row['missed']} missed  {row['memory_mb']:.0f} MB"
        )
    if results.get("refusal"):
        print(f"    face {results['refused_at']} was refused: {results['refusal']}")


def main() -> None:
    """Read the options, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    every = ["text", *LATENCIES, "skew", "faces"]
    parser.add_argument("--only", nargs="+", choices=every, default=every)
    parser.add_argument("--minutes", type=float, default=10, help="of skew; default 10")
    parser.add_argument("--quick", action="store_true", help="fewer of each, to try it out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = asyncio.run(run(options))
    print(json.dumps(results)) if options.json else show(results)


if __name__ == "__main__":
    main()
