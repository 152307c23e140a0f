"""The audit: tones, recolouring, rates and gaps on answers that are known."""

from pathlib import Path

import numpy as np
import pytest

from bonaface.core import Picture
from bonaface.errors import SettingsError
from bonaface.face.find import Face, find_faces
from bonaface.fairness.audit import Subject, audit
from bonaface.fairness.page import to_page
from bonaface.fairness.people import Person, read_people
from bonaface.forensics.tone import measure_tone, name_group, recolour


@pytest.mark.parametrize(
    ("angle", "group"),
    [
        (60, "very light"),
        (50, "light"),
        (30, "intermediate"),
        (15, "tan"),
        (0, "brown"),
        (-50, "dark"),
    ],
)
def test_angles_have_names(angle: float, group: str) -> None:
    assert name_group(angle) == group


def test_a_darker_tone_is_measured_darker(photo: Picture) -> None:
    face = find_faces(photo)[0]
    angles = []
    for monk in (3, 6, 8):
        tone = measure_tone(recolour(photo.pixels, face.landmarks, monk), face.landmarks)
        assert tone is not None
        angles.append(tone.angle)
    assert angles[0] > angles[1] + 10
    assert angles[1] > angles[2] + 10


def test_too_little_skin_has_no_tone() -> None:
    landmarks = np.zeros((478, 3), np.float32)
    assert measure_tone(np.zeros((40, 40, 3), np.uint8), landmarks) is None


@pytest.fixture
def people(photo: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    from PIL import Image  # noqa: PLC0415

    monkeypatch.setattr("bonaface.fairness.audit.find_faces", lambda _: ())  # it takes its time
    path = tmp_path / "one.png"
    Image.fromarray(photo.pixels).save(path)
    return [
        Person(path, {"sex": sex, "number": str(i)}, forged=i % 2 == 1)
        for i, sex in enumerate(["female"] * 40 + ["male"] * 40)
    ]


def test_a_known_gap_is_found(people: list[Person]) -> None:
    answers = iter(range(80))

    def ask(_: Picture, __: Face | None) -> float:
        i = next(answers)
        if i % 2:  # forged: all are found
            return 1.0
        return 1.0 if i < 40 and i % 8 == 0 else 0.0  # 5 of 20 women, no man

    (found,) = audit(people, [Subject("test", ask, 0.5, "wrong")], recoloured=0)
    rates = {rate.group: rate for rate in found.rates["sex"]}
    assert rates["female"].count == rates["male"].count == 20
    assert rates["female"].rate == pytest.approx(0.25)
    assert rates["male"].rate == 0
    assert rates["male"].high == pytest.approx(3 / 20)
    assert found.gaps["sex"]["worst"] == pytest.approx(0.25)
    assert found.gaps["sex"]["F_EFPR"] == pytest.approx(0.25)
    assert found.gaps["sex"]["F_EO"] == pytest.approx(0.25)
    assert found.worst == pytest.approx(0.25)
    page = to_page([found], people, "today")
    assert "female (20) *" in page
    assert "<script" not in page


@pytest.mark.parametrize("asked", [0, 1, 39, 40, 79, 200])
def test_as_many_faces_are_recoloured_as_asked_evenly_spread(
    asked: int, people: list[Person], photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    face = Face((0, 0, 9, 9), np.zeros((478, 3), np.float32), 1.0, 1.0)
    monkeypatch.setattr("bonaface.fairness.audit.find_faces", lambda _: (face,))
    monkeypatch.setattr("bonaface.fairness.audit.read_photo", lambda _: photo)
    monkeypatch.setattr("bonaface.fairness.audit.recolour", lambda pixels, *_: pixels)
    calls: list[int] = []  # how often each was asked about

    def ask(seen: Picture, _: Face | None) -> float:
        if seen is photo:
            calls.append(0)
        calls[-1] += 1
        return 0.0

    genuine = [Person(one.path, one.labels) for one in people[:79]]
    audit(genuine, [Subject("test", ask, 0.5, "wrong")], recoloured=asked)
    tried = [i for i, count in enumerate(calls) if count == 11]
    assert len(tried) == min(asked, 79)
    if tried:
        gaps = np.diff([-1, *tried])
        assert gaps.max() <= -(-79 // asked)


def test_abstaining_is_counted_and_not_an_error(people: list[Person]) -> None:
    (found,) = audit(people, [Subject("test", lambda *_: None, 0.5, "wrong")], recoloured=0)
    assert (found.count, found.coverage, found.worst) == (0, 0.0, 0.0)


def test_the_table_is_read(tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text("path,sex,forged,person\na.jpg,female,,ada\nb.jpg,male,yes,\n", "utf-8")
    first, second = read_people(table)
    assert (first.path, first.labels, first.forged) == (
        tmp_path / "a.jpg",
        {"sex": "female"},
        False,
    )
    assert second.forged
    assert (first.who, second.who) == ("ada", "")


@pytest.mark.parametrize("text", ["", "name,sex\na,b\n", "\xff\x00"])
def test_a_table_that_makes_no_sense_is_refused(text: str, tmp_path: Path) -> None:
    table = tmp_path / "people.csv"
    table.write_text(text, "latin-1")
    with pytest.raises(SettingsError):
        read_people(table)
