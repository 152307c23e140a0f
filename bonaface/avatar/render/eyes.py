"""Eyes: eyeballs that look about behind the lids, their catch-lights and the lids' shadow."""

from typing import NamedTuple

import cv2
import numpy as np

from bonaface.avatar.render.compiled import compiled, inlined
from bonaface.avatar.render.opening import Opening, heights, open_between, smooth_curve
from bonaface.avatar.render.posing import Posed
from bonaface.avatar.rig import Bytes, Eye, Floats, Likeness

FLAT = np.eye(2, 3, dtype=np.float32)  # along the picture
CURVE = smooth_curve(9, 33)  # from the vertices of a lid to its edge
REACH = (3.4, 2.2)  # mm that irises go sideways, and up or down, at most
GLINT = 0.3  # share of the gaze that a catch-light follows: the cornea is a mirror that turns
GLINT_LIGHT = 22.0  # how much brighter than the iris around it a catch-light is
DUSK = 0.42  # share of its light that an eye loses right under a closing lid
DUSK_DEPTH = 1.6  # mm down from the lid


class Ball(NamedTuple):
    """What an eye looks like; textures are (height, width, 3), places px of the texture."""

    colour: Floats  # without the catch-light
    glint: Floats  # the catch-light, added
    shadow: Floats  # multiplied
    centre: tuple[float, float]  # of the iris
    radius: float  # of the iris, px


class Look(NamedTuple):
    """Where an eye is and what it looks at, in one pose; all in px of the texture."""

    back: Floats  # (2, 3) from the picture to the texture
    gaze: tuple[float, float]
    lids: Floats  # (2, width) edges of the lids in each column
    shifts: Floats  # (2, width) how far they moved from where they were in the photo
    dusk: float
    depth: float


class EyeLayer:
    """Paints one eye."""

    def __init__(self, likeness: Likeness, eye: Eye) -> None:
        self._size = (likeness.width, likeness.height)
        self._scale = likeness.scale
        self._rows = np.array(lid_rows(likeness, eye))
        vertices = likeness.mesh.vertices
        origin = np.array(eye.origin, np.float32)
        self._ball = _ball(eye)
        self._width = eye.ball.shape[1]
        self._origin = np.array(eye.iris, np.float32) - origin
        corners = vertices[self._rows[0, [0, -1]]]
        self._centre = np.array([*eye.iris, corners[:, 2].mean()], np.float32)
        self._rest = self._heights(CURVE @ vertices[self._rows, :2] - origin)
        self._gap = float((self._rest[1] - self._rest[0]).max())

    def paint(self, frame: Bytes, posed: Posed) -> None:
        """Paint the eye into `frame` (height, width, 4)."""
        curves = CURVE @ posed.points[self._rows]
        opening = open_between(curves[0], curves[1], self._size)
        if opening is not None:
            _paint(frame, opening, self._ball, self._look(posed, curves))

    def _heights(self, curves: Floats) -> Floats:
        return np.stack([heights(curve, 0, self._width) for curve in curves])

    def _look(self, posed: Posed, curves: Floats) -> Look:
        back = posed.stance.way_back(self._centre, FLAT, 10.0)
        back[:, 2] += self._origin
        lids = self._heights(curves @ back[:, :2].T + back[:, 2])
        gap = float((lids[1] - lids[0]).max())
        return Look(
            back=back,
            gaze=_within_reach(posed.pose.gaze, self._scale),
            lids=lids,
            shifts=lids - self._rest,
            dusk=DUSK * min(max(1 - gap / max(self._gap, 1e-3), 0.0), 1.0),
            depth=DUSK_DEPTH * self._scale,
        )


def lid_rows(likeness: Likeness, eye: Eye) -> tuple[list[int], list[int]]:
    """Vertices of an eye's upper and lower lid, from image left to image right."""
    upper, lower = eye.upper.tolist(), eye.lower.tolist()
    x = likeness.mesh.vertices[:, 0]
    return (upper, lower) if x[upper[0]] < x[upper[-1]] else (upper[::-1], lower[::-1])


def measure_gap(points: Floats, rows: tuple[list[int], list[int]]) -> float:
    """Mean distance in px between the rows of the two lids, `points` (n, 2 or 3), corners apart."""
    ways = points[rows[1][1:-1], :2] - points[rows[0][1:-1], :2]
    return float(np.hypot(ways[:, 0], ways[:, 1]).mean())


