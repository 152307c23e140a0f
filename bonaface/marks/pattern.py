"""The hidden picture pattern: which cell leans which way, when, and what for.

The picture, whatever its size or shape, is divided into CELLS x CELLS cells, so scaling it changes
nothing and cropping it is a scale and an offset. Time is divided into slots of half a second with
a pattern each. The second half of the cycle is the first half negated: the mean over a cycle is
zero, so averaging a static scene shows nothing.

Each pattern holds pilot cells (their signs are known: they say where and when) and data cells
(their signs are flipped by the codeword of the id). Signs and roles follow from the key.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Time, frozen
from bonaface.marks.codeword import Message, Soft
from bonaface.marks.reading_key import PICTURE_ID_BITS, ReadingKey

CELLS = 72
SLOT: Time = SECOND // 2
PATTERNS = 16
CYCLE = 2 * PATTERNS  # slots
PILOT = 0.3  # share of the cells, before whole data cells are counted off
MESSAGE = Message("picture", PICTURE_ID_BITS, 32)


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """All patterns of one key."""

    signs: NDArray[np.float32]  # (PATTERNS, CELLS**2) of -1 and 1
    roles: NDArray[np.int16]  # (PATTERNS, CELLS**2): the coded bit a cell carries; -1 for pilots

    def cells(self, slot: int, codeword: Soft) -> NDArray[np.float32]:
        """Answer (CELLS, CELLS) of -1 and 1: the pattern of a slot, carrying a codeword."""
        row = slot % PATTERNS
        lean: NDArray[np.float32] = np.append(codeword, np.float32(1))[self.roles[row]]
        lean = lean * self.signs[row] * np.float32(turn(slot))
        return lean.reshape(CELLS, CELLS)

    def pilots(self) -> NDArray[np.float32]:
        """Answer (PATTERNS, CELLS**2): the sign of each pilot cell, 0 elsewhere."""
        return np.where(self.roles < 0, self.signs, np.float32(0))


def turn(slot: int) -> int:
    """Answer 1 in the first half of the cycle and -1 in the second."""
    return 1 if slot % CYCLE < PATTERNS else -1


@lru_cache(maxsize=8)
def draw_pattern(key: ReadingKey) -> Pattern:
    """Answer the patterns of a key."""
    count = CELLS * CELLS
    drawn = np.frombuffer(key.draw("picture cells", PATTERNS * count * 9), np.uint8)
    signs = np.where(drawn[: PATTERNS * count] & 1, np.float32(1), np.float32(-1))
    rank = drawn[PATTERNS * count :].view("<u8").reshape(PATTERNS, count)
    order = np.argsort(rank, axis=1, kind="stable")
    each = int(count * (1 - PILOT)) // MESSAGE.coded_bits  # every coded bit gets as many cells
    roles = np.full((PATTERNS, count), -1, np.int16)
    bits = np.tile(np.arange(MESSAGE.coded_bits, dtype=np.int16), each)
    np.put_along_axis(roles, order[:, : len(bits)], bits[None], axis=1)
    frozen(roles)
    return Pattern(signs.reshape(PATTERNS, count), roles)
