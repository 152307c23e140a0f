"""How one person moves their face: what an enrolled film told, kept as numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from bonaface.core import SECOND, frozen
from bonaface.forensics.reference.motion.moving import TRAITS, WINDOW
from bonaface.forensics.reference.motion.shapes import (
    CLASSES,
    FEATURES,
    Shape,
    Shapes,
    gather_shapes,
)
from bonaface.forensics.reference.motion.steady import Floats

LARGEST: Final = 10_000.0  # of any number that describes motion
MOST: Final = 100_000  # windows, phones


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """The motion of an enrolled face."""

    centre: Floats  # (len(TRAITS),) means over windows
    spread: Floats  # (len(TRAITS),) and standard deviations
    windows: int
    rate: float  # pictures a second of the film
    height: float  # px of the face, forehead to chin
    shapes: Shapes  # of the mouth, by class of phones; empty where no English was heard

    def __post_init__(self) -> None:
        frozen(self.centre)
        frozen(self.spread)

    @property
    def seconds(self) -> float:
        """Of a talking face that were enrolled."""
        return self.windows * WINDOW / SECOND


def gather_moves(
    windows: Sequence[Floats],
    shapes: Sequence[Shape],
    rate: float,
    height: float,
) -> Moves:
    """Sum up descriptions (len(TRAITS),) of at least one window, and shapes of phones."""
    rows = np.array(windows)
    found = gather_shapes(shapes)
    return Moves(rows.mean(0), rows.std(0), len(rows), rate, height, found)


def write_moves(moves: Moves) -> dict[str, Any]:
    """As fields of JSON."""
    return {
        "centre": [round(value, 4) for value in moves.centre.tolist()],
        "spread": [round(value, 4) for value in moves.spread.tolist()],
        "windows": moves.windows,
        "rate": moves.rate,
        "height": moves.height,
        "shapes": {
            name: {"mean": [round(value, 4) for value in mean.tolist()], "count": count}
            for name, (mean, count) in moves.shapes.items()
        },
    }


def read_moves(said: Mapping[str, Any]) -> Moves:
    """From fields of JSON. Raises ValueError, KeyError or TypeError for what is no motion."""
    shapes: Shapes = {}
    for name, one in said["shapes"].items():
        if name not in CLASSES:
            raise ValueError("no class of phones")
        shapes[name] = (_numbers(one["mean"], FEATURES), _count(one["count"]))
    spread = _numbers(said["spread"], len(TRAITS))
    rate, height = _numbers([said["rate"], said["height"]], 2)
    if (spread < 0).any() or rate < 1 or height < 1:
        raise ValueError("no motion")
    centre = _numbers(said["centre"], len(TRAITS))
    return Moves(centre, spread, _count(said["windows"]), float(rate), float(height), shapes)


def _numbers(said: ArrayLike, count: int) -> Floats:
    values = np.array(said, np.float64)
    if values.shape != (count,) or not (np.abs(values) < LARGEST).all():
        raise ValueError("no numbers of motion")
    return values


def _count(said: object) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or not 1 <= said <= MOST:
        raise ValueError("no count")
    return said
