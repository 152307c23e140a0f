"""Challenges for a live caller, on faces whose light and turns are known."""

from collections.abc import Iterable
from itertools import pairwise
from random import Random

import numpy as np
import pytest

from bonaface.core import SECOND, Finding, Picture, Sound
from bonaface.errors import RequestRefused
from bonaface.face.find import Face
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness.challenge import chance
from bonaface.forensics.liveness.colour import COUNT, EACH, Colour
from bonaface.forensics.liveness.round import Round, judge
from bonaface.forensics.liveness.turn import Turn, measure_relief
from bonaface.forensics.look import Look, Sight
from bonaface.forensics.watch import Watch

DICE = np.random.default_rng(5)
HEAD = np.stack(
    [DICE.uniform(-60, 60, 478), DICE.uniform(-80, 80, 478), DICE.uniform(-30, 30, 478)], 1
)
HEAD[234], HEAD[454] = (-60, 0, 20), (60, 0, 20)
HEAD[10], HEAD[152] = (0, -80, 0), (0, 80, 0)


def face(yaw: float = 0.0, *, flat: bool = False, scale: float = 1.0) -> Face:
    """A head of random points, or a photograph of it that is swung like a door."""
    angle = -np.radians(yaw)
    spin = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    points = HEAD @ spin.T
    if flat:
        points[:, 0] = HEAD[:, 0] * np.cos(angle)
    marks = (scale * points + (160, 120, 0)).astype(np.float32)
    low, high = marks[:, :2].min(0), marks[:, :2].max(0)
    return Face((low[0], low[1], high[0], high[1]), marks, 1.0, 1.0)


def look(at: float, shown: Face | None, light: tuple[float, ...] = (1, 1, 1)) -> Look:
    """A grey room with a skin-coloured face, lit by a screen."""
    pixels = np.full((240, 320, 3), 110, np.float64)
    if shown is not None:
        left, top, right, bottom = (int(x) for x in shown.box)
        pixels[max(0, top) : bottom, left:right] = np.array((150, 110, 95)) * light
    noisy = np.clip(pixels + DICE.normal(0, 2, pixels.shape), 0, 255).astype(np.uint8)
    sights = () if shown is None else (Sight(0, shown),)
    return Look(Picture(int(at * SECOND), noisy), sights)


def shine(row: list[str], when: float, much: float) -> tuple[float, ...]:
    """How much more light there is at `when`."""
    place = int(np.clip(when / EACH, 0, len(row) - 1))
    shown = bytes.fromhex(row[place][1:])
    return tuple(1 + much * (one / 255) ** 2.2 for one in shown)


def see_colours(seed: int, much: float, delay: float, *, other: int | None = None) -> Finding:
    """One colour challenge, answered by the light of its own row or that of another."""
    check = Colour(Random(seed))
    source = check if other is None else Colour(Random(other))
    row = [step.does for step in source.challenge.steps]
    check.begin(SECOND)
    for i in range(80):
        check.push(look(1 + i / 10, face(), shine(row, i / 10 - delay, much)))
    return check.answer()


@pytest.mark.parametrize("delay", [0.0, 0.35, 0.9])
def test_a_face_that_answers_the_colours_passes(delay: float) -> None:
    found = see_colours(3, 0.06, delay)
    assert found.score is not None
    assert found.score < 0.2, found.reason


@pytest.mark.parametrize("seed", range(4))
def test_a_film_that_knows_nothing_of_the_colours_fails(seed: int) -> None:
    for other, much in ((None, 0.0), (seed + 50, 0.06)):
        found = see_colours(seed, much, 0.2, other=other)
        assert found.score is not None
        assert found.score > 0.5, found.reason


def test_colours_change_slowly_and_are_never_red() -> None:
    for seed in range(50):
        steps = Colour(Random(seed)).challenge.steps
        assert len(steps) == COUNT
        for one, after in pairwise(steps):
            assert after.at - one.at > SECOND / 3
            assert one.does != after.does
        for step in steps:
            red, green, blue = bytes.fromhex(step.does[1:])
            assert red / (red + green + blue) < 0.8


