"""A hand passes before the face, from a side drawn by lot: is it there, and does it hide the face?

A recording does not do it. A face that software makes after a caller shows no hand. One that is
laid over a caller's own shows the hand beside it, but not in front of it, where its maker did not
think of hands. Palms are found by a network, and followed against where the face was before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Finding, Picture, Time
from bonaface.face import hands
from bonaface.face.hands import HandFollower
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness.challenge import Challenge, Step, Window, chance, make_nonce
from bonaface.forensics.look import Look
from bonaface.weights import place, weight

NAME = "liveness-hand"
PASSES, EACH, LATEST = 2, 4.0, 0.8  # passes, s of one, s of delay that a network may add
PAUSE: Time = SECOND // 11  # between pictures in which hands are looked for
LEAST_FACE, LEAST_LOOKS = 60, 30  # px high, looks
NEAR: Final = (1.6, 1.3)  # face widths and heights from its middle: further is no pass
ASIDE: Final = 0.25  # face widths from the middle at which a pass begins
AWAY: Final = 0.7  # s without a hand
SIZE: Final = 32  # px, of the face that is compared
HIDES, STIRS = 2.0, 6.0  # times more than what a face changes by itself; that, of 255, unknown
LONGEST: Final = 10  # pictures that a face is hidden; longer, and it only looks different now
_Y, _X = (np.mgrid[0:SIZE, 0:SIZE] + 0.5) / SIZE * 2 - 1
INNER: Final = _X**2 + _Y**2 < 0.8**2  # of a face's box: what is surely face
CORE: Final = _X**2 + _Y**2 < 0.7**2  # the same where a laid-over face may end a little earlier
Pass: TypeAlias = Literal["before", "behind", "absent"]
# Log odds of one pass, fitted by bench/liveness.py; there "before" has -4, more than is believed.
ODDS: Final[dict[Pass, float]] = {"before": -2.5, "behind": 0.2, "absent": 1.9}
WORDS: Final[dict[Pass, str]] = {
    "before": "A hand passed before the face from the {}.",
    "behind": "A hand came from the {}, and did not hide the face.",
    "absent": "No hand passed before the face from the {}.",
}
Floats = NDArray[np.float32]
Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A hand near the face, or a face that is hidden."""

    when: float  # s
    x: float | None  # face widths from the middle, positive to the caller's left; None: no hand
    change: float  # of the face, where the palm is, in what it changes by itself; 0 beside it


