"""From measures to the chance that a machine made them: a logistic regression."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from bonaface import weights
from bonaface.core import frozen
from bonaface.forensics.spoof.measures import Measures

FAR: Final = 5.0  # spreads from the middle: further counts as this far
MOST: Final = 6.0  # log odds


@dataclass(frozen=True, slots=True, eq=False)
class Odds:
    """What was learnt, and what its values are worth on people and machines never learnt."""

    middle: Measures  # (264,)
    spread: Measures
    slopes: Measures
    start: float
    slope: float  # of log odds over the value
    shift: float
    suspect: float  # the chance that one run in a hundred of people is given

    def __post_init__(self) -> None:
        for array in (self.middle, self.spread, self.slopes):
            frozen(array)

    def weigh(self, measures: Measures) -> float:
        """A value, not yet calibrated."""
        seen = np.clip((measures - self.middle) / self.spread, -FAR, FAR)
        return float(seen @ self.slopes) + self.start

    def calibrate(self, value: float) -> float:
        """The chance of a machine for a value, at equal chances beforehand."""
        return float(1 / (1 + np.exp(-np.clip(self.slope * value + self.shift, -MOST, MOST))))


@cache
def open_odds(path: Path | None = None) -> Odds:
    """The one that came with the program, or that of another file."""
    with np.load(path or weights.trained("spoof.npz")) as file:
        arrays = (file[key].astype(np.float32) for key in ("middle", "spread", "slopes"))
        return Odds(*arrays, *(float(file[key]) for key in ("start", "slope", "shift", "suspect")))
