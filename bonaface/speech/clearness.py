"""How far speech stands out from what lies under it: noise, music, other people."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000  # samples a second
STEP: Final = RATE // 100


def follow(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """The level in dB of each STEP of samples (n,) at RATE, over three steps."""
    steps = len(samples) // STEP
    power = np.square(samples[: steps * STEP], dtype=np.float64).reshape(steps, STEP).mean(1)
    level: NDArray[np.float64] = 10 * np.log10(np.convolve(power, np.ones(3) / 3, "same") + 1e-12)
    return level


def span(level: NDArray[np.float64]) -> tuple[float, float]:
    """The floor and the loud of levels (n,), dB: the pauses, and the voice."""
    floor, loud = np.percentile(level, (3, 95)).tolist()
    return floor, loud


def measure(samples: NDArray[np.float32]) -> tuple[float, float]:
    """How loud samples (n,) are (root mean square), and by how many dB over their floor.

    A voice alone has pauses and weak sounds, 25 dB below it and more; under music as loud as the
    voice 6 to 12 are left.
    """
    level = follow(samples) if len(samples) >= 3 * STEP else np.full(3, -120.0)
    floor, loud = span(level)
    return 10 ** (loud / 20), loud - floor
