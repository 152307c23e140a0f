"""Our credentials as a browser reads them: @contentauth/c2pa-web, from npm, in Chromium."""

import http.server
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from browser import browse
from unsigned import MIMES, allow, build, consent, photo, recorded, spoil, write

from bonaface.marks.credentials.files import Statement, read_credentials, sign_media
from bonaface.marks.signers import keys

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("home")]
NOW = datetime.now(UTC)
PICTURE_ID, SOUND_ID = "00112233445566ff", "0123abcd"
LIBRARIES = {  # MIT
    "c2pa-web": "@contentauth/c2pa-web@0.13.1",
    "highgain": "highgain@0.1.0",
    "ts-deepmerge": "ts-deepmerge@8.0.0",
}
PAGE = """<!doctype html><title>reader</title><script type="importmap">{"imports": {
  "highgain": "/highgain/dist/index.js", "ts-deepmerge": "/ts-deepmerge/esm/index.js"
}}</script><script type="module">
  import {createC2pa} from "/c2pa-web/dist/index.js";
  window.read = async (address, kind, anchors, uses) => {
    const c2pa = await createC2pa({
      wasmSrc: "/c2pa-web/dist/resources/c2pa_bg.wasm",
      settings: {trust: {trustAnchors: anchors, trustConfig: uses}, verify: {verifyTrust: true}},
    });
    const blob = await (await fetch(address, {cache: "no-store"})).blob();
    const reader = await c2pa.reader.fromBlob(kind, blob);
    const store = reader && await reader.manifestStore();
    c2pa.dispose();
    return store;
  };
  window.ready = true;
</script>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with the libraries, and its address on the loopback."""
    if shutil.which("npm") is None:
        pytest.skip("no npm here, so no c2pa-web")
    folder = tmp_path_factory.mktemp("site")
    for name, package in LIBRARIES.items():
        fetch(folder / name, package)
    (folder / "page.html").write_text(PAGE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(folder: Path, package: str) -> None:
    folder.mkdir()
    command = ["npm", "pack", "--silent", package]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"npm could not fetch {package}")
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        packed.extractall(folder, filter="data")
    for part in (folder / "package").iterdir():
        part.rename(folder / part.name)


@pytest.fixture(scope="module")
def page(site: tuple[Path, str]) -> Iterator[Any]:
    for launch in browse():
        browser = launch()
        page = browser.new_page()
        page.goto(f"{site[1]}/page.html")
        page.wait_for_function("window.ready")
        yield page
        browser.close()


@pytest.fixture
def read(site: tuple[Path, str], page: Any) -> Callable[[Path, str], Any]:
    """Read a file in the browser, whoever is trusted here trusted there."""

    def read(path: Path, kind: str) -> Any:
        shutil.copy(path, site[0] / "file.bin")
        root = keys.root_certificate()
        assert root is not None
        given = ["/file.bin", kind, root.decode(), "1.3.6.1.5.5.7.3.4\n"]
        return page.evaluate("given => window.read(...given)", given)

    return read


def labels(store: Any) -> list[str]:
    found = store["manifests"][store["active_manifest"]]["assertions"]
    return [one["label"] for one in found]


@pytest.mark.parametrize("name", ["video.mp4", "still.png", "sound.wav"])
def test_a_browser_trusts_what_was_made(
    tmp_path: Path, read: Callable[[Path, str], Any], name: str
) -> None:
    statement = Statement(NOW, allow(consent(NOW), NOW), photo(), PICTURE_ID, SOUND_ID)
    path = tmp_path / f"signed-{name}"
    sign_media(write(tmp_path / name), path, MIMES[name], statement)
    store = read(path, MIMES[name])
    assert store["validation_state"] == "Trusted"
    assert store["validation_results"]["activeManifest"]["failure"] == []
    manifest = store["manifests"][store["active_manifest"]]
    assert manifest["signature_info"]["issuer"] == read_credentials(path).said.issuer
    bare = {label.split("__")[0] for label in labels(store)}
    assert bare >= {
        "c2pa.actions.v2",
        "c2pa.soft-binding",
        "c2pa.ai-disclosure",
        "cawg.training-mining",
        "org.bonaface.consent",
    }
    spoil(path)
    assert read_credentials(path).state == "invalid"
    assert read(path, MIMES[name])["validation_state"] == "Invalid"


def test_a_browser_sees_what_the_original_said(
    home: Path, tmp_path: Path, read: Callable[[Path, str], Any]
) -> None:
    stranger = keys.signing_keys(NOW)
    shutil.rmtree(home / "keys")
    original = tmp_path / "shot.jpg"
    original.write_bytes(build(recorded("digitalCapture"), stranger, photo()))
    path = tmp_path / "marked.png"
    statement = Statement(NOW, None, None, PICTURE_ID, origin="composite", parent=original)
    sign_media(write(tmp_path / "still.png"), path, "image/png", statement)
    store = read(path, "image/png")
    assert store["validation_state"] == "Trusted"
    manifest = store["manifests"][store["active_manifest"]]
    [parent] = manifest["ingredients"]
    said = store["manifests"][parent["active_manifest"]]
    assert said["claim_generator_info"][0]["name"] == "Camera"
    assert read_credentials(path).said.ancestors[0].maker == "Camera"