class Hand:
    """Check: a hand before the face, twice."""

    def __init__(self, random: Random) -> None:
        sides = [random.choice(("left", "right")) for _ in range(PASSES)]
        steps = tuple(Step(int(i * EACH * SECOND), side) for i, side in enumerate(sides))
        lasts = int((PASSES * EACH + LATEST) * SECOND)
        words = "Pass your open hand slowly before your face, each time from the side that is said."
        self.challenge = Challenge("hand", make_nonce(random), words, steps, lasts)
        self._window = Window(lasts)
        self._hands = HandFollower()
        self._seen: list[Sighting] = []
        self._last: Time | None = None
        self._looks = self._hidden = 0
        self._box: Box | None = None  # where the face was before a hand came
        self._before: Floats | None = None  # what it looked like
        self._own: list[float] = []  # how much it changes by itself

    def begin(self, at: Time) -> None:
        """The first side is said at `at`."""
        self._window.began = at

    def push(self, item: Seen) -> None:
        """Look for hands near the largest face, at most eleven times a second."""
        if not isinstance(item, Look) or (when := self._window.find(item.at)) is None:
            return
        if self._last is not None and item.at - self._last < PAUSE:
            return
        self._last = item.at
        face = item.sights[0].face if item.sights else None
        near = [
            one.box
            for one in self._hands.push(item.picture.pixels)
            if self._box is not None and _is_near(one.box, self._box)
        ]
        if near:
            self._see(when, near[0], item.picture)
        elif face is not None and face.height >= LEAST_FACE:
            self._rest(when, face.box, item.picture)

    def answer(self) -> Finding:
        """Did a hand pass each time, from the side that was said, and hide what is behind it?"""
        began, until = self._window.span
        told = self.measure()
        if told is None:
            why = "The face was not seen long enough or large enough."
            return Finding(began, until, NAME, None, why, whole=True, quality=0.0)
        sides = [step.does for step in self.challenge.steps]
        why = " ".join(WORDS[one].format(side) for one, side in zip(told, sides, strict=True))
        return Finding(began, until, NAME, chance(weigh(told)), why, whole=True)

    def measure(self) -> tuple[Pass, ...] | None:
        """What each pass was; None where the face was not seen well enough."""
        if self._looks < LEAST_LOOKS:
            return None
        return tuple(self._tell(i) for i in range(PASSES))

    def _rest(self, when: float, box: Box, picture: Picture) -> None:
        """No hand is found near: learn what the face looks like, unless something hides it."""
        self._looks += 1
        now = cut_face(picture, box)
        if self._before is not None and now.shape == self._before.shape:
            change = float(np.abs(now - self._before)[INNER].mean())
            if change > HIDES * self._usual() and self._hidden < LONGEST:
                self._hidden += 1
                self._seen.append(Sighting(when, None, change / self._usual()))
                return
            self._own.append(change)
        self._box, self._before, self._hidden = box, now, 0

    def _see(self, when: float, palm: Box, picture: Picture) -> None:
        """Keep where a palm is, and how much it changes of the face."""
        if self._box is None or self._before is None:
            return
        left, top, right, bottom = self._box
        wide, high = max(right - left, 1.0), max(bottom - top, 1.0)
        across = [int(SIZE * (x - left) / wide) for x in (palm[0], palm[2])]
        down = [int(SIZE * (y - top) / high) for y in (palm[1], palm[3])]
        there = np.zeros((SIZE, SIZE), bool)
        there[max(0, down[0]) : max(0, down[1]), max(0, across[0]) : max(0, across[1])] = True
        there &= CORE
        change = np.abs(cut_face(picture, self._box) - self._before)
        much = float(change[there].mean()) / self._usual() if there.sum() > SIZE else 0.0
        x = ((palm[0] + palm[2]) / 2 - (left + right) / 2) / wide
        self._seen.append(Sighting(when, x, much))

    def _usual(self) -> float:
        """How much the face changes by itself."""
        return max(1.0, float(np.median(self._own))) if self._own else STIRS

    def _tell(self, place: int) -> Pass:
        sign = 1.0 if self.challenge.steps[place].does == "left" else -1.0
        first, last = place * EACH, (place + 1) * EACH + LATEST
        some = [one for one in self._seen if first <= one.when < last]
        if not passes(some, sign):
            return "absent"
        # A face that looks different is no hand: only a palm that is seen over it counts
        over = max(one.change for one in some if one.x is not None)
        return "before" if over >= HIDES else "behind"


def weigh(told: Sequence[Pass]) -> float:
    """Log odds of an attack."""
    return sum(ODDS[one] for one in told)


def ready() -> bool:
    """Whether the models of hands are here."""
    return all(place(weight(name)).is_file() for name in hands.NAMES)


def passes(seen: Sequence[Sighting], sign: float) -> bool:
    """Whether a hand comes from one side (+1 left) and goes beyond the middle.

    One that waves to and fro came from where it was first; one that was away for AWAY came anew.
    """
    from_there = False
    last = -AWAY
    for one in seen:
        if one.x is not None and one.when - last >= AWAY:
            from_there = one.x * sign >= ASIDE
        elif from_there and one.when - last < AWAY and (one.x is None or one.x * sign <= 0):
            return True
        last = last if one.x is None else one.when
    return False


def cut_face(picture: Picture, box: Sequence[float]) -> Floats:
    """A box of a picture in grey, (SIZE, SIZE)."""
    left, top, right, bottom = (round(x) for x in box)
    cut = picture.pixels[max(0, top) : max(1, bottom), max(0, left) : max(1, right)]
    grey = cut.mean(axis=2) if cut.size else np.zeros((1, 1))
    small = cv2.resize(grey.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _is_near(palm: Box, face: Box) -> bool:
    left, top, right, bottom = face
    x, y = (palm[0] + palm[2] - left - right) / 2, (palm[1] + palm[3] - top - bottom) / 2
    aside, above = abs(x) / max(right - left, 1.0), abs(y) / max(bottom - top, 1.0)
    return aside < NEAR[0] and above < NEAR[1]
