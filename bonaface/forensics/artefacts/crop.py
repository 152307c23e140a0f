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


def cut_face(
    pixels: Bytes, landmarks: Floats, side: int, margin: float, tilt: float = 0.0
) -> Cut | None:
    """Cut the face at `side` px, `margin` of its span wider on each side.

    A face that leans by `tilt` degrees (`Face.tilt`) is cut upright. The border of the picture
    limits the cut, since what is repeated or mirrored there would be taken for forgery; None where
    too little of the face is left.
    """
    turn = _turn(tilt)
    upright = landmarks[: lm.FACE, :2] @ turn.T
    low, high = upright.min(0), upright.max(0)
    span = float((high - low).max())
    x, y = (float(v) for v in (low + high) / 2 @ turn)
    height, width = pixels.shape[:2]
    wider = float(np.abs(turn[0]).sum())  # what a turned square needs of the picture
    half = min(span * (0.5 + margin), *(np.array([x, y, width - 1 - x, height - 1 - y]) / wider))
    if half < span * TIGHTEST or half < 1:
        return None
    reach = half * wider
    box = (x - reach, y - reach, x + reach, y + reach)
    scale = side / (2 * half)
    points = (landmarks[:, :2] - (x, y)) @ turn.T * scale + side / 2
    return Cut(_scaled(pixels, box, turn, half, side), points.astype(np.float32), scale, box)


def _turn(tilt: float) -> Floats:
    """The rotation that stands a face upright, (2, 2)."""
    sin, cos = np.sin(np.radians(tilt)), np.cos(np.radians(tilt))
    return np.array([[cos, sin], [-sin, cos]], np.float32)


def _scaled(
    pixels: Bytes, box: tuple[float, float, float, float], turn: Floats, half: float, side: int
) -> Bytes:
    """The square about the middle of `box`, `half` px to each side, turned."""
    left, top, right, _ = box
    shrink = int(2 * half / side)
    if shrink >= 2:  # sampling alone would skip pixels, so average them first
        x, y = int(left), int(top)
        count = int(np.ceil((right - left) / shrink)) + 1
        part = pixels[y : y + count * shrink, x : x + count * shrink]
        size = (max(1, part.shape[1] // shrink), max(1, part.shape[0] // shrink))
        part = part[: size[1] * shrink, : size[0] * shrink]
        pixels = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)
        left, top = ((v - o + 0.5) / shrink - 0.5 for v, o in ((left, x), (top, y)))
        right, half = left + (box[2] - box[0]) / shrink, half / shrink
    scale = side / (2 * half)
    middle = np.array([left, top]) + (right - left) / 2
    matrix = np.column_stack([turn * scale, side / 2 - turn @ middle * scale])
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_LINEAR
    cut = cv2.warpAffine(pixels, matrix, (side, side), flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def sharpness(cut: Bytes) -> float:
    """Spread of the Laplacian over a cut, in grey levels: about 2 blurred, 30 crisp."""
    grey = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_32F).std())
