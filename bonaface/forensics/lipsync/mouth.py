"""What a mouth does in one picture, measured on the landmarks in the face's own axes."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bonaface.core import Time
from bonaface.face import landmarks as lm
from bonaface.face.region import Floats

CHEEKS: Final = (234, 454)  # at image left and right
INNER: Final = ((13, 14), (82, 87), (312, 317))  # upper and lower inner lip, three times
CORNERS: Final = (61, 291)


@dataclass(frozen=True, slots=True)
class Mouth:
    """One mouth at one moment."""

    at: Time
    number: int  # of the face
    opening: float  # between the inner lips, of the distance between the cheeks
    turn: float  # degrees of yaw
    pixels: float  # between the corners, px


def measure_mouth(at: Time, number: int, points: Floats) -> Mouth:
    """Measure landmarks (478, 3): in three dimensions, so that a turn counts less."""
    across = points[CHEEKS[1]] - points[CHEEKS[0]]
    size = max(float(np.linalg.norm(across)), 1e-6)
    gaps = [np.linalg.norm(points[upper] - points[lower]) for upper, lower in INNER]
    turn = np.degrees(np.arctan2(across[2], np.linalg.norm(across[:2])))
    wide = np.linalg.norm(points[CORNERS[0], :2] - points[CORNERS[1], :2])
    return Mouth(at, number, float(np.mean(gaps)) / size, float(turn), float(wide))


def place_mouth(points: Floats) -> tuple[float, float, float]:
    """Centre (x, y) of the mouth and the half of a crop around it, px."""
    rim = points[[*lm.UPPER_LIP[0], *lm.LOWER_LIP[0]], :2]
    x, y = rim.mean(axis=0)
    return float(x), float(y), float(np.ptp(rim[:, 0])) * 0.8
