"""Upper lids: the skin that a closing eye unfolds, and the lashes at its edge.

The mesh can only stretch the strip of lid that the photo shows, lashes and all, over the whole
eye. So as the eye closes the likeness's painted lid is laid over the stretched strip.
"""

from typing import NamedTuple

import numpy as np

from bonaface.avatar.render.compiled import compiled, inlined
from bonaface.avatar.render.eyes import CURVE, lid_rows
from bonaface.avatar.render.opening import Opening, open_between
from bonaface.avatar.render.posing import Posed
from bonaface.avatar.rig import Bytes, Eye, Floats, Likeness
from bonaface.face import landmarks as lm

BEGIN, END = 0.10, 0.5  # of the way shut: where the painted lid begins to show, where it is whole
LASH_WIDTH, LASH_STRENGTH = 0.4, 0.75  # mm, and how dark
FRINGE_WIDTH, FRINGE_STRENGTH = 1.2, 0.25  # the shadow that lashes throw below


class Lid(NamedTuple):
    """One lid in one pose."""

    skin: Floats  # (h, w, 4) premultiplied RGBA, from image left to right and from fold to edge
    lash: Floats  # (3,)
    shown: float  # 0 to 1
    ends: tuple[float, float]  # px of the picture, where the eye begins and ends
    scale: float  # px per mm


class LidLayer:
    """Paints one upper lid."""

    def __init__(self, likeness: Likeness, eye: Eye) -> None:
        self._size = (likeness.width, likeness.height)
        self._scale = likeness.scale
        self._edge, self._lower = lid_rows(likeness, eye)
        self._fold = _fold(self._edge)
        self._skin = _skin(eye, mirrored=self._edge[0] != int(eye.upper[0]))
        self._lash = _lash(self._skin)
        self._gap = self._gap_of(likeness.mesh.vertices[:, :2])

    def _gap_of(self, points: Floats) -> float:
        ways = points[self._lower[1:-1]] - points[self._edge[1:-1]]
        return float(np.hypot(ways[:, 0], ways[:, 1]).mean())

    def paint(self, frame: Bytes, posed: Posed) -> None:
        """Paint as much of the lid into `frame` (height, width, 4) as the eye is closed."""
        shut = 1 - self._gap_of(posed.points) / max(self._gap, 1e-3)
        shown = min(max((shut - BEGIN) / (END - BEGIN), 0.0), 1.0)
        if shown == 0:
            return
        fold, edge = CURVE @ posed.points[self._fold], CURVE @ posed.points[self._edge]
        opening = open_between(fold, edge, self._size, margin=2 + round(4 * self._scale))
        if opening is not None:
            ends = (float(edge[0, 0]), float(edge[-1, 0]))
            lid = Lid(self._skin, self._lash, shown, ends, self._scale)
            _paint(frame, opening, lid)


def _fold(edge: list[int]) -> list[int]:
    """The ring of vertices above a lid's edge, in the order of the edge."""
    for rings in (lm.RIGHT_UPPER_LID, lm.LEFT_UPPER_LID):
        if set(rings[0]) == set(edge):
            return [rings[1][rings[0].index(i)] for i in edge]
    raise ValueError("This edge belongs to none of a face's two upper lids.")


def _skin(eye: Eye, *, mirrored: bool) -> Floats:
    if eye.lid is None:
        return np.zeros((2, 2, 4), np.float32)
    return np.ascontiguousarray(eye.lid[:, ::-1] if mirrored else eye.lid, np.float32)


def _lash(skin: Floats) -> Floats:
    """The colour of lashes (3,): what the painted lid has at the middle of its edge."""
    middle = skin[-1, skin.shape[1] // 4 : -skin.shape[1] // 4]
    colour: Floats = middle[:, :3].sum(0) / max(float(middle[:, 3].sum()), 1e-3)
    return np.float32(0.9) * colour


@compiled
def _paint(frame: Bytes, opening: Opening, lid: Lid) -> None:
    colour = np.empty(4, np.float32)
    height, width = opening.cover.shape
    begin, end = lid.ends
    for column in range(width):
        x = opening.left + column
        along = (x - begin) / (end - begin)
        if not 0 < along < 1:
            continue
        high, low = opening.high[column], opening.low[column]
        side = min(1.0, 4 * along, 4 * (1 - along))  # lashes grow shorter towards the corners
        for row in range(height):
            y = opening.top + row
            part = min(max((y - high) / max(low - high, np.float32(0.5)), 0.0), 1.0)
            _sample(lid.skin, along, part, colour)
            over = lid.shown * opening.cover[row, column]
            lash = lid.shown * side * _lashes((y - low) / lid.scale)
            if over + lash > 0.004:
                for k in range(3):
                    light = frame[y, x, k] * (1 - over * colour[3]) + over * colour[k]
                    light += (lid.lash[k] - light) * lash
                    frame[y, x, k] = np.uint8(min(max(light + 0.5, 0), 255))


@inlined
def _lashes(below: float) -> float:
    """How dark lashes are `below` mm under the edge of the lid."""
    line: float = LASH_STRENGTH * np.exp(-((below - 0.1) ** 2) / (2 * LASH_WIDTH**2))
    fringe: float = FRINGE_STRENGTH * np.exp(-(below**2) / (2 * FRINGE_WIDTH**2))
    return max(line, fringe) if below > 0 else line


@inlined
def _sample(texture: Floats, along: float, part: float, into: Floats) -> None:
    height, width = texture.shape[:2]
    u, v = along * (width - 1.001), part * (height - 1.001)
    left, top = int(u), int(v)
    fu, fv = np.float32(u - left), np.float32(v - top)
    for k in range(4):
        a = texture[top, left, k] + (texture[top, left + 1, k] - texture[top, left, k]) * fu
        b = texture[top + 1, left, k]
        b += (texture[top + 1, left + 1, k] - texture[top + 1, left, k]) * fu
        into[k] = a + (b - a) * fv
