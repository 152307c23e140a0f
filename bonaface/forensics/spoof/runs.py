"""Speech made ready to be judged: pauses shortened, cut into runs of one length, at one level.

What is learnt from and what is judged go through the same, so that neither pauses, nor length, nor
level tell which is which.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.forensics.inspector import RATE
from bonaface.speech.clearness import STEP, follow, span

Floats = NDArray[np.float32]
SIZE: Final = 4 * RATE  # samples of a run
PAUSE: Final = 0.12  # s that is left of a pause
QUIET: Final = 32.0  # dB under the loud: a pause
LEVEL: Final = 0.06  # root mean square of a run


def tidy(samples: Floats) -> Floats:
    """Shorten the pauses of speech (n,) at RATE to PAUSE; none is left at its ends."""
    steps = len(samples) // STEP
    if steps < 3:
        return samples[:0]
    level = follow(samples)
    floor, loud = span(level)
    silent = level < max(loud - QUIET, min(floor + 6, loud - 18))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(np.int8), [0]])))
    keep = np.ones(steps, bool)
    margin = int(PAUSE / 2 * RATE / STEP)
    for start, end in edges.reshape(-1, 2).tolist():
        first = start if start == 0 else start + margin
        keep[first : end if end == steps else max(first, end - margin)] = False
    return samples[: steps * STEP].reshape(steps, STEP)[keep].ravel()


def cut_runs(parts: Iterable[Floats]) -> Iterator[Floats]:
    """Lay tidied parts end to end, each at LEVEL, and cut runs of SIZE; the rest is lost."""
    held: list[Floats] = []
    count = 0
    for part in parts:
        size = float(np.sqrt(np.square(part, dtype=np.float64).mean())) if len(part) else 0.0
        if size < 1e-4:
            continue
        held.append(part * np.float32(LEVEL / size))
        count += len(part)
        while count >= SIZE:
            whole = np.concatenate(held)
            yield whole[:SIZE]
            held, count = [whole[SIZE:]], count - SIZE


def fill_run(part: Floats) -> Floats:
    """A run out of less than SIZE samples: said again and again."""
    whole = np.resize(part, SIZE).astype(np.float32)
    return whole * np.float32(LEVEL / max(float(np.sqrt(np.square(whole).mean())), 1e-9))
