"""Lips from sound alone: streaming, look-ahead, stillness, closures, rates, reset."""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

import time
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from bonaface.avatar.mouth.resampling import Resampler
from bonaface.avatar.mouth.sound import LOOK_AHEAD, SOON, SoundMouth
from bonaface.avatar.mouth.stillness import Heard, Stillness
from bonaface.avatar.pose import LIPS, Lips
from bonaface.core import SECOND, Sound, over
from bonaface.speech.synthesize import Utterance, open_voice

Floats = NDArray[np.float32]
JAW, CLOSURE = LIPS.index("jawOpen"), LIPS.index("closure")
MAMA = "Mama and papa may bump a map. My baby beat a big puppy."


@cache
def spoken() -> tuple[Utterance, ...]:
    return tuple(over(open_voice(), [MAMA]))


@cache
def speech() -> tuple[Floats, int]:
    sounds = [u.sound for u in spoken()]
    samples = np.concatenate([s.samples for s in sounds])
    return samples, sounds[0].rate


def drive(samples: Floats, rate: int, at: int = 0, *, soon: bool = False) -> list[Lips]:
    return list(over(SoundMouth(soon=soon), [Sound(at, samples.astype(np.float32), rate)]))


def rows(lips: list[Lips]) -> Floats:
    return np.stack([one.weights for one in lips])


