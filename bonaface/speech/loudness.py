"""One level for all voices, no peak that clips, no click where sounds meet."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

Floats = NDArray[np.float32]
LEVEL: Final = 10 ** (-20 / 20)  # RMS while speaking: -20 dBFS
PEAK: Final = 10 ** (-1.2 / 20)  # and no sample beyond -1 dBFS
SPEAKING: Final = 10 ** (-30 / 10)  # power of a frame, as a share of the loudest one's
HEARD: Final = 10 ** (-42 / 10)
LOUDEST_GAIN: Final = 30.0
REACH: Final = 0.004  # s the limiter looks ahead and back
FADE: Final = 0.008  # s


def measure_power(samples: Floats, hop: int) -> NDArray[np.float64]:
    """Mean square of each run of `hop` samples; the rest counts with the last run."""
    count = max(1, len(samples) // hop)
    edges = np.arange(count) * hop
    sizes = np.diff(edges, append=len(samples))
    return np.add.reduceat(samples.astype(np.float64) ** 2, edges) / np.maximum(sizes, 1)


def measure_level(samples: Floats, rate: int) -> float:
    """RMS of the 20 ms frames in which somebody speaks (after ITU-T P.56); 0.0 for silence."""
    if not len(samples):
        return 0.0
    power = measure_power(samples, rate // 50)
    loud = power[power >= power.max() * SPEAKING]
    return float(np.sqrt(loud.mean()))


def find_heard(samples: Floats, rate: int) -> tuple[int, int]:
    """First and last+1 sample of what is heard, in steps of 5 ms; (0, 0) for silence."""
    if not len(samples) or not samples.any():
        return 0, 0
    hop = rate // 200
    power = measure_power(samples, hop)
    heard = np.flatnonzero(power >= power.max() * HEARD)
    return int(heard[0]) * hop, min(len(samples), (int(heard[-1]) + 1) * hop)


def level(samples: Floats, rate: int) -> Floats:
    """Give the samples at LEVEL, no sample beyond PEAK."""
    now = measure_level(samples, rate)
    if now <= 0.0:
        return samples
    return limit(samples * np.float32(min(LEVEL / now, LOUDEST_GAIN)), rate)


def limit(samples: Floats, rate: int) -> Floats:
    """Turn down, smoothly and only around them, the peaks beyond PEAK."""
    size = np.abs(samples)
    if not len(samples) or size.max() <= PEAK:
        return samples
    need = (PEAK / np.maximum(size, PEAK)).astype(np.float32)
    width = 2 * int(REACH * rate) + 1
    gain = uniform_filter1d(minimum_filter1d(need, width, mode="nearest"), width, mode="nearest")
    return np.asarray(samples * gain, np.float32)


def fade(samples: Floats, rate: int) -> Floats:
    """Give the samples with edges that rise from and fall to nothing."""
    count = min(int(FADE * rate), len(samples) // 2)
    if count < 1:
        return samples
    slope = (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / count)).astype(np.float32)
    out = samples.copy()
    out[:count] *= slope
    out[-count:] *= slope[::-1]
    return out
