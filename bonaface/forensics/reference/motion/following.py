"""Follow the face that talks, window by window, and leave out what shows no motion."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bonaface.core import SECOND, Time
from bonaface.forensics.lipsync.mouth import measure_mouth
from bonaface.forensics.look import Look
from bonaface.forensics.reference.likeness import is_clear
from bonaface.forensics.reference.motion.moving import RATE, WINDOW, describe, measure, pace, speaks
from bonaface.forensics.reference.motion.steady import Floats

GAP: Final = SECOND  # without the face, after which a new window begins
SLACK: Final = SECOND // 4  # that a last window may be shorter than WINDOW
SLOWEST: Final = 12.0  # pictures a second
LEAST: Final = 64.0  # px of a face, forehead to chin
TURNED: Final = 30.0  # degrees
OTHERS: Final = 0.6  # of the largest face's height: another that may be the one who talks
CLEAR: Final = SECOND // 2  # between looks at how sharp the face is
SLOW: Final = "too few pictures a second are seen to follow it"
SMALL: Final = "it is too small or blurred"
TURNED_AWAY: Final = "it is turned too far away"
CROWD: Final = "several faces are in sight"
SILENT: Final = "its lips hardly move"
SHORT: Final = "it is seen too briefly at a time"


@dataclass(frozen=True, slots=True, eq=False)
class Moved:
    """A window in which one face talks."""

    at: Time
    until: Time
    traits: Floats  # (m, 19) at RATE, from `at` on
    features: Floats  # (len(TRAITS),)
    rate: float  # pictures a second that were seen
    height: float  # px


class Following:
    """Stage[Look, Moved]: the largest face, in windows of WINDOW; `why` counts those left out."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self.why: Counter[str] = Counter()
        self._clear()

    def _clear(self) -> None:
        self._at: list[Time] = []
        self._points: list[Floats] = []
        self._heights: list[float] = []
        self._crowded = 0
        self._sharp: list[bool] = []
        self._judged: Time = -CLEAR
        self._number: int | None = None

    def push(self, item: Look) -> Iterator[Moved]:
        """Follow it into the next picture."""
        if not item.sights:
            return
        sight, others = item.sights[0], item.sights[1:]
        broken = self._at and not 0 < item.at - self._at[-1] <= GAP
        if broken or self._number not in {None, sight.number}:
            yield from self.flush()
        elif self._at and item.at - self._at[0] >= WINDOW:
            yield from self._close()
        self._number = sight.number
        self._at.append(item.at)
        self._points.append(sight.face.landmarks.astype(np.float64))
        self._heights.append(sight.face.height)
        self._crowded += any(one.face.height > OTHERS * sight.face.height for one in others)
        if not 0 <= item.at - self._judged < CLEAR:
            self._judged = item.at
            self._sharp.append(sight.human and is_clear(item.picture, sight.face))

    def flush(self) -> Iterator[Moved]:
        """Nothing more comes of this run: a window that is nearly whole still counts."""
        if self._at and self._at[-1] - self._at[0] >= WINDOW - SLACK:
            yield from self._close()
        else:
            self._leave(SHORT)

    def _leave(self, reason: str) -> None:
        if self._at:
            self.why[reason] += 1
        self._clear()

    def _close(self) -> Iterator[Moved]:
        reason = self._refuse()
        if reason is None:
            traits = measure(np.array(self._points))
            paced = pace(np.array(self._at), traits)
            if speaks(paced):
                span = self._at[0], self._at[0] + len(paced) * SECOND // RATE
                height = float(np.median(self._heights))
                yield Moved(*span, paced, describe(paced), self._rate(), height)
            else:
                reason = SILENT
        self._leave(reason) if reason else self._clear()

    def _rate(self) -> float:
        return float(SECOND / np.median(np.diff(self._at)))

    def _refuse(self) -> str | None:
        """Why a window shows no motion; None where it does."""
        slow = len(self._at) < SLOWEST * WINDOW / SECOND or self._rate() < SLOWEST
        if slow:
            return SLOW
        if self._crowded > 0.2 * len(self._at):
            return CROWD
        if sum(self._sharp) * 2 < len(self._sharp):
            return SMALL
        some = [measure_mouth(0, 0, points.astype(np.float32)).turn for points in self._points[::5]]
        return TURNED_AWAY if float(np.median(np.abs(some))) > TURNED else None
