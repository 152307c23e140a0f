"""How near others come who merely look alike.

The network that tells faces apart learnt more of some people than of others: where it learnt
little, many lie close together. So a fixed distance would let in one in three people who look alike
in one place and one in a hundred in another. The line (models/face_crowd.npz, made by
training/face_identity/crowd_limits.py) tells from a face's own point below which distance one in
200 others of the same sex, origin and age lies. It is slopes only: nobody's face is in it, and it
puts nobody into a group.
"""

from functools import cache
from typing import Final

import numpy as np

from bonaface import weights
from bonaface.face.region import Floats

LEAST: Final = 0.3  # of distance: nearer is the person, however crowded it is


def crowd_limit(point: Floats) -> float:
    """The distance from this point (128,) from which on others who look alike are met."""
    slopes, start = _line()
    return max(LEAST, float(point @ slopes) + start)


@cache
def _line() -> tuple[Floats, float]:
    with np.load(weights.trained("face_crowd.npz")) as kept:
        return np.asarray(kept["slopes"], np.float32), float(kept["start"])
