"""Place the face on the canvas."""

from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.avatar.rig import Bytes, Floats
from bonaface.face import landmarks as lm
from bonaface.face.find import Face

FACE = 0.44  # of the canvas's height that a face has where the photo leaves the choice
TIGHTEST = 1.75  # face heights that the canvas shows at least, for the hair and the neck
NARROWEST = 1.45  # face widths that the canvas shows at least
EYES = 0.48  # of the canvas's height at which the middle of the face lies


@dataclass(frozen=True, slots=True, eq=False)
class Framed:
    """The part of a photo that its canvas shows."""

    size: tuple[int, int]  # (width, height) of the canvas, px
    box: tuple[int, int, int, int]  # left, top, right, bottom: what the photo fills of it
    picture: Bytes  # the photo there, (bottom - top, right - left, 3)
    landmarks: Floats  # (478, 3) px of `picture`


@dataclass(frozen=True, slots=True)
class _Crop:
    """The canvas as a rectangle of the photo, which it may overhang; px of the photo."""

    left: float
    top: float
    wide: float
    high: float


def frame_face(pixels: Bytes, face: Face, size: tuple[int, int]) -> Framed:
    """Crop and scale a photo to `size` (width, height) about a face."""
    crop = _crop(pixels.shape[1], pixels.shape[0], face, size)
    scale = size[1] / crop.high
    shown = _Crop(
        max(crop.left, 0.0),
        max(crop.top, 0.0),
        min(crop.left + crop.wide, pixels.shape[1]) - max(crop.left, 0.0),
        min(crop.top + crop.high, pixels.shape[0]) - max(crop.top, 0.0),
    )
    box = tuple(
        round(v * scale)
        for v in (
            shown.left - crop.left,
            shown.top - crop.top,
            shown.left - crop.left + shown.wide,
            shown.top - crop.top + shown.high,
        )
    )
    left, top = max(box[0], 0), max(box[1], 0)
    right, bottom = min(box[2], size[0]), min(box[3], size[1])
    inner = _resampled(pixels, shown, (right - left, bottom - top))
    landmarks = face.landmarks.copy()
    landmarks[:, :2] = (landmarks[:, :2] + 0.5 - (crop.left, crop.top)) * scale - 0.5
    landmarks[:, :2] -= (left, top)
    landmarks[:, 2] *= scale
    return Framed(size, (left, top, right, bottom), inner, landmarks)


def _crop(wide: int, high: int, face: Face, size: tuple[int, int]) -> _Crop:
    points = face.landmarks
    tall = float(np.linalg.norm((points[lm.CHIN] - points[lm.FOREHEAD])[:2]))
    broad = face.box[2] - face.box[0]
    aspect = size[0] / size[1]
    wished = tall / FACE
    least = max(min(TIGHTEST * tall, high), NARROWEST * broad / aspect)
    within = min(high, wide / aspect)  # the largest canvas that the photo fills
    height = max(least, min(wished, within))
    middle = (points[lm.CHIN] + points[lm.FOREHEAD])[:2] / 2
    left = _placed(float(middle[0]) - height * aspect / 2, height * aspect, wide)
    top = _placed(float(middle[1]) - height * EYES, height, high)
    return _Crop(left, top, height * aspect, height)


def _placed(start: float, length: float, whole: int) -> float:
    """Keep a stretch inside of the photo; one longer than the photo keeps its place."""
    if length >= whole:
        return float(np.clip(start, whole - length, 0))
    return float(np.clip(start, 0, whole - length))


def _resampled(pixels: Bytes, part: _Crop, size: tuple[int, int]) -> Bytes:
    """`part` of the photo at `size`, without skipping pixels."""
    sx, sy = part.wide / size[0], part.high / size[1]
    shrink = max(sx, sy)
    if shrink > 1.0:  # average over the pixels that one pixel stands for
        sigma = 0.42 * (shrink - 0.6) if shrink > 1.2 else 0.0
        pixels = cv2.GaussianBlur(pixels, (0, 0), sigma) if sigma > 0.3 else pixels
    matrix = np.array(
        [[sx, 0, part.left + 0.5 * sx - 0.5], [0, sy, part.top + 0.5 * sy - 0.5]], np.float64
    )
    way = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    out: Bytes = cv2.warpAffine(pixels, matrix, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    return out
