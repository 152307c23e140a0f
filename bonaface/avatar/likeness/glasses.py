"""Whether a face wears glasses, and which vertices these hold still."""

import cv2
import numpy as np

from bonaface.avatar.likeness.regions import LIDS, MOUTH
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.rig import Bytes, Floats
from bonaface.face import landmarks as lm

BAR = 7.6  # levels of lightness by which a bar differs from the skin above and below it
SIDE, ABOVE, BELOW = 30.0, 17.0, 25.0  # mm from an iris to the rim of its lens
BRIDGE = 12.0  # mm from the middle that the bridge reaches
_FINE = 3  # samples a mm
_THICK = 2  # mm, half the height of the widest bar


def wears_glasses(canvas: Bytes, landmarks: Places, ruler: Ruler) -> bool:
    """Whether a bar crosses the nose. Rimless glasses on pale skin go unseen."""
    return bar_contrast(canvas, landmarks, ruler) >= BAR


def bar_contrast(canvas: Bytes, landmarks: Places, ruler: Ruler) -> float:
    """How much the likeliest bar between the eyes differs from the skin around it, L* of CIELAB."""
    middle = (landmarks[lm.RIGHT_IRIS] + landmarks[lm.LEFT_IRIS])[:2] / 2
    x, y = np.arange(-5, 5, 1 / _FINE), np.arange(-8, 16, 1 / _FINE)
    right, down = (ruler.scale * axis[:2] for axis in (ruler.right, ruler.down))
    grid = (middle + x[None, :, None] * right + y[:, None, None] * down).astype(np.float32)
    nose = cv2.remap(canvas, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR).astype(np.float32)
    light = cv2.GaussianBlur(cv2.cvtColor(nose / 255, cv2.COLOR_RGB2LAB)[..., 0], (0, 0), 1.0)
    rows = light.mean(1)
    k = _THICK * _FINE
    return float(np.abs(rows[k:-k] - (rows[: -2 * k] + rows[2 * k :]) / 2).max())


def rigid_vertices(landmarks: Places, ruler: Ruler) -> frozenset[int]:
    """Vertices behind glasses, but for the lids, which blink."""
    found = set()
    middle = (landmarks[lm.RIGHT_IRIS] + landmarks[lm.LEFT_IRIS]) / 2
    for i in range(lm.FACE):
        place = landmarks[i]
        x, y, _ = ruler.mm(place - middle)
        if abs(x) < BRIDGE and -ABOVE * 0.6 < y < BELOW * 0.6:
            found.add(i)
        for iris in (lm.RIGHT_IRIS, lm.LEFT_IRIS):
            x, y, _ = ruler.mm(place - landmarks[iris])
            if abs(x) < SIDE and -ABOVE < y < BELOW:
                found.add(i)
    return frozenset(found) - LIDS - MOUTH


def find_glare(picture: Floats, scale: float) -> Floats:
    """(h, w, 4) premultiplied RGBA: what shines brighter and larger than an eye does."""
    light = picture.max(-1)
    calm = np.percentile(light, 75)
    bright = np.clip((light - max(calm + 35, 150.0)) / 50, 0, 1)
    kernel = np.ones((max(2, round(1.2 * scale)),) * 2, np.uint8)
    large = cv2.morphologyEx((bright > 0.3).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    reach = cv2.dilate(large, np.ones((5, 5), np.uint8)).astype(np.float32)
    alpha = cv2.GaussianBlur(bright * reach, (0, 0), 0.6)[..., None]
    return np.dstack([picture * alpha, alpha]).astype(np.float32)
