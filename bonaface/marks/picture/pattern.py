"""The hidden picture patterns: which cell leans which way, when, and what for.

The picture, whatever its size or shape, is divided into a square number of cells, so scaling it
changes nothing and cropping it is a scale and an offset. Each sheet of cells holds pilots (their
signs are known: they say where and when) and data (their signs are flipped by the codeword of the
id). Signs and roles follow from the key.

A film shows one of `PATTERNS` sheets each half second. The second half of the cycle is the first
half negated: its mean over a cycle is zero. The pilots of all sheets are the same cells with the
same signs, turned by two fixed codes (`CODES`), one for each half of them: a reader looks for two
patterns in space, and sees from how they turn where in the cycle it is.

A still has one finer sheet. A film bears it too, faintly: averaging a film's pictures cancels what
changes and leaves that.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Time, frozen
from bonaface.marks.codeword import Message, Soft
from bonaface.marks.reading_key import PICTURE_ID_BITS, ReadingKey

CELLS = 72  # a side of a film's sheet
STILL_CELLS = 144  # a side of a still's
SLOT: Time = SECOND // 2
PATTERNS = 16
CYCLE = 2 * PATTERNS  # slots
PILOT = 0.3  # share of the cells, before whole data cells are counted off
MESSAGE = Message("picture", PICTURE_ID_BITS, 32)
# Found by search: never three alike in a row, and any three slots on end tell the place.
HALF_CYCLE = ("+--++--+-+--+-+-", "-++-+-++-++--+--")
CODES: NDArray[np.float32] = np.array(
    [[1 if c == "+" else -1 for c in code] for code in HALF_CYCLE], np.float32
)
CODES = np.concatenate([CODES, -CODES], axis=1)  # (2, CYCLE)

Values = NDArray[np.float32]  # (cells,): one for each cell


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One pattern of cells."""

    signs: Values  # of -1 and 1
    roles: NDArray[np.int16]  # (cells,): the coded bit a cell carries; -1 for pilots

    def write(self, codeword: Soft) -> Values:
        """Answer the sheet, -1 and 1, carrying a codeword."""
        return np.asarray(np.append(codeword, np.float32(1))[self.roles] * self.signs)

    def count_votes(self, values: Values) -> Soft:
        """Answer what values of the cells say about each coded bit: positive for 1."""
        data = self.roles >= 0
        votes = np.bincount(self.roles[data], (values * self.signs)[data], MESSAGE.coded_bits)
        return votes.astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """All sheets of one key."""

    sheets: tuple[Sheet, ...]  # PATTERNS, of CELLS**2
    pilots: NDArray[np.float32]  # (2, CELLS**2): the signs of each kind of pilot, 0 elsewhere
    still: Sheet  # of STILL_CELLS**2
    still_pilots: NDArray[np.float32]  # (1, STILL_CELLS**2)

    def cells(self, slot: int, codeword: Soft) -> NDArray[np.float32]:
        """Answer (CELLS, CELLS) of -1 and 1: the sheet of a slot, carrying a codeword."""
        data = self.sheets[slot % PATTERNS].write(codeword) * np.float32(turn(slot))
        pilots = CODES[:, slot % CYCLE] @ self.pilots
        return np.where(pilots, pilots, data).reshape(CELLS, CELLS)

    def still_cells(self, codeword: Soft) -> NDArray[np.float32]:
        """Answer (STILL_CELLS, STILL_CELLS) of -1 and 1, carrying a codeword."""
        return self.still.write(codeword).reshape(STILL_CELLS, STILL_CELLS)


def turn(slot: int) -> int:
    """Answer 1 in the first half of the cycle and -1 in the second."""
    return 1 if slot % CYCLE < PATTERNS else -1


@lru_cache(maxsize=8)
def draw_pattern(key: ReadingKey) -> Pattern:
    """Answer the patterns of a key."""
    pilots, order = _draw_pilots(key)
    sheets = tuple(_draw_sheet(key, f"picture sheet {i}", pilots) for i in range(PATTERNS))
    still, _ = _draw_pilots(key, "still pilots", STILL_CELLS)
    kinds = np.stack([np.where(order % 2 == kind, pilots, np.float32(0)) for kind in (0, 1)])
    frozen(kinds)
    frozen(still)
    return Pattern(sheets, kinds, _draw_sheet(key, "still sheet", still), still[None])


def _draw_pilots(
    key: ReadingKey, purpose: str = "picture pilots", side: int = CELLS
) -> tuple[Values, NDArray[np.int64]]:
    """Answer the signs of the pilots, 0 elsewhere, and the place of each cell in a shuffle."""
    signs, order = _shuffle(key, purpose, side * side)
    place = np.argsort(order)
    data = int(side * side * (1 - PILOT)) // MESSAGE.coded_bits * MESSAGE.coded_bits
    return np.where(place >= data, signs, np.float32(0)), place


def _draw_sheet(key: ReadingKey, purpose: str, pilots: Values) -> Sheet:
    """Answer a sheet with these pilots; every coded bit gets as many cells."""
    signs, order = _shuffle(key, purpose, len(pilots))
    free = order[pilots[order] == 0]
    roles = np.full(len(pilots), -1, np.int16)
    roles[free] = np.arange(len(free)) % MESSAGE.coded_bits
    frozen(roles)
    signs = np.where(pilots, pilots, signs)
    frozen(signs)
    return Sheet(signs, roles)


def _shuffle(key: ReadingKey, purpose: str, count: int) -> tuple[Values, NDArray[np.int64]]:
    """Answer fair signs and a shuffled order of `count` cells."""
    drawn = np.frombuffer(key.draw(purpose, 9 * count), np.uint8)
    signs = np.where(drawn[:count] & 1, np.float32(1), np.float32(-1))
    return signs, np.argsort(drawn[count:].view("<u8"), kind="stable")
