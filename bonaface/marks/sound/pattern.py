"""The hidden sound pattern: which band leans which way, when, and what for.

A packet is five seconds of 125 slots in 33 bands. A cell is one band for one slot of 40 ms: its
gain goes up for 20 ms and down for 20 ms, or the reverse. Speech itself varies least at these 12
to 25 Hz. Pilot cells say where the packet begins; data cells carry the codeword of the id. Signs
and roles follow from the key.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bonaface.marks.codeword import Message, Soft
from bonaface.marks.reading_key import SOUND_ID_BITS, ReadingKey

LINE = 50  # Hz between the lines of a 20 ms spectrum
# In lines: 300 to 3450 Hz in 150s, then to 7050 Hz in 300s.
EDGES = np.r_[np.arange(6, 69, 3), np.arange(69, 142, 6)]
BANDS = len(EDGES) - 1
LOW = int((EDGES[:-1] < 69).sum())  # bands that an 8 kHz line keeps
SLOTS = 125
PILOT = 0.35  # share of the cells
MESSAGE = Message("sound", SOUND_ID_BITS, 24)


@dataclass(frozen=True, slots=True, eq=False)
class SoundPattern:
    """The packet of one key."""

    signs: NDArray[np.float32]  # (SLOTS, BANDS) of -1 and 1
    roles: NDArray[np.int16]  # (SLOTS, BANDS): the coded bit a cell carries; -1 for pilots

    def lean(self, codeword: Soft) -> NDArray[np.float32]:
        """Answer (SLOTS, BANDS): 1 where a cell goes up then down, -1 for the reverse."""
        return self.signs * np.append(codeword, np.float32(1))[self.roles]

    def pilots(self) -> NDArray[np.float32]:
        """Answer (SLOTS, BANDS): the sign of each pilot cell, 0 elsewhere."""
        return np.where(self.roles < 0, self.signs, np.float32(0))


@lru_cache(maxsize=8)
def draw_sound_pattern(key: ReadingKey) -> SoundPattern:
    """Answer the packet of a key."""
    count = SLOTS * BANDS
    drawn = np.frombuffer(key.draw("sound cells", count * 9), np.uint8)
    signs = np.where(drawn[:count] & 1, np.float32(1), np.float32(-1)).reshape(SLOTS, BANDS)
    rank = drawn[count:].view("<u8").reshape(SLOTS, BANDS)
    roles = np.full((SLOTS, BANDS), -1, np.int16)
    # Each half of the spectrum holds every coded bit, so that losing one half loses none.
    for half in (slice(0, LOW), slice(LOW, BANDS)):
        order = np.argsort(rank[:, half], axis=None, kind="stable")
        data = order[round(PILOT * len(order)) :]
        place = np.unravel_index(data, rank[:, half].shape)
        roles[:, half][place] = np.arange(len(data)) % MESSAGE.coded_bits
    return SoundPattern(signs, roles)
