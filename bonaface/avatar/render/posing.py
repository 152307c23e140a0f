"""Where everything goes: shapes bend the face, closure seals the lips, the neck turns the head."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.rig import Floats, Likeness
from bonaface.face import landmarks as lm

# How far the rings of a lip go along when its inner edge moves to the other lip's, outline first
FOLLOW = np.array([0.36, 0.70, 0.88, 1.0], np.float32)
LID_DOWN, LID_UP = 0.07, 0.3  # of blink and of wide, for each mm that the eyes look down and up
LOWER_SHARE = 0.62  # of the way, when lips close; overlap is shared evenly


@dataclass(frozen=True, slots=True, eq=False)
class Stance:
    """How the head stands: what it does to places that belong to the skull."""

    rotation: Floats  # (3, 3)
    pivot: Floats  # (3,) px
    shift: Floats  # (2,) px
    focal: float  # px

    def place(self, points: Floats) -> Floats:
        """Where points (n, 3) of the upright head are seen, (n, 2) px."""
        away = points - self.pivot
        turned = away @ self.rotation.T
        nearer = 1 + (turned[:, 2:] - away[:, 2:]) / self.focal
        seen: Floats = turned[:, :2] / nearer + (self.pivot[:2] + self.shift)
        return seen

    def frame(self, point: Floats, axes: Floats, length: float) -> "Frame":
        """The picture's frame of a small flat thing at `point` (3,) along `axes` (2, 3)."""
        corners = self.place(np.stack([point, point + axes[0] * length, point + axes[1] * length]))
        ways = (corners[1:] - corners[0]).T / length
        return Frame((float(corners[0, 0]), float(corners[0, 1])), np.linalg.inv(ways))


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """Where a flat thing is, and how to come back from the picture onto it."""

    origin: tuple[float, float]  # px of the picture
    back: NDArray[np.float32]  # (2, 2) px of the picture to px of the thing


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
        self._shoulders = (1 - mesh.head[:, None]).astype(np.float32)
        self._upper = np.array(lm.UPPER_LIP)[:, 1:-1]
        self._lower = np.array(lm.LOWER_LIP)[:, 1:-1]
        self._down = likeness.down.astype(np.float32)

    @property
    def calm(self) -> Floats:
        """(n, 3) px: the face at rest, before any pose."""
        return self._calm

    def bend(self, pose: Pose) -> Floats:
        """The vertices (n, 3) px before the head turns.

        Raises ValueError for a pose that holds something else than finite numbers.
        """
        _check(pose)
        bent = self._likeness.mesh.basis @ _with_lids(pose)
        solid: Floats = self._calm + bent.reshape(-1, 3)
        self._meet(solid, pose.closure)
        return solid

    def _meet(self, solid: Floats, closure: float) -> None:
        """Bring the lips together, all the way at closure 1; at any closure they do not cross."""
        gaps = (solid[self._lower[-1]] - solid[self._upper[-1]]) @ self._down
        close = gaps * np.where(gaps > 0, np.float32(min(max(closure, 0.0), 1.0)), np.float32(1))
        share = np.where(gaps > 0, np.float32(LOWER_SHARE), np.float32(0.5))
        raised = FOLLOW[:, None] * (share * close)
        lowered = FOLLOW[:, None] * ((1 - share) * close)
        solid[self._lower] -= raised[..., None] * self._down
        solid[self._upper] += lowered[..., None] * self._down

    def stand(self, pose: Pose) -> Stance:
        """How the head stands in a pose."""
        likeness = self._likeness
        shift = np.array(pose.shift, np.float32) * np.float32(likeness.scale)
        return Stance(_rotation(pose.turn), likeness.pivot, shift, likeness.focal)

    def pose(self, pose: Pose) -> Posed:
        """Bend the face and turn the head."""
        solid, stance = self.bend(pose), self.stand(pose)
        points = stance.place(solid)
        risen = solid[:, :2].copy()
        risen[:, 1] -= np.float32(pose.breath * self._likeness.scale)
        points += (risen - points) * self._shoulders
        return Posed(pose, np.ascontiguousarray(points, np.float32), stance)


def _check(pose: Pose) -> None:
    single = (*pose.turn, *pose.shift, *pose.gaze, pose.tongue, pose.closure, pose.breath)
    if not (np.isfinite(pose.shapes).all() and np.isfinite(single).all()):
        raise ValueError("A pose is made of finite numbers.")


def _with_lids(pose: Pose) -> Floats:
    """The shapes, with lids that follow the eyes up and down."""
    shapes = np.array(pose.shapes, np.float32)
    down = min(max(pose.gaze[1], -2.0), 2.0)
    for name in ("blinkL", "blinkR"):
        shapes[SHAPES.index(name)] += LID_DOWN * max(down, 0) * (1 - shapes[SHAPES.index(name)])
    shapes[SHAPES.index("wide")] += LID_UP * max(-down, 0)
    return shapes


def _rotation(turn: tuple[float, float, float]) -> Floats:
    """Yaw, then pitch, then roll, in degrees; z points away from the viewer."""
    (cy, cp, cr), (sy, sp, sr) = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rotation: Floats = (roll @ pitch @ yaw).astype(np.float32)
    return rotation
