"""The face's own axes and its millimetre."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.rig import Floats
from bonaface.face import landmarks as lm

IRISES = 63.0  # mm between the irises of a grown-up (Dodgson 2004: mean 63.4)
DEPTH = 0.85  # the mesh model exaggerates depth; weak perspective wants less

Places = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ruler:
    """How long a millimetre is and where right and down are, in the picture."""

    scale: float  # px per mm
    right: Places  # (3,) unit vector from the right eye to the left, in the picture's plane
    down: Places  # (3,) unit vector down the face, in the picture's plane

    def px(self, x: float, y: float, z: float = 0.0) -> Places:
        """A step of (right, down, away) mm as px."""
        step: Places = self.scale * (x * self.right + y * self.down + np.array([0.0, 0.0, z]))
        return step

    def mm(self, steps: Places) -> Places:
        """Steps (..., 3) px as (right, down, away) mm."""
        axes = np.stack([self.right, self.down, [0.0, 0.0, 1.0]], 1)
        turned: Places = steps @ axes / self.scale
        return turned


def flatten(landmarks: Floats) -> Places:
    """Landmarks with depth as weak perspective wants it."""
    return landmarks.astype(np.float64) * (1.0, 1.0, DEPTH)


def measure(landmarks: Places) -> Ruler:
    """The ruler of a face, from its landmarks (478, 3) px."""
    step = landmarks[lm.LEFT_IRIS] - landmarks[lm.RIGHT_IRIS]
    roll = float(np.arctan2(step[1], step[0]))
    right = np.array([np.cos(roll), np.sin(roll), 0.0])
    down = np.array([-np.sin(roll), np.cos(roll), 0.0])
    return Ruler(float(np.linalg.norm(step)) / IRISES, right, down)
