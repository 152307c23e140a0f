"""Faces of nobody that move as they are told: landmarks by numbers, for tests of motion."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, over
from bonaface.face import landmarks as lm
from bonaface.face.find import Face
from bonaface.forensics.look import Look, Sight
from bonaface.forensics.reference.motion.following import Following, Moved
from bonaface.forensics.reference.motion.moves import Moves, gather_moves

Floats = NDArray[np.float64]
Told = Callable[[float], Floats]
LIPS = sorted({i for ring in (*lm.UPPER_LIP, *lm.LOWER_LIP) for i in ring})
LOWER = sorted({i for ring in lm.LOWER_LIP for i in ring[1:-1]})


def shape() -> Floats:
    """A face (478, 3), 200 high: eyes, brows, nose, lips and chin in their places."""
    points = np.random.default_rng(0).normal(size=(478, 3)) * (30, 40, 12)
    for row, x, y in (
        (lm.RIGHT_UPPER_LID[0], -30, -33), (lm.RIGHT_LOWER_LID[0], -30, -27),
        (lm.LEFT_UPPER_LID[0], 30, -33), (lm.LEFT_LOWER_LID[0], 30, -27),
        (lm.RIGHT_BROW, -30, -45), (lm.LEFT_BROW, 30, -45),
        (lm.UPPER_LIP[0], 0, 45), (lm.UPPER_LIP[3], 0, 49),
        (lm.LOWER_LIP[0], 0, 57), (lm.LOWER_LIP[3], 0, 53),
    ):  # fmt: skip
        wide = 13 if abs(x) else 22
        points[list(row), 0] = x + np.linspace(-wide, wide, len(row))
        points[list(row), 1] = y
    for index, place in (
        (33, (-45, -30, 5)), (133, (-17, -30, 0)), (263, (45, -30, 5)), (362, (17, -30, 0)),
        (lm.FOREHEAD, (0, -100, 0)), (lm.CHIN, (0, 100, 0)), (1, (0, 10, -25)), (2, (0, 18, -15)),
        (234, (-70, 0, 30)), (454, (70, 0, 30)), (61, (-24, 51, 0)), (291, (24, 51, 0)),
    ):  # fmt: skip
        points[index] = place
    return points


def turn(points: Floats, degrees: Floats) -> Floats:
    """Turn a face by yaw, pitch and roll."""
    yaw, pitch, roll = np.radians(degrees)
    across = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    up = np.array(
        [[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]]
    )
    over = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turned: Floats = points @ (over @ up @ across).T
    return turned


def lively(head: float = 4.0, mouth: float = 6.0, brows: float = 2.0, seed: int = 0) -> Told:
    """How far head, mouth and brows go; each to and fro in its own time."""
    phases = np.random.default_rng(seed).uniform(0, 6, 8)

    def place(when: float) -> Floats:
        waves = np.sin(
            2 * np.pi * np.array([0.5, 0.7, 0.4, 2.6, 1.9, 0.9, 1.3, 0.6]) * when + phases
        )
        points = shape()
        points[LOWER, 1] += mouth * (1 + waves[3])
        points[lm.CHIN, 1] += mouth * (1 + waves[3])
        points[LIPS, 0] *= 1 + 0.01 * mouth * waves[4]
        points[[*lm.RIGHT_BROW, *lm.LEFT_BROW], 1] += brows * waves[5]
        for lid in (lm.RIGHT_UPPER_LID[0], lm.LEFT_UPPER_LID[0]):
            points[list(lid)[1:-1], 1] += brows * 0.5 * waves[6]
        turned = turn(points, head * waves[:3])
        turned[:, 0] += head * waves[7]
        return turned

    return place


def film(
    told: Told, seconds: float = 10.5, rate: float = 25.0, size: float = 1.0, faces: int = 1
) -> Iterator[Look]:
    """Looks at a face that moves as told, `size` times 200 px high."""
    pixels = np.zeros((8, 8, 3), np.uint8)
    for i in range(round(seconds * rate)):
        placed = told(i / rate) * size + (320, 240, 0)
        points = placed.astype(np.float32)
        face = Face((0.0, 0.0, 1.0, 1.0), points, 1.0, 1.0)
        sights = tuple(Sight(number, face) for number in range(faces))
        yield Look(Picture(round(i / rate * SECOND), pixels), sights)


def windows(looks: Sequence[Look]) -> list[Moved]:
    """What is followed in some looks; is_clear has to be stood in for."""
    return list(over(Following(), looks))


@cache
def known() -> Moves:
    """Somebody enrolled."""
    seen = [one for seed in range(3) for one in windows(list(film(lively(seed=seed))))]
    return gather_moves([one.features for one in seen], [], 25.0, 200.0)
