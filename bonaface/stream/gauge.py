"""The session's own measures: how it keeps up, and how long people wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from bonaface.core import SECOND, Sound, Time
from bonaface.marks.marked import MarkedPicture
from bonaface.stream.figures import Figures
from bonaface.stream.performer import Marked, Performer
from bonaface.stream.playout import Playout
from bonaface.stream.step import Step

MILLISECOND = SECOND // 1000
HEARD = 0.003  # peak of a step that somebody hears
Wait: TypeAlias = Literal["first_sound", "answer", "interruption"]


class Lead:
    """How long before it is due a moment is made: as little as this machine can do just now.

    It grows at once when a picture comes close to its time, or was left out for want of it, and
    shrinks slowly. Sound is due 10 ms before its moment, since its mark holds as much back.
    """

    LEAST, MOST = 16 * MILLISECOND, 200 * MILLISECOND
    SPARE = 8 * MILLISECOND
    EACH = 18 * MILLISECOND  # for each other face that the same thread may have to draw first
    GROW, SHRINK = 5 * MILLISECOND, MILLISECOND // 20
    LIKELY, SMOOTH = 12 * MILLISECOND, 8
    LONGEST = 100 * MILLISECOND
    WAIT = 10 * MILLISECOND  # past its moment that sound may be kept for a picture: players even it

    def __init__(self) -> None:
        self.time: Time = self.LEAST
        self._least: Time = self.LEAST
        self._drawing: Time = self.LIKELY  # of one picture, the wait for a thread included

    def share(self, faces: int) -> None:
        """Take how many faces the thread draws."""
        self._least = min(self.MOST, self.LEAST + self.EACH * max(0, faces - 1))
        self.time = max(self.time, self._least)

    def learn(self, spare: Time) -> None:
        """Take how long before its time a picture was ready."""
        change = self.GROW if spare < self.SPARE else -self.SHRINK
        self.time = min(self.MOST, max(self._least, self.time + change))

    def miss(self) -> None:
        """A picture was left out: let the next ones begin early enough for what drawing takes."""
        self.time = min(self.MOST, max(self.time + self.GROW, self._drawing + 2 * self.SPARE))

    def fits(self, at: Time, now: Time) -> int:
        """How many pictures can be drawn while the sound of the step at `at` waits for them."""
        return max(0, (at + self.WAIT - now) // self._drawing)

    def drew(self, pictures: int, took: Time) -> None:
        """Take how long it took to draw some; none: what kept it may be over by now."""
        one = took // pictures if pictures else self.LIKELY
        one = min(self.LONGEST, max(MILLISECOND, one))
        self._drawing += (one - self._drawing) // self.SMOOTH


@dataclass(frozen=True, slots=True)
class _Due:
    """What somebody waits for: it is heard with the sound of a moment."""

    wait: Wait
    since: Time
    at: Time


class Gauge:
    """Counts and times of one session."""

    def __init__(self) -> None:
        self.lead = Lead()
        self.gaps = 0  # steps that were missed while the machine slept
        self.camera_dropped = self.microphone_dropped = 0
        self._asked: Time | None = None
        self._answering = False
        self._held: Time | None = None
        self._due: list[_Due] = []
        self._waits: dict[Wait, float] = {}

    def ask(self, at: Time, *, answer: bool = False) -> None:
        """Somebody asked for words, or finished speaking and waits for an `answer`."""
        self._asked, self._answering = at, answer

    def hold(self, since: Time) -> None:
        """Somebody has spoken over the face since then."""
        self._held = since

    def heard(self, at: Time, step: Step) -> None:
        """Take note of what is to be heard at `at`."""
        if self._asked is None and self._held is None:
            return
        loud = float(np.abs(step.samples).max()) > HEARD
        if loud and self._asked is not None:
            wait: Wait = "answer" if self._answering else "first_sound"
            self._due.append(_Due(wait, self._asked, at))
            self._asked = None
        if not loud and self._held is not None:
            self._due.append(_Due("interruption", self._held, at))
            self._held = None

    def left(self, sound: Sound, now: Time) -> None:
        """Take note of sound that leaves now: only then what was waited for is heard.

        A session that lags behind its clock releases a moment after it was due.
        """
        for due in [one for one in self._due if one.at < sound.until]:
            self._due.remove(due)
            heard = now + max(0, due.at - sound.at)
            self._waits[due.wait] = (heard - due.since) / MILLISECOND

    def made(self, made: Sequence[Marked], begun: Time, now: Time, dropped: int) -> None:
        """Take note of moments that were made from `begun` to `now`, but for `dropped` pictures."""
        drawn = [item for item in made if isinstance(item, MarkedPicture)]
        for item in drawn:
            self.lead.learn(item.at - now)
        if dropped:
            self.lead.miss()
        if drawn or dropped:
            self.lead.drew(len(drawn), now - begun)

    def read(self, now: Time, playout: Playout, performer: Performer) -> Figures:
        """Give a snapshot."""
        skews = np.abs(np.array(playout.skews)) / MILLISECOND
        return Figures(
            seconds=now / SECOND,
            pictures=playout.pictures,
            dropped=performer.dropped,
            late=playout.late,
            sounds=playout.sounds,
            sounds_late=playout.sounds_late,
            gaps=self.gaps,
            lead=self.lead.time / MILLISECOND,
            skew_p99=float(np.percentile(skews, 99)) if len(skews) else None,
            first_sound=self._waits.get("first_sound"),
            interruption=self._waits.get("interruption"),
            answer=self._waits.get("answer"),
            camera_dropped=self.camera_dropped,
            microphone_dropped=self.microphone_dropped,
            stages={
                one.name: one.took / one.calls / MILLISECOND for one in performer.timed if one.calls
            },
        )
