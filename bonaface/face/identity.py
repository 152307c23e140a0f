"""Whose face is it: a point for a face; faces of one person lie near each other.

The ResNet of dlib (Davis E. King, CC0; models/face_identity.onnx, made by training/face_identity):
a face of 150 px, laid upright by eye corners and nose as dlib lays it, becomes 128 numbers.
Distances up to .6 mean the same person, by its maker's own measure.
"""

from functools import cache
from typing import Any, Final

import numpy as np

from bonaface import weights
from bonaface.core import Picture
from bonaface.face.region import Floats, Region

SIDE: Final = 150  # px
SIZE: Final = 128  # of the point
SAME: Final = 0.6  # distance
# Outer and inner corner of the eye at the right of the picture, of that at the left, nose's base
_PLACES: Final = (263, 362, 33, 133, 2)
# Where dlib puts them, in shares of the face without the margin of a quarter on each side
_TEMPLATE: Final = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)
_MARGIN: Final = 0.25


def embed_face(picture: Picture, landmarks: Floats) -> Floats:
    """The point (SIZE,) of the face with these landmarks (478, 3) px. Raises WeightsMissing."""
    cut = _upright(landmarks).cut(picture.pixels, SIDE)
    fed = np.ascontiguousarray(cut.transpose(2, 0, 1)[None], np.float32)
    return np.asarray(_network().run(None, {"face": fed})[0][0], np.float32)


def _upright(landmarks: Floats) -> Region:
    """The square about the face that lies as the network knows faces, by least squares."""
    here = landmarks[list(_PLACES), :2].astype(np.float64)
    there = (_TEMPLATE + _MARGIN) / (1 + 2 * _MARGIN) * SIDE
    a, b = there - there.mean(0), here - here.mean(0)
    x, y = a[:, 0] + 1j * a[:, 1], b[:, 0] + 1j * b[:, 1]
    turn = complex(np.vdot(x, y) / np.vdot(x, x))
    middle = (SIDE - 1) / 2 * (1 + 1j) - complex(*there.mean(0))
    centre = complex(*here.mean(0)) + turn * middle
    return Region(centre.real, centre.imag, abs(turn) * SIDE, float(np.angle(turn)))


@cache
def _network() -> Any:
    return weights.open_onnx(weights.trained("face_identity.onnx"))
