"""The line of lashes at the edge of a closing lid.

The lid itself is the photo's own skin, which the mesh stretches down from under the brow. The
lashes of an open eye point at the viewer and those of a closed one down: they are drawn.
"""

from typing import NamedTuple

import numpy as np

from bonaface.avatar.render.compiled import compiled, inlined
from bonaface.avatar.render.eyes import CURVE, lid_rows, measure_gap, share_shown
from bonaface.avatar.render.opening import Opening, open_between
from bonaface.avatar.render.posing import Posed
from bonaface.avatar.rig import Bytes, Eye, Floats, Likeness

BEGIN, END = 0.15, 0.8  # of the way shut: where the line begins to show, where it is whole
WIDTH, STRENGTH = 0.4, 0.75  # mm, and how dark
FRINGE_WIDTH, FRINGE_STRENGTH = 1.2, 0.25  # mm, and how dark: the shadow they throw below
DARKEST = 0.15  # share of the pixels along a lid's edge that show lashes
PALEST = 0.62  # lashes are at most this much of the brightness of skin
ROOM = 4.0  # mm around the lid to draw in


class Line(NamedTuple):
    """The lashes of one eye in one pose."""

    colour: Floats  # (3,)
    shown: float  # 0 to 1
    ends: tuple[float, float]  # px of the picture, where the eye begins and ends
    scale: float  # px per mm


class LashLayer:
    """Paints the lashes of one upper lid."""

    def __init__(self, likeness: Likeness, eye: Eye) -> None:
        self._size = (likeness.width, likeness.height)
        self._scale = likeness.scale
        self._rows = lid_rows(likeness, eye)
        self._edge, self._lower = self._rows
        self._colour = _colour(likeness, self._edge, self._lower)
        self._gap = max(measure_gap(likeness.mesh.vertices, self._rows), 1e-3)

    def paint(self, frame: Bytes, posed: Posed) -> None:
        """Paint lashes into `frame` (height, width, 4), the stronger the more the eye is shut."""
        shown = share_shown(measure_gap(posed.points, self._rows) / self._gap, BEGIN, END)
        if shown == 0:
            return
        edge = CURVE @ posed.points[self._edge]
        around = open_between(edge, edge, self._size, margin=2 + round(ROOM * self._scale))
        if around is not None:
            ends = (float(edge[0, 0]), float(edge[-1, 0]))
            _paint(frame, around, Line(self._colour, shown, ends, self._scale))


def _colour(likeness: Likeness, edge: list[int], lower: list[int]) -> Floats:
    """The colour of lashes (3,): the darkest that the photo shows along the edge of the lid."""
    vertices = likeness.mesh.vertices[:, :2]
    down = (vertices[lower] - vertices[edge])[1:-1]
    places = vertices[edge][1:-1] + down * np.linspace(-0.15, 0.12, 9)[:, None, None]
    height, width = likeness.layer.shape[:2]
    x = np.clip(np.rint(places[..., 0]).astype(int), 0, width - 1)
    y = np.clip(np.rint(places[..., 1]).astype(int), 0, height - 1)
    seen = likeness.layer[y, x, :3].reshape(-1, 3).astype(np.float32)
    order = np.argsort(seen.mean(1))[: max(1, int(DARKEST * len(seen)))]
    colour: Floats = np.minimum(seen[order].mean(0), PALEST * np.array(likeness.skin, np.float32))
    return colour.astype(np.float32)


@compiled
def _paint(frame: Bytes, around: Opening, line: Line) -> None:
    height, width = around.cover.shape
    begin, end = line.ends
    for column in range(width):
        x = around.left + column
        along = (x - begin) / (end - begin)
        if not 0 < along < 1:
            continue
        side = min(1.0, 4 * along, 4 * (1 - along))  # lashes grow shorter towards the corners
        for row in range(height):
            y = around.top + row
            dark = line.shown * side * _darkness((y - around.low[column]) / line.scale)
            if dark > 0.004:
                for k in range(3):
                    light = frame[y, x, k] + (line.colour[k] - frame[y, x, k]) * dark
                    frame[y, x, k] = np.uint8(min(max(light + 0.5, 0), 255))


@inlined
def _darkness(below: float) -> float:
    """How dark lashes are `below` mm under the edge of the lid."""
    line: float = STRENGTH * np.exp(-((below - 0.1) ** 2) / (2 * WIDTH**2))
    fringe: float = FRINGE_STRENGTH * np.exp(-(below**2) / (2 * FRINGE_WIDTH**2))
    return max(line, fringe) if below > 0 else line
