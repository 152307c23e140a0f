"""Eyeballs behind their lids: the iris made whole, its white, and the light that lids take."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.likeness.glasses import find_glare
from bonaface.avatar.likeness.lid import paint_lid
from bonaface.avatar.likeness.ruler import Places, Ruler
from bonaface.avatar.rig import Bytes, Eye, Floats
from bonaface.face import landmarks as lm

MARGIN = 10.0  # mm of texture around the lids, so that the eyeball can turn
_SIDES = (
    (lm.RIGHT_UPPER_LID, lm.RIGHT_LOWER_LID, lm.RIGHT_IRIS),
    (lm.LEFT_UPPER_LID, lm.LEFT_LOWER_LID, lm.LEFT_IRIS),
)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """A piece of the canvas about one eye. Places are px of the piece."""

    origin: tuple[int, int]
    picture: Floats  # (h, w, 3)
    open: Floats  # (h, w) how much of each pixel lies between the lids
    inside: NDArray[np.bool_]  # (h, w) surely between the lids
    away: Floats  # (h, w) px from the centre of the iris
    rise: Floats  # (h, w) px above the centre of the iris
    radius: float  # px
    scale: float  # px per mm


def make_eyes(canvas: Bytes, landmarks: Places, ruler: Ruler, *, glasses: bool) -> tuple[Eye, Eye]:
    """Both eyes, the one at image left first."""
    right, left = (_make_eye(canvas, landmarks, ruler, side, glasses=glasses) for side in range(2))
    return right, left


def _make_eye(canvas: Bytes, landmarks: Places, ruler: Ruler, side: int, *, glasses: bool) -> Eye:
    upper, lower, iris = _SIDES[side]
    view = _view(canvas, landmarks, ruler, side)
    ball = _ball(view)
    x, y = landmarks[iris, :2]
    return Eye(
        upper=np.array(upper[0], np.int32),
        lower=np.array(lower[0], np.int32),
        iris=(float(x), float(y)),
        radius=view.radius,
        origin=view.origin,
        ball=np.clip(ball + 0.5, 0, 255).astype(np.uint8),
        shadow=_shadow(view, ball),
        lid=paint_lid(canvas, landmarks, lower) if glasses else None,
        glare=find_glare(view.picture, view.open, view.scale) if glasses else None,
    )


def _view(canvas: Bytes, landmarks: Places, ruler: Ruler, side: int) -> _View:
    upper, lower, iris = _SIDES[side]
    lids = landmarks[list(upper[0] + lower[0][-2:0:-1]), :2]
    centre = landmarks[iris, :2]
    radius = float(np.linalg.norm(landmarks[iris + 1 : iris + 5, :2] - centre, axis=1).mean())
    margin = MARGIN * ruler.scale
    height, width = canvas.shape[:2]
    left, top = np.clip(np.floor(lids.min(0) - margin), 0, (width - 4, height - 4)).astype(int)
    right, bottom = np.clip(np.ceil(lids.max(0) + margin), (left + 4, top + 4), (width, height))
    picture = canvas[top : int(bottom), left : int(right)].astype(np.float32)
    cover = _cover(lids - (left, top), picture.shape[:2])
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    dx, dy = x + left - centre[0], y + top - centre[1]
    kernel = np.ones((2, 2), np.uint8)
    return _View(
        origin=(int(left), int(top)),
        picture=picture,
        open=cover,
        inside=cv2.erode((cover > 0.8).astype(np.uint8), kernel) > 0,
        away=np.hypot(dx, dy).astype(np.float32),
        rise=(-dy).astype(np.float32),
        radius=radius,
        scale=ruler.scale,
    )


def _cover(outline: Places, shape: tuple[int, ...]) -> Floats:
    """How much of each pixel an outline (n, 2) covers, 0 to 1."""
    fine = 4
    big = np.zeros((shape[0] * fine, shape[1] * fine), np.uint8)
    cv2.fillPoly(big, [np.round((outline + 0.5) * fine - 0.5).astype(np.int32)], 255)
    small = cv2.resize(big, (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / np.float32(255)


def _soft(mask: NDArray[np.generic], sigma: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), sigma), np.float32)


def _ball(view: _View) -> Floats:
    """(h, w, 3): what is seen where it is seen, and a likely eyeball elsewhere."""
    rim = np.clip((view.radius * 1.1 - view.away) / (view.radius * 0.16), 0, 1)[..., None]
    made = _white(view) * (1 - rim) + _iris(view) * rim
    core = cv2.erode(view.inside.astype(np.uint8), np.ones((3, 3), np.uint8))
    seen = (_soft(core, 0.5 * view.scale) * view.inside)[..., None]
    return np.asarray(view.picture * seen + made * (1 - seen), np.float32)


def _white(view: _View) -> Floats:
    """The white of the eye, shaded like a ball under an upper lid."""
    seen = view.inside & (view.away > view.radius * 1.15)
    if seen.sum() < 6:
        tone = np.array([205.0, 198.0, 194.0]) * min(1.0, view.picture.mean() / 110 + 0.35)
    else:
        known = view.picture[seen]
        light = known.mean(1)
        tone = known[light >= np.percentile(light, 55)].mean(0)
    fall = np.clip(1 - 0.1 * np.clip(view.rise / view.radius, -1, 2), 0.75, 1.05)
    flat = tone * fall[..., None]
    near = _soft(seen, 0.8 * view.scale)[..., None]
    local = cv2.GaussianBlur(view.picture * seen[..., None], (0, 0), 0.8 * view.scale)
    share = np.clip(near * 1.5, 0, 1)
    return np.asarray(local / np.maximum(near, 1e-3) * share + flat * (1 - share), np.float32)


def _iris(view: _View) -> Floats:
    """The whole iris: what lids hide is made of what is seen as far from the centre."""
    bins = 40
    seen = view.inside & (view.away < view.radius * 1.06)
    at = np.clip((view.away / (view.radius * 1.2) * (bins - 1)).astype(int), 0, bins - 1)
    count = np.bincount(at[seen], minlength=bins)
    if not count.any():
        return np.full_like(view.picture, 40.0)
    known = np.flatnonzero(count)
    rings = np.empty((bins, 3))
    for k in range(3):
        total = np.bincount(at[seen], view.picture[..., k][seen], bins)
        rings[:, k] = np.interp(np.arange(bins), known, total[known] / count[known])
    made = cv2.GaussianBlur(rings[at].astype(np.float32), (0, 0), 0.6)
    share = (_soft(view.inside, 0.35 * view.scale) * view.inside)[..., None]
    return np.asarray(view.picture * share + made * (1 - share), np.float32)


def _shadow(view: _View, ball: Floats) -> Floats:
    """(h, w, 3) photo by ball between the lids, going on outwards; it makes the photo at rest."""
    ratio = np.clip((view.picture + 6) / (ball + 6), 0.25, 1.06)
    between = (view.open > 0.35).astype(np.float32)[..., None]
    near = cv2.GaussianBlur(between, (0, 0), 0.9 * view.scale)[..., None]
    spread = cv2.GaussianBlur(ratio * between, (0, 0), 0.9 * view.scale) / np.maximum(near, 1e-3)
    outside = np.where(near > 1e-3, spread, 0.8)
    return np.where(between > 0, ratio, outside).astype(np.float32)
