"""Soften the folds that a smile leaves in the cheeks, for a mouth that comes to rest.

The mesh brings the cheeks back, but the photo has the fold's shadow in it. Light is split by scale:
pores and stubble are finer than a fold, the roundness of a cheek is coarser, and both stay.
"""

import cv2
import numpy as np

from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.rig import Bytes, Floats

FINE, COARSE = 0.9, 5.0  # mm, blurs between which a fold lies
MOST = 0.6  # of a fold's shadow that goes with the broadest smile
# From the wing of the nose past the corner of the mouth to the chin, image left and right
_LINES = ((129, 203, 206, 216, 212, 202), (358, 423, 426, 436, 432, 422))
REACH = 7.0  # mm to the sides of that line


def soften_folds(layer: Bytes, landmarks: Places, ruler: Ruler, strength: float) -> Bytes:
    """`layer` (height, width, 4) with softer folds; `strength` 0 to 1 is that of the smile."""
    if strength < 0.05:
        return layer
    where = _beside_mouth(landmarks, ruler, layer.shape)
    rows, columns = np.flatnonzero(where.any(1)), np.flatnonzero(where.any(0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    skin = layer[box][..., :3].astype(np.float32)
    light = skin.mean(-1)
    fold = _blurred(light, FINE * ruler.scale) - _blurred(light, COARSE * ruler.scale)
    lift = -np.minimum(fold, 0) * where[box] * (MOST * strength)
    gain = 1 + lift / np.maximum(light, 16.0)
    softer = layer.copy()
    softer[box][..., :3] = np.clip(skin * gain[..., None] + 0.5, 0, 255)
    return softer


def _blurred(light: Floats, sigma: float) -> Floats:
    edge = cv2.BORDER_REFLECT
    return np.asarray(cv2.GaussianBlur(light, (0, 0), sigma, borderType=edge), np.float32)


def _beside_mouth(landmarks: Places, ruler: Ruler, shape: tuple[int, ...]) -> Floats:
    """Where folds are, (height, width) 0 to 1: beside the mouth, not on it."""
    where = np.zeros(shape[:2], np.float32)
    wide = max(1, round(REACH * ruler.scale))
    for line in _LINES:
        places = np.round(landmarks[list(line), :2]).astype(np.int32)
        cv2.polylines(where, [places], isClosed=False, color=1.0, thickness=wide)
    return _blurred(where, 0.3 * REACH * ruler.scale)
