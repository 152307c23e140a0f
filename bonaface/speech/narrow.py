"""Sound at 16 kHz, at once: for machines that listen, not for ears.

The resampler for ears (resample.py) holds back up to 40 ms. Who must notice an interruption cannot
wait for that, and hears as well through a short low-pass and cubic interpolation.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import soxr
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound, Time
from bonaface.speech.resample import check_rate

Floats = NDArray[np.float32]
RATE: Final = 16_000
CUT: Final = 7_000.0  # Hz, where the low-pass has lost half
TAPS: Final = 0.0007  # s of low-pass: -40 dB from 10 kHz on, a delay of 0.35 ms
JUMP: Final = SECOND // 25  # a sound this far from where it should begin starts a new run


def low_pass(rate: int) -> Floats:
    """A windowed sinc with an odd number of taps; [1] where nothing has to be taken away."""
    if rate <= RATE:
        return np.ones(1, np.float32)
    reach = int(rate * TAPS / 2)
    taps = np.sinc(2 * CUT / rate * np.arange(-reach, reach + 1)) * np.hamming(2 * reach + 1)
    return np.asarray(taps / taps.sum(), np.float32)


class Narrow:
    """Stage: sounds of any rate, in; the same at 16 kHz, out, with less than 1 ms of delay.

    Sounds that follow each other make one run, whose times are counted from its first. A gap, a
    step back or another rate begins a new one. What is not finite is silence.
    """

    _stream: soxr.ResampleStream
    _before: Floats  # samples that the filter still needs

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next sound begins a run."""
        self._rate = 0

    def flush(self) -> Iterator[Sound]:
        """Nothing is held back."""
        self.reset()
        yield from ()

    def push(self, item: Sound) -> Iterator[Sound]:
        """Take the next sound; give it at 16 kHz."""
        if item.rate != self._rate or abs(item.at - self._time(self._taken, item.rate)) > JUMP:
            self._begin(item)
        self._taken += len(item.samples)
        samples = np.nan_to_num(item.samples, posinf=0.0, neginf=0.0)
        if item.rate != RATE:
            samples = np.concatenate((self._before, samples))
            self._before = samples[len(samples) - len(self._before) :]
            samples = self._stream.resample_chunk(np.convolve(samples, self._taps, "valid"))
        if len(samples):
            yield Sound(self._time(self._given, RATE), samples, RATE)
            self._given += len(samples)

    def _begin(self, item: Sound) -> None:
        self._rate = check_rate(item.rate)
        self._first: Time = item.at
        self._taken = self._given = 0
        self._taps = low_pass(item.rate)
        self._before = np.zeros(len(self._taps) - 1, np.float32)
        self._stream = soxr.ResampleStream(item.rate, RATE, 1, dtype="float32", quality="QQ")

    def _time(self, count: int, rate: int) -> Time:
        return self._first + count * SECOND // rate
