"""The main job on a real portrait: speak, check, re-encode, check again; and what goes wrong."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from bonaface import weights
from bonaface.check import check
from bonaface.cli import main
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant, save_record
from bonaface.media.files import look, read_pictures, read_sound
from bonaface.media.photos import read_bytes, read_photo

pytestmark = pytest.mark.slow
WORDS = "Good morning. Maybe you can see my lips move."


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def at_home(shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bonaface.config import settings  # noqa: PLC0415

    monkeypatch.setenv("BONAFACE_HOME", str(shared_home))
    settings.cache_clear()


@pytest.fixture
def portrait() -> Path:
    return weights.find("portrait-hopper")


@pytest.fixture
def record(portrait: Path, tmp_path: Path) -> Path:
    terms = Terms("Hopper", "public-domain-historical", ("test",), date(2099, 1, 1))
    picture = hash_portrait(read_bytes(portrait), read_photo(portrait))
    path = tmp_path / "record.json"
    save_record(grant(picture, terms, datetime.now(UTC)), path)
    return path


def speak(portrait: Path, record: Path, output: Path, *more: str) -> int:
    words = ("speak", str(portrait), "--consent", str(record), "-o", str(output))
    return main([*words, "--size", "256", *more])


def asked(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["check", str(path), "--json"])
    return code, json.loads(capsys.readouterr().out)


def encoded(source: Path, target: Path, crf: int) -> Path:
    """What `ffmpeg -crf` does to a video, by the same library."""
    media = look(source)
    with av.open(str(source)) as old, av.open(str(target), "w") as new:
        stream = new.add_stream("libx264", rate=25, options={"crf": str(crf)})
        stream.width, stream.height, stream.pix_fmt = media.width, media.height, "yuv420p"
        for frame in old.decode(video=0):
            frame.pict_type = av.video.frame.PictureType.NONE
            new.mux(stream.encode(frame))
        new.mux(stream.encode(None))
    return target


def wave(path: Path, seconds: float, rate: int = 16_000, channels: int = 1) -> Path:
    """A hum that comes and goes, as syllables do."""
    times = np.arange(int(seconds * rate)) / rate
    hum = 0.3 * np.sin(2 * np.pi * 140 * times) * (np.sin(2 * np.pi * 3 * times) > 0)
    layout = "mono" if channels == 1 else "stereo"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", rate=rate, layout=layout)
        both = np.repeat((hum * 32767).astype(np.int16)[:, None], channels, 1)
        frame = av.AudioFrame.from_ndarray(both.reshape(1, -1), format="s16", layout=layout)
        frame.sample_rate = rate
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def test_a_photo_speaks_and_is_read_back(
    portrait: Path, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "made.mp4"
    assert speak(portrait, record, made, "--text", WORDS) == 0
    media = look(made)
    assert (media.kind, media.width, media.height, media.has_sound) == ("video", 256, 256, True)
    code, said = asked(made, capsys)
    assert code == 1
    assert said["verdict"] == "made-by-ai"
    assert said["credentials"]["state"] == "trusted"
    assert said["credentials"]["ai"] is True
    assert said["credentials"]["consent"] == "active"
    assert said["watermarks"]["picture"]["found"]
    assert said["watermarks"]["sound"]["found"]
    again = encoded(made, tmp_path / "again.mp4", 28)
    code, later = asked(again, capsys)
    assert code == 1
    assert later["credentials"]["state"] == "none"
    assert later["watermarks"]["picture"]["id"] == said["watermarks"]["picture"]["id"]
    capsys.readouterr()
    assert main(["consent", "revoke", str(record)]) == 0
    assert asked(made, capsys)[1]["credentials"]["consent"] == "revoked"
    assert speak(portrait, record, tmp_path / "no.mp4", "--text", "No.") == 3
    assert "revoked" in capsys.readouterr().err
    assert not (tmp_path / "no.mp4").exists()


def test_the_json_has_the_promised_keys(portrait: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = asked(portrait, capsys)
    assert code == 2
    assert said["verdict"] == "cannot-tell"
    low, high = said["interval"]  # one photo, one inspector: hardly anything is known
    assert low < said["probability"] < high
    assert high - low > 0.5
    keys = "file sha256 kind verdict probability interval basis reasons credentials watermarks"
    keys += " findings limits"
    assert list(said) == keys.split()
    assert set(said["credentials"]) >= {"state", "ai", "issuer", "consent"}
    assert said["credentials"]["recovered"] is False
    for where in ("picture", "sound"):
        assert set(said["watermarks"][where]) == {"found", "id", "strength"}
    for finding in said["findings"]:
        assert set(finding) >= {"at", "until", "inspector", "score", "reason"}


def test_pictures_and_sound_end_together(portrait: Path, record: Path, tmp_path: Path) -> None:
    talk = wave(tmp_path / "talk.wav", 2.3)
    made = tmp_path / "made.mp4"
    assert speak(portrait, record, made, "--audio", str(talk), "--fps", "30") == 0
    pictures = list(read_pictures(made))
    samples = sum(len(sound.samples) for sound in read_sound(made))
    assert abs(len(pictures) / 30 - 2.3) <= 1 / 30
    assert abs(samples / 48_000 - 2.3) <= 0.05
    assert [picture.at for picture in pictures[:3]] == [0, 33_333_333, 66_666_666]


def test_the_same_seed_gives_the_same_face(portrait: Path, record: Path, tmp_path: Path) -> None:
    talk = wave(tmp_path / "talk.wav", 1.0)
    films = []
    for name in ("a.mp4", "b.mp4"):
        assert speak(portrait, record, tmp_path / name, "--audio", str(talk), "--seed", "7") == 0
        films.append([picture.pixels.astype(int) for picture in read_pictures(tmp_path / name)])
    near = [abs(a - b).mean() for a, b in zip(*films, strict=True)]
    assert max(near) < 3  # only the random id of the mark differs


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (192_000, 2)])
def test_any_sound(portrait: Path, record: Path, tmp_path: Path, rate: int, channels: int) -> None:
    talk = wave(tmp_path / "talk.wav", 1.0, rate, channels)
    made = tmp_path / "made.mp4"
    assert speak(portrait, record, made, "--audio", str(talk)) == 0
    assert look(made).seconds == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--text", ""), "no text to say"),
        (("--text", "😀 🎉"), "Nothing of this text|no words"),
        (("--text", "Hi.", "--voice", "nobody"), "voice"),
        (("--text-file", "none.txt"), "Cannot read none.txt"),
        (("--audio", "none.wav"), "no file none.wav"),
        (("--text", "Hi.", "--purpose", "advertising"), "not for advertising"),
        (("--text", "Hi.", "--face", "3"), "face"),
    ],
)
def test_what_cannot_be_done_is_said_and_leaves_nothing(
    portrait: Path,
    record: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    says: str,
) -> None:
    assert speak(portrait, record, tmp_path / "made.mp4", *more) == 3
    assert any(word in capsys.readouterr().err for word in says.split("|"))
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_no_such_folder(
    portrait: Path, record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert speak(portrait, record, tmp_path / "none" / "made.mp4", "--text", "Hi.") == 3
    assert "no such folder" in capsys.readouterr().err


def test_a_killed_process_leaves_no_file_under_the_final_name(
    portrait: Path, record: Path, tmp_path: Path
) -> None:
    made = tmp_path / "made.mp4"
    words = ["speak", str(portrait), "--consent", str(record), "-o", str(made)]
    text = "This is a long story. " * 400
    process = subprocess.Popen([sys.executable, "-m", "bonaface", *words, "--text", text])
    try:
        for _ in range(600):  # until the hidden draft grows
            drafts = [path for path in tmp_path.glob(".made-*") if path.stat().st_size > 10_000]
            if drafts or process.poll() is not None:
                break
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
    finally:
        process.kill()
        process.wait()
    assert drafts
    assert not made.exists()


def test_a_video_is_no_portrait(
    record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = wave(tmp_path / "film.mp4.wav", 1.0).rename(tmp_path / "film.jpg")
    assert speak(film, record, tmp_path / "made.mp4", "--text", "Hi.") == 3
    assert "is not a photo" in capsys.readouterr().err


def test_an_existing_video_survives_a_failure(portrait: Path, record: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.mp4"
    made.write_bytes(b"precious")
    assert speak(portrait, record, made, "--text", "") == 3
    assert made.read_bytes() == b"precious"


def test_a_re_encoded_copy_of_the_photo_still_fits_the_record(
    portrait: Path, record: Path, tmp_path: Path
) -> None:
    from PIL import Image  # noqa: PLC0415

    copy = tmp_path / "copy.webp"
    Image.open(portrait).resize((400, 470)).save(copy, quality=60)
    assert speak(copy, record, tmp_path / "made.mp4", "--text", "Hi.") == 0
    assert check(tmp_path / "made.mp4").verdict.exit_code == 1


def test_a_wide_picture(portrait: Path, record: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.mp4"
    assert speak(portrait, record, made, "--text", "Hi.", "--size", "640x360") == 0
    assert (look(made).width, look(made).height) == (640, 360)
