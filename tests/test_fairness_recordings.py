"""What the audit asks of recordings: made voices, lips, digits, faces on film, voices."""

import json
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.cli import main
from bonaface.core import SECOND, Finding, Picture, Sound, over
from bonaface.errors import UnreadableMedia  # noqa: TC001
from bonaface.fairness import recordings
from bonaface.fairness.audit import audit
from bonaface.fairness.page import to_page
from bonaface.fairness.people import Person, read_people, tell_kinds
from bonaface.fairness.rates import Audit, exact
from bonaface.fairness.recordings import DIGITS, FRAMES, LIPS, MADE
from bonaface.fairness.voices import ALIKE, ANYBODY, OWN, Voices
from bonaface.fairness.witnesses import Ear
from bonaface.forensics.liveness import digits
from bonaface.forensics.reference.voice import RUN_WEIGH
from bonaface.media.files import Media
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice
from bonaface.speech.voice import SIZE

RATE = 16_000
TEXT = "The rain had stopped before the old ferry came, and nobody on the pier said a word. " * 3
Floats = NDArray[np.float32]


def speak(text: str, voice: str = "default") -> Floats:
    said = [utterance.sound for utterance in over(open_voice(voice), [text])]
    return np.concatenate([resample(sound, RATE).samples for sound in said])


@pytest.fixture(scope="module")
def voice() -> Floats:
    return speak(TEXT)


