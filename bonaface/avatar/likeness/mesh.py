"""Where the vertices are and which three make a triangle.

468 landmarks, then ten rings of 36 from the face's oval out to the border of the canvas. The
triangles of the face are those of the face-mesh model (MediaPipe, Apache-2.0), kept as vertex
numbers in triangles.npy.
"""

from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.likeness.ruler import Places
from bonaface.avatar.rig import BLEND, HIDDEN, LIPS, OPAQUE, Bytes, Indices
from bonaface.face import landmarks as lm

RINGS, SPOKES = 10, len(lm.OVAL)
VERTICES = lm.FACE + RINGS * SPOKES
STEEPEST = 1.9  # px back for each px aside: no fold up to 27 degrees
BESIDE = np.deg2rad(9.0)  # seen from the middle of the face
OUTSIDE = 1.05  # times as far from the middle
MARGIN = 3  # px beside a triangle that its edge still takes colour from
OVERLAP = 2.0  # px that the last ring lies outside of the canvas

_FILE = Path(__file__).with_name("triangles.npy")


@cache
def _face_triangles() -> NDArray[np.int32]:
    triangles: NDArray[np.int32] = np.load(_FILE, allow_pickle=False).astype(np.int32)
    return triangles


def place_vertices(landmarks: Places, size: tuple[int, int]) -> Places:
    """All vertices (VERTICES, 3) px of a canvas of `size` (width, height)."""
    face = _unfolded(landmarks[: lm.FACE])
    oval = face[list(lm.OVAL)]
    centre = oval.mean(0)
    out = _border(oval, centre, size)
    radius = np.linalg.norm((oval - centre)[:, :2], axis=1)
    reach = np.linalg.norm((out - centre)[:, :2], axis=1)
    room = np.maximum(reach - radius, OVERLAP)
    # Steps grow outwards, the more the further the border is: fine around the face, coarse beyond.
    bend = 1.6 * np.log(np.maximum(1.02, room / (0.7 * radius)))
    rings = [face]
    for k in range(1, RINGS + 1):
        share = np.expm1(bend * k / RINGS) / np.expm1(bend)
        flat = oval + (out - oval) * (share * room / np.maximum(reach - radius, 1e-6))[:, None]
        rings.append(_with_depth(flat, oval, centre))
    return _gentle(np.concatenate(rings))


def _unfolded(face: Places) -> Places:
    """The face with its oval outside of everything else, also on the side that is turned away."""
    oval = list(lm.OVAL)
    centre = face[oval].mean(0)[:2]
    away = face[:, :2] - centre
    reach, angle = np.hypot(*away.T), np.arctan2(away[:, 1], away[:, 0])
    inner = np.setdiff1d(np.arange(lm.FACE), oval)
    apart = np.abs(np.angle(np.exp(1j * (angle[oval][:, None] - angle[inner][None]))))
    near = np.where(apart < BESIDE, reach[inner][None], 0.0).max(1)
    grown = np.maximum(1.0, OUTSIDE * near / reach[oval])
    out = face.copy()
    out[oval, :2] = centre + away[oval] * grown[:, None]
    return out


def _gentle(vertices: Places) -> Places:
    """Vertices whose depth falls back no steeper than STEEPEST, so that turning folds nothing.

    Seen from the front the sides of a face are steep; turned, they would hide behind themselves
    and show a jagged edge. Depth is the lowest that a path along edges leads to.
    """
    triangles = skin_triangles()
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    steps = vertices[edges[:, 0], :2] - vertices[edges[:, 1], :2]
    climbs = STEEPEST * np.linalg.norm(steps, axis=1)
    depth = vertices[:, 2].copy()
    for _ in range(2 * RINGS):
        np.minimum.at(depth, edges[:, 0], depth[edges[:, 1]] + climbs)
    return np.column_stack([vertices[:, :2], depth])


def _border(oval: Places, centre: Places, size: tuple[int, int]) -> Places:
    """Where the spokes leave the canvas; the spoke nearest to each corner ends in it."""
    low, high = np.array([-OVERLAP] * 2), np.array(size) - 1 + OVERLAP
    way = (oval - centre)[:, :2]
    way = np.where(np.abs(way) < 1e-6, 1e-6, way)
    reach = np.where(way > 0, (high - centre[:2]) / way, (low - centre[:2]) / way).min(1)
    out = oval.copy()
    out[:, :2] = centre[:2] + way * np.maximum(reach, 1.0)[:, None]
    corners = np.array([[x, y] for x in (low[0], high[0]) for y in (low[1], high[1])])
    for corner in corners:
        nearest = int(np.argmax(_cosine(way, corner - centre[:2])))
        out[nearest, :2] = corner
    return out


def _cosine(ways: Places, way: Places) -> Places:
    cosine: Places = ways @ way / np.linalg.norm(ways, axis=1) / np.linalg.norm(way)
    return cosine


