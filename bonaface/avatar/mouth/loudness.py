"""How loud a voice is, measured against itself, on the 20 ms grid of the lips."""

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound, Time

Floats = NDArray[np.float32]
RATE = 50
WINDOW = 0.04  # s
FLOOR = 10 ** (-50 / 20)  # -50 dB of full scale: silence
QUIET = 25  # frames of silence after which the mouth is still
SETTLE = 5  # frames to get there
BREATH = 22  # frames before sound begins again, in which the mouth may open to breathe in
RANGE = 30.0  # dB from the voice's loud down to nothing


def measure_level(sound: Sound, begin: Time, steps: int) -> Floats:
    """Root mean square of 40 ms around each 20 ms step from `begin`: (steps,)."""
    power = np.concatenate([[0.0], np.cumsum(sound.samples.astype(np.float64) ** 2)])
    offset = (begin - sound.at) * sound.rate / SECOND
    middle = offset + np.arange(steps) * sound.rate / RATE
    half = WINDOW / 2 * sound.rate
    low = np.clip(middle - half, 0, len(sound.samples)).astype(int)
    high = np.clip(middle + half, 0, len(sound.samples)).astype(int)
    level: Floats = np.sqrt((power[high] - power[low]) / max(1.0, 2 * half)).astype(np.float32)
    return level


class Loudness:
    """Remembers how loud the voice gets, so that a quiet speaker moves the mouth as well."""

    def __init__(self) -> None:
        self.loud = 0.0

    def measure(self, sound: Sound, begin: Time, steps: int) -> Floats:
        """Give 0 for silence to 1 for the voice's own loud, every 20 ms: (steps,)."""
        level = measure_level(sound, begin, steps)
        heard = level[level > FLOOR]
        if len(heard):
            now = float(np.percentile(heard, 90))
            self.loud = now if self.loud == 0 else 0.7 * self.loud + 0.3 * now
        decibels = 20 * np.log10(np.maximum(level, 1e-6) / max(self.loud, FLOOR))
        return np.clip(1 + decibels / RANGE, 0, 1).astype(np.float32)


def hush(sound: Sound, begin: Time, steps: int) -> Floats:
    """Give 1 where the mouth may move, 0 in silence of half a second or more, eased: (steps,).

    The end of a silence is left free: there breath is drawn.
    """
    silent = measure_level(sound, begin, steps) <= FLOOR
    open_ = np.ones(steps, np.float32)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent.astype(np.int8), [0]])))
    for low, high in edges.reshape(-1, 2):
        if high - low >= QUIET:
            inside = np.arange(low, high)
            from_start = inside - low if low > 0 else np.full(len(inside), SETTLE)
            free = BREATH if high < steps else -SETTLE
            to_end = high - 1 - inside - free
            open_[low:high] = 1 - np.clip(np.minimum(from_start, to_end) / SETTLE, 0, 1)
    return open_
