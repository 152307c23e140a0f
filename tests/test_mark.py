"""`bonaface mark`: media of other tools get all marks, keep what they were, or are refused."""

import json
import re
import resource
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scenes import paint_scene, speak_scene

from bonaface.check import check
from bonaface.cli import main
from bonaface.core import Sound
from bonaface.earlier import Earlier, Ids, read_ids
from bonaface.errors import MarkError, SettingsError, UnreadableMedia, UnwritableMedia
from bonaface.mark import Order, mark
from bonaface.marks.credentials.container import sniff_file
from bonaface.marks.credentials.files import Credentials, read_credentials
from bonaface.marks.sound.reader import read_sound_mark
from bonaface.media import tone
from bonaface.media.files import Media, look, read_pictures
from bonaface.media.film import look_at_film, read_film
from bonaface.media.photos import read_photo
from bonaface.media.texts import lay_flat
from bonaface.media.whole import promise

pytestmark = pytest.mark.usefixtures("home")  # keys of the test's own
AI = Order("ai")
SCENE = "testsrc2=s=320x240:r=25"


def ffmpeg(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


def film(path: Path, *words: str, seconds: float = 2, scene: str = SCENE) -> Path:
    ffmpeg("-f", "lavfi", "-i", f"{scene}:d=9", "-t", str(seconds), *words, path)
    return path


def painting(
    path: Path, mode: str = "RGB", size: tuple[int, int] = (640, 480), **more: Any
) -> Path:
    """A picture with soft and rough places."""
    pixels = paint_scene(1, size[1], size[0])[0].pixels
    Image.fromarray(pixels).convert(mode).save(path, **more)
    return path


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def speech(path: Path, seconds: int = 6) -> Path:
    """Left: a voice; right: the same, later and softer."""
    left = speak_scene(seconds).samples
    right = np.roll(left, 4800) * np.float32(0.5)
    whole = (np.stack([left, right], 1) * 32000).astype("<i2").tobytes()
    raw = path.with_suffix(".raw")
    raw.write_bytes(whole)
    ffmpeg("-f", "s16le", "-ar", "48000", "-ac", "2", "-i", raw, path)
    return path


def hear(path: Path) -> list[NDArray[np.float32]]:
    """The channels of a file."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)
        runs = [run for frame in container.decode(audio=0) for run in resampler.resample(frame)]
    whole = np.concatenate([run.to_ndarray() for run in runs], axis=1)
    return [np.asarray(row, np.float32).copy() for row in whole]


def read_samples(samples: NDArray[np.float32]) -> int | None:
    return read_sound_mark(Sound(0, samples, 48_000)).mark_id


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name not in {"home", "home.lock"})


@pytest.mark.slow
def test_a_film_gets_all_marks_and_they_outlive_another_encoding(tmp_path: Path) -> None:
    sound = speech(tmp_path / "voice.wav")
    clip = tmp_path / "clip.mov"
    raw = tmp_path / "scene.raw"
    raw.write_bytes(b"".join(one.pixels.tobytes() for one in paint_scene(75, 360, 480)))
    form = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "480x360", "-r", "25"]
    ffmpeg(*form, "-i", raw, "-i", sound, "-pix_fmt", "yuv420p", "-crf", "18", "-c:a", "aac", clip)
    out = tmp_path / "out.mp4"
    outcome = mark(clip, out, AI)
    report = check(out)
    assert report.verdict.word == "made-by-ai"
    assert report.evidence.credentials.state == "trusted"
    assert report.evidence.picture is not None
    assert report.evidence.picture.id == outcome.ids.picture_words
    assert report.evidence.sound is not None
    assert report.evidence.sound.id == outcome.ids.sound_words
    again = tmp_path / "again.mkv"
    ffmpeg("-i", out, "-c:v", "libx264", "-crf", "28", "-c:a", "aac", "-b:a", "64k", again)
    later = check(again)
    assert later.evidence.credentials.state == "none"
    assert later.verdict.word == "made-by-ai"
    assert later.evidence.recovered is not None, "its manifest is found by its mark"
    assert read_ids(look(again)) == outcome.ids


@pytest.mark.slow
def test_each_channel_alone_and_their_sum_carry_the_mark(tmp_path: Path) -> None:
    outcome = mark(
        speech(tmp_path / "a.flac"), tmp_path / "out.flac", Order("ai", disclaimer="morse")
    )
    left, right = hear(tmp_path / "out.flac")
    assert np.abs(left - right).max() > 0.01
    for samples in (left, right, np.asarray((left + right) / 2, np.float32)):
        assert read_samples(samples) == outcome.ids.sound


@pytest.mark.slow
def test_variable_times_are_kept_and_long_stands_are_filled(tmp_path: Path) -> None:
    parts = "[0]settb=1/1000[a];[1]settb=1/1000[b];[a][b]concat=n=2"
    words = ["-f", "lavfi", "-i", f"{SCENE}:d=0.48", "-f", "lavfi"]
    words += ["-i", "testsrc2=s=320x240:r=2:d=2", "-filter_complex", parts, "-vsync", "vfr"]
    ffmpeg(*words, tmp_path / "a.mkv")
    before = [picture.at for picture in read_pictures(tmp_path / "a.mkv")]
    mark(tmp_path / "a.mkv", tmp_path / "out.mp4", AI)
    after = [picture.at for picture in read_pictures(tmp_path / "out.mp4")]
    assert all(min(abs(at - one) for one in after) < 1_000_000 for at in before)
    assert len(after) > len(before)
    assert max(np.diff(after)) <= 260_000_000
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration is not None
        assert max(after) / 1e9 + 0.03 < container.duration / 1e6 < 2.5


@pytest.mark.slow
def test_sound_that_begins_later_stays_in_step(tmp_path: Path) -> None:
    words = ["-itsoffset", "1", "-f", "lavfi", "-i", "anoisesrc=d=1:a=.3", "-c:a", "aac"]
    film(tmp_path / "a.mkv", *words)
    mark(tmp_path / "a.mkv", tmp_path / "out.mp4", AI)
    (left, _) = hear(tmp_path / "out.mp4")
    loud = np.flatnonzero(np.abs(left) > 0.03)[0] / 48_000
    assert abs(loud - 1) < 0.06


@pytest.mark.slow
@pytest.mark.parametrize(
    ("angle", "size"), [(90, (240, 320)), (180, (320, 240)), (270, (240, 320))]
)
def test_films_come_out_upright(tmp_path: Path, angle: int, size: tuple[int, int]) -> None:
    """As FFmpeg's own program turns them."""
    flat, turned = film(tmp_path / "flat.mp4", seconds=0.4), tmp_path / "turned.mp4"
    ffmpeg("-i", flat, "-c", "copy", "-metadata:s:v", f"rotate={angle}", turned)
    ffmpeg("-i", turned, "-frames:v", "1", tmp_path / "seen.png")
    shape = look_at_film(turned)
    first = next(one for one in read_film(turned, shape) if not isinstance(one, tuple))
    assert shape.upright.size == size
    seen = read_photo(tmp_path / "seen.png").pixels
    assert np.abs(first.pixels.astype(int) - seen).mean() < 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "words", "size", "note"),
    [
        ("a.mkv", ["-vf", "scale=317:239,setsar=1", "-c:v", "ffv1"], (318, 240), ""),
        ("a.mp4", ["-vf", "setsar=4/3"], (428, 240), "not square"),
        ("a.mkv", ["-c:v", "libx265", "-x265-params", "log-level=0", "-pix_fmt", "yuv420p10"],
         (320, 240), "more than 8 bits"),
        ("a.mp4", ["-pix_fmt", "gray"], (320, 240), ""),
        ("a.mov", ["-c:v", "qtrle", "-pix_fmt", "argb"], (320, 240), "transparent"),
        ("a.gif", [], (320, 240), ""),
        ("a.avi", ["-c:v", "mpeg4"], (320, 240), ""),
        ("a.webm", ["-c:v", "libvpx", "-b:v", "1M"], (320, 240), ""),
    ],
)  # fmt: skip
def test_odd_films_look_as_they_did(
    tmp_path: Path, name: str, words: list[str], size: tuple[int, int], note: str
) -> None:
    clip = film(tmp_path / name, *words, seconds=0.4)
    shape = look_at_film(clip)
    assert shape.upright.size == size
    assert note in " ".join(shape.notes)
    wanted = [picture.pixels for picture in read_pictures(clip)]
    got = [one.pixels for one in read_film(clip, shape) if not isinstance(one, tuple)]
    assert len(got) == len(wanted)
    if size == (320, 240):
        assert np.abs(wanted[0].astype(int) - got[0]).mean() < 4


