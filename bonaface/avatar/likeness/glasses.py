"""Whether a face wears glasses, and which vertices these hold still."""

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.likeness.regions import LID_EDGES, MOUTH
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.rig import Bytes, Floats
from bonaface.face import landmarks as lm

BAR = 7.6  # levels of lightness by which a bar differs from the skin above and below it
SIDE, ABOVE, BELOW = 30.0, 17.0, 25.0  # mm from an iris to the rim of its lens
RIM = 3.0  # mm, the thickest rim
LASHES = 1.0  # mm around the opening of an eye
CREASE = 2.5  # mm further out, where a lid folds
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
    """Vertices behind glasses, but for the edges of the lids, which blink."""
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
    return frozenset(found) - LID_EDGES - MOUTH


def find_glare(picture: Floats, aperture: Floats, scale: float) -> Floats:
    """(h, w, 4) premultiplied RGBA: rims and reflections around an eye, in front of its lids.

    `picture` (h, w, 3) shows an eye, `aperture` (h, w) 0 to 1 how much lies between the lids, whose
    lashes and whites are nothing of the glasses. A rim is a thin line, darker or brighter than what
    is beside it.
    """
    light = picture.mean(-1)
    kernel = _disc(RIM * scale)
    lines = np.maximum(
        cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, kernel),
        cv2.morphologyEx(light, cv2.MORPH_TOPHAT, kernel),
    )
    calm = float(np.median(light))
    rims = np.clip((lines - 0.14 * calm) / (0.14 * calm), 0, 1)
    shine = np.clip((picture.max(-1) - np.percentile(picture.max(-1), 80) - 30) / 30, 0, 1)
    away = cv2.distanceTransform((aperture < 0.1).astype(np.uint8), cv2.DIST_L2, 3) / scale
    bright = np.maximum(rims, shine) * np.clip((away - LASHES) / LASHES, 0, 1)
    marks = _reaching((bright > 0.3), away > LASHES + CREASE)
    shown = cv2.GaussianBlur(bright * marks, (0, 0), 0.5)
    alpha = np.clip(1.3 * shown, 0, 1)[..., None]
    return np.dstack([picture * alpha, alpha]).astype(np.float32)


def _reaching(marks: NDArray[np.bool_], far: NDArray[np.bool_]) -> Floats:
    """Those marks (h, w) that lie in `far` for a good part: lashes and creases do not; 0 or 1."""
    count, parts = cv2.connectedComponents(marks.astype(np.uint8))
    sizes = np.bincount(parts.ravel(), minlength=count)
    outside = np.bincount(parts[far], minlength=count)
    keep = outside > 0.4 * sizes
    keep[0] = False
    kept = cv2.dilate(keep[parts].astype(np.float32), np.ones((3, 3), np.uint8))
    return np.asarray(kept, np.float32)


def _disc(across: float) -> NDArray[np.uint8]:
    size = max(3, round(across) | 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
