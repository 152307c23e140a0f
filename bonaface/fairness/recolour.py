"""One face in other tones: does the answer of a detector follow the colour of the skin alone?"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from bonaface.core import Picture
from bonaface.face.find import Face
from bonaface.fairness.skin import MONK, core_pixels, find_skin, to_lab

TONES: Final = (2, 4, 5, 6, 7, 8, 9)  # of the Monk scale; the ends are seldom met in photos
DEEPEST: Final = 25.0  # L* of a lit face: photos of dark skin are lighter than the swatch


def recolour(picture: Picture, face: Face) -> Iterator[tuple[int, Picture]]:
    """Give the face in each of TONES; shading and texture stay, in proportion to the light."""
    lab = to_lab(picture.pixels)
    skin = find_skin(picture.pixels.shape[:2], face.landmarks)
    if not (skin > 127).any():
        return
    width = float(np.ptp(face.landmarks[:, 0]))
    soft = cv2.GaussianBlur(skin.astype(np.float32) / 255, (0, 0), max(0.5, width * 0.02))[
        ..., None
    ]
    own = core_pixels(lab[skin > 127]).mean(0)
    for tone in TONES:
        wanted = to_lab(np.array([[MONK[tone - 1]]], np.uint8))[0, 0].copy()
        wanted[0] = max(wanted[0], DEEPEST)
        moved = lab.copy()
        moved[..., 0] = lab[..., 0] * (wanted[0] / max(float(own[0]), 1.0))
        moved[..., 1:] = lab[..., 1:] - own[1:] + wanted[1:]
        mixed = lab + soft * (moved - lab)
        mixed[..., 0] = np.clip(mixed[..., 0], 0, 100)
        rgb = cv2.cvtColor(mixed.astype(np.float32), cv2.COLOR_LAB2RGB)
        yield tone, Picture(picture.at, np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8))
