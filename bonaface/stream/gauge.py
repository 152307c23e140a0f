"""The session's own measures: how it keeps up, and how long people wait."""

from collections.abc import Sequence

import numpy as np

from bonaface.core import SECOND, Time
from bonaface.marks.marked import MarkedPicture
from bonaface.stream.figures import Figures
from bonaface.stream.performer import Marked, Performer
from bonaface.stream.playout import Playout
from bonaface.stream.step import Step

MILLISECOND = SECOND // 1000
HEARD = 0.003  # peak of a step that somebody hears


class Lead:
    """How long before it is due a moment is made: as little as this machine can do just now.

    It grows at once when a picture comes close to its time, and shrinks slowly.
    """

    LEAST, MOST = 45 * MILLISECOND, 200 * MILLISECOND
    SPARE = 8 * MILLISECOND
    GROW, SHRINK = 5 * MILLISECOND, MILLISECOND // 50

    def __init__(self) -> None:
        self.time: Time = self.LEAST

    def learn(self, spare: Time) -> None:
        """Take how long before its time a picture was ready."""
        change = self.GROW if spare < self.SPARE else -self.SHRINK
        self.time = min(self.MOST, max(self.LEAST, self.time + change))


class Gauge:
    """Counts and times of one session."""

    def __init__(self) -> None:
        self.lead = Lead()
        self.gaps = 0  # steps that were missed while the machine slept
        self.interruption: float | None = None
        self.answer: float | None = None
        self.camera_dropped = self.microphone_dropped = 0
        self._asked: Time | None = None
        self._sound: float | None = None
        self._answering = False
        self._held: Time | None = None

    def ask(self, at: Time, *, answer: bool = False) -> None:
        """Somebody asked for words, or finished speaking and waits for an `answer`."""
        self._asked, self._answering = at, answer

    def hold(self, since: Time) -> None:
        """Somebody has spoken over the face since then."""
        self._held = since

    def heard(self, at: Time, step: Step) -> None:
        """Take note of what will be heard at `at`."""
        loud = float(np.abs(step.samples).max()) > HEARD
        if loud and self._asked is not None:
            waited, self._asked = (at - self._asked) / MILLISECOND, None
            if self._answering:
                self.answer = waited
            else:
                self._sound = waited
        if not loud and self._held is not None:
            self.interruption = (at - self._held) / MILLISECOND
            self._held = None

    def made(self, made: Sequence[Marked], now: Time) -> None:
        """Take note of a moment that was made."""
        for item in made:
            if isinstance(item, MarkedPicture):
                self.lead.learn(item.at - now)

    def read(self, now: Time, playout: Playout, performer: Performer) -> Figures:
        """Give a snapshot."""
        skews = np.abs(np.array(playout.skews)) / MILLISECOND
        return Figures(
            seconds=now / SECOND,
            pictures=playout.pictures,
            dropped=performer.dropped,
            late=playout.late,
            sounds=playout.sounds,
            lead=self.lead.time / MILLISECOND,
            skew_p99=float(np.percentile(skews, 99)) if len(skews) else None,
            first_sound=self._sound,
            interruption=self.interruption,
            answer=self.answer,
            camera_dropped=self.camera_dropped,
            microphone_dropped=self.microphone_dropped,
            stages={
                one.name: one.took / one.calls / MILLISECOND for one in performer.timed if one.calls
            },
        )
