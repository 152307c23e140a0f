"""What the browser tests stand on: a real server on the loopback, and Chromium that looks at it."""

import base64
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import sync_playwright

from bonaface.core import Picture
from bonaface.face.find import Face, find_faces, look_again

RATE = 48_000
HOP = RATE // 50  # samples of one value of an envelope
UPPER_LIP, LOWER_LIP, NOSE, BROW, CHIN = 13, 14, 1, 10, 152  # of the face mesh
ARGUMENTS = (
    "--allow-loopback-in-peer-connection",
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
# A page records what it plays: a tap on the sound of the video element, before the loudspeaker.
TAP = """() => {
  const context = new AudioContext({sampleRate: 48000});
  const source = context.createMediaStreamSource(document.querySelector("#face").srcObject);
  const tap = context.createScriptProcessor(1024, 1, 1);
  window.heard = [];
  tap.onaudioprocess = ({inputBuffer}) => {
    const samples = inputBuffer.getChannelData(0);
    window.heard.push([performance.now(), ...samples]);
  };
  source.connect(tap);
  tap.connect(context.destination);
}"""
# Pictures as they are shown, with the moment of each in ms.
SHOTS = """async ([count, pause]) => {
  const video = document.querySelector("#face");
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const shots = [];
  for (let i = 0; i < count; i += 1) {
    canvas.getContext("2d").drawImage(video, 0, 0);
    shots.push([performance.now(), canvas.toDataURL("image/jpeg", .92).split(",")[1]]);
    await new Promise((done) => setTimeout(done, pause));
  }
  return shots;
}"""


def find_chromium() -> str | None:
    """Where Chromium is, if it is here."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Served:
    """`bonaface serve` as a process of its own; `start` again after `kill` takes the same port."""

    home: Path
    options: tuple[str, ...] = ()
    port: int = 0
    process: "subprocess.Popen[str] | None" = None
    log: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        launcher = Path(__file__).parent / "serve_on_loopback.py"
        command = [sys.executable, str(launcher), "serve", "--port", str(self.port), *self.options]
        environment = os.environ | {"BONAFACE_HOME": str(self.home), "OMP_NUM_THREADS": "1"}
        with (self.home.parent / "serve.log").open("a") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
            )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.log.append(line)
            if line.startswith("http://"):
                self.port = int(line.rstrip("/ \n").rpartition(":")[2])
                return
        raise AssertionError(
            f"no server: {self.log} {(self.home.parent / 'serve.log').read_text()}"
        )

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None


def open_studio(context: Any, address: str) -> Any:
    """A page on which the face is live; a busy machine may refuse it once, and it tries again."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector('html[data-phase="live"][data-shown]', timeout=45_000)
    return page


def count_frames(page: Any, seconds: float) -> float:
    """Pictures a second that the page shows."""
    script = """async (seconds) => {
      const {performance: clock} = window;
      const video = document.querySelector("#face");
      let count = 0;
      const each = () => { count += 1; video.requestVideoFrameCallback(each); };
      video.requestVideoFrameCallback(each);
      const begin = clock.now();
      await new Promise((done) => setTimeout(done, seconds * 1000));
      return count * 1000 / (clock.now() - begin);
    }"""
    return float(page.evaluate(script, seconds))


def listen(page: Any) -> None:
    """Record what the page plays from now on."""
    page.evaluate(TAP)


def heard(page: Any) -> NDArray[np.float32]:
    """All that was recorded, at RATE."""
    runs = page.evaluate("() => window.heard.map((run) => run.slice(1))")
    return np.concatenate(
        [np.asarray(run, np.float32) for run in runs] or [np.zeros(0, np.float32)]
    )


def envelope(samples: NDArray[np.floating]) -> NDArray[np.float64]:
    """Root mean square of each 20 ms."""
    whole = len(samples) // HOP * HOP
    return np.asarray(np.sqrt((samples[:whole].reshape(-1, HOP).astype(np.float64) ** 2).mean(1)))


def likeness_of(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The best correlation of a series with any part of a longer one."""
    if len(one) > len(other):
        one, other = other, one
    best = 0.0
    for start in range(len(other) - len(one) + 1):
        part = other[start : start + len(one)]
        if part.std() > 0:
            best = max(best, float(np.corrcoef(one, part)[0, 1]))
    return best


def shoot(page: Any, count: int, pause: int) -> list[tuple[float, NDArray[np.uint8]]]:
    """Pictures of the live face (RGB), each with its moment in seconds."""
    return [
        (moment / 1000, decode(base64.b64decode(data)))
        for moment, data in page.evaluate(SHOTS, [count, pause])
    ]


def decode(data: bytes) -> NDArray[np.uint8]:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.ascontiguousarray(pixels[..., ::-1])


def follow_face(pictures: list[NDArray[np.uint8]]) -> list[Face]:
    """The one face in each of many pictures."""
    faces: list[Face] = []
    for pixels in pictures:
        picture = Picture(0, pixels)
        faces.append(look_again(picture, faces[-1].landmarks) if faces else find_faces(picture)[0])
    return faces


def openings(faces: list[Face]) -> NDArray[np.float64]:
    """How far the lips are apart in each, as a share of the face's height."""
    return np.array([_opening(face.landmarks) for face in faces])


def _opening(points: NDArray[np.floating]) -> float:
    height = float(np.linalg.norm(points[CHIN, :2] - points[BROW, :2]))
    return float(np.linalg.norm(points[LOWER_LIP, :2] - points[UPPER_LIP, :2])) / height


def wait_until(true: Callable[[], bool], seconds: float) -> float:
    """Wait for something; answers how long it took. Fails after `seconds`."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < seconds, "it never came"
        time.sleep(0.02)
    return time.monotonic() - begin


def serve(folder: Path, *options: str) -> Iterator[Served]:
    """A server for the tests of one file."""
    served = Served(folder / "home", options)
    served.start()
    yield served
    served.kill()


def browse() -> Iterator[Callable[..., Any]]:
    """A call that starts Chromium; what it is given are arguments besides."""
    path = find_chromium()
    if path is None:
        pytest.skip("no chromium here; on Debian: make tools")
    with sync_playwright() as playwright:
        yield lambda *more: playwright.chromium.launch(
            executable_path=path, args=[*ARGUMENTS, *more]
        )  # what was launched ends with the block


@dataclass
class Studio:
    """A server and a browser, and what went wrong on its pages."""

    served: Served
    browser: Any
    wrongs: list[str] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    def context(self, **options: Any) -> Any:
        """A browser profile of its own."""
        context = self.browser.new_context(permissions=["microphone", "camera"], **options)
        context.on("console", self._note)
        context.on("weberror", lambda error: self.wrongs.append(str(error.error)))
        self.contexts.append(context)
        return context

    def open(self, **options: Any) -> Any:
        """A page on which the face is live."""
        return open_studio(self.context(**options), self.served.address)

    def close(self) -> None:
        """Leave nothing behind, on the server neither."""
        for context in self.contexts:
            context.close()
        if self.served.process is None:
            return
        for one in self.ask("GET", "/api/sessions")["sessions"]:
            self.ask("DELETE", f"/api/sessions/{one['id']}")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Talk to the server past the page."""
        answer = httpx.request(method, f"http://127.0.0.1:{self.served.port}{path}", json=body)
        return answer.json() if answer.content else None

    def _note(self, message: Any) -> None:
        # What the network refuses is told as an error too; tests of trouble expect that.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrongs.append(message.text)
