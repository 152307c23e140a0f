"""How a body part gets to where it is going: smoothly, and without overshoot."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Spring:
    """A critically damped second-order filter: follows a target, never jumps, never rings."""

    def __init__(self, size: int, quickness: float) -> None:
        self.place: Floats = np.zeros(size)
        self.speed: Floats = np.zeros(size)
        self.quickness = quickness  # rad/s

    def follow(self, target: Floats, length: float) -> Floats:
        """Move for `length` s towards `target` (size,); exact for a target that stands still."""
        away, w = self.place - target, self.quickness
        fade, push = np.exp(-w * length), self.speed + w * away
        self.place = target + (away + push * length) * fade
        self.speed = (self.speed - push * w * length) * fade
        return self.place


def ease(share: float) -> float:
    """Go from 0 to 1 with no speed at either end."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)
