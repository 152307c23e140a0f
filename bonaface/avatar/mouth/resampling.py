"""Sound of any rate to 16 kHz in blocks, each resampled with only a few milliseconds around it.

soxr's own stream holds back 20 to 60 ms, which the lips cannot wait for. A window that begins on
a sample both rates share, and reaches 4 ms beyond the block on both sides, gives the same block
to -99 dB or better.
"""

from collections.abc import Iterator
from math import gcd

import numpy as np
import soxr
from numpy.typing import NDArray

Floats = NDArray[np.float32]
RATE = 16_000
MARGIN = 64  # samples at 16 kHz around a block: 4 ms


class Resampler:
    """Gives blocks at 16 kHz: the first of `first` samples, the others of `block`."""

    def __init__(self, rate: int, first: int, block: int) -> None:
        shared = gcd(rate, RATE)
        self._rate = rate
        self._unit = (rate // shared, RATE // shared)  # samples in and out that last as long
        self._block = block
        self._held: Floats = np.zeros(0, np.float32)  # input from `_origin` units on
        self._origin = 0
        self._begin, self._end = 0, first  # of the next block, in samples out

    def push(self, samples: Floats) -> Iterator[Floats]:
        """Give the blocks that are complete with these samples."""
        self._held = np.concatenate([self._held, samples])
        while (until := self._last_needed()) <= len(self._held):
            yield self._cut(until)
            self._begin, self._end = self._end, self._end + self._block
            self._forget()

    def _last_needed(self) -> int:
        """Where in what is held the next block's window ends."""
        if self._rate == RATE:
            return self._end - self._origin
        into, out = self._unit
        return -((-(self._end + MARGIN) * into) // out) - self._origin * into

    def _cut(self, until: int) -> Floats:
        start = self._begin - self._origin * self._unit[1]
        count = self._end - self._begin
        if self._rate == RATE:
            return self._held[start : start + count]
        out = soxr.resample(self._held[:until], self._rate, RATE, quality="LQ")
        return np.asarray(out[start : start + count], np.float32)

    def _forget(self) -> None:
        """Drop whole units that no window needs any more."""
        into, out = self._unit
        done = max(0, self._begin - MARGIN) // out - self._origin
        if done > 0:
            self._held = self._held[done * into :]
            self._origin += done
