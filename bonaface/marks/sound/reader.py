"""Find a hidden sound mark again, whatever codec, line or editor it went through.

`sound_search` keeps a find from being an accident: half of `CHANCE` goes to what the pilots say
alone. An id has a keyed tag of 24 bits of its own; with it, and the other half, a lower z is
enough. Where there is a mark too weak to be read, the tag lets a wrong id pass once in a million.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from bonaface.core import Sound
from bonaface.marks.reading_key import PUBLIC, ReadingKey
from bonaface.marks.sound.ear import RATE, listen
from bonaface.marks.sound.pattern import MESSAGE, SLOTS, SoundPattern, draw_sound_pattern
from bonaface.marks.sound.search import SLOT, Cells, bar, find_stretches, gather, measure, search

SHORTEST = 0.5  # seconds
LONGEST = 20  # seconds read together
CHANCE = 1e-6  # of finding a mark where there is none, for a whole recording


@dataclass(frozen=True, slots=True)
class SoundReading:
    """What a reader found."""

    found: bool
    mark_id: int | None  # the low 32 bits of the id; None when the mark is there but unreadable
    strength: float  # z of the pilots; 2 to 6 where there is nothing
    speed: float = 1.0  # how fast the packets pass


def read_sound_mark(sound: Sound, key: ReadingKey = PUBLIC) -> SoundReading:
    """Look for a mark in a recording, twenty seconds at a time, until an id is read.

    Five seconds of speech are enough for most. Any rate; tempos up to 12 % off.
    """
    pattern = draw_sound_pattern(key)
    best = SoundReading(found=False, mark_id=None, strength=0.0)
    runs = list(_cut(sound))
    for samples in runs:
        reading = _read(listen(samples), pattern, key, CHANCE / len(runs))
        if reading.mark_id is not None:
            return reading
        if (reading.found, reading.strength) > (best.found, best.strength):
            best = reading
    return best


def _cut(sound: Sound) -> Iterator[NDArray[np.float32]]:
    """Answer runs at 16 kHz, each long enough to say something."""
    heard = sound.samples
    if not np.isfinite(heard).all():
        heard = np.nan_to_num(heard, nan=0, posinf=0, neginf=0)
    whole = np.asarray(soxr.resample(heard, sound.rate, RATE), np.float32)
    for start in range(0, len(whole), LONGEST * RATE):
        run = whole[start : start + LONGEST * RATE]
        if len(run) >= SHORTEST * RATE and np.any(run):
            yield run


def _read(cells: Cells, pattern: SoundPattern, key: ReadingKey, chance: float) -> SoundReading:
    stretches = find_stretches(len(cells))
    tried = len(stretches) * SLOT * SLOTS
    enough = bar(2 * tried, chance)
    enough_to_read = bar(2 * tried / 2**MESSAGE.tag_bits, chance)
    best = SoundReading(found=False, mark_id=None, strength=0.0)
    for alignment in search(cells, pattern, stretches):
        sums = gather(cells, alignment)
        z = measure(sums, pattern)
        tempo = 1 / alignment.stretch
        mark_id = _decode(sums, pattern, key) if z >= enough_to_read else None
        if mark_id is not None:
            return SoundReading(True, mark_id, z, tempo)
        if z > best.strength:
            best = SoundReading(z >= enough, None, z, tempo)
    return best


def _decode(sums: NDArray[np.float64], pattern: SoundPattern, key: ReadingKey) -> int | None:
    data = pattern.roles >= 0
    votes = np.bincount(pattern.roles[data], (sums * pattern.signs)[data], MESSAGE.coded_bits)
    return MESSAGE.read(votes.astype(np.float32), key)
