"""Where in a recording the packets lie, and how sure that is.

How a find is kept from being an accident. For sound made without the key, the signs of the pilots
are fair coins, whatever the sound and whatever was made of it on the way here. The agreement of
one alignment, z = sum(sign * cell) / sqrt(sum(cell**2)), then exceeds t with a probability of at
most 3.18 times that of a normal variable (Bentkus and Dzindzalieta, Bernoulli 21(2), 2015), for
any number and any sizes of cells. `bar` sets t so that all alignments together stay under a chance.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numba
import numpy as np
from numpy.typing import NDArray

from bonaface.marks.sound.pattern import BANDS, SLOTS, SoundPattern

UNIT = 4  # frames of 5 ms for which a gain is held
SLOT = 2 * UNIT
WIDEST = 0.12  # share by which tempo or speed may be off
STEP = 2.0  # frames by which the ends of a recording may be misplaced between two stretches
COARSEST = 0.005
TRIES = 12  # alignments looked at closely
CONSTANT = 1 / (4 * (1 - NormalDist().cdf(math.sqrt(2))))  # 3.178, of the theorem

Cells = NDArray[np.float32]  # (frames, BANDS): what a cell that starts here would say


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which frame is which slot."""

    score: float
    stretch: float  # seconds in the recording for one that was marked
    frame: int  # of the first slot
    slot: int


def bar(tried: float, chance: float) -> float:
    """Answer the z that `tried` alignments exceed, all together, with at most this chance."""
    each = chance / tried / CONSTANT
    return -NormalDist().inv_cdf(each) if each < 0.5 else 0.0


def find_stretches(frames: int) -> NDArray[np.float64]:
    """Answer the tempos to try: as fine as the length of the recording can tell apart."""
    step = min(COARSEST, STEP / max(frames, 1))
    reach = round(WIDEST / step)
    return np.arange(-reach, reach + 1, dtype=np.float64) * step + 1


def search(cells: Cells, pattern: SoundPattern, stretches: NDArray[np.float64]) -> list[Alignment]:
    """Answer the most promising alignments, best first, no two of them nearly the same."""
    agreement = cells @ pattern.pilots().T
    scores, slots = _score(np.hstack([agreement, agreement]), stretches)
    found: list[Alignment] = []
    for place in np.argsort(scores, axis=None)[::-1][: TRIES * SLOT]:
        row, first = divmod(int(place), SLOT)
        stretch = float(stretches[row])
        one = Alignment(float(scores[row, first]), stretch, first, int(slots[row, first]))
        if not any(_near(one, other) for other in found):
            found.append(one)
        if len(found) == TRIES:
            break
    return found


def _near(one: Alignment, other: Alignment) -> bool:
    shift = (one.slot - other.slot) * SLOT - (one.frame - other.frame)
    same = abs((shift + SLOTS * SLOT // 2) % (SLOTS * SLOT) - SLOTS * SLOT // 2) <= 1
    return same and one.stretch == other.stretch


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def _score(
    agreement: NDArray[np.float32], stretches: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Answer the best score of each (stretch, first frame), per root of slot, and its slot.

    `agreement` is (frames, 2 SLOTS): what a slot that starts here says for each slot of the
    packet, twice over, so that every turn of the packet is one run of memory.
    """
    frames, slots = agreement.shape[0], agreement.shape[1] // 2
    scores = np.zeros((len(stretches), SLOT), np.float32)
    best = np.zeros((len(stretches), SLOT), np.int64)
    sums = np.empty(slots, np.float32)
    for row in range(len(stretches)):
        stretch = stretches[row]
        count = int(max(0, (frames - SLOT) / (SLOT * stretch)))
        for first in range(SLOT):
            sums[:] = 0
            for i in range(count):
                frame = int(first + SLOT * i * stretch + 0.5)
                turned = agreement[frame, i % slots : i % slots + slots]
                for slot in range(slots):
                    sums[slot] += turned[slot]
            slot = int(np.argmax(sums))
            scores[row, first] = sums[slot] / max(count, 1) ** 0.5
            best[row, first] = slot
    return scores, best


def gather(cells: Cells, alignment: Alignment) -> NDArray[np.float64]:
    """Add up the cells of all packets: (SLOTS, BANDS)."""
    count = int(max(0.0, (len(cells) - SLOT) / (SLOT * alignment.stretch)))
    frames = alignment.frame + SLOT * np.arange(count) * alignment.stretch + 0.5
    sums = np.zeros((SLOTS, BANDS))
    np.add.at(sums, (alignment.slot + np.arange(count)) % SLOTS, cells[frames.astype(np.int64)])
    return sums


def measure(sums: NDArray[np.float64], pattern: SoundPattern) -> float:
    """Answer z: how far the pilots agree."""
    pilots = pattern.pilots()
    power = float(np.square(sums * (pilots != 0)).sum())
    return float((sums * pilots).sum()) / math.sqrt(power) if power > 0 else 0.0
