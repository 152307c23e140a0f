"""From the profile to the chance that lips and sound do not belong together."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.core import frozen
from bonaface.forensics.lipsync.profile import Profile

MOST: Final = 4.0  # log-odds that one window may give: few clips taught it
LONGEST: Final = 10.0  # s


def describe(profile: Profile) -> NDArray[np.float64]:
    """What the regression sees."""
    length = np.sqrt(min(profile.seconds, LONGEST) / LONGEST)
    return np.array([profile.now, profile.now * length])


@dataclass(frozen=True, slots=True, eq=False)
class Odds:
    """A logistic regression."""

    slopes: NDArray[np.float64]  # (2,)
    start: float

    def __post_init__(self) -> None:
        frozen(self.slopes)

    def weigh(self, profile: Profile) -> float:
        """Log-odds of forgery, at equal prior chances."""
        value = float(describe(profile) @ self.slopes) + self.start
        return float(np.clip(value, -MOST, MOST))


def to_chance(odds: float) -> float:
    """Log-odds as a chance."""
    return float(1 / (1 + np.exp(-odds)))


@cache
def open_odds() -> Odds:
    """The one that came with the program."""
    with np.load(weights.trained("lipsync.npz")) as file:
        return Odds(file["slopes"], float(file["start"]))