def turn(seed: int, way: float, *, flat: bool = False) -> Finding:
    check = Turn(Random(seed))
    sign = 1 if check.challenge.steps[1].does == "left" else -1
    check.begin(0)
    for i in range(50):
        yaw = sign * way * float(np.clip((i - 15) / 10, 0, 1))
        check.push(look(i / 10, face(yaw, flat=flat)))
    return check.answer()


def test_a_head_that_turns_passes_and_others_fail() -> None:
    real, wrong, still = turn(1, 25.0), turn(1, -25.0), turn(1, 0.0)
    assert real.score is not None
    assert real.score < 0.4, real.reason
    for other in (wrong, still, turn(2, 25.0, flat=True)):
        assert other.score is not None
        assert other.score > 0.8, other.reason


def test_a_flat_picture_has_no_relief_however_it_is_moved() -> None:
    marks = face().landmarks[:, :2] / 160
    moved = marks @ np.array([[0.8, 0.1], [-0.05, 1.1]]) + (3.0, 1.0)
    assert measure_relief(marks, moved) < 1e-5
    assert measure_relief(marks, face(25).landmarks[:, :2] / 160) > 0.02


@pytest.mark.parametrize("kind", [Colour, Turn])
@pytest.mark.parametrize("shown", [None, face(scale=0.2)])
def test_nothing_is_said_of_no_face_or_a_small_one(
    kind: type[Colour] | type[Turn], shown: Face | None
) -> None:
    check = kind(Random(0))
    assert check.answer().score is None
    check.begin(0)
    check.push(Sound(0, np.zeros(160, np.float32), 16_000))
    for i in range(80):
        check.push(look(i / 10, shown))
    assert check.answer().score is None


def test_a_nonce_counts_once_and_in_time() -> None:
    asked = Round(Random(1))
    first = asked.issue(0)
    assert first is not None
    with pytest.raises(RequestRefused):
        asked.begin("0" * 32, 0)
    asked.begin(first.nonce, SECOND)
    with pytest.raises(RequestRefused):
        asked.begin(first.nonce, SECOND)
    second = asked.issue(20 * SECOND)
    assert second is not None
    assert second.nonce != first.nonce
    with pytest.raises(RequestRefused):
        asked.begin(second.nonce, 200 * SECOND)


def test_who_declines_is_not_judged() -> None:
    asked = Round(Random(1))
    asked.issue(0)
    asked.decline()
    assert asked.issue(0) is None
    assert asked.finish().colour == "grey"
    assert "declined" in asked.seal().word


def test_sensitive_callers_are_shown_no_colours() -> None:
    for seed in range(10):
        asked = Round(Random(seed), flashes=False)
        issued = [asked.issue(0) for _ in range(3)]
        assert [one and one.kind for one in issued] == ["turn", "turn", None]


def said(*scores: float | None) -> list[Finding]:
    return [Finding(0, 1, "liveness", score, "", whole=True) for score in scores]


def test_green_needs_all_and_red_needs_much() -> None:
    good, bad = chance(-2), chance(3)
    assert judge(said(good, good, good), 3).colour == "green"
    assert judge(said(good, good, None), 3).colour == "amber"
    assert judge(said(good, good, bad), 3).colour == "amber"
    assert judge(said(bad, bad, good), 3).colour == "red"


def test_turns_alone_are_never_green() -> None:
    assert judge(said(chance(-2), chance(-2)), 2).colour == "amber"


class Counting:
    """An inspector that says how often it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.count = 0

    def push(self, item: Seen) -> Iterable[Finding]:
        self.count += 1
        return (Finding(item.at, item.at, self.name, None, str(self.count)),)

    def flush(self) -> Iterable[Finding]:
        return ()

    def reset(self) -> None:
        self.count = 0


def test_a_watch_looks_seldom_and_forgets() -> None:
    watch = Watch((Counting(),))
    for i in range(100):
        watch.push(look(i / 25, None))
    (newest,) = watch.newest
    assert int(newest.reason) <= 13
    watch.push(look(4.1, None))
    watch.reset()
    assert watch.newest == ()
