"""Challenges for a live caller, on faces whose light and turns are known."""

import re
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from random import Random
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from bonaface.core import SECOND, Finding, Picture, Sound
from bonaface.errors import RequestRefused
from bonaface.face import hands
from bonaface.face.find import Face
from bonaface.face.hands import STILL, HandFollower, find_hands
from bonaface.face.hands import Hand as HandSeen
from bonaface.face.region import Region
from bonaface.forensics.inspector import Seen
from bonaface.forensics.lipsync.asked import Asked
from bonaface.forensics.lipsync.mouth import CORNERS, INNER
from bonaface.forensics.liveness import digits
from bonaface.forensics.liveness.camera import Camera, read_report
from bonaface.forensics.liveness.challenge import Challenge, chance
from bonaface.forensics.liveness.colour import COUNT, EACH, TO_LIGHT, Colour, _middle
from bonaface.forensics.liveness.digits import READ, Digits, agree, read_digits
from bonaface.forensics.liveness.hand import Hand, ready
from bonaface.forensics.liveness.round import (
    FEWEST,
    FRESH,
    Part,
    Round,
    Seal,
    draw_parts,
    judge,
)
from bonaface.forensics.liveness.turn import Turn, measure_relief
from bonaface.forensics.look import Look, Sight
from bonaface.forensics.watch import Watch
from bonaface.media.photos import read_photo

DICE = np.random.default_rng(5)
NOISE = DICE.normal(0, 2, (300, 320, 3)).astype(np.float32)
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
    pixels = np.full((240, 320, 3), 110, np.float32)
    if shown is not None:
        left, top, right, bottom = (int(x) for x in shown.box)
        pixels[max(0, top) : bottom, left:right] = np.array((150, 110, 95)) * light
    noise = NOISE[DICE.integers(60) :][:240]
    noisy = np.clip(pixels + noise, 0, 255).astype(np.uint8)
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


@pytest.mark.parametrize("seed", range(2))
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


OPENS = np.interp(np.arange(500) / 50, np.arange(0, 10, 0.13), DICE.uniform(0, 1, 77))


def say(patch: pytest.MonkeyPatch, said: str | None, *, moving: bool = True) -> Finding:
    """Digits, heard as `said`, None: as they are shown, and asking for the lips of OPENS."""
    lips = OPENS.astype(np.float32)
    patch.setattr(digits, "ask", lambda _: Asked(lips, lips.copy(), np.ones(500, np.float32)))
    check = Digits(Random(1), lambda _: said or shown)
    shown = " ".join(step.does for step in check.challenge.steps)
    check.begin(0)
    check.push(Sound(0, np.zeros(160_000, np.float32), 16_000))
    for i in range(100):
        head = face()
        marks = head.landmarks.copy()
        for upper, low in INNER:
            marks[low] = marks[upper] + (0, 12 * OPENS[5 * i] * moving, 0)
        for place, across in zip(CORNERS, (-20, 20), strict=True):
            marks[place] = (160 + across, 150, 0)
        check.push(look(i / 10, Face(head.box, marks, 1.0, 1.0)))
    return check.answer()


def test_digits_are_read_however_they_are_written() -> None:
    assert read_digits("Four, too, 71... oh") == "42710"
    assert agree("4271", "4271") == 1.0
    assert agree("4271", "0123456789012345") < READ


def test_other_words_and_lips_that_stand_still_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    other, still = say(monkeypatch, "12 34 56 78"), say(monkeypatch, None, moving=False)
    read = say(monkeypatch, None)
    for found in (other, still):
        assert found.score is not None
        assert found.score > 0.7, found.reason
    assert read.score is not None
    assert read.score < 0.2, read.reason


def wave(patch: pytest.MonkeyPatch, way: float, *, hides: bool = True) -> Finding:
    """A hand passes each time from the side asked for; `way` -1: from the other, 0: none."""
    check = Hand(Random(3))
    check.begin(0)
    for i in range(88):
        step = check.challenge.steps[i >= 40]
        since = i / 10 - step.at / SECOND
        x = (1.5 - 2 * (since - 1)) * way * (1 if step.does == "left" else -1)
        there = way != 0 and 1 <= since <= 2.5
        left = 130 + 120 * x
        marks = np.zeros((21, 3), np.float32)
        palm = (HandSeen((left, 90.0, left + 60, 150.0), 0.9, marks),) if there else ()
        patch.setattr(HandFollower, "push", lambda _, __, palm=palm: palm)
        seen = look(i / 10, face())
        if there and hides:
            pixels = seen.picture.pixels.copy()
            pixels[90:150, max(0, int(left)) : max(0, int(left) + 60)] = 60
            seen = Look(Picture(seen.at, pixels), seen.sights)
        check.push(seen)
    return check.answer()


