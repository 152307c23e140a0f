"""Closures in recorded speech, and mouths that do not close for them."""

import numpy as np
import pytest

from bonaface.core import SECOND, Sound
from bonaface.errors import WeightsMissing
from bonaface.forensics.lipsync.asked import STEPS
from bonaface.forensics.lipsync.closures import Closure, find_open, list_closures, tell
from bonaface.speech.recognise import recognise
from bonaface.speech.resample import Resample
from bonaface.speech.synthesize import open_voice

TEXT = "Maybe Bob bought a map of Paris. My mum put apples in a paper bag."


@pytest.fixture(scope="module")
def spoken() -> tuple[np.ndarray, list[float]]:
    """A sentence at 16 kHz, and when the voice itself says that its closures are, in s."""
    said = list(open_voice("default").push(TEXT))
    samples = np.concatenate([one.sound.samples for one in said])
    phones = [phone for one in said for phone in one.phones if phone.symbol in set("bmp")]
    sound = Sound(0, samples, said[0].sound.rate)
    resample = Resample(16_000)
    runs = [run.samples for run in (*resample.push(sound), *resample.flush())]
    return np.concatenate(runs), [phone.at / SECOND for phone in phones]


def test_closures_are_found_where_they_are_spoken(spoken: tuple[np.ndarray, list[float]]) -> None:
    samples, true = spoken
    try:
        found = [phone.at / SECOND for phone in recognise(samples) if phone.symbol in set("bmp")]
    except WeightsMissing as missing:
        pytest.skip(str(missing))
    assert abs(len(found) - len(true)) <= len(true) // 3
    near = [min(abs(one - other) for other in true) for one in found]
    assert np.median(near) < 0.04
    assert np.mean(np.array(near) < 0.1) > 0.6


def test_what_is_no_speech_has_none() -> None:
    noise = np.random.default_rng(2).normal(0, 0.1, 32_000).astype(np.float32)
    for samples in (noise, np.zeros(32_000, np.float32), np.zeros(160, np.float32)):
        assert list_closures(samples) == ()


def test_a_mouth_that_stands_open_at_a_closure_is_told() -> None:
    steps = np.arange(4 * STEPS)
    seen = 0.1 + 0.05 * np.sin(2 * np.pi * steps / 20)  # closed at 15, open at 5, each 20 steps
    at = [Closure(int(n / STEPS * SECOND), int((n + 1) / STEPS * SECOND), "b") for n in (65, 75)]
    late = Closure(int(3.9 * SECOND), int(3.95 * SECOND), "m")
    early = Closure(-SECOND, 0, "p")
    assert find_open(seen, [*at, late, early]) == (at[0],)
    assert tell((at[0],), 60 * SECOND).endswith("are heard: “b” 1:01.")
    assert tell((), 0) == ""