@pytest.mark.slow
def test_a_film_too_small_for_a_mark_is_refused(tmp_path: Path) -> None:
    clip = film(tmp_path / "a.mp4", "-vf", "scale=16:16,setsar=1", "-frames:v", "1")
    with pytest.raises(MarkError, match="too small"):
        mark(clip, tmp_path / "out.mp4", AI)
    assert visible(tmp_path) == ["a.mp4"]


def test_where_no_mark_can_be_read_back_it_is_told(tmp_path: Path) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (100, 100, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png")
    outcome = mark(tmp_path / "a.png", tmp_path / "out.png", AI)
    assert any("No hidden mark could be read back" in note for note in outcome.notes)
    assert read_credentials(tmp_path / "out.png").state == "trusted"


@pytest.mark.slow
def test_tracks_that_are_not_kept_are_named(tmp_path: Path) -> None:
    tones = [w for pitch in ("300", "700") for w in ("-f", "lavfi", "-i", f"sine={pitch}:d=1")]
    clip = film(tmp_path / "a.mkv", *tones, "-map", "0", "-map", "1", "-map", "2", seconds=1)
    assert "2 sound tracks" in " ".join(mark(clip, tmp_path / "out.mp4", AI).notes)
    left, _ = hear(tmp_path / "out.mp4")
    spectrum = np.abs(np.fft.rfft(left[:48_000]))
    assert abs(int(spectrum.argmax()) - 300) < 5


WORDS = """1
00:00:00,100 --> 00:00:00,500
<i>Hello</i> you.

2
00:00:00,500 --> 00:00:01,000
Zwei
Zeilen.
"""
PARTS = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/10\nSTART={at}\nEND={at + 5}\ntitle=Part {at}\n" for at in (0, 5)
)


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["ass", "mov_text"])
def test_words_that_go_with_a_film_stay(tmp_path: Path, codec: str) -> None:
    (tmp_path / "a.srt").write_text(WORDS)
    (tmp_path / "parts.txt").write_text(PARTS)
    more = ["-i", tmp_path / "a.srt", "-i", tmp_path / "parts.txt", "-map", "0", "-map", "1"]
    more += ["-map_metadata", "2", "-c:s", codec, "-metadata:s:s:0", "language=deu"]
    name = "a.mp4" if codec == "mov_text" else "a.mkv"
    clip = film(tmp_path / name, *map(str, more), seconds=1)
    notes = " ".join(mark(clip, tmp_path / "out.mp4", AI).notes)
    assert ("plain text" in notes) == (codec != "mov_text")
    ffmpeg("-i", tmp_path / "out.mp4", tmp_path / "out.srt")
    said = (tmp_path / "out.srt").read_text()
    assert re.findall(r"[.,\d:]+ --> [.,\d:]+", said) == re.findall(r".* --> .*", WORDS)
    assert "Zwei\nZeilen." in said
    assert ("<i>" in said) == (codec == "mov_text")
    with av.open(tmp_path / "out.mp4") as out:
        assert out.streams.subtitles[0].language == "deu"
        assert [one["metadata"]["title"] for one in out.chapters()] == ["Part 0", "Part 5"]
    assert read_credentials(tmp_path / "out.mp4").state == "trusted"


