"""Find a hidden sound mark again, whatever codec, line or editor it went through.

How a find is kept from being an accident: as in `picture_reader`, the pilots' agreement z with any
one alignment exceeds t with a probability of at most exp(-t**2 / 2) for sound made without the key
(Hoeffding, 1963), and the bar is set so that all alignments together stay under 1e-6. An id has a
24-bit keyed tag of its own; with it, and half of the 1e-6, a lower z is enough. Where there is a
mark too weak to be read, the tag lets a wrong id pass once in two million times.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from bonaface.core import Sound
from bonaface.marks.reading_key import PUBLIC, ReadingKey
from bonaface.marks.sound_pattern import (
    BANDS,
    EDGES,
    MESSAGE,
    SLOTS,
    SoundPattern,
    draw_sound_pattern,
)

RATE = 16_000
WINDOW = 400  # samples, 25 ms
FRAME = 80  # samples, 5 ms
UNIT = 4  # frames a gain is held
SLOT = 2 * UNIT
SHORTEST = 0.5  # seconds
LONGEST = 20  # seconds read together
FASTEST = 0.015  # share by which the speed may be off
TAPS = (-0.2, 1.0, -1.0, 0.2)  # what one unit says against the next, freed of slow change
SIDE = 0.33  # share of the neighbouring bands that is taken off
CLIP = 9.0  # dB
# Weight of a cell by its level below the loudest (dB): the mark is weak in the loudest.
LEVELS = (-76, -62, -50, -36, -29, -23, -16, -4)
WEIGHTS = (0, 0.6, 1, 1, 0.75, 0.45, 0.3, 0.15)
NOISY, MARGIN = 0.4, 2.0  # weight at the noise floor, and dB above it where trust begins
TRIES = 8  # alignments whose id is read
CHANCE = 1e-6  # of finding a mark where there is none, for a whole recording

Cells = NDArray[np.float64]  # (frames, BANDS): what a cell that starts here would say


@dataclass(frozen=True, slots=True)
class SoundReading:
    """What a reader found."""

    found: bool
    mark_id: int | None  # the low 32 bits of the id; None when the mark is there but unreadable
    strength: float  # z of the pilots; 2 to 6 where there is nothing
    speed: float = 1.0  # how fast the packets pass


@dataclass(frozen=True, slots=True)
class _Alignment:
    score: float
    stretch: float  # seconds in the recording for one that was marked
    frame: int
    slot: int


def read_sound_mark(sound: Sound, key: ReadingKey = PUBLIC) -> SoundReading:
    """Look for a mark in a recording, twenty seconds at a time, until an id is read.

    Five seconds of speech are enough for most. Any rate; speeds up to 1.5 % off. Reads half an
    hour in about ten seconds when there is nothing to find.
    """
    pattern = draw_sound_pattern(key)
    best = SoundReading(found=False, mark_id=None, strength=0.0)
    for count, samples in enumerate(_cut(sound), start=1):
        reading = _read(listen(samples), pattern, key, CHANCE / (count * (count + 1)))
        if reading.mark_id is not None:
            return reading
        if (reading.found, reading.strength) > (best.found, best.strength):
            best = reading
    return best


def _cut(sound: Sound) -> Iterator[NDArray[np.float32]]:
    """Answer runs at 16 kHz, each long enough to say something."""
    whole = np.asarray(soxr.resample(sound.samples, sound.rate, RATE), np.float32)
    for start in range(0, len(whole), LONGEST * RATE):
        run = whole[start : start + LONGEST * RATE]
        if len(run) >= SHORTEST * RATE and np.any(run):
            yield run


def listen(samples: NDArray[np.float32]) -> Cells:
    """Answer what each possible cell says, weighted by how far it can be trusted."""
    cut = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::FRAME]
    spectra = np.fft.rfft(cut * np.hanning(WINDOW + 1)[:-1], 2 * RATE // 50)
    energy = np.add.reduceat(np.square(np.abs(spectra)), 2 * EDGES, axis=1)[:, :BANDS]
    level = 10 * np.log10(energy + energy.max() * 1e-8 + 1e-9)
    change = sum(tap * np.roll(level, UNIT * (1 - i), axis=0) for i, tap in enumerate(TAPS))
    change[:UNIT] = change[-3 * UNIT :] = 0
    wide = np.pad(change, ((0, 0), (1, 1)), "reflect")
    change = change - SIDE * (wide[:, :-2] + wide[:, 2:])
    top = np.percentile(10 * np.log10(energy.sum(1) + 1e-9), 95)
    weight = np.interp(level - top, LEVELS, WEIGHTS)
    above = np.minimum(level, np.roll(level, -UNIT, axis=0)) - np.percentile(level, 3, axis=0)
    trust = NOISY + (1 - NOISY) * np.clip((above - MARGIN) / 6, 0, 1)
    cells: Cells = np.clip(change, -CLIP, CLIP) * weight * trust
    return cells


def _read(cells: Cells, pattern: SoundPattern, key: ReadingKey, chance: float) -> SoundReading:
    stretches = _stretches(len(cells))
    tried = len(stretches) * SLOT * SLOTS
    bar = math.sqrt(2 * math.log(2 * tried / chance))
    bar_id = math.sqrt(2 * max(0.0, math.log(2 * tried * TRIES / 2**MESSAGE.tag_bits / chance)))
    best = SoundReading(found=False, mark_id=None, strength=0.0)
    for alignment in _search(cells, pattern, stretches):
        sums = _gather(cells, alignment)
        z = _measure(sums, pattern.pilots())
        speed = 1 / alignment.stretch
        mark_id = _decode(sums, pattern, key) if z >= bar_id else None
        if mark_id is not None:
            return SoundReading(True, mark_id, z, speed)
        if z > best.strength:
            best = SoundReading(z >= bar, None, z, speed)
    return best


def _stretches(frames: int) -> list[float]:
    """Answer the speeds to try: as fine as the length of the recording can tell apart."""
    step = min(0.005, 2.0 / frames)
    reach = round(FASTEST / step)
    return [1 + i * step for i in range(-reach, reach + 1)]


def _frames(cells: Cells, stretch: float, first: int) -> NDArray[np.int64]:
    """Answer the frame at which each slot begins."""
    slots = np.arange(max(0, int((len(cells) - SLOT) / (SLOT * stretch))))
    frames: NDArray[np.int64] = np.rint(first + SLOT * slots * stretch).astype(np.int64)
    return frames


def _search(cells: Cells, pattern: SoundPattern, stretches: list[float]) -> list[_Alignment]:
    """Answer the most promising alignments, best first."""
    agreement = cells @ pattern.pilots().T
    found = []
    for stretch in stretches:
        for first in range(SLOT):
            frames = _frames(cells, stretch, first)
            turns = (np.arange(len(frames))[:, None] + np.arange(SLOTS)) % SLOTS
            scores = agreement[frames[:, None], turns].sum(0)
            slot = int(scores.argmax())
            found.append(_Alignment(float(scores[slot]), stretch, first, slot))
    found.sort(key=lambda alignment: -alignment.score)
    return found[:TRIES]


def _gather(cells: Cells, alignment: _Alignment) -> Cells:
    """Add up the cells of all packets: (SLOTS, BANDS)."""
    frames = _frames(cells, alignment.stretch, alignment.frame)
    sums = np.zeros((SLOTS, BANDS))
    np.add.at(sums, (alignment.slot + np.arange(len(frames))) % SLOTS, cells[frames])
    return sums


def _measure(sums: Cells, pilots: NDArray[np.float32]) -> float:
    power = float((sums * sums * (pilots != 0)).sum())
    return float((sums * pilots).sum()) / power**0.5 if power > 0 else 0.0


def _decode(sums: Cells, pattern: SoundPattern, key: ReadingKey) -> int | None:
    data = pattern.roles >= 0
    votes = np.bincount(pattern.roles[data], (sums * pattern.signs)[data], MESSAGE.coded_bits)
    return MESSAGE.read(votes.astype(np.float32), key)
