"""How a face moves: described, enrolled, compared, and left alone where it does not show."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from moving_faces import film, known, lively, shape, turn, windows

from bonaface import enrol as enrolling
from bonaface.core import SECOND, Finding, Phone, Picture, Sound, over
from bonaface.forensics.caller import CallerCheck
from bonaface.forensics.fusion import UNKNOWN, decides, fuse
from bonaface.forensics.look import Look
from bonaface.forensics.reference.motion import following
from bonaface.forensics.reference.motion.apart import (
    join_apart,
    shapes_apart,
    tell_parts,
    window_apart,
)
from bonaface.forensics.reference.motion.following import Following
from bonaface.forensics.reference.motion.inspector import (
    MOST,
    NAME,
    WHOLE_WEIGH,
    WINDOW_WEIGH,
    MotionReference,
)
from bonaface.forensics.reference.motion.moves import gather_moves
from bonaface.forensics.reference.motion.moving import RATE, TRAITS, describe, measure, pace, speaks
from bonaface.forensics.reference.motion.shapes import gather_shapes, shape_phones
from bonaface.forensics.reference.motion.steady import DEPTH, hold
from bonaface.forensics.report.report import answer
from bonaface.forensics.watch import Watch

pytestmark = pytest.mark.usefixtures("home", "sharp")


@pytest.fixture
def sharp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn landmarks have no picture that could be sharp."""
    monkeypatch.setattr(following, "is_clear", lambda _, face: face.height >= following.LEAST)


def summed(inspector: MotionReference, looks: Sequence[Look]) -> Finding:
    *_, last = over(inspector, looks)
    assert last.whole
    return last


# Description


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_head_is_taken_out_of_the_face(axis: int) -> None:
    turns = np.zeros((30, 3))
    turns[:, axis] = np.linspace(-8, 8, 30)
    points = np.array([turn(shape(), one) * 1.7 + (300, 200, 0) for one in turns])
    points[..., 2] /= DEPTH  # the mesh exaggerates depth by so much
    steady = hold(points)
    assert steady.face.std(0).max() < 1e-6
    assert np.ptp(steady.turn, axis=0)[axis] == pytest.approx(16, abs=0.5)
    assert np.linalg.norm(steady.face[0, 33] - steady.face[0, 263]) == pytest.approx(100, abs=1)


@pytest.mark.parametrize(("rate", "size"), [(15.0, 1.0), (50.0, 1.0), (25.0, 3.0)])
def test_rate_and_size_do_not_change_the_description(rate: float, size: float) -> None:
    plain = windows(list(film(lively())))
    other = windows(list(film(lively(), rate=rate, size=size)))
    assert len(plain) == len(other) == 4
    for one, two in zip(plain, other, strict=True):
        assert one.features == pytest.approx(two.features, abs=0.1)
        assert len(one.features) == len(TRAITS)


def test_lips_at_rest_do_not_speak() -> None:
    at = np.arange(60) * SECOND // 25
    for mouth, talks in ((0.0, False), (5.0, True)):
        points = np.array([lively(mouth=mouth)(i / 25) for i in range(60)])
        assert speaks(pace(at, measure(points))) is talks
    assert np.isfinite(describe(pace(at, measure(np.array([shape()] * 60))))).all()


def test_whole_face_livelier_counts_less_than_one_part() -> None:
    enrolled = known()
    usual = window_apart(enrolled, enrolled.centre)
    all_more = window_apart(enrolled, enrolled.centre + 0.4)
    part = enrolled.centre.copy()
    part[:5] += 0.8
    assert usual == 0
    assert all_more < window_apart(enrolled, part)
    assert tell_parts(enrolled, [part]) == "More than enrolled: the head."
    assert tell_parts(enrolled, [enrolled.centre]) == ""


# Shapes of the mouth


