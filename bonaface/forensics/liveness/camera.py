"""Another size and rate of the camera, drawn by lot: does what comes follow?

A browser crops and scales what its camera gives, or refuses; a program that sends a film instead
often keeps its size, ticks perfectly or repeats pictures. What the page says of the camera is not
believed, only compared with what came. All of this is easily faked, a virtual camera behind a
browser follows as well, and many use one for their background: what it says is bounded to 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from random import Random
from typing import Final

import numpy as np

from bonaface.core import SECOND, Finding, Picture, Time
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness.challenge import Challenge, Step, Window, chance, make_nonce
from bonaface.forensics.look import Look

NAME = "liveness-camera"
EACH, SETTLED = 3.0, 2.0  # s of one size, s until it must have come
SHAPES: Final = ((0.85, 1.1), (1.25, 1.45), (1.7, 2.1))  # width over height, one of each
TALL: Final = (240, 360)  # px
RATES: Final = (10, 24)  # pictures a second
LEAST: Final = 3  # pictures of one size
ALIKE, FAST = 0.04, 1.3  # of the shape; times the rate
TICK, REPEATS, LONG = 50_000, 0.3, 30  # ns of jitter, share of exact repeats, pictures
PLAIN, MOST = -0.3, 1.0  # log odds
KEPT, UNTRUE, NAMED, REPEATED, REGULAR = 0.2, 0.8, 0.6, 0.6, 0.6
LARGEST, FASTEST, LONGEST = 16_384, 1_000.0, 200  # px, pictures a second, letters
VIRTUAL: Final = (
    "obs", "virtual", "manycam", "xsplit", "vcam", "snap camera", "dummy video", "v4l2loopback",
    "mmhmm", "splitcam", "unity video", "webcamoid", "akvcam", "fake_device",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """What a page says of its camera after a step. Untrusted."""

    width: int
    height: int
    rate: float
    label: str
    most: tuple[int, int]  # the largest width and height; 0 unknown


class Camera:
    """Check: the camera changes as it is asked to."""

    def __init__(self, random: Random) -> None:
        self._asked = draw_sizes(random)
        steps = tuple(
            Step(int(i * EACH * SECOND), f"{width}x{height}@{rate}")
            for i, (width, height, rate) in enumerate(self._asked)
        )
        lasts = int((len(steps) * EACH) * SECOND)
        words = "Keep looking at the camera. Its picture changes size for a few seconds."
        self.challenge = Challenge("camera", make_nonce(random), words, steps, lasts)
        self._window = Window(lasts)
        self._times: list[Time] = []
        self._sizes: list[tuple[int, int]] = []
        self._repeats = 0
        self._last: Picture | None = None
        self._reports: list[Report] = []

    def begin(self, at: Time) -> None:
        """The first size is asked for at `at`."""
        self._window.began = at

    def push(self, item: Seen) -> None:
        """Keep the size and the time of a picture, and whether it is the one before."""
        if not isinstance(item, Look) or self._window.find(item.at) is None:
            return
        pixels, last = item.picture.pixels, self._last
        self._repeats += last is not None and np.array_equal(last.pixels, pixels)
        self._last = item.picture
        self._times.append(item.at)
        self._sizes.append((pixels.shape[1], pixels.shape[0]))

    def note(self, report: Mapping[str, object]) -> None:
        """The page tells what the camera says of itself; what is malformed is not heard."""
        read = read_report(report)
        if read is not None and len(self._reports) < 2 * len(self._asked):
            self._reports.append(read)

    def answer(self) -> Finding:
        """Compare what came with what was asked and what was said."""
        began, until = self._window.span
        if len(self._times) < LONG:
            why = "Too few pictures came."
            return Finding(began, until, NAME, None, why, whole=True, quality=0.0)
        found = [self._follow(), *self._compare(), *self._tick()]
        odds = min(MOST, PLAIN + sum(much for much, _ in found))
        why = " ".join(said for _, said in found)
        return Finding(began, until, NAME, chance(odds), why, whole=True)

    def _follow(self) -> tuple[float, str]:
        told = [self._step(i) for i in range(len(self._asked))]
        if all(told):
            return 0.0, "The camera changed as it was asked to."
        why = f"The camera did not change as asked at {told.count(False)} of {len(told)} steps"
        if any(0 < w < a[0] or 0 < h < a[1] for w, h in self._limits() for a in self._asked):
            return 0.0, f"{why}; it says that it cannot."
        return KEPT, f"{why}."

    def _limits(self) -> list[tuple[int, int]]:
        return [one.most for one in self._reports]

    def _step(self, place: int) -> bool:
        """Whether pictures of one step have the shape that was asked for, and are not faster."""
        width, height, rate = self._asked[place]
        first = (self._window.began or 0) + int((place * EACH + SETTLED) * SECOND)
        last = first + int((EACH - SETTLED) * SECOND)
        come = [s for t, s in zip(self._times, self._sizes, strict=True) if first <= t < last]
        if len(come) < LEAST:
            return False
        shape = float(np.median([w / h for w, h in come]))
        slow = len(come) / (EACH - SETTLED) <= FAST * rate
        return slow and _differ(shape, width / height) < ALIKE

    def _compare(self) -> list[tuple[float, str]]:
        """What the page said: sizes that never came, and names of virtual cameras."""
        found = []
        shapes = {w / h for w, h in self._sizes}
        told = [one.width / one.height for one in self._reports]
        if any(min(_differ(shape, one) for shape in shapes) > ALIKE for one in told):
            found.append((UNTRUE, "The page told of sizes that never came."))
        names = " ".join(one.label.lower() for one in self._reports)
        if any(name in names for name in VIRTUAL):
            found.append((NAMED, "The camera's name is that of a virtual camera."))
        return found

    def _tick(self) -> list[tuple[float, str]]:
        """Exact repeats, and times that no camera keeps."""
        found = []
        if self._repeats > REPEATS * len(self._times):
            found.append((REPEATED, "Pictures repeat exactly, as a slow film's do."))
        gaps = np.diff(np.array(self._times))
        if float(np.median(np.abs(gaps - np.median(gaps)))) < TICK:
            found.append((REGULAR, "Pictures come more evenly than a camera takes them."))
        return found


def _differ(shape: float, asked: float) -> float:
    """How far a shape is from another, upright or lying.

    Chromium turns what is asked of a square or upright camera, such as a phone's, and says it did
    not.
    """
    return min(abs(shape / asked - 1), abs(shape * asked - 1))


def draw_sizes(random: Random) -> tuple[tuple[int, int, int], ...]:
    """(width, height, rate) of each step; all shapes differ, and all sides are even."""
    sizes = []
    for low, high in random.sample(SHAPES, len(SHAPES)):
        height = 2 * random.randint(TALL[0] // 2, TALL[1] // 2)
        width = 2 * round(height * random.uniform(low, high) / 2)
        sizes.append((width, height, random.randint(*RATES)))
    return tuple(sizes)


def read_report(said: Mapping[str, object]) -> Report | None:
    """Check what a page sent; None where it makes no sense."""
    width, height = _whole(said.get("width")), _whole(said.get("height"))
    rate, label, most = said.get("rate", 0.0), said.get("label", ""), said.get("sizes", ())
    if not width or not height or isinstance(rate, bool) or not isinstance(rate, int | float):
        return None
    if not isfinite(rate) or not 0 <= rate <= FASTEST or not isinstance(label, str):
        return None
    pair = most if isinstance(most, list) and len(most) == 2 else (0, 0)
    return Report(width, height, rate, label[:LONGEST], (_whole(pair[0]), _whole(pair[1])))


def _whole(value: object) -> int:
    """A size in px; 0 for what is none."""
    return value if type(value) is int and 0 < value <= LARGEST else 0
