"""Take the head's motion out of a face: how it stands, and what it does.

The face's own frame is that of a mean face, in millimetres (63 between the irises): x to image
right, y down, z away from the viewer, origin between the eyes. How a face stands in it is the best
similarity of its bony places (Umeyama 1991, "Least-squares estimation of transformation parameters
between two point patterns").
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bonaface.face import landmarks as lm

Floats = NDArray[np.float64]

DEPTH = 0.85  # the mesh model exaggerates depth; weak perspective wants less
_FIRM = (10, 338, 297, 332, 284, 251, 389, 162, 21, 54, 103, 67, 109, 168, 6, 197, 195)
_FIRMER = (33, 133, 263, 362, 8, 9, 151)
_LOOSE = (356, 454, 127, 234, 5, 4, 1, 2, 98, 327)  # count half: the rim slides, the nose wrinkles
BONES = np.array(_FIRM + _FIRMER + _LOOSE)
TRUST = np.array([1.0] * len(_FIRM + _FIRMER) + [0.5] * len(_LOOSE))


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One face as it stood before the camera."""

    turn: Floats  # (3,) yaw, pitch, roll in degrees, signed as in a Pose
    place: Floats  # (2,) px, where the neck turns
    scale: float  # px per mm
    face: Floats  # (478, 3) mm in the face's own frame
    misfit: float  # mm, how far its bones are from a mean face's


@cache
def load_fit() -> dict[str, Floats]:
    """What `training/mimic/fit.py` measured."""
    with np.load(Path(__file__).parent / "fit.npz", allow_pickle=False) as fit:
        return {name: fit[name].astype(np.float64) for name in fit.files}


def view(landmarks: NDArray[np.floating], mean: Floats | None = None) -> View:
    """See how a face with `landmarks` (478, 3) px stands, against the `mean` face (478, 3) mm."""
    mean = load_fit()["mean"] if mean is None else mean
    points = landmarks.astype(np.float64) * (1.0, 1.0, DEPTH)
    scale, rotation, offset = _align(points[BONES], mean[BONES])
    face = scale * points @ rotation.T + offset
    neck = (_neck(mean) - offset) @ rotation / scale
    off = ((face[BONES] - mean[BONES]) ** 2).sum(1)
    misfit = float(np.sqrt((TRUST * off).sum() / TRUST.sum()))
    return View(_angles(rotation.T), neck[:2], 1 / scale, face, misfit)


def _align(points: Floats, goal: Floats) -> tuple[float, Floats, Floats]:
    """Scale, rotation (3, 3) and offset (3,) that take points (n, 3) to goal (n, 3)."""
    trust = TRUST / TRUST.sum()
    here, there = trust @ points, trust @ goal
    away = (points - here) * trust[:, None]
    left, sizes, right = np.linalg.svd((goal - there).T @ away)
    hand = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * hand) @ right
    scale = float((sizes * hand).sum() / max(((points - here) * away).sum(), 1e-9))
    return scale, rotation, there - scale * rotation @ here


def _angles(rotation: Floats) -> Floats:
    """Degrees of yaw, pitch and roll of a head: roll after pitch after yaw."""
    yaw = np.arctan2(-rotation[2, 0], rotation[2, 2])
    pitch = np.arcsin(np.clip(rotation[2, 1], -1, 1))
    roll = np.arctan2(-rotation[0, 1], rotation[1, 1])
    return np.degrees([yaw, pitch, roll])


def _neck(mean: Floats) -> Floats:
    """Where a head turns: under the chin and behind it, (3,) mm."""
    tall = np.linalg.norm((mean[lm.CHIN] - mean[lm.FOREHEAD])[:2])
    depth = mean[list(lm.OVAL), 2].mean()
    return np.array([0.0, mean[lm.CHIN, 1] + 0.1 * tall, depth + 0.1 * tall])
