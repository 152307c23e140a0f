"""The face's manner: alive, never jittery, the same for the same seed, exact in time."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.avatar.manner import MANNERS, Manner
from bonaface.avatar.pose import LIPS, SHAPES, Lips, Pose
from bonaface.core import SECOND, Time, over
from bonaface.errors import SettingsError

STEP: Time = SECOND // 50
BLINK = SHAPES.index("blinkL")
RATES = (24, 25, Fraction(30_000, 1001), 29.97, 30, 50, 60)


def perform(seconds: float, *, speaking: bool = True, first: Time = 0) -> Iterator[Lips]:
    """Lips of a speaker: phrases of 4.2 s with four syllables a second, 1.3 s between them."""
    chance = np.random.default_rng(7)
    for k in range(round(seconds * 50)):
        at = k / 50
        voiced = speaking and at % 5.5 < 4.2
        wave = 0.65 + 0.35 * np.sin(2 * np.pi * 4 * at) + chance.normal(0, 0.05)
        loud = float(np.clip(wave, 0, 1)) if voiced else 0.0
        weights = np.zeros(len(LIPS), np.float32)
        weights[LIPS.index("jawOpen")] = 0.5 * loud
        stress = float(max(0.0, np.sin(2 * np.pi * 1.3 * at))) if voiced else 0.0
        yield Lips(first + k * STEP, weights, loud, stress)


def touch(seconds: float) -> Iterator[Lips]:
    """Lips of a speaker that touch now and then, for two steps each time."""
    chance = np.random.default_rng(5)
    closed = 0
    for lips in perform(seconds):
        closed = 2 if closed <= 0 and chance.random() < 0.15 else closed - 1
        weights = lips.weights.copy()
        weights[LIPS.index("closure")] = float(closed > 0)
        yield Lips(lips.at, weights, lips.loudness, lips.stress)


def play(manner: Manner, lips: Iterator[Lips]) -> list[Pose]:
    return list(over(manner, lips))


def flatten(poses: list[Pose]) -> NDArray[np.float64]:
    """All numbers of the poses, (n, 32)."""
    return np.array(
        [
            (*p.shapes, *p.turn, *p.shift, *p.gaze, p.tongue, p.closure, p.breath)
            for p in poses
        ],
        np.float64,
    )  # fmt: skip


@cache
def long_play(manner: str, *, speaking: bool = True) -> NDArray[np.float64]:
    """Ten minutes at 50 pictures a second, (30000, 32)."""
    return flatten(play(Manner(manner, rate=50, seed=2), perform(600, speaking=speaking)))


@pytest.mark.parametrize("rate", RATES)
def test_pictures_are_exactly_on_the_timeline(rate: Fraction | float) -> None:
    first = 123_456_789
    poses = play(Manner(rate=rate), perform(3, first=first))
    exact = Fraction(rate).limit_denominator(1001)
    assert len(poses) == -(-3 * exact.numerator // exact.denominator)
    for i, pose in enumerate(poses):
        assert pose.at == first + i * SECOND * exact.denominator // exact.numerator


def test_lips_are_interpolated_between_their_times() -> None:
    lips = []
    for k in range(51):
        weights = np.zeros(len(LIPS), np.float32)
        weights[LIPS.index("jawOpen")] = k / 50
        lips.append(Lips(k * STEP, weights))
    poses = play(Manner(rate=30), iter(lips))
    jaw = [float(pose.shapes[SHAPES.index("jawOpen")]) for pose in poses]
    expected = [min(1.0, pose.at / SECOND) for pose in poses]
    assert np.allclose(jaw, expected, atol=1e-5)


@pytest.mark.parametrize("rate", [24, 25, Fraction(30_000, 1001), 30, 60])
@pytest.mark.parametrize("start", range(7))
def test_no_rate_misses_a_closure(rate: Fraction, start: int) -> None:
    """Lips touch for two steps; some picture shows it, wherever the pictures fall."""
    lips = []
    for k in range(40):
        weights = np.zeros(len(LIPS), np.float32)
        weights[LIPS.index("closure")] = float(k in (start + 12, start + 13))
        lips.append(Lips(k * STEP, weights))
    assert max(pose.closure for pose in play(Manner(rate=rate), iter(lips))) == 1


@pytest.mark.parametrize("manner", MANNERS)
def test_same_seed_same_performance(manner: str) -> None:
    one, two, other = (flatten(play(Manner(manner, seed=seed), perform(20))) for seed in (3, 3, 4))
    assert np.array_equal(one, two)
    assert np.abs(one - other).max() > 0.5


def test_every_rate_shows_the_same_performance() -> None:
    slow, fast = (flatten(play(Manner(rate=rate), perform(20))) for rate in (25, 50))
    closure = 30
    assert np.allclose(np.delete(slow, closure, 1), np.delete(fast[::2], closure, 1), atol=1e-5)


@pytest.mark.parametrize("rate", [24, 25, 30, 60])
def test_poses_come_as_lips_come(rate: int) -> None:
    """After lips at t, all pictures up to t are there: a live face waits for no more."""
    manner = Manner(rate=rate)
    shown = 0
    for lips in perform(4):
        shown += len(list(manner.push(lips)))
        assert shown == lips.at * rate // SECOND + 1
    assert shown + len(list(manner.flush())) == 4 * rate


class Late(Manner):
    """Gives nothing before all lips are known."""

    def show(self, *, final: bool) -> Iterator[Pose]:
        return super().show(final=True) if final else iter(())


@pytest.mark.parametrize("rate", [5, 10, 16, 24, 25, 30, 60])
def test_poses_are_the_same_however_late_they_are_given(rate: int) -> None:
    """What a picture shows is settled when it is given; later lips would change nothing."""
    early = flatten(play(Manner(rate=rate, seed=3), touch(4)))
    assert np.array_equal(early, flatten(play(Late(rate=rate, seed=3), touch(4))))


def test_reset_starts_anew() -> None:
    manner = Manner(seed=5)
    list(map(manner.push, perform(3)))
    manner.reset()
    again = flatten(play(manner, perform(3, first=9 * SECOND)))
    assert np.array_equal(again, flatten(play(Manner(seed=5), perform(3))))


def test_looking_ahead_changes_no_time() -> None:
    plain, ahead = (play(Manner(ahead=ahead), perform(6)) for ahead in (0.0, 0.5))
    assert [pose.at for pose in plain] == [pose.at for pose in ahead]


def test_breath_is_drawn_before_a_phrase_that_is_seen_coming() -> None:
    def shoulders(ahead: float) -> NDArray[np.float64]:
        poses = play(Manner(rate=50, ahead=ahead), perform(30))
        starts = [5.5, 11.0, 16.5, 22.0]
        return np.array([poses[round(start * 50) + 6].breath for start in starts])

    assert shoulders(0.5).min() > 0.8
    assert shoulders(0.5).min() > shoulders(0.0).min() + 0.2


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize(("speaking", "least", "most"), [(False, 13, 21), (True, 20, 30)])
def test_blinks_a_minute(manner: str, speaking: bool, least: float, most: float) -> None:
    lids = long_play(manner, speaking=speaking)[:, BLINK]
    assert least < ((lids[1:] > 0.7) & (lids[:-1] <= 0.7)).sum() / 10 < most


def test_a_blink_closes_the_eyes_in_some_picture() -> None:
    poses = play(Manner(rate=24, seed=1), perform(120))
    lids = np.array([pose.shapes[BLINK] for pose in poses])
    starts = np.flatnonzero((lids[1:] > 0.6) & (lids[:-1] <= 0.6)) + 1
    assert all(lids[i : i + 3].max() > 0.97 for i in starts)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("ahead", [0.0, 0.5])
def test_nothing_jumps_and_nothing_leaves_its_range(manner: str, ahead: float) -> None:
    seen = play(Manner(manner, rate=50, seed=2, ahead=ahead), perform(30)) if ahead else None
    rows = flatten(seen) if seen else long_play(manner)
    steps = np.abs(np.diff(rows, axis=0)).max(0)
    turn, shift, gaze, breath = rows[:, 22:25], rows[:, 25:27], rows[:, 27:29], rows[:, 31]
    assert steps[22:25].max() < 0.35  # degrees in 20 ms
    assert steps[25:27].max() < 0.12  # mm
    assert steps[27:29].max() < 1.8  # mm: a saccade of 10 degrees takes 43 ms
    assert steps[31] < 0.15  # mm
    quick = [SHAPES.index(name) for name in ("jawOpen", "blinkL", "blinkR", "wide")]
    assert np.delete(steps[:22], quick).max() < 0.1
    assert (np.abs(turn).max(0) < (4.0, 4.5, 2.5)).all()
    assert np.abs(shift).max() < 2
    assert np.abs(gaze).max() < 3.5
    assert -0.1 < breath.min() < breath.max() < 1.5
    assert rows[:, :22].min() >= 0
    assert rows[:, :22].max() <= 1


@pytest.mark.parametrize("manner", MANNERS)
def test_head_does_not_drift_and_does_not_tremble(manner: str) -> None:
    rows = long_play(manner)
    turn = rows[:, 22:25]
    assert np.abs(turn.mean(0)).max() < 0.6
    halves = np.abs(turn[: len(turn) // 2].mean(0) - turn[len(turn) // 2 :].mean(0))
    assert halves.max() < 0.3
    assert turn.std(0).min() > 0.2
    power = np.abs(np.fft.rfft(turn - turn.mean(0), axis=0)) ** 2
    cycles = np.fft.rfftfreq(len(turn), 1 / 50)
    assert (power[cycles > 6].sum(0) / power.sum(0)).max() < 0.01


@pytest.mark.parametrize(("manner", "least", "most"), [
    ("calm", 0.5, 0.75), ("warm", 0.65, 0.9), ("lively", 0.65, 0.9),
])  # fmt: skip
def test_eyes_keep_contact_most_of_the_time(manner: str, least: float, most: float) -> None:
    rows = long_play(manner)
    eyes = rows[:, 27:29] - 0.21 * rows[:, 22:24] * (1, -1)  # as seen from outside
    contact = float((np.hypot(*eyes.T) < 0.45).mean())
    assert least < contact < most


def test_manners_differ_as_their_names_say() -> None:
    calm, warm, lively = (long_play(one) for one in MANNERS)
    smile, brow = SHAPES.index("smileL"), SHAPES.index("browOuterUp")
    assert calm[:, 22].std() < warm[:, 22].std() < lively[:, 22].std()
    assert calm[:, brow].max() < lively[:, brow].max()
    assert calm[:, smile].mean() < warm[:, smile].mean()


def test_head_nods_and_brows_rise_on_stress() -> None:
    rows = long_play("lively")
    stress = np.array([lips.stress * lips.loudness for lips in perform(600)])
    pitch, brow = rows[:, 23], rows[:, SHAPES.index("browOuterUp")]
    lags = range(15)
    nod = max(np.corrcoef(stress[: len(stress) - lag], pitch[lag:])[0, 1] for lag in lags)
    raised = max(np.corrcoef(stress[: len(stress) - lag], brow[lag:])[0, 1] for lag in lags)
    assert nod > 0.2
    assert raised > 0.4


def test_lids_follow_the_eyes_down() -> None:
    rows = long_play("calm")
    open_eyes = rows[rows[:, BLINK] < 0.3]
    down = open_eyes[:, 28]
    assert open_eyes[down > 0.4, BLINK].mean() > open_eyes[down < 0.1, BLINK].mean() + 0.05


def test_unknown_manner_and_impossible_rate_say_what_to_do() -> None:
    with pytest.raises(SettingsError, match="calm, warm, lively"):
        Manner("grumpy")
    with pytest.raises(SettingsError, match="cannot be shown"):
        Manner(rate=0)


def test_nothing_in_nothing_out() -> None:
    assert list(over(Manner(), [])) == []
    assert len(list(over(Manner(rate=60), perform(0.02)))) == 2
