"""Broadcasts: HLS, recordings, the virtual camera. RTMP has a file of its own."""

import errno
import json
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from films import (
    LENGTH,
    MARK_ID,
    film,
    make_hls,
    make_statement,
    pour,
    read_marks,
    reel,
)

from bonaface.consent.records import revoke
from bonaface.core import SECOND, Picture, Sound
from bonaface.errors import ConsentDenied, ConsentMissing, Unmarked
from bonaface.marks.credentials.files import read_credentials
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.marks.reading_key import sound_id
from bonaface.media.broadcast import recording as recordings
from bonaface.media.broadcast.broadcast import Broadcast, Report
from bonaface.media.broadcast.camera import VirtualCamera
from bonaface.media.broadcast.fragments import to_lengths
from bonaface.media.broadcast.hls import Hls
from bonaface.media.broadcast.hopper import MOST_PICTURES, MOST_SOUNDS, Hopper
from bonaface.media.broadcast.playlist import KEPT, SHOWN
from bonaface.media.broadcast.recording import Recording
from bonaface.media.files import look, read_pictures, read_sound

pytestmark = pytest.mark.usefixtures("home")


def save(hls: Hls, folder: Path) -> Path:
    """All that a player would fetch, as files; answers where the first is."""
    for name in ("index.m3u8", "picture.m3u8", "sound.m3u8"):
        text = fetch(hls, name).decode()
        (folder / name).write_text(text)
        for part in re.findall(r'^(?!#)(\S+\.m4s)$|URI="(\S+\.mp4)"', text, re.MULTILINE):
            (folder / (part[0] or part[1])).write_bytes(fetch(hls, part[0] or part[1]))
    return folder / "index.m3u8"


def fetch(hls: Hls, name: str) -> bytes:
    found = hls.find(name)
    assert found is not None, name
    return found.data


def durations(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"#EXTINF:([\d.]+)", text)]


