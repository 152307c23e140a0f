"""Whether somebody speaks: real speech, noise, gaps, changes of rate, memory."""

import tracemalloc
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound
from bonaface.speech.activity import Activity, Voiced
from bonaface.speech.narrow import RATE, Narrow
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import open_voice

Floats = NDArray[np.float32]


@cache
def speech() -> Sound:
    (utterance,) = open_voice().push("Could you please say that again?")
    return utterance.sound


def blocks(samples: Floats, rate: int, at: int = 0, ms: int = 20) -> Iterator[Sound]:
    step = rate * ms // 1000
    for begin in range(0, len(samples), step):
        yield Sound(at + begin * SECOND // rate, samples[begin : begin + step].copy(), rate)


def judge(activity: Activity, samples: Floats, rate: int, at: int = 0) -> list[Voiced]:
    return [v for block in blocks(samples, rate, at) for v in activity.push(block)]


def share(found: list[Voiced]) -> float:
    return float(np.mean([voiced.chance >= 0.5 for voiced in found]))


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 44100, 48000])
def test_speech_is_heard_at_every_rate(rate: int) -> None:
    found = judge(Activity(), resample(speech(), rate).samples, rate)
    assert share(found) > 0.6
    assert all(0 <= voiced.chance <= 1 for voiced in found)


def test_noise_is_not_speech() -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 48000 * 5).astype(np.float32)
    assert share(judge(Activity(), noise, 48000)) == 0
    assert share(judge(Activity(), np.zeros(48000, np.float32), 48000)) == 0


@pytest.mark.parametrize(("rows", "stride"), [(1, 0.032), (2, 0.016)])
def test_windows_are_counted_from_the_first_sample(rows: int, stride: float) -> None:
    begin = 7 * SECOND
    found = judge(Activity(rows), np.zeros(48000 * 2, np.float32), 48000, begin)
    assert [voiced.at for voiced in found[:3]] == [
        begin + int(n * stride * SECOND) for n in range(3)
    ]
    assert {voiced.until - voiced.at for voiced in found} == {SECOND * 32 // 1000}
    assert found[-1].until > begin + 1.96 * SECOND


def test_nothing_is_said_of_a_gap() -> None:
    activity = Activity()
    samples = resample(speech(), 48000).samples
    first = judge(activity, samples, 48000)
    later = judge(activity, samples, 48000, 10 * SECOND)
    assert first[-1].until < 3 * SECOND
    assert later[0].at == 10 * SECOND
    assert share(later) == pytest.approx(share(first), abs=0.05)


def test_the_rate_may_change_in_the_middle() -> None:
    activity = Activity()
    judge(activity, resample(speech(), 48000).samples, 48000)
    found = judge(activity, resample(speech(), 16000).samples, 16000, speech().until)
    assert share(found) > 0.6


def test_one_bad_block_does_not_deafen() -> None:
    activity = Activity()
    judge(activity, np.full(4800, np.nan, np.float32), 48000)
    assert share(judge(activity, resample(speech(), 48000).samples, 48000, SECOND // 10)) > 0.6


def test_memory_is_constant() -> None:
    activity = Activity()
    silence = np.zeros(48000, np.float32)
    judge(activity, silence, 48000)
    tracemalloc.start()
    for second in range(1, 21):
        judge(activity, silence, 48000, second * SECOND)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 50_000


@pytest.mark.parametrize("rate", [8000, 16000, 24000, 44100, 48000])
def test_narrow_keeps_length_place_and_pitch(rate: int) -> None:
    time = np.arange(rate) / rate
    pulse = np.exp(-(((time - 0.5) / 0.002) ** 2) / 2)
    tone = (0.5 * np.sin(2 * np.pi * 440 * time) + pulse).astype(np.float32)
    stage = Narrow()
    parts = [part for block in blocks(tone, rate) for part in stage.push(block)]
    given = np.concatenate([part.samples for part in parts])
    assert abs(len(given) - RATE) <= RATE // 500  # 2 ms held back
    places = np.arange(len(given)) / RATE
    assert np.std(given[800:7000]) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    found = given - 0.5 * np.sin(2 * np.pi * 440 * places)
    assert np.argmax(np.convolve(found, np.ones(36), "same")) / RATE == pytest.approx(0.5, abs=1e-3)


def test_narrow_does_not_fold_high_tones_back() -> None:
    time = np.arange(48000) / 48000
    high = (0.5 * np.sin(2 * np.pi * 12_000 * time)).astype(np.float32)
    stage = Narrow()
    given = np.concatenate(
        [part.samples for block in blocks(high, 48000) for part in stage.push(block)]
    )
    assert np.std(given[800:]) < 0.5 / np.sqrt(2) / 30
