"""Sound at another rate, in a stream, by the SoX resampler."""

from collections.abc import Iterator

import numpy as np
import soxr

from bonaface.core import SECOND, Sound, Time
from bonaface.errors import SettingsError


def check_rate(rate: int) -> int:
    """Give the rate. Raises SettingsError when it is not one for sound."""
    if not 1_000 <= rate <= 768_000:
        raise SettingsError(f"{rate} Hz is not a sample rate.", "Take one from 8000 to 192000.")
    return rate


class Resample:
    """Stage: sounds that follow each other, in; the same at `rate`, out.

    Times are counted from the first sound: whatever the pieces, sample n is at
    first + n * SECOND // rate. The stream holds back some milliseconds until flush. Sounds of
    one stream have one rate; SettingsError otherwise.
    """

    def __init__(self, rate: int) -> None:
        self.rate = check_rate(rate)
        self.reset()

    def reset(self) -> None:
        """Forget what was held back; the next sound begins a new stream."""
        self._stream: soxr.ResampleStream | None = None
        self._from = 0
        self._first: Time = 0
        self._count = 0  # samples given
        self._taken = 0  # samples taken

    def push(self, item: Sound) -> Iterator[Sound]:
        """Take the next sound; give what is ready, if anything."""
        if self._from == 0:
            self._from, self._first = check_rate(item.rate), item.at
            if item.rate != self.rate:
                self._stream = soxr.ResampleStream(item.rate, self.rate, 1, dtype="float32")
        if item.rate != self._from:
            remedy = "Reset it before a sound of another rate."
            raise SettingsError(f"This stream is at {self._from} Hz, not {item.rate}.", remedy)
        self._taken += len(item.samples)
        ready = item.samples if self._stream is None else self._stream.resample_chunk(item.samples)
        yield from self._give(ready)

    def flush(self) -> Iterator[Sound]:
        """Give the rest, to exactly the length that was pushed; a new stream may follow."""
        if self._from and self._stream is not None:
            rest = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
            missing = self._taken * self.rate // self._from - self._count
            exact = np.zeros(max(0, missing), np.float32)
            exact[: len(rest)] = rest[: len(exact)]
            yield from self._give(exact)
        self.reset()

    def _give(self, samples: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> Iterator[Sound]:
        if len(samples):
            at = self._first + self._count * SECOND // self.rate
            self._count += len(samples)
            yield Sound(at, samples, self.rate)


def resample(sound: Sound, rate: int) -> Sound:
    """Give a whole sound at `rate`; its length is that of the sound, rounded down to a sample."""
    stage = Resample(rate)
    parts = [part.samples for part in (*stage.push(sound), *stage.flush())]
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return Sound(sound.at, samples, rate)