def test_phones_have_shapes_by_class() -> None:
    traits = np.zeros((RATE * 2, len(TRAITS)))
    traits[RATE:, 5] = 10.0
    phones = [Phone(0, SECOND // 2, "b", 0), Phone(SECOND, 3 * SECOND // 2, "æ", 0)]
    phones += [Phone(SECOND // 2, SECOND, "!", 0), Phone(2 * SECOND, 3 * SECOND, "m", 0)]
    seen = shape_phones(traits, 0, phones)
    assert [name for name, _ in seen] == ["closed", "open"]
    assert seen[1][1][0] == 10
    assert gather_shapes(seen) == {}
    assert set(gather_shapes([*seen, seen[0]])) == {"closed"}


def test_shapes_need_three_classes() -> None:
    some = {name: (np.ones(5), 4) for name in ("closed", "open", "round")}
    other = {name: (mean + 20, count) for name, (mean, count) in some.items()}
    assert shapes_apart(some, some) == 0
    assert shapes_apart(some, {"open": some["open"], "round": some["round"]}) is None
    assert (shapes_apart(some, other) or 0) > 3
    assert join_apart([0.8, 1.0], None) == pytest.approx(0.9)
    assert join_apart([0.8, 1.0], 1.0) == pytest.approx(0.9)
    alone = join_apart([0.8], 4.0)
    assert 0.8 < alone < WHOLE_WEIGH.middle + 0.1


# What is left alone


@pytest.mark.parametrize(
    ("looks", "reason"),
    [
        (lambda: film(lively(), rate=2), following.SLOW),
        (lambda: film(lively(), rate=8), following.SLOW),
        (lambda: film(lively(), size=0.2), following.SMALL),
        (lambda: film(lively(mouth=0.0)), following.SILENT),
        (lambda: film(lively(), faces=2), following.CROWD),
        (
            lambda: film(lambda when: turn(lively()(when), np.array([45.0, 0, 0]))),
            following.TURNED_AWAY,
        ),
        (lambda: film(lively(), seconds=2), following.SHORT),
    ],
)
def test_what_shows_no_motion_is_not_judged(
    looks: Callable[[], Sequence[Look]], reason: str
) -> None:
    last = summed(MotionReference(known()), list(looks()))
    assert last.score is None
    assert last.quality == 0
    assert reason in last.reason


def test_one_window_is_too_little() -> None:
    last = summed(MotionReference(known()), list(film(lively(), seconds=3)))
    assert last.score is None


def test_nothing_at_all_is_not_judged() -> None:
    last = summed(MotionReference(known()), [])
    assert last.score is None
    assert "could not be compared" in last.reason


def test_cut_begins_a_new_window() -> None:
    looks = [*film(lively(), seconds=2)]
    later = [
        replace(one, picture=Picture(one.at + 9 * SECOND, one.picture.pixels)) for one in looks
    ]
    stage = Following()
    assert not list(over(stage, [*looks, *later]))
    assert stage.why[following.SHORT] == 2


def test_last_window_before_a_gap_counts() -> None:
    looks = [*film(lively(), seconds=5)]
    later = [
        replace(one, picture=Picture(one.at + 60 * SECOND, one.picture.pixels)) for one in looks
    ]
    assert len(windows([*looks, *later])) == 4


@pytest.mark.parametrize(
    ("enrolled", "words"), [({"rate": 60.0}, "pictures a second"), ({"height": 1000.0}, "size")]
)
def test_other_films_are_not_compared(enrolled: dict[str, Any], words: str) -> None:
    last = summed(MotionReference(replace(known(), **enrolled)), list(film(lively())))
    assert last.score is None
    assert words in last.reason


# The inspector


def test_same_motion_fits_and_proves_little() -> None:
    last = summed(MotionReference(known()), list(film(lively(seed=7))))
    assert last.score is not None
    assert last.score < 0.5
    assert "proves little" in last.reason
    assert "10 seconds" in last.reason


def test_other_motion_is_told_with_what_it_may_be() -> None:
    inspector = MotionReference(known())
    *moments, last = over(inspector, list(film(lively(head=0.5, mouth=8.0, brows=0.1))))
    assert [one.score is not None and one.score >= 0.5 for one in moments] == [True] * 4
    assert last.score is not None
    assert 0.5 <= last.score <= MOST
    for words in ("0:00-0:10", "drawn by a program", "filmed very differently", "Less than"):
        assert words in last.reason
    assert "moved otherwise" in answer(last)
    (bars,) = last.exhibits
    assert "as enrolled, and here" in bars.words
    assert bars.pixels.shape[2] == 3
    assert list(over(inspector, []))  # it was not reset, and says so again


def test_motion_is_shown_and_decides_nothing() -> None:
    said = Finding(0, SECOND, NAME, MOST, "", whole=True)
    assert fuse((said,)).probability is None
    assert MOST < decides(NAME) == UNKNOWN


def test_two_looks_a_second_are_said_to_be_too_few() -> None:
    watch = Watch([MotionReference(known())])
    for look in film(lively(), seconds=14):
        watch.push(look)
    (said,) = watch.newest
    assert said.score is None
    assert following.SLOW in said.reason


def test_live_caller_is_told_and_not_turned_red(monkeypatch: pytest.MonkeyPatch) -> None:
    caller = CallerCheck([MotionReference(known())], Random(0))
    looks = {look.at: look for look in film(lively(), seconds=14)}
    monkeypatch.setattr(caller._looker, "push", lambda picture: (looks[picture.at],))
    for look in looks.values():
        caller.see(look.picture)
    standing = caller.standing(14 * SECOND)
    assert NAME in {one.inspector for one in standing.findings}
    assert standing.seal.colour != "red"


# Real films


@pytest.mark.media
def test_film_of_somebody_fits_the_rest_of_it(media: Path) -> None:
    seen, shapes = enrolling._follow(media / "talking" / "kwaivgi-d10.mp4")
    assert len(seen) >= 4
    first, rest = seen[0], seen[1:]
    moves = gather_moves([one.features for one in rest], shapes, first.rate, first.height)
    assert window_apart(moves, first.features) < WINDOW_WEIGH.middle


@pytest.mark.media
def test_english_speech_has_mouth_shapes(media: Path) -> None:
    _, shapes = enrolling._follow(media / "talking" / "hangz-nju-cuhk-741400104.mp4")
    if not shapes:
        pytest.skip("the model of speech is not here")
    closed = [shape[0] for name, shape in shapes if name == "closed"]
    opened = [shape[0] for name, shape in shapes if name == "open"]
    assert np.mean(closed) < np.mean(opened)


def test_sound_alone_moves_nothing() -> None:
    quiet = Sound(0, np.zeros(16_000, np.float32), 16_000)
    last = list(over(MotionReference(known()), [quiet]))[-1]
    assert last.score is None
