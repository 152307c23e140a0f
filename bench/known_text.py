"""Phone times of a film whose words are known: what a voice would have said, had it spoken it.

A voice speaks the words, at several speeds; each time its sound is laid on the film's by dynamic
time warping of mel cepstra (Sakoe & Chiba 1978), which carries the voice's phones over; of the
places found, the median holds. Only benches do this: a voice that is asked to speak tells its own
times.
"""

import csv
import re
from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import uniform_filter1d
from scipy.signal import savgol_filter

from bonaface.core import SECOND, Phone, Sound, over
from bonaface.speech.alignment import mel_bank
from bonaface.speech.resample import Resample
from bonaface.speech.synthesize import open_voice

Floats = NDArray[np.float64]
RATE = 16_000
HOP, FRAME, SIZE = 80, 400, 512  # samples
STEP = HOP / RATE  # s
SPEEDS = (0.9, 1.1, 1.3)
SIDEWAYS = 1.15  # what a step costs along one sound only
FAINTEST, ABOVE_FLOOR, LOUD = 32.0, 8.0, 18.0  # dB: silence is under the loud, near the floor
PADDING = 0.25  # s of near silence around the voice
SPOKEN = re.compile(r'transcript[^:]*:\s*\\?"+([^"\\]+)')


def read_notes(media: Path) -> dict[str, dict[str, str]]:
    """Give the rows of the list of the media, by path."""
    with (media / "manifest.tsv").open(encoding="utf-8", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file, delimiter="\t")}


def read_transcripts(table: Path) -> dict[str, str]:
    """Give what is said, by path, from a table with the columns path and transcript."""
    with table.open(encoding="utf-8", newline="") as file:
        return {row["path"]: row["transcript"] for row in csv.DictReader(file, delimiter="\t")}


def find_transcript(note: str) -> str | None:
    """Give the words that a note quotes."""
    found = SPOKEN.search(note)
    return found.group(1).strip() if found else None


def measure_loudness(bands: Floats) -> tuple[Floats, Floats]:
    """Give the level (n,) in dB under the loud, and 0 to 1 for how much of it is speech."""
    level = uniform_filter1d(10 * np.log10(np.exp(bands[:, 2:]).sum(1)), 3)
    top, floor = np.percentile(level, (97, 5))
    edge = max(top - FAINTEST, min(floor + ABOVE_FLOOR, top - LOUD))
    return level - top, 1 / (1 + np.exp((edge - level) / 2.5))


def describe(samples: Floats) -> Floats:
    """Give what is compared, (steps, width): cepstra, their slopes, level; silence is all zero."""
    padded = np.pad(samples - 0.97 * np.pad(samples[:-1], (1, 0)), FRAME // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, FRAME)[::HOP] * np.hamming(FRAME)
    power = np.abs(fft.rfft(frames, SIZE)) ** 2
    bands = np.log(power @ mel_bank(RATE, SIZE) + 1e-7)
    level, speech = measure_loudness(bands)
    cepstra = fft.dct(bands, norm="ortho")[:, 1:14]
    heard = cepstra[speech > 0.5]
    cepstra = np.clip((cepstra - heard.mean(0)) / (heard.std(0) + 1e-3), -3, 3)
    slopes = np.clip(savgol_filter(cepstra, 9, 2, 1, axis=0) * 6, -3, 3)
    level = np.clip(level / 10, -4, 0)
    gate = speech[:, None]
    loudness = np.stack([1.2 * level * speech, savgol_filter(level, 9, 2, 1) * 8], 1)
    return np.hstack([cepstra * gate, slopes * gate / 2, 2.5 * gate, loudness])


@njit(cache=True)  # type: ignore[untyped-decorator]
def warp(first: Floats, second: Floats) -> NDArray[np.int64]:
    """Match two descriptions: pairs (k, 2) of steps, in order."""
    rows, columns = len(first), len(second)
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    came = np.zeros((rows + 1, columns + 1), np.int8)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            apart = np.sqrt(np.sum((first[i - 1] - second[j - 1]) ** 2))
            both = total[i - 1, j - 1] + apart
            down = total[i - 1, j] + apart * SIDEWAYS
            right = total[i, j - 1] + apart * SIDEWAYS
            total[i, j] = min(both, down, right)
            came[i, j] = 0 if total[i, j] == both else (1 if total[i, j] == down else 2)
    pairs = np.zeros((rows + columns, 2), np.int64)
    count, i, j = 0, rows, columns
    while i > 0 and j > 0:
        pairs[count] = (i - 1, j - 1)
        count += 1
        step = came[i, j]
        i -= step != 2
        j -= step != 1
    return pairs[:count][::-1]


def speak(text: str, speed: float) -> tuple[Floats, tuple[Phone, ...]]:
    """Let the default voice say it: samples at RATE with PADDING around, phones in them."""
    sounds: list[Sound] = []
    phones: list[Phone] = []
    for utterance in over(open_voice("default", speed), [text]):
        sounds.append(utterance.sound)
        phones += utterance.phones
    raised = list(over(Resample(RATE), sounds))
    samples = np.concatenate([sound.samples for sound in raised]).astype(np.float64)
    padded = np.pad(samples, round(PADDING * RATE))
    return padded + np.random.default_rng(0).normal(0, 1e-4, len(padded)), tuple(phones)


def carry_over(text: str, speed: float, film: Floats) -> tuple[tuple[Phone, ...], Floats]:
    """Give the voice's phones, and where they begin and end in the film: (phones, 2) s."""
    voice, said = speak(text, speed)
    phones = tuple(phone for phone in said if phone.symbol)
    pairs = warp(describe(voice), film)
    steps = np.unique(pairs[:, 0])
    there = np.array([pairs[pairs[:, 0] == step, 1].mean() for step in steps])
    ends = np.array([(phone.at, phone.until) for phone in phones]) / SECOND
    return phones, np.interp(ends + PADDING, steps * STEP, there * STEP)


def align_text(text: str, sound: Sound) -> tuple[Phone, ...]:
    """Find the phones of `text` in `sound`, which is at 16 kHz and holds nothing else."""
    film = describe(sound.samples.astype(np.float64))
    found = [carry_over(text, speed, film) for speed in SPEEDS]
    ends = np.median([places for _, places in found], axis=0)
    times = sound.at + np.round(ends * SECOND).astype(np.int64)
    return tuple(
        Phone(int(at), int(until), phone.symbol, phone.stress)
        for phone, (at, until) in zip(found[0][0], times, strict=True)
        if until > at
    )
