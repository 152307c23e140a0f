"""How light the skin of a face is in a picture: for audits of fairness only, never in a check.

The individual typology angle, ITA = atan((L* - 50) / b*) (Chardon et al. 1991), over skin of
cheeks and forehead within one standard deviation of L* and b* (Merler et al. 2019), and the nearest
of the ten Monk tones. Light and cameras change it by a group or more: it says how a picture looks,
and not who is in it.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
GROUPS: Final = (  # least ITA in degrees, name
    (55.0, "very light"),
    (41.0, "light"),
    (28.0, "intermediate"),
    (10.0, "tan"),
    (-30.0, "brown"),
    (-91.0, "dark"),
)
MONK: Final = (
    "f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96",
    "a07e56", "825c43", "604134", "3a312a", "292420",
)  # fmt: skip
# Outlines of skin without brows, eyes, lips and beard: both cheeks, the middle of the forehead
_PATCHES: Final = (
    (117, 118, 119, 100, 126, 142, 36, 205, 187, 123),
    (346, 347, 348, 329, 355, 371, 266, 425, 411, 352),
    (108, 151, 337, 336, 9, 107),
)
LEAST: Final = 60  # pixels of skin


@dataclass(frozen=True, slots=True)
class Tone:
    """How a face looks."""

    angle: float  # ITA, degrees
    doubt: float  # standard deviation of the angle over its pixels, degrees
    group: str
    monk: int  # 1 to 10


def measure_tone(pixels: Bytes, landmarks: Floats) -> Tone | None:
    """The tone of the face with these landmarks (478, 3) px; None where too little is seen."""
    skin = np.zeros(pixels.shape[:2], np.uint8)
    for patch in _PATCHES:
        points = np.round(landmarks[list(patch), :2]).astype(np.int32)
        cv2.fillPoly(skin, [points], 1)
    found = pixels[skin > 0]
    if len(found) < LEAST:
        return None
    lab = _lab(found)
    near = np.ones(len(lab), bool)
    for axis in (0, 2):
        near &= np.abs(lab[:, axis] - lab[:, axis].mean()) <= lab[:, axis].std() + 1e-6
    lab = lab[near]
    if len(lab) < LEAST // 2:
        return None
    angles = np.degrees(np.arctan2(lab[:, 0] - 50, np.maximum(lab[:, 2], 1e-3)))
    middle = lab.mean(0)
    angle = float(np.degrees(np.arctan2(middle[0] - 50, max(float(middle[2]), 1e-3))))
    return Tone(angle, float(angles.std()), name_group(angle), _nearest_monk(middle))


def name_group(angle: float) -> str:
    """The group of an ITA in degrees."""
    return next(name for least, name in GROUPS if angle > least or least < -90)


def recolour(pixels: Bytes, landmarks: Floats, monk: int) -> Bytes:
    """The same picture with all skin shifted to one of the Monk tones.

    What has the colour of the face's skin is shifted with it, neck and ears too, so that no border
    is drawn; what is lighter or darker stays so, in CIELAB. A counterfactual for audits: what a
    detector says should not move with it.
    """
    face = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(np.round(landmarks[:468, :2]).astype(np.int32)), 1)
    return recolour_like(pixels, face > 0, monk)


def recolour_like(pixels: Bytes, sample: NDArray[np.bool_], monk: int) -> Bytes:
    """The same with the skin of which `sample` (h, w) shows some: a hand's, for one."""
    found = _lab(pixels.reshape(-1, 3)).reshape(*pixels.shape)
    middle = np.median(found[sample], axis=0)
    away = (found - middle) / np.array([40, 14, 14], np.float32)
    skin = cv2.GaussianBlur(np.exp(-np.square(away).sum(-1) / 2), (0, 0), 2.0)[..., None]
    moved = (found + skin * (_monk_lab(monk) - middle)).astype(np.float32)
    back = cv2.cvtColor(moved, cv2.COLOR_LAB2RGB)
    return np.asarray(np.clip(back * 255 + 0.5, 0, 255), np.uint8)


def _lab(pixels: Bytes) -> Floats:
    """SRGB (n, 3) 0..255 to CIELAB (n, 3), D65."""
    scaled = (pixels.astype(np.float32) / 255).reshape(1, -1, 3)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB)[0], np.float32)


def _monk_lab(monk: int) -> Floats:
    pixel = np.frombuffer(bytes.fromhex(MONK[monk - 1]), np.uint8)
    return np.asarray(_lab(pixel[None])[0], np.float32)


def _nearest_monk(middle: Floats) -> int:
    away = [float(np.linalg.norm(_monk_lab(i) - middle)) for i in range(1, len(MONK) + 1)]
    return int(np.argmin(away)) + 1
