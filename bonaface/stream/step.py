"""The beat of a live session: 20 ms of sound, and what the lips do meanwhile."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.pose import LIPS, Lips, Pose
from bonaface.core import SECOND, Time, frozen

Floats: TypeAlias = NDArray[np.float32]
RATE: Final = 48_000  # samples a second, in and out
STEP: Final[Time] = SECOND // 50
RUN: Final = RATE // 50  # samples in a step
FADE: Final = RATE // 100  # samples over which sound is cut off or comes back: 10 ms

QUIET: Final[Floats] = np.zeros(RUN, np.float32)
frozen(QUIET)
REST: Final = Lips(0, np.zeros(len(LIPS), np.float32))


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What is heard for 20 ms, and the lips that go with it. It has no time of its own yet."""

    samples: Floats  # (RUN,) at RATE, read-only
    lips: Lips

    def __post_init__(self) -> None:
        frozen(self.samples)


IDLE: Final = Step(QUIET, REST)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A step at its place on the timeline, ready to be performed."""

    at: Time
    step: Step
    pose: Pose | None = None  # of a person who moves the face; None: it moves by itself
    share: float = 1.0  # how much of `pose` there is in the face, 0 to 1
    draw: bool = True  # False: too late, let the picture go and keep the sound


def cut_steps(samples: Floats) -> list[Floats]:
    """Cut (n * RUN,) samples into steps; what is less than one is filled with silence."""
    missing = -len(samples) % RUN
    whole = np.concatenate([samples, np.zeros(missing, np.float32)]) if missing else samples
    return list(whole.reshape(-1, RUN))


def fade_out(samples: Floats) -> Floats:
    """Give a step whose sound ends within its first FADE samples."""
    faded = np.zeros(RUN, np.float32)
    faded[:FADE] = samples[:FADE] * np.linspace(1, 0, FADE, dtype=np.float32)
    return faded


def fade_in(samples: Floats) -> Floats:
    """Give a step whose sound comes in over its first FADE samples."""
    faded = samples.copy()
    faded[:FADE] *= np.linspace(0, 1, FADE, dtype=np.float32)
    return faded