def write_sound(path: Path, samples: Floats) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write_film(path: Path, pictures: list[NDArray[np.uint8]], samples: Floats | None) -> Path:
    """Pictures, ten a second, and their sound."""
    with av.open(str(path), "w") as out:
        see = out.add_stream("libx264", rate=10)
        high, wide = pictures[0].shape[:2]
        see.width, see.height, see.pix_fmt = wide, high, "yuv420p"
        hear = None if samples is None else out.add_stream("aac", rate=RATE, layout="mono")
        for pixels in pictures:
            out.mux(see.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        out.mux(see.encode(None))
        if hear is not None and samples is not None:
            sound = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
            sound.sample_rate = RATE
            out.mux(hear.encode(sound))
            out.mux(hear.encode(None))
    return path


def even(photo: Picture) -> NDArray[np.uint8]:
    high, wide = (side // 2 * 2 for side in photo.pixels.shape[:2])
    return np.ascontiguousarray(photo.pixels[:high, :wide])


def named(audits: list[Audit]) -> dict[str, Audit]:
    return {one.subject: one for one in audits}


def test_a_mixed_table_is_audited_and_what_cannot_be_is_told(
    photo: Picture, voice: Floats, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from PIL import Image  # noqa: PLC0415

    still, blank = even(photo), np.full_like(even(photo), 90)
    Image.fromarray(still).save(tmp_path / "face.png")
    write_sound(tmp_path / "voice.wav", voice)
    write_sound(tmp_path / "silent.wav", np.zeros(4 * RATE, np.float32))
    write_film(tmp_path / "mute.mp4", [*[still] * 24, *[blank] * 8], None)
    (tmp_path / "broken.mp4").write_bytes(b"no film at all" * 99)
    names = ("face.png", "voice.wav", "silent.wav", "mute.mp4", "broken.mp4", "gone.wav")
    table = tmp_path / "people.csv"
    table.write_text("path,sex\n" + "".join(f"{name},female\n" for name in names), "utf-8")

    page = tmp_path / "page.html"
    assert main(["audit", "fairness", str(table), "--json", "--page", str(page)]) == 0
    told = capsys.readouterr()
    assert "could not be read (2)" in told.err
    assert "Cannot read broken.mp4" in told.err
    assert "There is no file" in told.err
    found = {one["subject"]: one for one in json.loads(told.out)}
    assert found["face finder"]["count"] == 1
    assert found[MADE]["count"] == 1
    assert sum(found[MADE]["passed"].values()) == 2
    assert any("quiet" in why for why in found[MADE]["passed"])
    assert any("no sound" in why for why in found[MADE]["passed"])
    assert found[LIPS]["passed"] == {"There is no sound.": 1}
    assert (found[FRAMES]["count"], found[OWN]["asked"]) == (1, "voices")
    assert DIGITS not in found  # nobody says what was read
    shown = page.read_text("utf-8")
    assert "1 picture and 3 recordings" in shown
    assert "2 files could not be read" in shown
    assert "There is no sound. (1)" in shown


def test_a_table_of_nothing_readable_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "people.csv"
    table.write_text("path,sex\ngone.wav,male\n", "utf-8")
    assert main(["audit", "fairness", str(table)]) == 3
    assert "None of the files could be read" in capsys.readouterr().err


def test_faces_that_leave_are_missed(photo: Picture, tmp_path: Path) -> None:
    still = even(photo)
    path = write_film(tmp_path / "a.mp4", [*[still] * 10, *[np.full_like(still, 90)] * 30], None)
    (found,) = (one for one in audit([Person(path, {}, kind="video")], []) if one.subject == FRAMES)
    assert found.count == 1
    told = recordings.Recordings(matches=False)
    told.add(Person(path, {"sex": "female"}, kind="video"))
    assert told._tables[FRAMES].alarms[0] == pytest.approx(0.75, abs=0.06)
    assert "tone" in told._tables[FRAMES].groups[0]


@pytest.fixture
def films(monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    """Forty films: five of twenty women are out of step and point out a voice, no man's does."""

    def examine(media: Media, _: object) -> object:
        number = int(media.path.stem)
        score = 0.9 if number < 20 and number % 4 == 0 else 0.1
        sums = tuple(Finding(0, 1, name, score, "", whole=True) for name in ("lipsync", "spoof"))
        return type("Examined", (), {"findings": sums})

    monkeypatch.setattr(recordings, "look", lambda path: Media(path, "video", 9.0))
    monkeypatch.setattr(recordings, "examine", examine)
    return [
        Person(Path(f"{i}.mp4"), {"sex": "female" if i < 20 else "male"}, kind="video")
        for i in range(40)
    ]


def test_a_known_gap_of_films_is_found(films: list[Person]) -> None:
    found = named(audit(films, []))
    for name in (LIPS, MADE):
        rates = {rate.group: rate.rate for rate in found[name].rates["sex"]}
        assert rates == {"female": 0.25, "male": 0.0}
        assert found[name].asked == ("films" if name == LIPS else "recordings")
    assert found[FRAMES].passed == {"No picture could be read.": 40}


def test_somebody_in_many_films_counts_once(films: list[Person]) -> None:
    people = [
        Person(one.path, one.labels, who=f"p{i // 2}", kind="video") for i, one in enumerate(films)
    ]
    rates = {rate.group: rate for rate in named(audit(people, []))[LIPS].rates["sex"]}
    assert (rates["female"].count, rates["female"].rate) == (10, 0.25)
    assert (rates["female"].low, rates["female"].high) == pytest.approx(exact(2.5, 10))


def test_exact_intervals_are_those_of_the_book() -> None:
    assert exact(1, 10) == pytest.approx((0.0025, 0.4450), abs=1e-4)
    assert exact(0, 10) == pytest.approx((0.0, 0.3085), abs=1e-4)
    assert exact(10, 10) == pytest.approx((0.6915, 1.0), abs=1e-4)


def test_few_people_are_shown_and_not_compared(films: list[Person]) -> None:
    few = [*films[:6], *films[20:24]]
    found = named(audit(few, []))[LIPS]
    assert [rate.group for rate in found.rates["sex"]] == ["female"]  # four men are too few
    assert (found.worst, found.beyond(0.02)) == (0.0, 0.0)
    page = to_page([found], few, "today")
    assert 'fill="var(--surface)"' in page
    assert "they are not compared" in page


@pytest.mark.skipif(not digits.ready(), reason="no recogniser; bonaface models fetch --all")
def test_digits_are_compared_with_what_was_read() -> None:
    samples = speak("four, seven, zero, two.")
    ear = Ear()
    list(ear.push(Sound(0, samples, RATE)))
    right = ear.hear_digits("4 7 0 2").score
    words = ear.hear_digits("four, seven, zero, two").score
    wrong = ear.hear_digits("8 8 6 6").score
    assert right is not None
    assert right == words
    assert right <= 1 - digits.READ
    assert wrong is not None
    assert wrong > 1 - digits.READ


def test_silence_and_long_sounds_hold_no_digits() -> None:
    silent, long = Ear(), Ear()
    list(silent.push(Sound(0, np.zeros(2 * RATE, np.float32), RATE)))
    assert silent.hear_digits("4 7").score is None
    list(long.push(Sound(61 * SECOND, np.zeros(RATE, np.float32), RATE)))
    assert "cut it" in long.hear_digits("4 7").reason


def points(*places: int) -> Floats:
    """Runs of voices of which only equal places are near."""
    found = np.zeros((len(places), SIZE), np.float32)
    for number, place in enumerate(places):
        found[number, place] = 1.0
        found[number, 255] = 0.01 * (number + 1)  # no two runs are the same
    return found


@pytest.fixture
def gallery() -> Voices:
    """Ten women of one voice, ten men of a voice each, of whom one has two."""
    found = Voices()
    for i in range(10):
        women, men = {"sex": "female"}, {"sex": "male"}
        found.add(points(0, 0) + i * np.float32(1e-3), women, women)
        found.add(points(i + 1, 99 if i == 0 else i + 1), men, {**men, "tone": "tan"})
    return found


def test_who_passes_for_whom_is_counted_by_group(gallery: Voices) -> None:
    found = named(gallery.compare())
    rates = {name: {rate.group: rate.rate for rate in found[name].rates["sex"]} for name in found}
    assert rates[ALIKE] == {"female": 1.0, "male": 0.0}
    assert 0.3 < rates[ANYBODY]["female"] < 0.6  # nine of nineteen others
    assert rates[ANYBODY]["male"] == 0.0
    assert rates[OWN] == {"female": 0.0, "male": 0.1}


def test_the_same_recording_twice_is_nobody_else() -> None:
    found = Voices()
    for _ in range(2):
        found.add(points(3)[:1] * 0 + np.float32(0.1), {"sex": "male"}, {"sex": "male"})
    assert [one.count for one in found.compare()] == [0, 0, 0]


def test_own_runs_are_taken_from_other_recordings() -> None:
    found = Voices()
    found.add(points(1, 1), {}, {"sex": "male"}, "ada")
    found.add(points(2, 2), {}, {"sex": "male"}, "ada")  # on another day, and far away
    assert named(found.compare())[OWN].count == 1
    pairs = found._speakers["ada"].pairs(np.random.default_rng(0))
    assert len(pairs) == 4
    assert all(np.linalg.norm(a - b) > 1 for a, b in pairs)


def test_two_made_voices_are_told_apart_and_know_themselves(voice: Floats) -> None:
    found = Voices()
    for samples in (voice, speak(TEXT, "joe")):
        ear = Ear()
        list(ear.push(Sound(0, samples, RATE)))
        list(ear.flush())
        assert len(ear.points) >= 2
        found.add(ear.points, {}, {"sex": "made"})
    audits = named(found.compare())
    assert audits[OWN].count == audits[ANYBODY].count == 2
    for one in found._speakers.values():
        far = [np.linalg.norm(a - b) for a, b in one.pairs(np.random.default_rng(0))]
        assert max(far) < RUN_WEIGH.middle, "a voice is called another"
    first, second = (np.concatenate(one.recordings) for one in found._speakers.values())
    assert np.linalg.norm(first[:, None] - second[None], axis=2).min() > 0.7


def test_kinds_are_told_by_content(tmp_path: Path, voice: Floats) -> None:
    write_sound(tmp_path / "voice.wav", voice).rename(tmp_path / "voice.png")
    table = tmp_path / "people.csv"
    table.write_text("path,said\nvoice.png,4 7\ngone.mp3,\n", "utf-8")
    unread: list[UnreadableMedia] = []
    (person,) = tell_kinds(read_people(table), unread.append)
    assert (person.kind, person.said, person.labels) == ("audio", "4 7", {})
    assert len(unread) == 1
