"""The scene behind the person, filled in where the person stood."""

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.rig import Bytes, Floats

MARGIN = 2.0  # mm around the person in which the scene still holds traces of hair


def paint_background(canvas: Bytes, scene: NDArray[np.bool_], scale: float) -> Bytes:
    """The canvas with all that is not `scene` filled in smoothly from its surroundings.

    A head that turns uncovers a narrow band, so what matters is that colours join on calmly, not
    detail (push and pull, Gortler et al. 1996).
    """
    grow = max(3, int(2 * MARGIN * scale) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (grow, grow))
    known = cv2.erode(scene.astype(np.uint8), kernel).astype(np.float32)
    picture = canvas.astype(np.float32)
    filled = fill_in(picture * known[..., None], known)
    keep = cv2.GaussianBlur(known, (0, 0), 0.5 * scale + 0.5)[..., None] * known[..., None]
    out = picture * keep + filled * (1 - keep)
    painted: Bytes = np.clip(out + 0.5, 0, 255).astype(np.uint8)
    return painted


def fill_in(colours: Floats, weights: Floats) -> Floats:
    """Spread known colours (h, w, k), premultiplied by weights (h, w) 0 to 1, over all else."""
    height, width = weights.shape
    if min(height, width) <= 2:
        mean = colours.sum((0, 1)) / max(float(weights.sum()), 1e-6)
        return np.broadcast_to(mean, colours.shape).astype(np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    fewer = cv2.resize(colours, half, interpolation=cv2.INTER_AREA)
    less = cv2.resize(weights, half, interpolation=cv2.INTER_AREA)
    boost = 1 / np.maximum(less, 0.25)  # one known pixel in four is enough to know
    coarse = fill_in(fewer * boost[..., None], np.minimum(less * boost, 1))
    coarse = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    out = colours + (1 - weights[..., None]) * coarse
    return np.asarray(out, np.float32)