def test_of_words_shown_at_once_each_becomes_a_line() -> None:
    spoken = [(0, 4, "a"), (2, 6, "b"), (8, 9, "c")]
    wanted = [(0, 2, "a"), (2, 4, "a\nb"), (4, 6, "b"), (8, 9, "c")]
    assert list(lay_flat(spoken)) == wanted


def test_the_original_is_the_parent_and_a_marked_file_is_signed_as_it_is(tmp_path: Path) -> None:
    first = mark(painting(tmp_path / "a.png"), tmp_path / "b.png", AI)
    second = mark(tmp_path / "b.png", tmp_path / "c.png", Order("composite"))
    assert second.ids == first.ids
    once, twice = (read_photo(tmp_path / name).pixels for name in ("b.png", "c.png"))
    assert np.array_equal(once, twice)
    assert any("signed as it is" in note for note in second.notes)
    said = read_credentials(tmp_path / "c.png").said
    assert "c2pa.opened" in said.actions
    assert said.ai is True


def test_a_marked_picture_that_lost_its_kind_keeps_its_id(tmp_path: Path) -> None:
    first = mark(painting(tmp_path / "a.png"), tmp_path / "b.png", AI)
    opened(tmp_path / "b.png").save(tmp_path / "c.webp", quality=90)
    second = mark(tmp_path / "c.webp", tmp_path / "d.png", AI)
    assert second.ids == first.ids
    assert read_ids(look(tmp_path / "d.png")) == first.ids


