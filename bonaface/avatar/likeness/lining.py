"""What the skin shows where lips were parted: lip, so that no tooth sticks to a lip that closes."""

import cv2
import numpy as np

from bonaface.avatar.likeness.background import fill_in
from bonaface.avatar.likeness.contour import along
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.rig import Bytes, Floats
from bonaface.face import landmarks as lm

EDGE = 0.35  # mm of lip beside the opening that always holds a tooth's glow
UPPER, LOWER, CORNER = 2.2, 1.1, 3.0  # mm from the opening in which teeth, gaps may still be seen
SHADE = 0.80  # how much darker a lip is where it turns in


def line_lips(layer: Bytes, landmarks: Places, ruler: Ruler) -> Bytes:
    """`layer` (height, width, 4) with the opening of the mouth covered by the lips' own colours."""
    left, top, right, bottom = _around(landmarks, ruler, layer.shape)
    piece = layer[top:bottom, left:right, :3].astype(np.float32)
    moved = landmarks - (left, top, 0)
    opening = between_lips(moved, piece.shape)
    red = _red(moved, piece.shape)
    lipness = _lipness(piece, red * (_grown(opening, 1.2 * ruler.scale) < 0.5))
    hidden = _hidden(piece, moved, ruler, opening, lipness)
    known = (1 - hidden) * np.where(red > 0.5, lipness, 0.08)
    filled = fill_in(piece * known[..., None], known)
    deep = cv2.GaussianBlur(opening, (0, 0), 0.7 * ruler.scale)
    filled *= (1 - (1 - SHADE) * np.clip(2 * deep, 0, 1))[..., None]
    soft = cv2.GaussianBlur(hidden, (0, 0), 0.25 * ruler.scale)[..., None]
    lined = layer.copy()
    mixed = piece * (1 - soft) + filled * soft
    lined[top:bottom, left:right, :3] = np.clip(mixed + 0.5, 0, 255)
    return lined


def _hidden(
    piece: Floats, landmarks: Places, ruler: Ruler, opening: Floats, lipness: Floats
) -> Floats:
    """Where the piece shows something that does not belong to a closed mouth, (h, w) 0 or 1."""
    apart = 1 - np.clip(lipness * 2.5, 0, 1)
    upper = _shifted(opening, -UPPER * ruler.down[1] * ruler.scale)
    lower = _shifted(opening, LOWER * ruler.down[1] * ruler.scale)
    band = np.maximum(upper, lower) * _inside_lips(landmarks, piece.shape)
    corners = np.zeros_like(opening)
    for i in (78, 308):
        x, y = np.round(landmarks[i, :2]).astype(int)
        cv2.circle(corners, (int(x), int(y)), max(1, round(CORNER * ruler.scale)), 1.0, -1)
    light = piece.mean(-1)
    calm = cv2.GaussianBlur(light, (0, 0), 4 * ruler.scale)
    dark = (light < 0.72 * calm) * corners
    sure = _grown(opening, EDGE * ruler.scale)
    hidden = np.maximum(np.maximum(sure, (band * apart > 0.4).astype(np.float32)), dark)
    return _grown(np.asarray(hidden > 0.3, np.float32), 0.2 * ruler.scale)


def _shifted(mask: Floats, far: float) -> Floats:
    """A mask smeared down (or up, below 0) by `far` px."""
    reach = max(1, round(abs(far)))
    kernel = np.zeros((2 * reach + 1, 1), np.uint8)  # dilation looks the other way
    kernel[: reach + 1] = far > 0
    kernel[reach:] |= np.uint8(far < 0)
    return np.asarray(cv2.dilate(mask, kernel), np.float32)


def _grown(mask: Floats, far: float) -> Floats:
    reach = max(1, round(far))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate((mask > 0.05).astype(np.float32), kernel), np.float32)


def _lipness(piece: Floats, red: Floats) -> Floats:
    """How much each pixel has the colour of these lips, (h, w) 0 to 1."""
    lab = cv2.cvtColor(piece / 255, cv2.COLOR_RGB2LAB)
    known = lab[red > 0.5].astype(np.float64)
    if len(known) < 12:
        return red
    spread = np.cov(known.T) + np.diag([60.0, 8.0, 8.0])
    off = lab - np.median(known, 0)
    distance = np.einsum("...i,ij,...j->...", off, np.linalg.inv(spread), off)
    return np.asarray(np.exp(-0.2 * distance), np.float32)


def _red(landmarks: Places, shape: tuple[int, ...]) -> Floats:
    """Where lips are red, (h, w) 0 or 1."""
    red = np.zeros(shape[:2], np.float32)
    for rings in (lm.UPPER_LIP, lm.LOWER_LIP):
        outline = np.concatenate(
            [
                along(landmarks[list(rings[0]), :2], 41),
                along(landmarks[list(rings[3]), :2], 41)[::-1],
            ]
        )
        cv2.fillPoly(red, [np.round(outline).astype(np.int32)], 1.0)
    return red


def _inside_lips(landmarks: Places, shape: tuple[int, ...]) -> Floats:
    """Within the outline of both lips, (h, w) 0 or 1."""
    inside = np.zeros(shape[:2], np.float32)
    _fill(inside, landmarks, lm.UPPER_LIP[0], lm.LOWER_LIP[0])
    return inside


def _fill(mask: Floats, landmarks: Places, upper: tuple[int, ...], lower: tuple[int, ...]) -> None:
    above, below = (along(landmarks[list(ring), :2], 41) for ring in (upper, lower))
    outline = np.round(np.concatenate([above, below[::-1]])).astype(np.int32)
    cv2.fillPoly(mask, [outline], 1.0)


def _around(landmarks: Places, ruler: Ruler, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """A box (left, top, right, bottom) about the lips."""
    lips = landmarks[list(lm.UPPER_LIP[0] + lm.LOWER_LIP[0]), :2]
    margin = 8 * ruler.scale
    left, top = np.maximum(np.floor(lips.min(0) - margin), 0).astype(int)
    right, bottom = np.minimum(np.ceil(lips.max(0) + margin), (shape[1], shape[0])).astype(int)
    return int(left), int(top), int(right), int(bottom)


def between_lips(landmarks: Places, shape: tuple[int, ...]) -> Floats:
    """How much of each pixel lies between the inner edges of the lips, (height, width) 0 to 1."""
    fine = 4
    upper = along(landmarks[list(lm.UPPER_LIP[3]), :2], 81)
    lower = along(landmarks[list(lm.LOWER_LIP[3]), :2], 81)
    outline = np.concatenate([upper, lower[::-1]])
    low = np.maximum(np.floor(outline.min(0)) - 2, 0).astype(int)
    high = np.minimum(np.ceil(outline.max(0)) + 3, (shape[1], shape[0])).astype(int)
    wide, tall = high - low
    big = np.zeros((tall * fine, wide * fine), np.uint8)
    cv2.fillPoly(big, [np.round((outline - low + 0.5) * fine - 0.5).astype(np.int32)], 255)
    opening = np.zeros(shape[:2], np.float32)
    small = cv2.resize(big, (int(wide), int(tall)), interpolation=cv2.INTER_AREA)
    opening[low[1] : high[1], low[0] : high[0]] = small / np.float32(255)
    return opening