def test_hls_holds_all_of_a_session_and_its_marks(tmp_path: Path) -> None:
    told: list[Report] = []
    hls = make_hls(told.append)
    pour(hls, reel())
    hls.end()
    assert hls.wait(20)
    assert [one.state for one in told] == ["live", "ended"]
    assert (hls.dropped, hls.lost) == (0, 0)
    for track, kind in (("picture", "video"), ("sound", "audio")):
        save(hls, tmp_path)
        parts = sorted(tmp_path.glob(f"{track}-[0-9].m4s"))
        whole = tmp_path / f"{track}.mp4"
        begin = (tmp_path / f"{track}-begin-0.mp4").read_bytes()
        whole.write_bytes(begin + b"".join(part.read_bytes() for part in parts))
        assert look(whole).kind == kind
    pictures = list(read_pictures(tmp_path / "picture.mp4"))
    assert [one.at for one in pictures] == [i * SECOND // 25 for i in range(150)]
    samples = np.concatenate([one.samples for one in read_sound(tmp_path / "sound.mp4")])
    assert abs(len(samples) - LENGTH * 48_000 // SECOND) < 2048
    sent = np.concatenate([one.samples for one in film() if isinstance(one, MarkedSound)])
    assert offset(samples, sent) == 0, "sound is heard when it was due"
    assert float(np.corrcoef(samples[: len(sent)], sent[: len(samples)])[0, 1]) > 0.97


def offset(one: Any, other: Any) -> int:
    """Samples by which one is later than the other, by their correlation."""
    count = min(len(one), len(other))
    size = 2 * count
    lines = np.fft.rfft(one[:count], size) * np.conj(np.fft.rfft(other[:count], size))
    peak = int(np.fft.irfft(lines, size).argmax())
    return peak - size if peak > count else peak


def test_the_playlists_say_what_players_need() -> None:
    hls = make_hls()
    assert hls.find("index.m3u8") is None
    pour(hls, reel(times=2))
    hls.end()
    assert hls.wait(20)
    index = fetch(hls, "index.m3u8").decode()
    assert re.search(r'CODECS="avc1\.4d40[0-9a-f]{2},mp4a\.40\.2"', index)
    assert "RESOLUTION=256x256,FRAME-RATE=25.000" in index
    listed = fetch(hls, "picture.m3u8").decode()
    assert durations(listed) == [2.0] * 6
    assert listed.endswith("#EXT-X-ENDLIST\n")
    assert "#EXT-X-TARGETDURATION:2\n" in listed
    stamps = re.findall(r"PROGRAM-DATE-TIME:(\S+)Z", listed)
    dates = [datetime.fromisoformat(one).replace(tzinfo=UTC) for one in stamps]
    assert {(b - a).total_seconds() for a, b in pairwise(dates)} == {2.0}
    assert abs((dates[0] - datetime.now(UTC)).total_seconds()) < 60
    with_ticket = hls.find("picture.m3u8", "?ticket=x")
    assert with_ticket is not None
    assert b"picture-0.m4s?ticket=x\n" in with_ticket.data
    assert b'picture-begin-0.mp4?ticket=x"' in with_ticket.data
    for name in ("picture-99.m4s", "picture-.m4s", "../index.m3u8", "picture-0", "picture-00.m4s"):
        assert hls.find(name) is None, name


def test_memory_is_bounded_and_the_playlist_slides() -> None:
    hls = make_hls()
    pour(hls, reel(times=6))
    hls.end()
    assert hls.wait(20)
    listed = fetch(hls, "picture.m3u8").decode()
    assert len(durations(listed)) == SHOWN
    assert f"#EXT-X-MEDIA-SEQUENCE:{18 - SHOWN}\n" in listed
    assert hls.find(f"picture-{18 - KEPT}.m4s") is not None
    assert hls.find(f"picture-{17 - KEPT}.m4s") is None


def test_segments_of_both_tracks_begin_together() -> None:
    hls = make_hls()
    pour(hls, reel(times=5))
    hls.end()
    assert hls.wait(20)
    totals = [sum(durations(fetch(hls, f"{one}.m3u8").decode())) for one in ("picture", "sound")]
    assert abs(totals[0] - totals[1]) < 0.05


def test_gaps_keep_sound_and_pictures_together(tmp_path: Path) -> None:
    """Four seconds without pictures, one without sound, and a minute in which all stood still."""
    hls = make_hls()

    def gappy() -> Any:
        for item in reel(times=2):
            at = item.at - 7 * SECOND
            picture = isinstance(item, MarkedPicture)
            if picture and 3 * SECOND < at < 7 * SECOND:
                continue
            if not picture and 4 * SECOND < at < 5 * SECOND:
                continue
            yield item
        yield from reel(80 * SECOND)

    pour(hls, gappy())
    hls.end()
    assert hls.wait(20)
    listed = fetch(hls, "picture.m3u8").decode()
    assert max(durations(listed)) < 2.5, "no segment is longer than was promised"
    totals = [sum(durations(fetch(hls, f"{one}.m3u8").decode())) for one in ("picture", "sound")]
    assert abs(totals[0] - totals[1]) < 0.1
    heard = join_sound(hls, tmp_path)
    said = np.concatenate([one.samples for one in film() if isinstance(one, MarkedSound)])
    assert float(np.abs(heard[204_000:236_000]).max()) < 0.01, "what was missing is silence"
    assert abs(offset(heard[6 * 48_000 :][: 5 * 48_000], said)) < 4, "sound is where it belongs"
    after = offset(heard[12 * 48_000 :][: 5 * 48_000], said)
    assert 0 < after <= 1920, "of a minute's standstill 40 ms are left"


def join_sound(hls: Hls, folder: Path) -> Any:
    """All sound that is still kept, from the beginning."""
    parts = [hls.find(f"sound-{number}.m4s") for number in range(12)]
    data = fetch(hls, "sound-begin-0.mp4") + b"".join(one.data for one in parts if one)
    (folder / "sound.mp4").write_bytes(data)
    return np.concatenate([one.samples for one in read_sound(folder / "sound.mp4")])


@pytest.mark.slow
def test_ffmpeg_plays_it(tmp_path: Path) -> None:
    if shutil.which("ffprobe") is None:
        pytest.skip("no ffprobe here")
    hls = make_hls()
    pour(hls, reel())
    hls.end()
    assert hls.wait(20)
    index = save(hls, tmp_path)
    asked = "stream=codec_name,nb_read_frames,start_time"
    probe = ["ffprobe", "-v", "warning", "-count_frames", "-show_entries", asked, "-of", "json"]
    done = subprocess.run([*probe, str(index)], capture_output=True, text=True, check=True)
    assert done.stderr == "", "nothing to complain about"
    found = {one["codec_name"]: one for one in json.loads(done.stdout)["streams"]}
    assert int(found["h264"]["nb_read_frames"]) == 150
    assert abs(int(found["aac"]["nb_read_frames"]) - LENGTH * 48_000 // SECOND // 1024) <= 2
    assert {float(one["start_time"]) for one in found.values()} == {0.0}


def test_only_marked_things_leave() -> None:
    for broadcast in (make_hls(), VirtualCamera()):
        with pytest.raises(Unmarked):
            broadcast.show(Picture(0, np.zeros((64, 64, 3), np.uint8)))  # type: ignore[arg-type]
        with pytest.raises(Unmarked):
            broadcast.hear(Sound(0, np.zeros(960, np.float32), 48_000))  # type: ignore[arg-type]


def test_what_does_not_fit_is_counted_and_nobody_waits() -> None:
    hopper = Hopper()
    pictures = [one for one in film() if isinstance(one, MarkedPicture)]
    sounds = [one for one in film() if isinstance(one, MarkedSound)]
    for one in pictures[: MOST_PICTURES + 3]:
        hopper.put(one)
    for turn in range(MOST_SOUNDS + 5):
        hopper.put(sounds[turn % len(sounds)])
    assert (hopper.dropped, hopper.lost) == (3, 5)
    hopper.close()
    assert len(list(hopper)) == MOST_PICTURES + MOST_SOUNDS


def test_a_broadcast_that_got_nothing_ends() -> None:
    hls = make_hls()
    hls.end()
    hls.end()
    assert hls.wait(5)
    assert hls.report.state == "ended"
    assert not hls.ready


def test_start_codes_become_lengths() -> None:
    data = b"\0\0\0\1\x67\x01\0\0\1\x68\x02\x03\0\0\0\1\x65\0\0\3\1"
    assert to_lengths(data) == (
        b"\0\0\0\2\x67\x01" + b"\0\0\0\3\x68\x02\x03" + b"\0\0\0\5\x65\0\0\3\1"
    )


@pytest.mark.usefixtures("home")
def test_a_recording_is_marked_signed_and_whole(tmp_path: Path) -> None:
    path, told = tmp_path / "a.mp4", list[Report]()
    made = Recording(path, make_statement()[0], tell=told.append)
    pour(made, reel())
    assert not path.exists()
    assert [one.name[0] for one in tmp_path.glob("*.mp4")] == ["."], "a hidden draft"
    made.end()
    assert made.wait(30)
    assert [one.state for one in told] == ["live", "ended"], told
    assert [one.name for one in tmp_path.glob("*.mp4")] == ["a.mp4"]
    found = read_credentials(path)
    assert found.state == "trusted"
    picture, sound = read_marks(path)
    assert picture.mark_id == MARK_ID
    assert sound.mark_id == sound_id(MARK_ID)
    seen = list(read_pictures(path))
    assert len(seen) == 150
    assert abs((look(path).seconds or 0) - LENGTH / SECOND) < 0.1


def test_without_leave_to_record_there_is_no_recording(tmp_path: Path) -> None:
    said, _ = make_statement()
    assert said.permit is not None
    object.__setattr__(said.permit, "contexts", ("live",))
    with pytest.raises(ConsentDenied, match="not recorded"):
        Recording(tmp_path / "a.mp4", said)
    with pytest.raises(ConsentMissing):
        Recording(tmp_path / "a.mp4", replace(said, permit=None))


def test_a_consent_that_is_over_leaves_no_recording(tmp_path: Path) -> None:
    said, record = make_statement()
    made = Recording(tmp_path / "a.mp4", said)
    pour(made, reel())
    revoke(record, datetime.now(UTC))
    made.end()
    assert made.wait(30)
    assert made.report.state == "failed"
    assert "revoked" in made.report.text
    assert not list(tmp_path.glob("*.mp4"))


def test_a_full_disk_ends_the_recording_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recordings, "sign_media", fill)
    made = Recording(tmp_path / "a.mp4", make_statement()[0])
    pour(made, reel())
    made.end()
    assert made.wait(30)
    assert made.report == Report(
        "failed", "It was not recorded: the disk is full. Make room, and record again."
    )
    assert not list(tmp_path.glob("*.mp4"))
    assert not list(tmp_path.glob(".*.mp4"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Any:
    """A disk of 300 kB."""
    place = tmp_path / "small"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(["mount", *options], check=False).returncode:
        pytest.skip("a small disk cannot be mounted here: that takes root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_while_recording(small_disk: Path) -> None:
    made = Recording(small_disk / "a.mp4", make_statement()[0])
    begin = 7 * SECOND
    while made.report.state in {"waiting", "live"} and begin < 200 * SECOND:
        pour(made, reel(begin))
        begin += LENGTH
    assert made.wait(30)
    assert "the disk is full" in made.report.text
    assert not list(small_disk.iterdir())


KILLED = """
import os, sys, signal
sys.path.insert(0, {tests!r})
from pathlib import Path
from films import make_statement, pour, reel
from bonaface.media.broadcast.recording import Recording
made = Recording(Path({path!r}), make_statement()[0])
pour(made, reel())
print("recorded", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_killed_recording_leaves_nothing_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    code = KILLED.format(tests=str(Path(__file__).parent), path=str(path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.stdout == b"recorded\n", done.stderr
    assert not path.exists()


class Camera:
    """Stands in for pyvirtualcam's."""

    made: list["Camera"] = []  # noqa: RUF012  one list for the test
    device = "/dev/video9"
    refuses = False

    def __init__(self, width: int, height: int, fps: float) -> None:
        if self.refuses:
            raise RuntimeError("no device")
        self.asked, self.seen = (width, height, fps), list[Any]()
        Camera.made.append(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.seen.append("closed")

    def send(self, pixels: Any) -> None:
        assert pixels.dtype == np.uint8
        self.seen.append(pixels.shape)


class FakeModule:
    Camera = Camera


def on_camera(monkeypatch: pytest.MonkeyPatch, module: object) -> VirtualCamera:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", module)
    made = VirtualCamera()
    pour(made, reel())
    made.end()
    assert made.wait(10)
    return made


def test_the_face_as_a_webcam(monkeypatch: pytest.MonkeyPatch) -> None:
    Camera.made.clear()
    made = on_camera(monkeypatch, FakeModule)
    assert made.report.state == "ended"
    (camera,) = Camera.made
    assert camera.asked == (256, 256, 25.0)
    assert camera.seen == [(256, 256, 3)] * 150 + ["closed"]


def test_a_missing_driver_or_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = on_camera(monkeypatch, None)
    assert "pip install 'bonaface[camera]'" in absent.report.text
    monkeypatch.setattr(Camera, "refuses", True)
    bare = on_camera(monkeypatch, FakeModule)
    assert bare.report.state == "failed"
    assert "There is no virtual camera" in bare.report.text


def test_a_broken_broadcast_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Hls, "_cut", explode)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    hls: Broadcast = make_hls()
    pour(hls, reel())
    time.sleep(0.05)
    assert hls.wait(5)
    assert hls.report.state == "failed"