def test_a_hand_comes_from_its_side_and_hides_the_face(monkeypatch: pytest.MonkeyPatch) -> None:
    real = wave(monkeypatch, 1)
    assert real.score is not None
    assert real.score < 0.2, real.reason
    for other in (wave(monkeypatch, -1), wave(monkeypatch, 0)):
        assert other.score is not None
        assert other.score > 0.8, other.reason
    laid_over = wave(monkeypatch, 1, hides=False)
    assert laid_over.score is not None
    assert 0.5 < laid_over.score < 0.8, laid_over.reason


def test_a_hand_is_followed_to_where_it_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The palm is found once; then the landmark model alone is asked, and where it goes on."""
    marks = np.zeros((21, 3), np.float32)
    marks[:, :2] = np.random.default_rng(0).uniform(100, 150, (21, 2))
    asked, scores = [], iter([0.9, 0.9, STILL - 0.1])

    def see(_: object, __: object, region: Region) -> HandSeen:
        asked.append(region.x)
        moved = marks + np.array([20.0 * len(asked), 0, 0], np.float32)
        return HandSeen((0, 0, 1, 1), next(scores), moved)

    searched: list[int] = []
    first = HandSeen((0, 0, 1, 1), 0.9, marks)

    def search(_: object) -> tuple[HandSeen, ...]:
        searched.append(1)
        return (first,) if len(searched) == 1 else ()

    monkeypatch.setattr(hands, "_look", see)
    monkeypatch.setattr(hands, "_here", SimpleNamespace(models=None))
    monkeypatch.setattr(hands, "find_hands", search)
    follower, pixels = HandFollower(), np.zeros((9, 9, 3), np.uint8)
    assert [len(follower.push(pixels)) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert len(searched) == 3  # at first, when it was lost, and once more
    assert asked[1] - asked[0] == pytest.approx(40, abs=1e-3)  # 20 px seen, and 20 to come
    assert asked[2] - asked[1] == pytest.approx(20, abs=1e-3)


@pytest.mark.media
def test_open_hands_are_found_and_faces_are_not(media: Path) -> None:
    assert ready()
    shown = np.asarray(cv2.imread(str(media / "sign" / "ardamavi-Dataset-5-IMG_1123.JPG")))
    room = np.full((300, 400, 3), 90, np.uint8)
    room[80:230, 150:300] = cv2.resize(shown[:, :, ::-1], (150, 150))
    (found,) = find_hands(room)
    assert 150 < (found.box[0] + found.box[2]) / 2 < 300
    portrait = read_photo(next((media / "portraits").glob("fictional-*.jpg")))
    assert find_hands(portrait.pixels) == ()


def change(seed: int, *, follows: bool, label: str = "HD Webcam") -> Finding:
    """A camera that changes as it is asked to, or a film that goes on."""
    check = Camera(Random(seed))
    check.begin(0)
    for n, step in enumerate(check.challenge.steps):
        width, height, rate = map(int, re.split("[x@]", step.does))
        size = (height, width) if follows else (360, 640)
        pace = rate if follows else 25
        for i in range(3 * pace):
            at = 3.0 * n + (i + DICE.uniform(0, 0.1) * follows) / pace
            pixels = np.full((*size, 3), i, np.uint8)
            check.push(Look(Picture(int(at * SECOND), pixels), ()))
        report = {"width": width, "height": height, "rate": rate, "label": label}
        check.note(report | {"sizes": [1920, 1080]})
    return check.answer()


def test_a_camera_follows_and_a_film_does_not() -> None:
    real, film = change(1, follows=True), change(1, follows=False)
    named = change(2, follows=True, label="OBS Virtual Camera")
    assert real.score is not None
    assert film.score is not None
    assert named.score is not None
    assert real.score < 0.5 < named.score < film.score < 0.75


@pytest.mark.parametrize("key", ["width", "rate", "label", "sizes"])
@pytest.mark.parametrize("value", [None, -1, 1e400, float("nan"), True, [2], {}, "x" * 9999])
def test_a_page_is_not_believed(key: str, value: object) -> None:
    said: dict[str, object] = {"width": 640, "height": 360, "rate": 13, "label": "", "type": "?"}
    read = read_report(said | {key: value})
    assert read is None or (len(read.label) <= 200 and read.most == (0, 0))


def test_a_nonce_counts_once_and_in_time() -> None:
    asked = Round(Random(1), draw_parts())
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
    asked = Round(Random(1), draw_parts())
    asked.issue(0)
    asked.decline()
    assert asked.issue(0) is None
    assert asked.finish(0).colour == "grey"
    assert asked.follow_up(Random(1), 0) is None
    assert "declined" in asked.seal().word


@pytest.mark.parametrize("unable", [{"flashes": False}, {"speaks": False}, {"moves": False}])
def test_nothing_is_asked_that_a_caller_cannot_do(unable: dict[str, bool]) -> None:
    cannot = {"flashes": "colour", "speaks": "digits", "moves": "hand"}[next(iter(unable))]
    for seed in range(5):
        asked = Round(Random(seed), draw_parts(**unable))
        issued = []
        while (one := asked.issue(0)) is not None:
            issued.append(one.kind)
        assert cannot not in issued
        assert "camera" in issued
        assert len(issued) >= FEWEST


class Answers:
    """A challenge whose answers are known beforehand."""

    def __init__(self, name: str, *odds: float | None) -> None:
        self.name, self._odds, self.asked = name, list(odds), 0
        self.challenge = Challenge("turn", name, "Turn.", (), SECOND)

    def __call__(self, _: Random) -> "Answers":
        return self

    def begin(self, at: int) -> None:
        self.asked += at >= 0

    def push(self, item: object) -> None:
        """Nothing is looked at."""

    def answer(self) -> Finding:
        odds = self._odds.pop(0)
        score = None if odds is None else chance(odds)
        return Finding(0, 1, "liveness", score, self.name, whole=True)


def said(*odds: float | None) -> list[Part]:
    return [Part(Answers("one", each), (Answers("one", each).answer(),)) for each in odds]


def test_green_needs_all_and_red_needs_much() -> None:
    assert judge(said(-2, -2, -2)).colour == "green"
    assert judge(said(-2, -2, None)).colour == "amber"
    assert judge(said(-2, -2, 3)).colour == "amber"
    assert judge(said(3, 3, -2)).colour == "red"


def test_turns_alone_are_never_green() -> None:
    assert judge(said(-2, -2)).colour == "amber"
    asked = Round(Random(1), [Part(Answers("one", -2, -2)), Part(Answers("two", -2, -2))])
    assert run(asked, 0).word == "Too weak: 2 of 2 challenges"
    assert asked.follow_up(Random(1), 0) is None, "both would count twice"


def run(asked: Round, at: int) -> Seal:
    while (one := asked.issue(at)) is not None:
        asked.begin(one.nonce, at)
    return asked.seal()


@pytest.mark.parametrize(
    ("first", "second", "colour"),
    [
        (None, -2, "green"),  # it was not seen, then it was done
        (0.5, -2, "green"),
        (3, -3, "amber"),  # what was plainly wrong stays so
        (2, -1, "amber"),
        (None, None, "amber"),
        (None, 3, "amber"),
        (1, 3, "amber"),
    ],
)
def test_an_unclear_round_is_followed_up_once(
    first: float | None, second: float | None, colour: str
) -> None:
    good, other, doubtful = Answers("good", -2), Answers("other", -2), Answers("?", first, second)
    asked = Round(Random(1), [Part(good), Part(other), Part(doubtful)])
    assert asked.follow_up(Random(1), 0) is None, "it is not over"
    assert run(asked, 0).colour == "amber"
    assert asked.follow_up(Random(1), FRESH + 1) is None, "it is too long ago"
    following = asked.follow_up(Random(1), FRESH)
    assert following is not None
    assert following.seal().colour == "amber"
    seal = run(following, FRESH)
    assert seal.colour == colour
    assert (good.asked, other.asked, doubtful.asked) == (1, 1, 2)
    assert len(seal.reasons) == 4
    assert seal.word.startswith({"green": "Checked", "amber": "Still unclear"}[colour])
    assert following.follow_up(Random(1), FRESH) is None


@pytest.mark.parametrize("odds", [(-2.0, -2.0, -2.0), (3.0, 3.0, -2.0)])
def test_what_is_clear_is_not_followed_up(odds: tuple[float, ...]) -> None:
    asked = Round(Random(1), [Part(Answers(str(i), each)) for i, each in enumerate(odds)])
    run(asked, 0)
    assert asked.follow_up(Random(1), 0) is None


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


def test_light_that_is_less_than_one_code_is_measured_on_dark_skin() -> None:
    dice = np.random.default_rng(0)

    def measured(light: float) -> float:
        code = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
        codes = np.clip(np.round(code + dice.normal(0, 1.0, (900, 3))), 0, 255).astype(int)
        return float(_middle(TO_LIGHT[codes]).mean())

    assert measured(0.0103) / measured(0.01) == pytest.approx(1.03, abs=0.015)


def test_highlights_on_skin_do_not_count() -> None:
    skin = np.full((100, 3), 0.1)
    skin[:20] = 1.0
    assert _middle(skin) == pytest.approx(0.1)