def cut(samples: Floats, rate: int, sizes: list[int]) -> list[Sound]:
    pieces: list[Sound] = []
    start = 0
    while start < len(samples):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(Sound(start * SECOND // rate, samples[start : start + size].copy(), rate))
        start += size
    return pieces


@pytest.mark.parametrize("soon", [False, True])
def test_odd_pieces_give_what_one_long_push_gives(soon: bool) -> None:
    samples, rate = speech()
    whole = drive(samples, rate, soon=soon)
    pieces = list(over(SoundMouth(soon=soon), cut(samples, rate, [1, 777, 480, 3001, 13])))
    assert [one.at for one in pieces] == [one.at for one in whole]
    assert np.allclose(rows(pieces), rows(whole), atol=1e-4)
    assert np.allclose([o.loudness for o in pieces], [o.loudness for o in whole], atol=1e-4)


def test_one_lips_every_20_ms_from_start_to_end() -> None:
    samples, rate = speech()
    lips = drive(samples, rate, at=3 * SECOND)
    assert lips[0].at == 3 * SECOND
    assert {after.at - before.at for before, after in pairwise(lips)} == {SECOND // 50}
    assert len(lips) == int(np.ceil(len(samples) / rate * 50))


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
@pytest.mark.parametrize("soon", [False, True])
def test_it_never_looks_ahead_more_than_80_ms_and_60_where_lips_are_wanted_soon(
    rate: int, soon: bool
) -> None:
    ahead = SOON if soon else LOOK_AHEAD
    assert ahead <= (60 if soon else 80) * SECOND // 1000
    samples = soxr.resample(*speech(), rate)
    mouth, taken, given = SoundMouth(soon=soon), 0, 0
    for piece in cut(samples, rate, [rate // 500]):
        given += len(list(mouth.push(piece)))
        taken += len(piece.samples)
        due = (taken * SECOND // rate - ahead) // (SECOND // 50)
        assert given >= due


@pytest.mark.parametrize("soon", [False, True])
def test_what_comes_after_the_look_ahead_changes_nothing(soon: bool) -> None:
    samples, rate = speech()
    until = 2 * rate
    first = list(SoundMouth(soon=soon).push(Sound(0, samples[:until].copy(), rate)))
    changed = samples.copy()
    changed[until:] = 0.3
    second = drive(changed, rate, soon=soon)[: len(first)]
    assert np.allclose(rows(first), rows(second), atol=1e-5)
    assert (2 * SECOND - first[-1].at) <= (SOON if soon else LOOK_AHEAD) + SECOND // 50


def test_lips_that_come_soon_are_nearly_those_that_wait() -> None:
    samples, rate = speech()
    soon, late = rows(drive(samples, rate, soon=True)), rows(drive(samples, rate))
    assert soon.shape == late.shape
    assert np.corrcoef(soon[:, JAW], late[:, JAW])[0, 1] > 0.9
    assert np.abs(soon - late).max() > 0.01  # they are not the same


def test_lips_touch_at_bilabials() -> None:
    samples, rate = speech()
    touch = rows(drive(samples, rate))[:, CLOSURE]
    phones = [p for u in spoken() for p in u.phones if p.symbol in ("p", "b", "m")]
    shut = [
        touch[
            max(0, (p.at - SECOND // 25) * 50 // SECOND) : (p.until + SECOND // 25) * 50 // SECOND
            + 1
        ].max()
        > 0.8
        for p in phones
    ]
    assert len(shut) > 12
    assert np.mean(shut) > 0.8
    assert np.mean(touch > 0.5) < 0.55


def test_lips_part_as_soon_as_they_touch_less() -> None:
    nears = (0.1, 0.3, 0.8, 0.3, 0.1)
    settled, stillness = [], Stillness()
    for near in nears:
        lips = np.zeros(len(LIPS), np.float32)
        lips[JAW], lips[CLOSURE] = 0.5, near
        settled.append(stillness.settle(Heard(lips, 1.0, 0.1, 0.1))[0])
    closed = rows([Lips(0, row) for row in settled])[:, CLOSURE]
    assert closed[2] == 1
    assert closed[1] > 0.5 > closed[3] >= nears[3]
    assert settled[2][JAW] < settled[1][JAW] < settled[3][JAW] <= 0.5


def test_vowels_open_the_mouth_and_pauses_do_not() -> None:
    samples, rate = speech()
    jaw = rows(drive(samples, rate))[:, JAW]
    wide = [
        jaw[p.at * 50 // SECOND : p.until * 50 // SECOND + 1].max()
        for u in spoken()
        for p in u.phones
        if p.symbol in ("ɑ", "æ", "I") and p.stress == 1
    ]
    assert min(wide) > 0.2
    padded = np.concatenate([samples, np.zeros(rate, np.float32)])
    assert rows(drive(padded, rate))[-15:].max() < 0.02


@pytest.mark.parametrize("level", [0.0, 0.003, 0.03, 0.2])
def test_silence_and_white_noise_are_still(level: float) -> None:
    noise = np.random.default_rng(3).normal(0, 1, 5 * 16_000).astype(np.float32) * level
    lips = rows(drive(noise, 16_000))
    assert lips.max() < 0.05


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 48_000, 192_000])
def test_any_rate_moves_the_mouth_alike(rate: int) -> None:
    samples, own = speech()
    want = rows(drive(soxr.resample(samples, own, 16_000), 16_000))
    got = rows(drive(soxr.resample(samples, own, rate), rate))
    count = min(len(want), len(got))
    assert np.corrcoef(want[:count, JAW], got[:count, JAW])[0, 1] > (
        0.85 if rate < 16_000 else 0.99
    )


def test_blocks_equal_the_whole_resampled_at_once() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 44_100).astype(np.float32)
    stage = Resampler(44_100, 200, 320)
    blocks = [b for part in np.split(noise, 30) for b in stage.push(part)]
    made = np.concatenate(blocks)
    whole = soxr.resample(noise, 44_100, 16_000, quality="LQ")[: len(made)]
    assert 16_000 - len(made) < 320 + 64
    assert np.abs(made - whole).max() < 1e-4


def test_quiet_and_loud_voices_move_alike() -> None:
    samples, rate = speech()
    loud, quiet = rows(drive(samples, rate)), rows(drive(samples * np.float32(0.1), rate))
    assert np.corrcoef(loud[:, JAW], quiet[:, JAW])[0, 1] > 0.95


def test_reset_forgets() -> None:
    samples, rate = speech()
    mouth = SoundMouth()
    list(mouth.push(Sound(0, samples, rate)))
    mouth.reset()
    again = [*mouth.push(Sound(0, samples, rate)), *mouth.flush()]
    assert np.array_equal(rows(again), rows(drive(samples, rate)))
    assert list(mouth.flush()) == []


def test_a_new_rate_or_a_long_gap_starts_anew_and_a_short_one_is_silence() -> None:
    samples, rate = speech()
    mouth = SoundMouth()
    first = list(mouth.push(Sound(0, samples, rate)))
    end = len(samples) * SECOND // rate
    late = [*mouth.push(Sound(end + SECOND // 5, samples, rate)), *mouth.flush()]
    times = [one.at for one in first + late]
    assert {after - before for before, after in pairwise(times)} == {SECOND // 50}
    other = list(mouth.push(Sound(90 * SECOND, soxr.resample(samples, rate, 8_000), 8_000)))
    assert other[0].at == 90 * SECOND


def test_it_costs_little() -> None:
    samples, rate = speech()
    mouth = SoundMouth()
    pieces = cut(samples, rate, [rate // 50])
    least = 1.0
    for piece in pieces:
        begin = time.thread_time()
        list(mouth.push(piece))
        least = min(least, time.thread_time() - begin) if piece.at > SECOND else least
    assert least < 0.002