def share_shown(gap: float, begin: float, end: float) -> float:
    """How much of a shut eye shows: 0 until `begin` of the way shut to 1 from `end` on.

    `gap` is the opening as a share of that in the portrait.
    """
    return min(max((1 - gap - begin) / (end - begin), 0.0), 1.0)


def _within_reach(gaze: tuple[float, float], scale: float) -> tuple[float, float]:
    """Gaze in px; what is too far for an eye stays at the edge of its reach."""
    x, y = gaze
    far = max(float(np.hypot(x / REACH[0], y / REACH[1])), 1.0)
    return (x / far * scale, y / far * scale)


def _ball(eye: Eye) -> Ball:
    """Part an eyeball's catch-light, the small bright spots on the iris, from the rest."""
    ball = eye.ball.astype(np.float32)
    centre = (eye.iris[0] - eye.origin[0], eye.iris[1] - eye.origin[1])
    y, x = np.mgrid[: ball.shape[0], : ball.shape[1]].astype(np.float32)
    away = np.hypot(x - centre[0], y - centre[1]) / eye.radius
    side = 2 * max(1, round(0.42 * eye.radius)) + 1
    plain = np.stack([cv2.medianBlur(eye.ball[..., k].copy(), side) for k in range(3)], -1)
    over = ball - plain
    bright = np.clip((over.mean(-1) - GLINT_LIGHT) / GLINT_LIGHT, 0, 1) * (away < 0.8)
    spot = cv2.GaussianBlur(cv2.dilate(bright, np.ones((3, 3), np.uint8)), (3, 3), 0)
    glint = np.maximum(over, 0) * spot[..., None]
    shadow = np.ascontiguousarray(eye.shadow, np.float32)
    return Ball(ball - glint, np.ascontiguousarray(glint), shadow, centre, float(eye.radius))


@compiled
def _paint(frame: Bytes, opening: Opening, ball: Ball, look: Look) -> None:
    colour = np.empty(9, np.float32)
    for row in range(opening.cover.shape[0]):
        for column in range(opening.cover.shape[1]):
            cover = opening.cover[row, column]
            if cover > np.float32(0.004):
                y, x = opening.top + row, opening.left + column
                u = look.back[0, 0] * x + look.back[0, 1] * y + look.back[0, 2]
                v = look.back[1, 0] * x + look.back[1, 1] * y + look.back[1, 2]
                _shade(ball, look, u, v, colour)
                for k in range(3):
                    under = np.float32(frame[y, x, k])
                    light = under + (colour[k] - under) * cover
                    frame[y, x, k] = np.uint8(min(max(light + np.float32(0.5), 0), 255))


@inlined
def _shade(ball: Ball, look: Look, u: float, v: float, colour: Floats) -> None:
    """The light of an eye at one place of its texture, into colour[:3]; the rest is for sums."""
    width = ball.colour.shape[1]
    gaze_x, gaze_y = look.gaze
    away = np.hypot(u - gaze_x - ball.centre[0], v - gaze_y - ball.centre[1]) / ball.radius
    go = min(max((2.1 - away) / 0.95, 0.0), 1.0)  # the iris goes along, the corners stay
    go = go * go * (3 - 2 * go)
    column = min(max(int(u), 0), width - 1)
    high, low = look.lids[0, column], look.lids[1, column]
    part = min(max((v - high) / max(low - high, np.float32(0.5)), 0.0), 1.0)
    shift = look.shifts[0, column] * (1 - part) + look.shifts[1, column] * part
    dusk = 1 - look.dusk * np.exp(-max(v - high, 0.0) / look.depth)
    _sample(ball.colour, u - gaze_x * go, v - gaze_y * go, colour[0:3])
    _sample(ball.glint, u - gaze_x * GLINT, v - gaze_y * GLINT, colour[3:6])
    _sample(ball.shadow, u, v - shift, colour[6:9])
    for k in range(3):
        colour[k] = (colour[k] + colour[3 + k]) * colour[6 + k] * dusk


@inlined
def _sample(texture: Floats, u: float, v: float, into: Floats) -> None:
    height, width = texture.shape[:2]
    u, v = min(max(u, 0.0), width - 1.001), min(max(v, 0.0), height - 1.001)
    left, top = int(u), int(v)
    fu, fv = np.float32(u - left), np.float32(v - top)
    for k in range(3):
        a = texture[top, left, k] + (texture[top, left + 1, k] - texture[top, left, k]) * fu
        b = texture[top + 1, left, k]
        b += (texture[top + 1, left + 1, k] - texture[top + 1, left, k]) * fu
        into[k] = a + (b - a) * fv