def test_ids_that_a_file_has_are_used() -> None:
    nothing = Credentials("none")
    media = Media(Path("a.mp4"), "video", 1.0, 1, 1, has_sound=True)
    of_sound = Earlier(media, Ids(None, 0x89ABCDEF), nothing)
    assert not of_sound.complete
    ids = of_sound.ids()
    assert ids.sound == 0x89ABCDEF
    assert ids.picture is not None
    assert ids.picture & 0xFFFF_FFFF == 0x89ABCDEF
    of_both = Earlier(media, Ids(1, 2), nothing)
    assert of_both.complete
    assert of_both.ids() == Ids(1, 2)
    assert not Earlier(media, Ids(1, None), nothing).complete


@pytest.mark.parametrize(
    ("name", "more"),
    [("a.png", {}), ("a.jpg", {"quality": 90}), ("a.webp", {}), ("a.webp", {"lossless": True})],
)
def test_pictures_keep_their_kind(tmp_path: Path, name: str, more: dict[str, Any]) -> None:
    path = painting(tmp_path / name, **more)
    out = tmp_path / f"out{path.suffix}"
    outcome = mark(path, out, AI)
    assert sniff_file(out) == sniff_file(path)
    assert read_ids(look(out)) == outcome.ids
    before, after = read_photo(path).pixels, read_photo(out).pixels
    assert cv2.PSNR(np.ascontiguousarray(before[60:]), np.ascontiguousarray(after[60:])) > 37


def test_pictures_are_upright_and_say_nothing_of_people(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x013B] = 6, "Jane Artist"  # orientation, artist
    path = painting(tmp_path / "a.jpg", exif=exif)
    outcome = mark(path, tmp_path / "out.jpg", AI)
    made = opened(tmp_path / "out.jpg")
    assert made.size == (480, 640)
    assert not made.getexif()
    assert b"Jane Artist" not in (tmp_path / "out.jpg").read_bytes()
    assert any("people" in note for note in outcome.notes)


def test_what_is_transparent_stays_so_under_a_label_that_is_seen(tmp_path: Path) -> None:
    image = opened(painting(tmp_path / "a.png", size=(400, 400))).convert("RGBA")
    alpha = np.full((400, 400), 255, np.uint8)
    alpha[:100] = 0
    image.putalpha(Image.fromarray(alpha))
    image.save(tmp_path / "a.png")
    mark(tmp_path / "a.png", tmp_path / "out.png", AI)
    made = np.asarray(opened(tmp_path / "out.png"))
    assert np.all(made[:100, :200, 3] == 0)
    corner = made[:60, 300:]
    assert (corner[..., 3] > 150).sum() > 500
    assert corner[corner[..., 3] > 250][:, :3].max() > 200


def test_16_bits_are_told(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 300 * 400).reshape(300, 400).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    outcome = mark(tmp_path / "a.png", tmp_path / "out.png", AI)
    assert any("16 bits" in note for note in outcome.notes)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "out"),
    [("a.wav", "b.wav"), ("a.mp3", "b.mp3"), ("a.m4a", "b.m4a"), ("a.ogg", "b.m4a")],
)
def test_sounds_begin_with_a_disclaimer(tmp_path: Path, name: str, out: str) -> None:
    path = speech(tmp_path / name)
    outcome = mark(path, tmp_path / out, Order("ai", disclaimer="morse"))
    report = check(tmp_path / out)
    assert report.verdict.word == "made-by-ai"
    assert report.evidence.credentials.state == "trusted"
    assert read_ids(look(tmp_path / out)) == outcome.ids
    before, after = look(path).seconds, look(tmp_path / out).seconds
    assert before is not None
    assert after is not None
    assert 1.5 < after - before < 3


def test_what_cannot_be_signed_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = painting(tmp_path / "a.png")
    for out, says in (
        ("b.gif", ".png or .jpg"),
        ("b", "a file without ending"),
        ("a.png", "original"),
    ):
        with pytest.raises(SettingsError, match=says):
            mark(path, tmp_path / out, AI)
    (tmp_path / "link.png").symlink_to(path)
    with pytest.raises(SettingsError, match="original"):
        mark(path, tmp_path / "link.png", AI)
    assert visible(tmp_path) == ["a.png", "link.png"]


