"""Whether speech of machines is told from speech of people, and when nothing is said of it."""

from itertools import pairwise

import numpy as np
import pytest

from bonaface.core import SECOND, Finding, Sound, over
from bonaface.forensics.inspector import RATE
from bonaface.forensics.spoof.inspector import Spoof
from bonaface.forensics.spoof.measures import measure_run
from bonaface.forensics.spoof.runs import SIZE, Floats, cut_runs, tidy
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice

DRAW = np.random.default_rng(1)
TIMES = np.arange(6 * RATE) / RATE


def inspect(samples: Floats) -> list[Finding]:
    runs = [
        Sound(at * SECOND // RATE, samples[at : at + RATE].copy(), RATE)
        for at in range(0, len(samples), RATE)
    ]
    return list(over(Spoof(), runs))


def babble(seconds: float) -> Floats:
    """Noise that comes and goes as syllables do, with a pause of a second."""
    count = int(seconds * RATE)
    loud = np.maximum(0, np.sin(np.arange(count) / RATE * 2 * np.pi * 4))
    loud[count // 2 : count // 2 + RATE] = 0
    return (DRAW.normal(0, 0.1, count) * loud).astype(np.float32)


def test_pauses_are_shortened_and_runs_have_one_length_and_level() -> None:
    sound = babble(10)
    tidied = tidy(sound)
    assert len(sound) - 1.1 * RATE < len(tidied) < len(sound) - 0.7 * RATE
    runs = list(cut_runs([tidied[: 3 * RATE], tidied[3 * RATE :] * 9]))
    assert [len(run) for run in runs] == [SIZE, SIZE]
    assert np.std([np.square(run).mean() for run in runs]) < 1e-3


def test_measures_hardly_hear_colour() -> None:
    run = next(cut_runs([babble(8)]))
    plain = measure_run(run)
    assert np.isfinite(measure_run(np.zeros(SIZE, np.float32))).all()
    other = measure_run(next(cut_runs([babble(8) ** 3 * 50])))
    coloured = measure_run(np.convolve(run, [1.0, 0.6], "same").astype(np.float32))
    assert np.abs(coloured - plain).mean() < np.abs(other - plain).mean() / 3


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(6 * RATE), "quiet"),
        (DRAW.normal(0, 0.1, 6 * RATE), "noise"),
        (0.2 * np.sin(TIMES * 2800) * (TIMES % 1 < 0.5), "speech"),
        (np.zeros(0), "no sound"),
    ],
)
def test_what_is_no_speech_is_not_judged(samples: Floats, why: str) -> None:
    (whole,) = inspect(samples.astype(np.float32))
    assert whole.whole
    assert whole.score is None
    assert why in whole.reason


def test_a_voice_is_judged_run_by_run() -> None:
    said = [
        u.sound for u in open_voice().push("The rain had stopped before the old ferry came. " * 3)
    ]
    samples = np.concatenate([resample(sound, RATE).samples for sound in said])
    *moments, whole = inspect(samples)
    assert len(moments) >= 2
    assert all(first.until <= second.at for first, second in pairwise(moments))
    assert whole.score == pytest.approx(np.mean([m.score for m in moments]), abs=0.1)
    assert "seconds of speech" in whole.reason
