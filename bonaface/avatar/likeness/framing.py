"""Place the face on the canvas, and go on with the scene where the photo ends."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.likeness.ruler import Places
from bonaface.avatar.rig import Bytes, Floats
from bonaface.face import landmarks as lm
from bonaface.face.find import Face

FACE = 0.44  # of the canvas's height that a face has where the photo leaves the choice
TIGHTEST = 1.75  # face heights that the canvas shows at least, for the hair and the neck
NARROWEST = 1.45  # face widths that the canvas shows at least
EYES = 0.48  # of the canvas's height at which the middle of the face lies
SOFTEST = 0.05  # of the canvas's height, how blurred the scene gets far outside of the photo


@dataclass(frozen=True, slots=True, eq=False)
class Framed:
    """A face on its canvas."""

    canvas: Bytes  # (height, width, 3)
    landmarks: Floats  # (478, 3) px of the canvas
    photo: tuple[int, int, int, int]  # left, top, right, bottom of what the photo itself fills


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
    canvas = extend(inner, (left, top, right, bottom), size)
    landmarks = face.landmarks.copy()
    landmarks[:, :2] = (landmarks[:, :2] + 0.5 - (crop.left, crop.top)) * scale - 0.5
    landmarks[:, 2] *= scale
    return Framed(canvas, landmarks, (left, top, right, bottom))


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


def extend(inner: Bytes, box: tuple[int, int, int, int], size: tuple[int, int]) -> Bytes:
    """A picture of `size` with `inner` in `box` and the scene going on, ever softer, around it."""
    width, height = size
    left, top, right, bottom = box
    if (left, top, right, bottom) == (0, 0, width, height):
        return inner
    padded = _mirrored(inner, box, size)
    away = _distance(box, size)
    layers = [padded.astype(np.float32)]
    sigmas = [0.0]
    for share in (0.006, 0.018, SOFTEST):
        sigmas.append(share * height)
        layers.append(cv2.GaussianBlur(layers[0], (0, 0), sigmas[-1]))
    wanted = np.interp(away, [-0.01 * height, 0.05 * height, 0.35 * height], [0, 1.2, 3.0])
    out = layers[0]
    for k in range(1, len(layers)):
        mix = np.clip(wanted - (k - 1), 0, 1)[..., None].astype(np.float32)
        out = out * (1 - mix) + layers[k] * mix
    extended: Bytes = np.clip(out + 0.5, 0, 255).astype(np.uint8)
    return extended


def _mirrored(inner: Bytes, box: tuple[int, int, int, int], size: tuple[int, int]) -> Bytes:
    x = np.arange(size[0]) - box[0]
    y = np.arange(size[1]) - box[1]
    return np.ascontiguousarray(inner[_folded(y, inner.shape[0])][:, _folded(x, inner.shape[1])])


def _folded(at: NDArray[np.int_], count: int) -> NDArray[np.intp]:
    period = max(2 * count - 2, 1)
    at = np.abs(at) % period
    return np.where(at >= count, period - at, at).astype(np.intp)


def _distance(box: tuple[int, int, int, int], size: tuple[int, int]) -> Places:
    """Px from each pixel to the photo; below 0 inside, down to its border of the extended sides."""
    left, top, right, bottom = box
    x, y = np.arange(size[0]), np.arange(size[1])
    dx = np.maximum(
        left - x if left > 0 else -np.inf, x - right + 1 if right < size[0] else -np.inf
    )
    dy = np.maximum(
        top - y if top > 0 else -np.inf, y - bottom + 1 if bottom < size[1] else -np.inf
    )
    dx, dy = np.broadcast_to(dx, size[0]), np.broadcast_to(dy, size[1])
    return np.maximum(dx[None], dy[:, None])
