"""Cut a face out of a picture as detectors want it: square, with a little room around it."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.face import landmarks as lm

Bytes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]
TIGHTEST: Final = 0.34  # of the landmarks' span, from the middle; closer is no whole face


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """One face, cut out."""

    pixels: Bytes  # (side, side, 3)
    points: Floats  # (478, 2) px of the cut
    scale: float  # px of the cut for one of the picture
    box: tuple[float, float, float, float]  # left, top, right, bottom in the picture, px


def cut_face(pixels: Bytes, landmarks: Floats, side: int, margin: float) -> Cut | None:
    """Cut the face at `side` px, `margin` of its span wider on each side.

    The border of the picture limits the cut, since what is repeated or mirrored there would be
    taken for forgery; None where too little of the face is left.
    """
    low, high = landmarks[: lm.FACE, :2].min(0), landmarks[: lm.FACE, :2].max(0)
    span = float((high - low).max())
    x, y = (float(v) for v in (low + high) / 2)
    height, width = pixels.shape[:2]
    half = min(span * (0.5 + margin), x, y, width - 1 - x, height - 1 - y)
    if half < span * TIGHTEST or half < 1:
        return None
    scale = side / (2 * half)
    box = (x - half, y - half, x + half, y + half)
    points = (landmarks[:, :2] - (box[0], box[1])) * scale
    return Cut(_scaled(pixels, box, side), points.astype(np.float32), scale, box)


def _scaled(pixels: Bytes, box: tuple[float, float, float, float], side: int) -> Bytes:
    left, top, right, _ = box
    shrink = int((right - left) / side)
    if shrink >= 2:  # sampling alone would skip pixels, so average them first
        x, y = int(left), int(top)
        count = int(np.ceil((right - left) / shrink)) + 1
        part = pixels[y : y + count * shrink, x : x + count * shrink]
        size = (max(1, part.shape[1] // shrink), max(1, part.shape[0] // shrink))
        part = part[: size[1] * shrink, : size[0] * shrink]
        pixels = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        left, top = ((v - o + 0.5) / shrink - 0.5 for v, o in ((left, x), (top, y)))
        right = left + (box[2] - box[0]) / shrink
    scale = side / (right - left)
    matrix = np.array([[scale, 0, -scale * left], [0, scale, -scale * top]])
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    cut = cv2.warpAffine(pixels, matrix, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def sharpness(cut: Bytes) -> float:
    """Spread of the Laplacian over a cut, in grey levels: about 2 blurred, 30 crisp."""
    grey = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).std())