def _with_depth(ring: Places, oval: Places, centre: Places) -> Places:
    """Depth of a ring: the oval's near the face, falling back behind it and then level."""
    height = np.ptp(oval[:, 1])
    mean = oval[:, 2].mean()
    times = np.linalg.norm((ring - centre)[:, :2], axis=1)
    times = times / np.linalg.norm((oval - centre)[:, :2], axis=1)
    keep = np.clip(1 - (times - 1) / 0.5, 0, 1)
    back = 0.12 * height * np.clip(times - 1, 0, 0.7)
    out = ring.copy()
    out[:, 2] = mean + (oval[:, 2] - mean) * keep + back
    return out


def _strip(upper: tuple[int, ...], lower: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Triangles that fill the gap between two edges which meet at their ends."""
    found = []
    for a, b, c, d in zip(upper, upper[1:], lower, lower[1:], strict=False):
        if a != c:
            found.append((a, c, b))
        if b != d:
            found.append((b, c, d))
    return found


def _ring_triangles() -> list[tuple[int, int, int]]:
    """Outermost first."""
    rows = [list(lm.OVAL)]
    rows += [list(range(i, i + SPOKES)) for i in range(lm.FACE, VERTICES, SPOKES)]
    found = []
    for inner, outer in reversed(list(pairwise(rows))):
        for i in range(SPOKES):
            j = (i + 1) % SPOKES
            found += [(inner[i], outer[i], inner[j]), (inner[j], outer[i], outer[j])]
    return found


def skin_triangles() -> Indices:
    """Triangles (m, 3) of skin and surroundings: all but those that fill the mouth and the eyes."""
    return np.concatenate([np.array(_ring_triangles(), np.int32), _face_triangles()])


def make_triangles(vertices: Places, matte: Bytes) -> tuple[Indices, Bytes]:
    """Triangles (m, 3) from back to front and what each shows (m,).

    `matte` (height, width) says where the person is. Front faces wind clockwise as seen.
    """
    around = np.array(_ring_triangles(), np.int32)
    lips = np.array(_strip(lm.UPPER_LIP[3], lm.LOWER_LIP[3]), np.int32)
    eyes = _strip(lm.RIGHT_UPPER_LID[0], lm.RIGHT_LOWER_LID[0])
    eyes += _strip(lm.LEFT_UPPER_LID[0], lm.LEFT_LOWER_LID[0])
    face = _face_triangles()
    face = face[np.argsort(-vertices[face][:, :, 2].mean(1))]
    triangles = np.concatenate([around, lips, np.array(eyes, np.int32), face])
    kinds = np.array([_shown(vertices[t, :2], matte) for t in triangles], np.uint8)
    kinds[len(around) : len(around) + len(lips)] = LIPS
    return _wound(vertices, triangles), kinds


def _wound(vertices: Places, triangles: Indices) -> Indices:
    a, b, c = (vertices[triangles[:, k], :2] for k in range(3))
    ab, ac = b - a, c - a
    turned = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] < 0
    triangles = triangles.copy()
    triangles[turned] = triangles[turned][:, [0, 2, 1]]
    return triangles.astype(np.int32)


def _shown(corners: Places, matte: Bytes) -> int:
    """What a triangle shows, by the matte inside of it and up to MARGIN beside it."""
    height, width = matte.shape
    low = np.clip(np.floor(corners.min(0)) - MARGIN, 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(corners.max(0)) + MARGIN + 1, 1, (width, height)).astype(int)
    box = matte[low[1] : high[1], low[0] : high[0]]
    if box.max() == 0:
        return HIDDEN
    if box.min() == 255:
        return OPAQUE
    area = np.zeros(box.shape, np.uint8)
    outline = np.round(corners - low).astype(np.int32)
    cv2.fillConvexPoly(area, outline, 1)
    cv2.polylines(area, [outline], isClosed=True, color=1, thickness=2 * MARGIN + 1)
    inside = box[area > 0]
    if inside.max(initial=0) == 0:
        return HIDDEN
    return OPAQUE if inside.min() == 255 else BLEND


def head_weights(vertices: Places, size: tuple[int, int], pinned: tuple[bool, ...]) -> Places:
    """How much each vertex turns with the head, (n,) 0 to 1: face and hair do, shoulders do not.

    `pinned` (left, top, right) names borders at which the head is cut off by the canvas: there it
    stays put, or turning would pull in what the photo does not show.
    """
    width, height = size
    oval = vertices[list(lm.OVAL)]
    tall = np.ptp(oval[:, 1])
    chin = vertices[lm.CHIN, 1]
    start, end = chin + 0.02 * tall, min(chin + 0.75 * tall, height * 1.0)
    weights = 1 - _smooth((vertices[:, 1] - start) / max(end - start, 0.05 * tall))
    reach = 0.16 * min(width, height)
    x, y = vertices[:, 0], vertices[:, 1]
    for pin, distance in zip(pinned, (x, y, width - 1 - x), strict=True):
        if pin:
            near = _smooth(distance / reach)
            near[: lm.FACE] = 1.0
            weights = weights * near
    return weights


def _smooth(x: Places) -> Places:
    x = np.clip(x, 0, 1)
    smooth: Places = x * x * (3 - 2 * x)
    return smooth
