"""Take the head's own motion out of a run of landmarks, without a mean face to compare with.

Each picture is brought to the run's mean by the similarity of its bony places (Umeyama 1991,
"Least-squares estimation of transformation parameters between two point patterns"), and the mean to
a frame of its own: origin between the outer corners of the eyes, x along them to image right, y
down, z away from the viewer; their distance is 100.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.face import landmarks as lm

Floats = NDArray[np.float64]
DEPTH: Final = 0.85  # the mesh model exaggerates depth; weak perspective wants less
EYES: Final = 100.0  # between the outer corners of the eyes
ROUNDS: Final = 3  # in which the mean settles
# fmt: off
_FIRM = (10, 338, 297, 332, 284, 251, 389, 162, 21, 54, 103, 67, 109, 168, 6, 197, 195,
         33, 133, 263, 362, 8, 9, 151)
# fmt: on
_LOOSE = (356, 454, 127, 234, 5, 4, 1, 2, 98, 327)  # count half: the rim slides, the nose wrinkles
_BONES: Final = np.array(_FIRM + _LOOSE)
_TRUST: Final = np.array([1.0] * len(_FIRM) + [0.5] * len(_LOOSE)) / (len(_FIRM) + len(_LOOSE) / 2)
_NOSE: Final = (1, 2, 4, 98, 327)


@dataclass(frozen=True, slots=True, eq=False)
class Steady:
    """A run of pictures of one face whose head no longer moves."""

    face: Floats  # (n, 478, 3) in the face's own frame
    turn: Floats  # (n, 3) degrees of yaw, pitch and roll, seen from the run's own mean
    place: Floats  # (n, 2) of the middle of the eyes, right and down, in the same unit as `face`


def hold(points: NDArray[np.floating]) -> Steady:
    """Hold still the landmarks (n, 478, 3) px of one face, at least one picture of it."""
    solid = points.astype(np.float64) * (1.0, 1.0, DEPTH)
    mean = _own_frame(np.median(solid, axis=0))
    for _ in range(ROUNDS):
        face, rotation, scale = _bring(solid, mean)
        mean = _own_frame(face.mean(0))
    eyes = solid[:, [lm.RIGHT_EYE_CORNERS[0], lm.LEFT_EYE_CORNERS[0]], :2].mean(1)
    return Steady(face, _angles(rotation), eyes * float(np.median(scale)))


def _bring(points: Floats, mean: Floats) -> tuple[Floats, Floats, Floats]:
    """Points (n, 478, 3) brought to `mean`, by which rotations (n, 3, 3) and scales (n,)."""
    goal = mean[_BONES]
    here = np.einsum("b,nbc->nc", _TRUST, points[:, _BONES])
    there = _TRUST @ goal
    away = points[:, _BONES] - here[:, None]
    spread = np.einsum("bi,b,nbj->nij", goal - there, _TRUST, away)
    left, sizes, right = np.linalg.svd(spread)
    hand = np.ones((len(points), 3))
    hand[:, 2] = np.sign(np.linalg.det(left @ right))
    rotation: Floats = (left * hand[:, None, :]) @ right
    most = np.maximum(np.einsum("b,nbc,nbc->n", _TRUST, away, away), 1e-9)
    scale: Floats = (sizes * hand).sum(1) / most
    centred = points - here[:, None]
    face = scale[:, None, None] * np.einsum("nij,nbj->nbi", rotation, centred) + there
    return face, rotation, scale


def _own_frame(shape: Floats) -> Floats:
    """A shape (478, 3) in its own frame."""
    right, left = shape[lm.RIGHT_EYE_CORNERS[0]], shape[lm.LEFT_EYE_CORNERS[0]]
    wide = max(float(np.linalg.norm(left - right)), 1e-9)
    across = (left - right) / wide
    down = shape[list(_NOSE)].mean(0) - shape[lm.FOREHEAD]
    down = down - (down @ across) * across
    down = down / max(float(np.linalg.norm(down)), 1e-9)
    axes = np.stack([across, down, np.cross(across, down)], axis=1)
    placed: Floats = (shape - (right + left) / 2) @ axes * (EYES / wide)
    return placed


def _angles(rotation: Floats) -> Floats:
    """Degrees of yaw, pitch and roll of heads, from what undoes their turns (n, 3, 3)."""
    turn = np.swapaxes(rotation, 1, 2)
    yaw = np.arctan2(-turn[:, 2, 0], turn[:, 2, 2])
    pitch = np.arcsin(np.clip(turn[:, 2, 1], -1, 1))
    roll = np.arctan2(-turn[:, 0, 1], turn[:, 1, 1])
    angles: Floats = np.degrees(np.stack([yaw, pitch, roll], axis=1))
    return angles
