"""Streams as files, as playlists and by their address; other programs beside us."""

import base64
import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from films import make_hls, make_statement, pour, reel
from streams import Day, Made, beginning, flip, problems, save

from bonaface.cli import main
from bonaface.forensics.segments.parts import is_stream
from bonaface.forensics.segments.playlist import read_playlist
from bonaface.forensics.segments.stream import check_stream
from bonaface.forensics.segments.watch import watch_stream
from bonaface.marks.live.session_key import LASTS
from bonaface.marks.live.track import now
from bonaface.marks.signers import keys
from bonaface.media.broadcast.hls import Hls

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    hls = make_hls()
    pour(hls, reel())
    hls.end()
    assert hls.wait(20)
    folder = tmp_path / "stream"
    folder.mkdir()
    return save(hls, folder)


def test_a_playlist_is_checked(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(saved)]) == 1
    told = capsys.readouterr().out
    assert told.startswith("MADE BY AI")
    assert "6 of 6 segments are as they were signed." in told
    assert "active" in told
    (saved.parent / "sound-1.m4s").unlink()
    (saved.parent / "sound-1.m4s").write_bytes((saved.parent / "picture-1.m4s").read_bytes())
    assert main(["check", str(saved), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["verdict"] == "manipulated"
    assert [one["problem"] for one in told["tracks"][1]["problems"]] == ["foreign", "gap"]


def test_a_changed_beginning_is_manipulation(saved: Path) -> None:
    path = saved.parent / "sound-begin-0.mp4"
    whole = path.read_bytes()
    path.write_bytes(flip(whole, whole.index(b"mvhd") + 20))
    report = check_stream(saved)
    assert report.verdict.word == "manipulated"
    assert problems(report.tracks[1].broken) == ["unproven"] * 4
    path.write_bytes(beginning())
    assert check_stream(saved).verdict.word == "cannot-tell", "half of it is by nobody"


def test_a_folder_and_one_file_are_checked(saved: Path) -> None:
    folder, whole = saved.parent, saved.parent.parent / "whole.mp4"
    names = ["picture-begin-0.mp4", "picture-0.m4s", "picture-1.m4s", "picture-2.m4s"]
    whole.write_bytes(b"".join((folder / name).read_bytes() for name in names))
    assert is_stream(whole)
    (track,) = check_stream(whole).tracks
    assert (track.segments, track.intact, track.broken) == (3, 3, [])
    whole.write_bytes(whole.read_bytes()[:-40])
    (track,) = check_stream(whole).tracks
    assert problems(track.broken) == ["cut-short"]
    for playlist in folder.glob("*.m3u8"):
        playlist.unlink()
    report = check_stream(folder)
    assert [(track.name, track.intact) for track in report.tracks] == [("picture", 3), ("sound", 3)]
    assert report.verdict.word == "made-by-ai"


def test_a_strange_playlist_opens_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.m3u8"
    for address in ("/etc/passwd", "../a.mp4", "http://127.0.0.1/a.m4s", "..%2Fa"):
        path.write_text(f"#EXTM3U\n#EXTINF:2,\n{address}\n")
        assert main(["check", str(path)]) == 3
        assert "elsewhere" in capsys.readouterr().err
    for text in ("nothing", "#EXTM3U\n", "#EXTM3U\n#EXT-X-KEY:METHOD=AES-128\na.m4s\n"):
        path.write_text(text)
        assert main(["check", str(path)]) == 3


def test_playlists_are_read() -> None:
    text = b'#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="a.mp4"\n#EXTINF:4,\nb.m4s\n'
    read = read_playlist(text + b'#EXT-X-MAP:BYTERANGE="1@0",URI="c.mp4"\nd.m4s\n#EXT-X-ENDLIST')
    assert [(one.begin, one.segment) for one in read.entries] == [
        ("a.mp4", "b.m4s"),
        ("c.mp4", "d.m4s"),
    ]
    assert (read.seconds, read.ended) == (4, True)


def test_a_stream_is_followed_by_its_address(saved: Path) -> None:
    folder = saved.parent
    swapped = {"sound-1.m4s": "sound-2.m4s", "sound-2.m4s": "sound-1.m4s"}
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        asked.append(name)
        file = folder / swapped.get(name, name)
        return httpx.Response(200, content=file.read_bytes()) if file.exists() else gone

    gone = httpx.Response(404)
    (folder / "picture-0.m4s").unlink()
    told: list[str] = []
    client = httpx.Client(transport=httpx.MockTransport(answer))
    address = "http://127.0.0.1:1/hls/x/index.m3u8?ticket=secret"
    report = watch_stream(address, 60, lambda track, _: told.append(track), client)
    picture, sound = report.tracks
    assert (picture.name, picture.intact, picture.broken) == ("picture", 2, [])
    assert problems(sound.broken) == ["gap", "swapped"]
    assert report.stream == "http://127.0.0.1:1/hls/x/index.m3u8", "tickets are not told"
    assert len(told) == 7
    assert asked.count("sound-begin-0.mp4") == 1


def test_other_servers_are_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="#EXTM3U\n#EXTINF:2,\nhttp://elsewhere.example/a.m4s\n")

    client = httpx.Client(transport=httpx.MockTransport(answer))
    with pytest.raises(Exception, match="another server"):
        watch_stream("http://127.0.0.1:1/a.m3u8", 1, lambda *_: None, client)
    assert main(["check", "--live", "file:///etc/passwd"]) == 3
    assert main(["check"]) == 3
    assert "--live" in capsys.readouterr().err


class Hurry(Day):
    """Each look at this clock takes minutes."""

    def __call__(self) -> datetime:
        self.pass_(minutes=5)
        return self.now


@pytest.fixture
def long(tmp_path: Path) -> Path:
    """HLS during which keys are replaced."""
    keys.signing_keys(now())  # a certificate that is in force already
    hls = Hls(make_statement()[0], clock=Hurry())
    pour(hls, reel())
    hls.end()
    assert hls.wait(20)
    return save(hls, tmp_path)


@pytest.mark.slow
def test_ffmpeg_plays_on_when_keys_change(long: Path) -> None:
    listed = (long.parent / "picture.m3u8").read_text()
    assert listed.count("#EXT-X-MAP") > 1
    assert "#EXT-X-DISCONTINUITY\n" not in listed
    report = check_stream(long)
    assert [(track.intact, track.broken) for track in report.tracks] == [(3, []), (3, [])]
    if shutil.which("ffprobe") is None:
        pytest.skip("no ffprobe here")
    asked = ["-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0"]
    command = ["ffprobe", "-v", "error", *asked, str(long)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "150" in done.stdout.split()


NODE = """
import {readFileSync} from "node:fs";
import {validateC2paInitSegment, validateC2paSegment} from "@svta/cml-c2pa";
const [begin, keys, ...segments] = process.argv.slice(2);
const init = await validateC2paInitSegment(new Uint8Array(readFileSync(begin)));
const known = init.sessionKeys.length ? init.sessionKeys : JSON.parse(keys);
let state;
const seen = [];
for (const name of segments) {
  const {result, nextSequenceState} =
    await validateC2paSegment(new Uint8Array(readFileSync(name)), known, state);
  state = nextSequenceState;
  seen.push([result.isValid, result.sequenceResult.reason]);
}
console.log(JSON.stringify({wrong: init.errorCodes, id: init.manifestId, seen}));
"""
LIBRARY = ("@svta/cml-c2pa@^1.3.0", "@svta/cml-iso-bmff", "@svta/cml-utils", "cbor-x@^1.6.6")


@pytest.mark.slow
def test_the_common_media_library_agrees(tmp_path: Path) -> None:
    """Its releases up to 1.3 take session keys in one form that no other validator takes.

    There our keys are handed to it, so that the segments are validated all the same.
    """
    if shutil.which("npm") is None:
        pytest.skip("no npm here")
    fetch_it = ["npm", "install", "--silent", "--no-audit", "--no-fund", *LIBRARY]
    if subprocess.run(fetch_it, cwd=tmp_path, capture_output=True, check=False).returncode:
        pytest.skip("npm has no @svta/cml-c2pa here")
    made = Made().go_on(5)
    changed = flip(made.segments[1], len(made.segments[1]) - 9)
    data = [*made.segments[:1], changed, *made.segments[3:]]
    names = [tmp_path / f"{i}.m4s" for i in range(len(data))]
    for name, one in zip(names, data, strict=True):
        name.write_bytes(one)
    (tmp_path / "begin.mp4").write_bytes(made.beginnings[0])
    (tmp_path / "check.mjs").write_text(NODE)
    command = ["node", "check.mjs", "begin.mp4", json.dumps([as_jwk(made)]), *map(str, names)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert set(told["wrong"]) <= {"livevideo.sessionkey.invalid"}
    assert told["seen"] == [
        [True, "valid"],
        [False, "valid"],
        [False, "gap_detected"],
        [True, "valid"],
    ]


def as_jwk(made: Made) -> dict[str, Any]:
    """The session key as that library writes it."""
    assert made.signer._begin is not None
    key = made.signer._begin.key
    x = key.private.public_key().public_bytes_raw()
    return {
        "kid": key.kid.hex(),
        "jwk": {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(x).decode()[:-1]},
        "minSequenceNumber": key.first,
        "validityPeriod": int(LASTS.total_seconds()),
        "createdAt": key.begins.isoformat(),
    }
