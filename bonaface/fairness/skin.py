"""Skin tone of a face in a photo: ITA and the Monk scale, with how uncertain they are.

ITA = atan((L* - 50) / b*) in degrees, at D65 (Chardon et al. 1991), over skin pixels within one
standard deviation of L* and b*. A photo's light and white balance move it by more than one group:
a tone says how a face was photographed, not how its skin is.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture
from bonaface.face import landmarks as lm
from bonaface.face.find import Face

Floats: TypeAlias = NDArray[np.float32]
Bytes: TypeAlias = NDArray[np.uint8]
ITA_GROUPS: Final = (  # lower end in degrees, name
    (55.0, "very light"),
    (41.0, "light"),
    (28.0, "intermediate"),
    (10.0, "tan"),
    (-30.0, "brown"),
    (-91.0, "dark"),
)
MONK: Final = (  # skintone.google, sRGB
    (0xF6, 0xED, 0xE4),
    (0xF3, 0xE7, 0xDB),
    (0xF7, 0xEA, 0xD0),
    (0xEA, 0xDA, 0xBA),
    (0xD7, 0xBD, 0x96),
    (0xA0, 0x7E, 0x56),
    (0x82, 0x5C, 0x43),
    (0x60, 0x41, 0x34),
    (0x3A, 0x31, 0x2A),
    (0x29, 0x24, 0x20),
)
FEWEST: Final = 200  # px of skin, below which no tone is given
UNEVEN: Final = 30.0  # degrees between the halves of a face, above which the light decides


@dataclass(frozen=True, slots=True)
class Tone:
    """The tone of one face in one photo."""

    ita: float  # degrees
    spread: float  # degrees: how far the two halves of the face lie apart
    monk: int  # 1 to 10, the nearest in CIELAB

    @property
    def group(self) -> str:
        """Name the ITA group."""
        return next(name for low, name in ITA_GROUPS if self.ita > low)

    @property
    def band(self) -> str:
        """Name a third of the Monk scale."""
        return "Monk 1-3" if self.monk <= 3 else "Monk 4-6" if self.monk <= 6 else "Monk 7-10"


def measure_tone(picture: Picture, face: Face) -> Tone | None:
    """Measure the tone; None where there is too little skin or the light is too uneven."""
    lab, mask = to_lab(picture.pixels), find_skin(picture.pixels.shape[:2], face.landmarks) > 127
    if mask.sum() < FEWEST:
        return None
    middle = float(face.landmarks[[lm.NOSE_BRIDGE, lm.NOSE_TIP, lm.CHIN], 0].mean())
    columns = np.arange(mask.shape[1])[None] < middle
    halves = [_ita(lab[half]) for half in (mask & columns, mask & ~columns) if half.sum() >= 50]
    spread = abs(halves[0] - halves[1]) if len(halves) == 2 else UNEVEN
    if spread > UNEVEN:
        return None
    mean = core_pixels(lab[mask]).mean(0)
    known = to_lab(np.array([MONK], np.uint8))[0]
    nearest = int(np.argmin(np.linalg.norm(known - mean, axis=1))) + 1
    return Tone(_ita(lab[mask]), spread, nearest)


def to_lab(pixels: Bytes) -> Floats:
    """SRGB (h, w, 3) to CIELAB at D65: L* 0 to 100."""
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def find_skin(size: tuple[int, ...], landmarks: Floats) -> Bytes:
    """Mark skin: (h, w) 255 within the face, 0 outside and on eyes, brows and lips."""
    mask = np.zeros(size[:2], np.uint8)
    face = landmarks[:, :2]
    cv2.fillPoly(mask, [np.round(face[list(lm.OVAL)]).astype(np.int32)], 255)
    width = float(np.ptp(face[list(lm.OVAL), 0]))
    holes = (
        lm.RIGHT_UPPER_LID[2] + lm.RIGHT_LOWER_LID[2],
        lm.LEFT_UPPER_LID[2] + lm.LEFT_LOWER_LID[2],
        lm.RIGHT_BROW,
        lm.LEFT_BROW,
        lm.UPPER_LIP[0] + lm.LOWER_LIP[0],
    )
    for hole in holes:
        hull = cv2.convexHull(np.round(face[list(hole)]).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 0)
        cv2.polylines(mask, [hull], isClosed=True, color=0, thickness=max(1, int(width * 0.03)))
    side = max(1, int(width * 0.06)) | 1
    kernel = np.ones((side, side), np.uint8)
    return np.asarray(cv2.erode(mask, kernel, borderType=cv2.BORDER_CONSTANT), np.uint8)


def core_pixels(lab: Floats) -> Floats:
    """Of pixels (n, 3), those within one standard deviation of L* and b*: no shine, no beard."""
    parts = lab[:, (0, 2)]
    near = np.abs(parts - parts.mean(0)) <= parts.std(0) + 1e-3
    kept = lab[near.all(1)]
    return kept if len(kept) else lab


def _ita(lab: Floats) -> float:
    light, _, yellow = core_pixels(lab).mean(0)
    return float(np.degrees(np.arctan2(light - 50, max(float(yellow), 1e-3))))
