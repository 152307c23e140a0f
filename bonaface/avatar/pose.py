"""What a face does at one moment: the values that pass from mouth to manner to render."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bonaface.core import Time, frozen

# What lips do, each 0 to 1. `closure` overrides: 1 is lips that touch, whatever the jaw does.
LIPS = (
    "jawOpen",
    "upperUp",
    "lowerDown",
    "stretch",
    "smile",
    "pucker",
    "funnel",
    "rollUpper",
    "rollLower",
    "FF",
    "tongue",
    "closure",
)

# What the mesh can do, named as in ARKit where ARKit has a name. Left is the subject's left.
SHAPES = (
    "jawOpen",
    "jawSide",
    "upperUp",
    "lowerDown",
    "stretch",
    "smileL",
    "smileR",
    "frown",
    "pucker",
    "funnel",
    "rollUpper",
    "rollLower",
    "blinkL",
    "blinkR",
    "squint",
    "browInnerUp",
    "browDown",
    "browOuterUp",
    "cheekPuff",
    "noseSneer",
    "FF",
    "wide",
)


@dataclass(frozen=True, slots=True, eq=False)
class Lips:
    """The lips at one moment."""

    at: Time
    weights: NDArray[np.float32]  # (len(LIPS),), read-only
    loudness: float = 0.0  # 0 silence to 1 the voice's own loud; manner nods and raises brows to it
    stress: float = 0.0  # 0 to 1, near a stressed vowel

    def __post_init__(self) -> None:
        frozen(self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """The whole face at one moment. Angles in degrees, lengths in millimetres of the face."""

    at: Time
    shapes: NDArray[np.float32]  # (len(SHAPES),), read-only
    turn: tuple[float, float, float] = (0.0, 0.0, 0.0)  # yaw, pitch, roll
    shift: tuple[float, float] = (0.0, 0.0)  # head to the right and down
    gaze: tuple[float, float] = (0.0, 0.0)  # irises to the right and down
    tongue: float = 0.0
    closure: float = 0.0
    breath: float = 0.0  # shoulders up

    def __post_init__(self) -> None:
        frozen(self.shapes)


def mix(own: Pose, other: Pose, share: float) -> Pose:
    """Give `own` at its time, with `share` (0 to 1) of it replaced by `other`."""

    def between(first: tuple[float, ...], second: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(a + (b - a) * share for a, b in zip(first, second, strict=True))

    yaw, pitch, roll = between(own.turn, other.turn)
    return Pose(
        own.at,
        own.shapes + (other.shapes - own.shapes) * np.float32(share),
        (yaw, pitch, roll),
        between(own.shift, other.shift),  # type: ignore[arg-type]
        between(own.gaze, other.gaze),  # type: ignore[arg-type]
        *between(
            (own.tongue, own.closure, own.breath), (other.tongue, other.closure, other.breath)
        ),
    )
