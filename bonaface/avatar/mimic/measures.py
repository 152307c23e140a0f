"""What is measured on a face in its own frame, all in millimetres."""

from dataclasses import dataclass

import numpy as np

from bonaface.avatar.mimic.view import Floats, View
from bonaface.face import landmarks as lm

FLAT = np.array([1.0, 1.0, 0.6])  # depth is measured worst and counts least
GAPS = ((13, 14), (82, 87), (312, 317))  # of the inner lips, across
CORNERS = (78, 308)
_LIPS = tuple(sorted(set(np.array(lm.UPPER_LIP + lm.LOWER_LIP).ravel().tolist())))
# fmt: off
_SKIN = (2, 50, 57, 83, 98, 101, 148, 152, 164, 176, 187, 200, 205, 206, 207, 280, 287, 313, 327,
         330, 377, 400, 411, 425, 426, 427)
# fmt: on
_BROWS = lm.RIGHT_BROW + lm.LEFT_BROW + lm.RIGHT_UPPER_LID[2] + lm.LEFT_UPPER_LID[2]
PLACES = np.array((*_LIPS, *(i for i in _SKIN if i not in _LIPS), *_BROWS))
COUNT = 3 * len(PLACES) + len(GAPS) + 1
GAP = 3 * len(PLACES)  # where the gaps begin in a row of places, the middle one first
WIDTH = COUNT - 1  # and where the width of the mouth is
_LIDS = (  # right, then left; the corners hardly move
    (np.array(lm.RIGHT_UPPER_LID[0][2:7]), np.array(lm.RIGHT_LOWER_LID[0][2:7])),
    (np.array(lm.LEFT_UPPER_LID[0][2:7]), np.array(lm.LEFT_LOWER_LID[0][2:7])),
)


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """One face, measured."""

    places: Floats  # (COUNT,) mm: lips, skin and brows, then the lips' gaps and the mouth's width
    lids: Floats  # (2,) mm between the lids of the right and the left eye
    iris: Floats  # (2,) mm of both irises to the right and down from the middle of their eyes
    turn: Floats  # (3,) degrees of yaw, pitch, roll
    neck: Floats  # (2,) px
    scale: float  # px per mm
    misfit: float  # mm

    @property
    def gap(self) -> float:
        """Mm between the inner lips in the middle; below 0 where the model lets them overlap."""
        return float(self.places[GAP])


def measure(seen: View) -> Measures:
    """Measure a face."""
    face = seen.face
    places = (face[PLACES] * FLAT).ravel()
    gaps = [face[below, 1] - face[above, 1] for above, below in GAPS]
    width = face[CORNERS[1], 0] - face[CORNERS[0], 0]
    lids = [
        np.linalg.norm((face[lower] - face[upper])[:, :2], axis=1).mean() for upper, lower in _LIDS
    ]
    eyes = face[[lm.RIGHT_EYE_CORNERS, lm.LEFT_EYE_CORNERS]].mean(1)
    iris = (face[[lm.RIGHT_IRIS, lm.LEFT_IRIS]] - eyes)[:, :2].mean(0)
    return Measures(
        places=np.concatenate([places, gaps, [width]]),
        lids=np.array(lids),
        iris=iris,
        turn=seen.turn,
        neck=seen.place,
        scale=seen.scale,
        misfit=seen.misfit,
    )
