"""Where everything goes: shapes bend the face, closure seals the lips, the neck turns the head."""

from dataclasses import dataclass
from math import cos, isfinite, radians, sin
from typing import NamedTuple

import numpy as np

from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.compiled import compiled, inlined
from bonaface.avatar.rig import Floats, Indices, Likeness
from bonaface.face import landmarks as lm

# How far the rings of a lip go along when its inner edge moves to the other lip's, outline first
FOLLOW = np.array([0.36, 0.70, 0.88, 1.0], np.float32)
LID_DOWN, LID_UP = 0.07, 0.3  # of blink and of wide, for each mm that the eyes look down and up
LOWER_SHARE = 0.62  # of the way, when lips close; overlap is shared evenly
LIDS, WIDE = [SHAPES.index(name) for name in ("blinkL", "blinkR")], SHAPES.index("wide")


class Stance(NamedTuple):
    """How the head stands: what it does to places that belong to the skull."""

    rotation: Floats  # (3, 3)
    pivot: Floats  # (3,) px
    shift: tuple[float, float]  # px
    focal: float  # px

    def way_back(self, point: Floats, axes: Floats, length: float) -> Floats:
        """The way (2, 3) from the picture onto a small flat thing.

        The thing is at `point` (3,) of the upright head, and lies along `axes` (2, 3), of which
        it fills about `length`. The way ends in parts of the axes, `point` being nothing.
        """
        return _way_back(self, point, axes, length)


class Lips(NamedTuple):
    """Vertices (rings, n) of the lips, corners apart and outline first; and the way down."""

    upper: Indices
    lower: Indices
    down: Floats  # (3,)


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """A likeness in a pose."""

    pose: Pose
    points: Floats  # (n, 2) px of the picture
    stance: Stance

    def shape(self, name: str) -> float:
        """The weight of one shape."""
        return float(self.pose.shapes[SHAPES.index(name)])


class Skeleton:
    """Bends and turns one likeness."""

    def __init__(self, likeness: Likeness) -> None:
        mesh = likeness.mesh
        self._likeness = likeness
        self._calm = np.ascontiguousarray(mesh.vertices + mesh.rest, np.float32)
        self._moves = np.ascontiguousarray(mesh.basis.T, np.float32)
        self._shoulders = (1 - mesh.head).astype(np.float32)
        rings = (np.array(ring, np.int32)[:, 1:-1] for ring in (lm.UPPER_LIP, lm.LOWER_LIP))
        upper, lower = (np.ascontiguousarray(ring) for ring in rings)
        self._lips = Lips(upper, lower, likeness.down.astype(np.float32))
        self._pivot = np.ascontiguousarray(likeness.pivot, np.float32)

    @property
    def calm(self) -> Floats:
        """(n, 3) px: the face at rest, before any pose."""
        return self._calm

    def bend(self, pose: Pose) -> Floats:
        """The vertices (n, 3) px before the head turns.

        Raises ValueError for a pose that holds something else than finite numbers.
        """
        _check(pose)
        solid = _bend(self._calm, self._moves, _with_lids(pose))
        _meet(solid, self._lips, float(pose.closure))
        return solid

    def stand(self, pose: Pose) -> Stance:
        """How the head stands in a pose."""
        likeness = self._likeness
        right, down = pose.shift
        shift = (float(right * likeness.scale), float(down * likeness.scale))
        return Stance(_rotation(pose.turn), self._pivot, shift, float(likeness.focal))

    def pose(self, pose: Pose) -> Posed:
        """Bend the face and turn the head."""
        solid, stance = self.bend(pose), self.stand(pose)
        breath = float(pose.breath * self._likeness.scale)
        return Posed(pose, _place(solid, stance, self._shoulders, breath), stance)


def _check(pose: Pose) -> None:
    single = (*pose.turn, *pose.shift, *pose.gaze, pose.tongue, pose.closure, pose.breath)
    if not (all(map(isfinite, single)) and np.isfinite(pose.shapes).all()):
        raise ValueError("A pose is made of finite numbers.")


