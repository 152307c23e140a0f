"""From lips to a whole face, at any rate of pictures."""

from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

import numpy as np

from bonaface.avatar.manner.attention import HEARD, Attention
from bonaface.avatar.manner.body import Breath, Brows, Head
from bonaface.avatar.manner.eyes import DEGREE, Blinks, Gaze
from bonaface.avatar.manner.motion import Floats
from bonaface.avatar.manner.style import Style, find_style
from bonaface.avatar.pose import LIPS, SHAPES, Lips, Pose
from bonaface.core import SECOND, Time
from bonaface.errors import SettingsError

STEP: Final = SECOND // 50  # one step of lips
LONGEST = 0.1  # s, the longest step of a motion; longer gaps in the lips stand still
BREATH_AHEAD = 0.45  # s before a phrase that breath is drawn, where the lips are known ahead
PLAIN = {name: SHAPES.index(name) for name in LIPS if name in SHAPES}
SHAPE = {name: i for i, name in enumerate(SHAPES)}
TURN, SHIFT, GAZE, TONGUE, CLOSURE, BREATH = 22, 25, 27, 29, 30, 31
WIDTH = 32  # numbers in a pose


class Manner:
    """Stage: Lips every 20 ms to a Pose for every picture, at `at = first + k / rate`.

    The same seed, style and lips give the same poses, whatever `rate` is and however the lips
    arrive. A pose is given once the lips around it are known: at 25 pictures a second, with the
    lips of its own time. `ahead` s more are waited for if they are to be seen coming: then breath
    is drawn before a phrase and nods fall on their stress; it costs that much delay where lips come
    in real time.

    Poses are interpolated between lips, but for closure, of which a picture shows the most that
    happens while it is on screen, so that no rate of pictures misses a closed mouth.
    """

    def __init__(
        self, manner: str = "warm", rate: Fraction | float = 30, seed: int = 0, ahead: float = 0.0
    ) -> None:
        self.style = find_style(manner)
        self.rate = Fraction(rate).limit_denominator(1001)
        if self.rate <= 0:
            raise SettingsError(f"{rate} pictures a second cannot be shown.", "Ask for 1 or more.")
        self.seed, self.ahead = seed, round(ahead * 50)
        self.reset()

    def reset(self) -> None:
        """Interrupted: forget the lips held back. The next lips set a new start."""
        self.face = Performance(self.style, self.seed)
        self.waiting: deque[Lips] = deque()
        self.known: deque[tuple[Time, Floats]] = deque()
        self.first: Time | None = None
        self.count = 0

    def push(self, item: Lips) -> Iterable[Pose]:
        """Take the next lips; give the poses of all pictures that are settled by them."""
        if self.first is None:
            self.first = item.at
        self.waiting.append(item)
        if len(self.waiting) > self.ahead:
            self.perform()
        return tuple(self.show(final=False))

    def flush(self) -> Iterable[Pose]:
        """Give the poses of the pictures that begin before the last lips end."""
        while self.waiting:
            self.perform()
        return tuple(self.show(final=True))

    def perform(self) -> None:
        """Turn the oldest waiting lips into a row of numbers."""
        lips = self.waiting.popleft()
        self.known.append((lips.at, self.face.step(lips, self.waiting)))

    def picture(self, index: int) -> Time:
        """When a picture is shown."""
        return (self.first or 0) + index * SECOND * self.rate.denominator // self.rate.numerator

    def show(self, *, final: bool) -> Iterator[Pose]:
        """Give the pictures that what is known decides."""
        # Lips touch for two steps or more, so half a step of a picture's time need not be looked at
        reach = SECOND * self.rate.denominator // (2 * self.rate.numerator) - STEP // 2
        while self.known:
            at, last = self.picture(self.count), self.known[-1][0]
            if at >= last + STEP if final else at > last or at + reach >= last + STEP:
                return
            while len(self.known) > 2 and self.known[1][0] <= at - max(reach, 0):
                self.known.popleft()
            self.count += 1
            yield build_pose(at, self.sample(at, reach))

    def sample(self, at: Time, reach: Time) -> Floats:
        """Interpolate the known rows; closure is the most of what lies within `reach`."""
        times = np.array([time - at for time, _ in self.known], np.float64)
        rows = np.array([row for _, row in self.known])
        after = int(np.clip(np.searchsorted(times, 0.0), 1, max(1, len(times) - 1)))
        if len(times) == 1:
            return np.array(rows[0])
        share = np.clip(-times[after - 1] / (times[after] - times[after - 1]), 0, 1)
        row: Floats = rows[after - 1] * (1 - share) + rows[after] * share
        near = rows[np.abs(times) <= reach, CLOSURE]
        row[CLOSURE] = max(row[CLOSURE], near.max(initial=0.0))
        return row