@pytest.mark.slow
def test_a_film_that_was_cut_off_is_refused_or_salvaged(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mp4", "-movflags", "+faststart")
    data = whole.read_bytes()
    cut, out = tmp_path / "cut.mp4", tmp_path / "out.mp4"
    cut.write_bytes(data[: len(data) * 7 // 10])
    with pytest.raises(UnreadableMedia, match="--salvage"):
        mark(cut, out, AI)
    assert visible(tmp_path) == ["cut.mp4", "whole.mp4"]
    outcome = mark(cut, out, Order("ai", salvage=True))
    assert any("What is left was marked" in note for note in outcome.notes)
    assert 10 < sum(1 for _ in read_pictures(out)) < 45


def test_sizes_that_heads_promise() -> None:
    assert promise(b"RIFF" + struct.pack("<I", 100) + b"WAVE") == 108
    assert promise(b"RIFF\xff\xff\xff\xffWAVE") == 0
    ebml = b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67"
    assert promise(ebml + b"\x40\x64" + b"\0" * 20) == len(ebml) + 2 + 100
    assert promise(ebml + b"\x01" + b"\xff" * 7 + b"\0" * 20) == 0
    assert promise(b"") == 0
    assert promise(b"\x1a\x45\xdf\xa3") == 0


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.slow
def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for path in (film(tmp_path / "a.mp4", seconds=0.4), painting(tmp_path / "a.png")):
        out = folder / f"out{path.suffix}"
        mark(path, out, AI)
        whole = out.stat().st_size
        for size in (100, whole // 2, whole - 3000):
            out.unlink(missing_ok=True)
            with small_disk(size), pytest.raises(UnwritableMedia) as caught:
                mark(path, out, AI)
            assert str(out) in str(caught.value)
            assert list(folder.iterdir()) == []


def test_reference_white_of_hdr_is_nearly_white() -> None:
    """PQ codes of 203 and 1000 cd/m2 (BT.2100), and HLG's of 75 % (BT.2408)."""
    codes = np.array([0, 0.581, 0.7518, 1]) * 65535
    grey = np.repeat(codes.astype(np.uint16)[None, :, None], 3, axis=2)
    pq = tone.to_srgb(grey, tone.BT2020, tone.PQ)[0, :, 1]
    assert pq[0] == 0
    assert 200 < pq[1] < 245
    assert pq[2] >= 250
    assert pq[3] == 255
    hlg = tone.to_srgb(np.full((1, 1, 3), int(0.75 * 65535), np.uint16), tone.BT2020, tone.HLG)
    assert 200 < hlg.max() < 245
    sdr = tone.to_srgb(np.full((1, 1, 3), 32768, np.uint16), tone.BT2020, 14)
    assert abs(int(sdr.max()) - 128) < 3


def test_the_command_marks_several_into_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    painting(tmp_path / "a.png")
    painting(tmp_path / "b.jpg")
    (tmp_path / "c.png").write_text("no picture")
    files = [str(tmp_path / name) for name in ("a.png", "b.jpg", "c.png")]
    assert main(["mark", *files, "--ai", "-o", str(tmp_path / "none")]) == 3
    assert "is no folder" in capsys.readouterr().err
    out = tmp_path / "out"
    out.mkdir()
    assert main(["mark", *files, "--ai", "--json", "-o", str(out)]) == 3
    said = capsys.readouterr()
    made = [json.loads(line) for line in said.out.splitlines()]
    assert [Path(one["output"]).name for one in made] == ["a.png", "b.jpg"]
    assert made[0]["watermarks"]["sound"] is None
    assert "c.png" in said.err
    assert visible(out) == ["a.png", "b.jpg"]
    shutil.copy(tmp_path / "a.png", tmp_path / "a.jpg")
    assert main(["mark", files[0], str(tmp_path / "a.jpg"), "--ai", "-o", str(out)]) == 3
    assert "both become" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["a.png", "-o", "b.png"], "--ai --composite is required"),
        (["a.png", "--ai", "--composite", "-o", "b.png"], "not allowed"),
        (["a.png", "--ai"], "-o"),
        (["a.png", "--ai", "-o", "b.png", "--quality", "9"], "best"),
    ],
)
def test_wrong_words(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["mark", *words]) == 3
    assert says in capsys.readouterr().err
