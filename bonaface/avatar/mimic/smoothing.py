"""Take the tremor out of what is measured, and leave what moves alone."""

import numpy as np

from bonaface.avatar.mimic.view import Floats


class OneEuro:
    """The One Euro filter: a low-pass whose cutoff rises with speed (Casiez et al. 2012).

    Still things are smoothed much, moving things hardly, so that fast motion is not late.
    """

    def __init__(self, calm: Floats, eager: Floats) -> None:
        self._calm = calm  # (n,) Hz, the cutoff of what stands still
        self._eager = eager  # (n,) Hz more for each unit a second
        self.reset()

    def reset(self) -> None:
        """Forget: the next values are taken as they are."""
        self._place: Floats | None = None
        self._speed: Floats = np.zeros_like(self._calm)

    def follow(self, seen: Floats, length: float) -> Floats:
        """Smooth (n,) values seen `length` s after the last."""
        if self._place is None or length <= 0:
            self._place = seen.copy()
            return self._place
        speed = (seen - self._place) / length
        self._speed = self._speed + (speed - self._speed) * _share(np.array(SPEEDS), length)
        cutoff = self._calm + self._eager * np.maximum(np.abs(self._speed), 0.5 * np.abs(speed))
        self._place = self._place + (seen - self._place) * _share(cutoff, length)
        return self._place


SPEEDS = 4.0  # Hz, the cutoff of the speed itself


def _share(cutoff: Floats, length: float) -> Floats:
    turn = 2 * np.pi * cutoff * length
    return np.asarray(turn / (turn + 1), np.float64)
