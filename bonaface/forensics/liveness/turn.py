"""Head to a side that was drawn by lot: does it turn in time, and is it round?

A flat picture that is turned or pushed moves all its points by one affine map; a head's nose moves
before its cheeks. What one map leaves over is its relief. A face that software makes after a person
who does turn has relief too: this challenge does not stop it.
"""

from random import Random

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Finding
from bonaface.face import landmarks as lm
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness.challenge import Challenge, Step, Window, chance, make_nonce
from bonaface.forensics.look import Look

NAME = "liveness-turn"
REST, LASTS = 1.0, 5.0  # s straight ahead, s in all
FAR = 10.6  # degrees that count as a turn, as the mesh sees them
FLAT, SLOPE = 0.0166, 170.0  # relief, of a face's height; all fitted by bench/liveness.py
LEAST_FACE, LEAST_LOOKS = 60, 15  # px high, looks
ABSENT, STILL = 2.0, 3.0  # log odds for a head that turned, for one that did not
_RIGHT, _LEFT = 234, 454  # cheeks of the subject
_SPREAD = np.array(
    (lm.NOSE_TIP, 4, 5, 6, 197, 195, 10, 152, 33, 133, 263, 362, 50, 280, 205, 425, 61, 291)
)
Floats = NDArray[np.float64]


class Turn:
    """Check: a turn of the head."""

    def __init__(self, random: Random) -> None:
        side = random.choice(("left", "right"))
        steps = (Step(0, "ahead"), Step(int(REST * SECOND), side))
        words = f"Look straight ahead. After one second, turn your head to your {side} and back."
        lasts = int(LASTS * SECOND)
        self.challenge = Challenge("turn", make_nonce(random), words, steps, lasts)
        self._sign = 1.0 if side == "left" else -1.0
        self._window = Window(lasts)
        self._seen: list[tuple[float, float, Floats]] = []

    def begin(self, at: int) -> None:
        """The page says "straight ahead" at `at`."""
        self._window.began = at

    def push(self, item: Seen) -> None:
        """Measure how the largest face stands."""
        if not isinstance(item, Look) or (when := self._window.find(item.at)) is None:
            return
        if item.sights and item.sights[0].face.height >= LEAST_FACE:
            face = item.sights[0].face
            self._seen.append(
                (
                    when,
                    measure_yaw(face.landmarks),
                    (face.landmarks[:, :2] / face.height).astype(np.float64),
                )
            )

    def measure(self) -> tuple[float, float] | None:
        """Degrees to the side asked for, and relief; None where the face was not seen enough."""
        rest = [one for one in self._seen if one[0] <= REST]
        if len(rest) < LEAST_LOOKS // 5 or len(self._seen) < LEAST_LOOKS:
            return None
        ahead = float(np.median([yaw for _, yaw, _ in rest]))
        _, yaw, turned = max(self._seen, key=lambda one: self._sign * (one[1] - ahead))
        return self._sign * (yaw - ahead), measure_relief(rest[len(rest) // 2][2], turned)

    def answer(self) -> Finding:
        """Did it turn the right way, and as a round thing does?"""
        began, until = self._window.span
        measured = self.measure()
        if measured is None:
            why = "The face was not seen long enough or large enough."
            return Finding(began, until, NAME, None, why, whole=True, quality=0.0)
        far, relief = measured
        if far < FAR:
            why = f"The head did not turn to the side asked for ({max(far, 0.0):.0f} degrees)."
        else:
            manner = "as a head does" if relief > FLAT else "as a flat picture does"
            why = f"The head turned {far:.0f} degrees to the side that was asked for, {manner}."
        return Finding(began, until, NAME, chance(weigh(far, relief)), why, whole=True)


def weigh(far: float, relief: float) -> float:
    """Log odds of an attack."""
    return STILL if far < FAR else min(STILL, max(-ABSENT, SLOPE * (FLAT - relief)))


def measure_yaw(landmarks: NDArray[np.floating]) -> float:
    """Degrees that a face (478, 3) px is turned to its own left."""
    across = landmarks[_LEFT] - landmarks[_RIGHT]
    return float(np.degrees(np.arctan2(across[2], across[0])))


def measure_relief(rest: NDArray[np.floating], turned: NDArray[np.floating]) -> float:
    """What one affine map leaves over between landmarks (478, 2), in the unit of `turned`."""
    here, there = rest[_SPREAD], turned[_SPREAD]
    ways = np.concatenate([here, np.ones((len(here), 1))], 1)
    left = there - ways @ np.linalg.lstsq(ways, there, rcond=None)[0]
    return float(np.sqrt((left**2).sum(1).mean()))