class Performance:
    """The face's own life, moment by moment, in step with the lips."""

    def __init__(self, style: Style, seed: int) -> None:
        seeds = np.random.SeedSequence(seed).spawn(4)
        chances = [np.random.default_rng(one) for one in seeds]
        self.style = style
        self.attention = Attention()
        self.blinks, self.gaze = Blinks(chances[0]), Gaze(chances[1], style)
        self.head, self.brows = Head(chances[2], style), Brows(chances[3], style)
        self.breath = Breath(style)
        self.last: Time | None = None

    def step(self, lips: Lips, coming: Iterable[Lips]) -> Floats:
        """Give the face at one moment as (WIDTH,) numbers; `coming` are the lips known after it."""
        since = STEP if self.last is None else lips.at - self.last
        self.last = lips.at
        moment = self.attention.follow(lips, min(since / SECOND, LONGEST))
        soon = not moment.speaking and hears(lips.at, coming)
        row = np.zeros(WIDTH)
        gaze = self.gaze.step(moment)
        turn, row[SHIFT:GAZE] = self.head.step(moment)
        row[TURN:SHIFT] = turn
        # Eyes that stay on the viewer turn against the head (vestibulo-ocular reflex).
        row[GAZE:TONGUE] = gaze + DEGREE * np.array([turn[0], -turn[1]])
        row[BREATH] = self.breath.step(moment, soon)
        place_lips(row, lips)
        self.place_face(row, self.blinks.step(moment, self.gaze.moved), self.brows.step(moment))
        return row

    def place_face(self, row: Floats, lid: float, brow: float) -> None:
        """Put lids, brows and smile in their places."""
        down = float(row[GAZE + 1])
        follow = max(0.0, 0.16 * down)
        row[SHAPE["blinkL"]] = row[SHAPE["blinkR"]] = min(1.0, lid + (1 - lid) * follow)
        row[SHAPE["wide"]] = (1 - lid) * min(1.0, max(0.0, -0.3 * down) + 0.5 * brow)
        row[SHAPE["browInnerUp"]], row[SHAPE["browOuterUp"]] = 0.8 * brow, brow
        row[SHAPE["smileL"]] += self.style.smile
        row[SHAPE["smileR"]] += self.style.smile
        row[SHAPE["squint"]] += 0.5 * self.style.smile


def hears(at: Time, coming: Iterable[Lips]) -> bool:
    """Tell whether a phrase begins within BREATH_AHEAD."""
    limit = at + round(BREATH_AHEAD * SECOND)
    return any(lips.at <= limit and lips.loudness >= HEARD for lips in coming)


def place_lips(row: Floats, lips: Lips) -> None:
    """Put what the lips do in its places."""
    for i, name in enumerate(LIPS):
        if name in PLAIN:
            row[PLAIN[name]] = lips.weights[i]
    row[SHAPE["smileL"]] = row[SHAPE["smileR"]] = lips.weights[LIPS.index("smile")]
    row[TONGUE] = lips.weights[LIPS.index("tongue")]
    row[CLOSURE] = lips.weights[LIPS.index("closure")]


def build_pose(at: Time, row: Floats) -> Pose:
    """Make a pose of (WIDTH,) numbers."""
    yaw, pitch, roll, right, down, side, below, tongue, closure, breath = row[TURN:].tolist()
    shapes = row[:TURN].astype(np.float32)
    return Pose(
        at, shapes, (yaw, pitch, roll), (right, down), (side, below), tongue, closure, breath
    )
