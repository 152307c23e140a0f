"""Go on with the scene where the photo ends, so that a portrait fits a wide canvas.

The scene behind the person is mirrored outwards and gets softer, as if out of focus. What the photo
cuts off of the person, hair and shoulders, fades into it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.likeness.matte import blurred
from bonaface.avatar.rig import Bytes, Floats

SOFTNESS = (0.006, 0.018, 0.05)  # of the canvas's height, ever softer
FADES = (-0.055, 0.045)  # of the canvas's height from the photo's border, where the person fades

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A canvas with its two parts."""

    canvas: Bytes  # (height, width, 3)
    layer: Bytes  # (height, width, 4) the person
    background: Bytes  # (height, width, 3) the scene without the person


def extend_scene(
    picture: Bytes, layer: Bytes, background: Bytes, box: Box, size: tuple[int, int]
) -> Stage:
    """Place a photo and its two parts in `box` (left, top, right, bottom) of a canvas of `size`."""
    if box == (0, 0, *size):
        return Stage(picture, layer, background)
    away = _distance(box, size)
    behind = _softened(_mirrored(background, box, size), away)
    ahead = _faded(_mirrored(layer, box, size), away)
    alpha = ahead[..., 3:] / 255
    canvas = behind * (1 - alpha) + ahead[..., :3] * alpha
    return Stage(_bytes(canvas), _bytes(ahead), _bytes(behind))


def _bytes(picture: NDArray[np.floating]) -> Bytes:
    rounded: Bytes = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    return rounded


def _mirrored(inner: Bytes, box: Box, size: tuple[int, int]) -> Floats:
    x, y = np.arange(size[0]) - box[0], np.arange(size[1]) - box[1]
    rows = inner[_folded(y, inner.shape[0])]
    return np.ascontiguousarray(rows[:, _folded(x, inner.shape[1])], np.float32)


def _folded(at: NDArray[np.int_], count: int) -> NDArray[np.int_]:
    period = max(2 * count - 2, 1)
    at = np.abs(at) % period
    return np.where(at >= count, period - at, at)


def _distance(box: Box, size: tuple[int, int]) -> Floats:
    """Px from each pixel to the photo, (height, width); below 0 inside, near extended sides."""
    left, top, right, bottom = box
    x, y = np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32)
    never = np.float32(-np.inf)
    dx = np.maximum(left - x if left > 0 else never, x - right + 1 if right < size[0] else never)
    dy = np.maximum(top - y if top > 0 else never, y - bottom + 1 if bottom < size[1] else never)
    wide, high = np.broadcast_to(dx, size[:1]), np.broadcast_to(dy, size[1:])
    return np.asarray(np.maximum(wide[None], high[:, None]), np.float32)


def _softened(picture: Floats, away: Floats) -> Floats:
    """Softer the further away from the photo."""
    height = len(picture)
    wanted = np.interp(away, [0, 0.05 * height, 0.32 * height], [0, 1.6, 3.0])
    out = picture
    for k, share in enumerate(SOFTNESS):
        mix = np.clip(wanted - k, 0, 1)[..., None].astype(np.float32)
        out = out * (1 - mix) + blurred(picture, share * height) * mix
    return np.asarray(out, np.float32)


def _faded(layer: Floats, away: Floats) -> Floats:
    """A person (height, width, 4) whose alpha ends softly where the photo does."""
    first, last = (share * len(layer) for share in FADES)
    gone = np.clip((away - first) / (last - first), 0, 1)
    out = layer.copy()
    out[..., 3] *= 1 - gone * gone * (3 - 2 * gone)
    return out
