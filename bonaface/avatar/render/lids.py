"""A blink behind glasses: a painted lid, and the rims and reflections that stay in front of it.

The skin above such an eye is held by the mesh, or the rim would bend; the lid comes down from it.
"""

import cv2
import numpy as np

from bonaface.avatar.render.eyes import CURVE, FLAT, lid_rows, measure_gap, share_shown
from bonaface.avatar.render.opening import open_between
from bonaface.avatar.render.posing import Posed
from bonaface.avatar.rig import Bytes, Eye, Floats, Likeness
from bonaface.face import landmarks as lm

BEGIN, END = 0.05, 0.4  # of the way shut: where the lid begins to show, where it is whole


class LidLayer:
    """Paints the upper lid of one eye and what glasses show in front of it."""

    def __init__(self, likeness: Likeness, eye: Eye) -> None:
        self._size = (likeness.width, likeness.height)
        self._rows = lid_rows(likeness, eye)
        self._edge = self._rows[0]
        self._fold = _fold(self._edge)
        lid = np.zeros((2, 2, 4), np.float32) if eye.lid is None else eye.lid
        mirrored = self._edge[0] != int(eye.upper[0])
        self._lid = np.ascontiguousarray(lid[:, ::-1] if mirrored else lid)
        self._glare, self._origin = eye.glare, np.array(eye.origin, np.float32)
        vertices = likeness.mesh.vertices
        depth = vertices[[self._edge[0], self._edge[-1]], 2].mean()
        self._centre = np.array([*eye.iris, depth], np.float32)
        self._gap = max(measure_gap(vertices, self._rows), 1e-3)

    def paint(self, frame: Bytes, posed: Posed) -> None:
        """Paint as much into `frame` (height, width, 4) as the eye is shut."""
        shown = share_shown(measure_gap(posed.points, self._rows) / self._gap, BEGIN, END)
        if shown > 0:
            self._paint_lid(frame, posed, shown)
            self._paint_glare(frame, posed, shown)

    def _paint_lid(self, frame: Bytes, posed: Posed, shown: float) -> None:
        fold, edge = CURVE @ posed.points[self._fold], CURVE @ posed.points[self._edge]
        opening = open_between(fold, edge, self._size)
        if opening is None:
            return
        height, width = opening.cover.shape
        x = np.arange(opening.left, opening.left + width, dtype=np.float32)
        y = np.arange(opening.top, opening.top + height, dtype=np.float32)[:, None]
        tall, wide = (side - 1 for side in self._lid.shape[:2])
        part = (y - opening.high) / np.maximum(opening.low - opening.high, np.float32(0.5))
        along = (x - edge[0, 0]) / max(float(edge[-1, 0] - edge[0, 0]), 1.0)
        u = np.broadcast_to(np.clip(along, 0, 1) * wide, part.shape).astype(np.float32)
        v = np.clip(part * tall, 0, tall).astype(np.float32)
        lid = cv2.remap(self._lid, u, v, cv2.INTER_LINEAR)
        _lay_over(frame, lid * (shown * opening.cover)[..., None], opening.left, opening.top)

    def _paint_glare(self, frame: Bytes, posed: Posed, shown: float) -> None:
        if self._glare is None:
            return
        back = posed.stance.way_back(self._centre, FLAT, 10.0)
        height, width = self._glare.shape[:2]
        corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32)
        middle = self._centre[:2] - self._origin
        there = (corners - middle - back[:, 2]) @ np.linalg.inv(back[:, :2]).T
        left, top = (max(int(edge), 0) for edge in np.floor(there.min(0)))
        right, bottom = np.minimum(np.ceil(there.max(0)).astype(int) + 1, self._size)
        if left >= right or top >= bottom:
            return
        way = back.astype(np.float64)
        way[:, 2] += middle + back[:, :2] @ np.array([left, top])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        glare = cv2.warpAffine(
            self._glare, way, (int(right) - left, int(bottom) - top), flags=flags
        )
        _lay_over(frame, np.asarray(glare * np.float32(shown), np.float32), left, top)


def _fold(edge: list[int]) -> list[int]:
    """The ring of vertices above the edge of a lid, in its order."""
    for rings in (lm.RIGHT_UPPER_LID, lm.LEFT_UPPER_LID):
        if set(rings[0]) == set(edge):
            return [rings[1][rings[0].index(i)] for i in edge]
    raise ValueError("This edge belongs to neither of a face's upper lids.")


def _lay_over(frame: Bytes, paint: Floats, left: int, top: int) -> None:
    """Lay premultiplied RGBA (h, w, 4) over a part of `frame`."""
    height, width = paint.shape[:2]
    under = frame[top : top + height, left : left + width, :3]
    mixed = under * (1 - paint[..., 3:]) + paint[..., :3]
    under[...] = np.clip(mixed + 0.5, 0, 255)
