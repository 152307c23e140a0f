"""HLS as a browser plays it: hls.js, fetched from npm for the test, in Chromium."""

import base64
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser import Served, decode

from bonaface.core import Picture
from bonaface.face.find import find_faces

pytestmark = pytest.mark.realtime
LIBRARY = "hls.js@1.6.13"  # Apache-2.0
PLAYER = """<!doctype html><title>player</title><video id="face" playsinline></video>
<script src="/player/hls.js"></script><script>
  const video = document.querySelector("#face");
  window.wrongs = [];
  window.player = new Hls();
  player.on(Hls.Events.ERROR, (_, {details}) => {
    // a player that is there from the first segment on waits for the second
    if (details !== "bufferStalledError") wrongs.push(details);
  });
  player.on(Hls.Events.MANIFEST_PARSED, () => video.play());
  player.loadSource("ADDRESS");
  player.attachMedia(video);
  window.loud = 0;
  video.addEventListener("playing", () => {
    const context = new AudioContext();
    const meter = context.createAnalyser();
    context.createMediaElementSource(video).connect(meter).connect(context.destination);
    const wave = new Float32Array(meter.fftSize);
    setInterval(() => {
      meter.getFloatTimeDomainData(wave);
      window.loud = Math.max(window.loud, Math.hypot(...wave) / Math.sqrt(wave.length));
    }, 50);
  }, {once: true});
</script>"""
STATE = """() => {
  const {totalVideoFrames, droppedVideoFrames} = video.getVideoPlaybackQuality();
  return {at: video.currentTime, frames: totalVideoFrames, dropped: droppedVideoFrames,
          ended: video.ended, wrongs, loud, size: [video.videoWidth, video.videoHeight],
          behind: player.latency};
}"""
SHOT = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return canvas.toDataURL("image/jpeg", .92).split(",")[1];
}"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """hls.js as one file."""
    folder = tmp_path_factory.mktemp("npm")
    if shutil.which("npm") is None:
        pytest.skip("no npm here, so no hls.js")
    command = ["npm", "pack", "--silent", LIBRARY]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False)
    if done.returncode:
        pytest.skip("npm could not fetch hls.js")
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        packed.extract("package/dist/hls.min.js", folder, filter="data")
    return folder / "package" / "dist" / "hls.min.js"


def begin(served: Served) -> tuple[httpx.Client, dict[str, Any]]:
    client = httpx.Client(base_url=served.address, timeout=30)
    likeness = client.get("/api/likenesses").json()["likenesses"][0]
    wish = {"likeness": likeness["id"], "purpose": likeness["purposes"][0], "size": [320, 320]}
    answer = client.post("/api/sessions", json=wish)
    assert answer.status_code == 201, answer.text
    return client, answer.json()


def test_hls_js_plays_a_live_face(
    served: Served, launch: Callable[..., Any], library: Path, tmp_path: Path
) -> None:
    client, one = begin(served)
    page = launch().new_page()
    page.route("**/player/hls.js", lambda route: route.fulfill(path=library))
    html = PLAYER.replace("ADDRESS", one["links"]["hls"])
    page.route("**/player", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(served.address + "player")
    page.wait_for_function("() => video.currentTime > 1", timeout=25_000)
    client.post(one["links"]["say"], json={"text": "Good morning. This is heard by everybody."})
    page.wait_for_function("() => loud > 0.01", timeout=25_000)
    before = page.evaluate(STATE)
    page.wait_for_timeout(3000)
    state = page.evaluate(STATE)
    assert state["wrongs"] == []
    assert state["size"] == [320, 320]
    passed = state["at"] - before["at"]
    assert 2 < passed < 4, "it flows at the speed of life"
    # It plays; how smoothly, a busy machine decides.
    assert state["frames"] - before["frames"] > 10 * passed
    assert state["behind"] < 12
    (shot,) = [page.evaluate(SHOT)]
    look_at(shot, tmp_path)
    client.delete(f"/api/sessions/{one['id']}")
    page.wait_for_function("() => video.ended", timeout=20_000)
    assert page.evaluate(STATE)["wrongs"] == []
    client.close()


def look_at(shot: str, folder: Path) -> None:
    """It is a face."""
    data = base64.b64decode(shot)
    (folder / "shot.jpg").write_bytes(data)
    assert len(find_faces(Picture(0, decode(data)))) == 1
