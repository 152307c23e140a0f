"""Playout: sound and pictures leave together, each at its time."""

from collections import deque
from collections.abc import Callable, Sequence

from bonaface.core import SECOND, Clock, Time
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.stream.lane import Lane

LATEST: Time = SECOND // 25  # a picture later than this is not shown: its sound has gone by
REMEMBERED = 750  # pictures whose skew is remembered: 30 s
WAITING = 256

Marked = MarkedPicture | MarkedSound


class Playout:
    """Releases marked media when it is due. `at` of an item is when it is to leave.

    Sound is the master and always leaves; pictures that come too late are counted and dropped, and
    none is shown early.
    """

    def __init__(self, clock: Clock, release: Callable[[Marked], None]) -> None:
        self._clock, self._release = clock, release
        self._lane: Lane[Marked] = Lane(WAITING, "all")
        self._sound_late: Time = 0
        self.pictures = self.sounds = self.late = self.sounds_late = 0
        self.skews: deque[Time] = deque(maxlen=REMEMBERED)

    async def put(self, items: Sequence[Marked]) -> None:
        """Take what was made in one go; it is released in the order in which it is due."""
        for item in sorted(items, key=lambda one: one.at):
            await self._lane.put(item)

    async def run(self) -> None:
        """Release until cancelled."""
        async for item in self._lane:
            await self._clock.reach(item.at)
            lateness = self._clock.now() - item.at
            if isinstance(item, MarkedSound):
                self._sound_late = lateness
                self.sounds += 1
                self.sounds_late += lateness > LATEST
            elif lateness > LATEST:
                self.late += 1
                continue
            else:
                self.skews.append(lateness - self._sound_late)
                self.pictures += 1
            self._release(item)
