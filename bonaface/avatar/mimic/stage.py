"""From a webcam's pictures to poses of another face."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from bonaface.avatar.manner.motion import ease
from bonaface.avatar.manner.stage import (
    BREATH,
    CLOSURE,
    GAZE,
    SHAPE,
    SHIFT,
    TONGUE,
    TURN,
    WIDTH,
    Performance,
    build_pose,
)
from bonaface.avatar.manner.style import find_style
from bonaface.avatar.mimic import reading
from bonaface.avatar.mimic.measures import Measures, measure
from bonaface.avatar.mimic.reading import GAZE as LOOKS
from bonaface.avatar.mimic.reading import ROWS, SIDE, Reader, read_lids, soft, soft_top
from bonaface.avatar.mimic.rest import Rest
from bonaface.avatar.mimic.sight import Follower
from bonaface.avatar.mimic.smoothing import OneEuro
from bonaface.avatar.mimic.view import Floats, view
from bonaface.avatar.pose import LIPS, Lips, Pose
from bonaface.core import SECOND, Picture, Time

TURNS: Final = np.array([12.0, 8.0, 7.0])  # degrees of yaw, pitch, roll that a photo can be turned
SHIFTS: Final = np.array(
    [9.0, 7.0]
)  # mm that a head can move before the shoulders look left behind
DEGREE: Final = 0.21  # mm that an iris moves
GAZES: Final = np.array([3.4, 2.2])  # mm
MISFIT: Final = 9.0  # mm of the bones: this is a hand, or no face at all
LEAVE, ENTER = 0.45, 0.25  # s in which a lost face eases to its own life, and comes back
ASIDE = (6.0, 16.0)  # degrees of yaw, as measured, from which one side hides: first, and all
JAW_SIDE = 0.5  # of the jaw's way to the side is shown: most of what is read is the head's
TOUCH = (0.7, 2.0)  # mm more than closed lips: they touch; they are apart
LONGEST = 0.2  # s, the longest step of time
NONE: Final = np.zeros(len(LIPS), np.float32)


class Mimic:
    """Stage[Picture, Pose]: a pose for each picture, at once; no picture is held back.

    `manner` and `seed` are those of the life that the face has of its own: its breath, and all of
    it while no face is seen. `mirrored` says that the camera's pictures are (a preview's may be;
    a webcam's are not). The subject's left moves the face's left. Raises WeightsMissing at the
    first picture.
    """

    def __init__(self, manner: str = "warm", seed: int = 0, *, mirrored: bool = False) -> None:
        self._style, self._seed, self._mirrored = find_style(manner), seed, mirrored
        self._reader = Reader()
        self.reset()

    def reset(self) -> None:
        """Forget whom it followed, and how they look at rest."""
        self._life = Performance(self._style, self._seed)
        self._follower = Follower()
        self._row: Floats = np.zeros(WIDTH)  # what was last seen
        self._near = 0.0  # 0 no face is followed, 1 it is
        self._seen: Time | None = None  # when the last picture was
        self._last: Time | None = None  # when the last pose was
        self._size: tuple[int, ...] | None = None
        self._forget()

    def _forget(self) -> None:
        self._strangers = self._follower.strangers
        self._rest = self._reader.begin_rest()
        self._smooth = OneEuro(*_tempers())

    def push(self, item: Picture) -> Iterable[Pose]:
        """Follow the face in the next picture."""
        turned = item.pixels[:, ::-1] if self._mirrored else item.pixels
        pixels = np.ascontiguousarray(turned)
        (sighting,) = self._follower.push(Picture(item.at, pixels))
        seen = None
        if sighting.face is not None:
            seen = measure(view(sighting.face.landmarks))
        if seen is not None and seen.misfit < MISFIT:
            self._follow(seen, item)
        self._seen = item.at
        return (self._pose(item.at, here=seen is not None and seen.misfit < MISFIT),)

    def flush(self) -> Iterable[Pose]:
        """Nothing is held back."""
        return ()

    def pose(self, at: Time) -> Pose:
        """The pose between pictures, or when they have stopped coming: the face lives on."""
        late = self._seen is None or at - self._seen > round(LONGEST * SECOND)
        return self._pose(at, here=not late and self._near > 0)

    def _follow(self, seen: Measures, item: Picture) -> None:
        if self._follower.strangers != self._strangers or item.pixels.shape != self._size:
            self._forget()
        self._size = item.pixels.shape
        since = item.at - (item.at if self._seen is None else self._seen)
        length = float(np.clip(since / SECOND, 0, LONGEST))
        self._rest.learn(seen, length)
        if self._near == 0:
            self._smooth.reset()
        row = read_row(seen, self._rest, self._reader)
        closure = row[CLOSURE]
        self._row = self._smooth.follow(row, length).copy()
        self._row[CLOSURE] = closure  # lips that touch are never late

    def _pose(self, at: Time, *, here: bool) -> Pose:
        since = 0 if self._last is None else at - self._last
        length = float(np.clip(since / SECOND, 0, LONGEST))
        self._last = at if self._last is None else max(at, self._last)
        step = length / ENTER if here else -length / LEAVE
        self._near = float(np.clip(self._near + step, 0, 1))
        own = self._life.step(Lips(self._last, NONE), ())
        share = ease(self._near)
        row = own + (self._row - own) * share
        row[BREATH] = own[BREATH]
        return build_pose(at, row)


def read_row(seen: Measures, rest: Rest, reader: Reader) -> Floats:
    """What a face does, as the (WIDTH,) numbers of a pose."""
    row = np.zeros(WIDTH)
    turned = seen.turn - rest.turn
    aside = float(np.clip((abs(turned[0]) - ASIDE[0]) / (ASIDE[1] - ASIDE[0]), 0, 1))
    row[ROWS] = soft_top(reader.read(seen.places - rest.places, turned))
    even_out(row, aside)
    blink, wide = read_lids(seen.lids / rest.lids)
    nearer = int(turned[0] > 0)  # a face turned to image left shows the eye at image right best
    blink = blink + (blink[nearer] - blink) * aside
    row[SHAPE["blinkR"]], row[SHAPE["blinkL"]] = blink
    row[SHAPE["wide"]] = wide
    turn = turned * reading.TURN
    row[TURN:SHIFT] = soft(turn, TURNS)
    row[SHIFT:GAZE] = soft((seen.neck - rest.neck) / rest.scale, SHIFTS)
    look = ((seen.iris - rest.iris) * LOOKS + SIDE * turned[:2]) * (1 - float(blink.max()))
    # Who looks at the camera goes on to, though the head turns less than theirs
    less = row[TURN : TURN + 2] - turn[:2]
    row[GAZE:TONGUE] = soft(look + DEGREE * less * (1, -1), GAZES)
    apart = seen.gap - rest.closed
    row[CLOSURE] = ease((TOUCH[1] - apart) / (TOUCH[1] - TOUCH[0]))
    return row


def even_out(row: Floats, aside: float) -> None:
    """Trust the two sides of a mouth the less, the further the head is turned `aside` (0 to 1)."""
    row[SHAPE["jawSide"]] *= JAW_SIDE * (1 - aside)
    corners = [SHAPE["smileR"], SHAPE["smileL"]]
    row[corners] += (row[corners].mean() - row[corners]) * aside


def _tempers() -> tuple[Floats, Floats]:
    """How the numbers of a pose are smoothed: Hz at rest, and Hz more by unit a second."""
    calm, eager = np.full(WIDTH, 2.5), np.full(WIDTH, 3.0)
    for name in SHAPE:
        if name.startswith("brow"):
            calm[SHAPE[name]], eager[SHAPE[name]] = 1.0, 2.0
        elif name.startswith("blink"):
            calm[SHAPE[name]], eager[SHAPE[name]] = 1.5, 8.0
    calm[TURN:GAZE], eager[TURN:GAZE] = 1.2, 0.25
    calm[GAZE:TONGUE], eager[GAZE:TONGUE] = 1.2, 0.8
    return calm, eager