def _with_lids(pose: Pose) -> Floats:
    """The shapes, with lids that follow the eyes up and down."""
    shapes = np.array(pose.shapes, np.float32)
    down = min(max(pose.gaze[1], -2.0), 2.0)
    for lid in LIDS:
        shapes[lid] += LID_DOWN * max(down, 0.0) * (1 - shapes[lid])
    shapes[WIDE] += LID_UP * max(-down, 0.0)
    return shapes


def _rotation(turn: tuple[float, float, float]) -> Floats:
    """Yaw, then pitch, then roll, in degrees; z points away from the viewer."""
    (cy, cp, cr), (sy, sp, sr) = ([of(radians(angle)) for angle in turn] for of in (cos, sin))
    across = [cr * cy - sr * sp * sy, -sr * cp, cr * sy + sr * sp * cy]
    down = [sr * cy + cr * sp * sy, cr * cp, sr * sy - cr * sp * cy]
    return np.array([across, down, [-cp * sy, sp, cp * cy]], np.float32)


@compiled
def _bend(calm: Floats, moves: Floats, shapes: Floats) -> Floats:
    """Add moves (shapes, n * 3), each with its weight, to places (n, 3)."""
    solid = calm.copy()
    flat = solid.reshape(-1)
    for s in range(moves.shape[0]):
        weight = shapes[s]
        if weight != 0:
            move = moves[s]
            for i in range(flat.shape[0]):
                flat[i] += weight * move[i]
    return solid


@compiled
def _meet(solid: Floats, lips: Lips, closure: float) -> None:
    """Bring the lips together, all the way at closure 1; at any closure they do not cross."""
    closure = min(max(closure, 0.0), 1.0)
    for i in range(lips.upper.shape[1]):
        gap = np.float32(0)
        for k in range(3):
            gap += (solid[lips.lower[-1, i], k] - solid[lips.upper[-1, i], k]) * lips.down[k]
        share = LOWER_SHARE if gap > 0 else 0.5
        close = gap * closure if gap > 0 else gap
        for ring in range(lips.upper.shape[0]):
            raised, lowered = FOLLOW[ring] * share * close, FOLLOW[ring] * (1 - share) * close
            for k in range(3):
                solid[lips.lower[ring, i], k] -= np.float32(raised * lips.down[k])
                solid[lips.upper[ring, i], k] += np.float32(lowered * lips.down[k])


@compiled
def _place(solid: Floats, stance: Stance, shoulders: Floats, breath: float) -> Floats:
    """Where places (n, 3) are seen, (n, 2) px; shoulders stay, and rise with the breath (px)."""
    points = np.empty((solid.shape[0], 2), np.float32)
    for i in range(solid.shape[0]):
        x, y = _turn(stance, solid[i])
        stays = shoulders[i]
        points[i, 0] = x + (solid[i, 0] - x) * stays
        points[i, 1] = y + (solid[i, 1] - np.float32(breath) - y) * stays
    return points


@compiled
def _way_back(stance: Stance, point: Floats, axes: Floats, length: float) -> Floats:
    x, y = _turn(stance, point)
    reach = np.float32(length)
    ax, ay = _turn(stance, point + axes[0] * reach)
    bx, by = _turn(stance, point + axes[1] * reach)
    ax, ay, bx, by = (ax - x) / length, (ay - y) / length, (bx - x) / length, (by - y) / length
    area = ax * by - bx * ay
    way = np.empty((2, 3), np.float32)
    way[0, 0], way[0, 1] = by / area, -bx / area
    way[1, 0], way[1, 1] = -ay / area, ax / area
    for k in range(2):
        way[k, 2] = -way[k, 0] * x - way[k, 1] * y
    return way


@inlined
def _turn(stance: Stance, point: Floats) -> tuple[float, float]:
    """Where a point (3,) of the upright head is seen, px."""
    turn, pivot = stance.rotation, stance.pivot
    x, y, z = point[0] - pivot[0], point[1] - pivot[1], point[2] - pivot[2]
    right = turn[0, 0] * x + turn[0, 1] * y + turn[0, 2] * z
    down = turn[1, 0] * x + turn[1, 1] * y + turn[1, 2] * z
    away = turn[2, 0] * x + turn[2, 1] * y + turn[2, 2] * z
    nearer = 1 + (away - z) / stance.focal
    return right / nearer + pivot[0] + stance.shift[0], down / nearer + pivot[1] + stance.shift[1]
