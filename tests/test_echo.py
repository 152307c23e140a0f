"""The face must not hear itself: a made-up room, several lags, somebody speaking in it."""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound
from bonaface.speech.activity import Activity
from bonaface.speech.echo import Echo
from bonaface.speech.narrow import RATE
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice

Floats = NDArray[np.float32]
FACE = (
    "Good morning, and welcome to the museum. The painting in front of you was made in sixteen "
    "forty two. It shows a company of guards who are about to march."
)
STEP = RATE // 50


@cache
def face() -> Floats:
    parts = [resample(u.sound, RATE).samples for u in open_voice().push(FACE)]
    return np.concatenate(parts)[: 8 * RATE]


@cache
def user() -> Floats:
    """Another voice: slower and lower."""
    (utterance,) = open_voice(speed=0.85).push("Where is the girl in gold?")
    slow = Sound(0, utterance.sound.samples, utterance.sound.rate * 8 // 10)
    return resample(slow, RATE).samples


@cache
def room() -> Floats:
    """The answer of a room with 0.3 s of reverberation (Polack's model), at half the power."""
    time = np.arange(int(0.35 * RATE)) / RATE
    answer = 0.25 * np.random.default_rng(2).normal(size=len(time)) * np.exp(-6.9 * time / 0.3)
    answer[16] = 1
    return np.asarray(0.5 * answer / np.sqrt((answer**2).sum()), np.float32)


def record(lag: float, speaks_at: float | None = None, gain: float = 1.0) -> Floats:
    """What a microphone hears while the face speaks."""
    count = len(face())
    heard: NDArray[np.float64] = np.random.default_rng(3).normal(0, 1e-3, count)
    begin = int(lag * RATE)
    heard[begin:] += gain * np.convolve(face(), room())[: count - begin]
    if speaks_at is not None:
        begin = int(speaks_at * RATE)
        heard[begin : begin + len(user())] += user()[: count - begin]
    return np.asarray(heard, np.float32)


def cancel(microphone: Floats, first: int = 0, plays: bool = True, ahead: int = 0) -> list[Sound]:
    echo = Echo()
    out: list[Sound] = []
    for begin in range(0, len(microphone), STEP):
        at = first + begin * SECOND // RATE
        if plays:
            echo.play(Sound(at, face()[begin : begin + STEP].copy(), RATE))
        out += echo.push(Sound(at + ahead, microphone[begin : begin + STEP].copy(), RATE))
    return [*out, *echo.flush()]


def join(sounds: list[Sound]) -> Floats:
    return np.concatenate([sound.samples for sound in sounds])


def voiced(samples: Floats) -> NDArray[np.bool_]:
    """Whether each 32 ms are voiced."""
    found = Activity(rows=1).push(Sound(0, samples, RATE))
    return np.array([one.chance >= 0.5 for one in found])


@pytest.mark.parametrize("lag", [0.0, 0.09, 0.27, 0.5])
def test_the_face_does_not_hear_itself(lag: float) -> None:
    microphone = record(lag)
    cleaned = join(cancel(microphone))
    assert voiced(microphone).mean() > 0.6
    assert voiced(cleaned).mean() < 0.01
    late = slice(4 * RATE, None)
    power = float(np.mean(microphone[late] ** 2) / np.mean(cleaned[late] ** 2))
    assert 10 * np.log10(power) > 20


def test_the_stamps_of_the_microphone_may_run_ahead_of_the_player() -> None:
    cleaned = join(cancel(record(0.2), ahead=SECOND * 27 // 1000))
    assert voiced(cleaned).mean() < 0.01


@pytest.mark.parametrize("speaks_at", [2.5, 5.0])
def test_who_speaks_over_the_face_is_still_heard(speaks_at: float) -> None:
    cleaned = join(cancel(record(0.2, speaks_at)))
    begin = int(speaks_at * RATE)
    alone = voiced(user()).mean()
    assert voiced(cleaned[begin : begin + len(user())]).mean() > 0.8 * alone
    part = cleaned[begin : begin + len(user())]
    assert np.corrcoef(part, user()[: len(part)])[0, 1] > 0.9


def test_length_and_time_are_kept() -> None:
    first = 3 * SECOND
    microphone = record(0.1)[: 3 * RATE + 77]
    sounds = cancel(microphone, first)
    assert len(join(sounds)) == len(microphone)
    assert sounds[0].at == first
    expected = first
    for sound in sounds:
        assert abs(sound.at - expected) <= 1
        expected = sound.until


def test_without_a_face_nothing_is_changed() -> None:
    microphone = np.concatenate((user(), user()))
    assert np.allclose(join(cancel(microphone, plays=False)), microphone, atol=1e-4)


def test_a_headset_is_heard_after_two_seconds_of_the_face() -> None:
    """No echo at all: the trial ends, and the user gets through."""
    begin = 5 * RATE
    cleaned = join(cancel(record(0.2, 5.0, gain=0.0)))
    alone = voiced(user()).mean()
    assert voiced(cleaned[begin : begin + len(user())]).mean() > 0.8 * alone


def test_other_rates_and_gaps_are_borne() -> None:
    echo = Echo()
    block = np.zeros(882, np.float32)
    out = [
        sound
        for at in (*range(0, SECOND, SECOND // 50), *range(5 * SECOND, 6 * SECOND, SECOND // 50))
        for sound in echo.push(Sound(at, block.copy(), 44_100))
    ]
    assert {sound.rate for sound in out} == {RATE}
    assert max(sound.until for sound in out) > 5.9 * SECOND
    assert not any(1.1 * SECOND < sound.at < 4.9 * SECOND for sound in out)
