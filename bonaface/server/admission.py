"""Whether one more session fits on this machine. Those that run keep their rate.

A session's cost is its pictures a second times what one picture costs. What a picture of a size
costs is known beforehand only roughly; so the guess for all that run is compared with the CPU time
that this process took, and corrected, once a second.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bonaface.errors import RequestRefused

FIXED: Final = 0.0015  # s of one core for a picture of any size, and the 40 ms of sound with it
PER_PIXEL: Final = 0.0070 / 512**2  # s: drawn, labelled, marked, encoded; a first guess
MOST: Final = 0.92  # share of the cores that sessions may take: the rest is for the loop and bursts
LATE: Final = 0.02  # share of pictures that came too late, above which the machine counts as full
WINDOW: Final = 10  # s over which lateness counts
FEWEST: Final = 75  # pictures in that time; fewer say nothing: 3 s of one face
SMOOTH: Final = 0.2  # share of the newest second in the running mean
LEAST_KNOWN: Final = 0.05  # cores of guessed work, below which CPU time says nothing about it
CORRECTION: Final = (0.25, 6.0)
RETRY: Final = 15  # s


@dataclass(frozen=True, slots=True)
class Load:
    """What one running session is, and how it keeps up since it began."""

    size: tuple[int, int]
    rate: float
    pictures: int  # released
    missed: int  # late or dropped


@dataclass(frozen=True, slots=True)
class Room:
    """How full the machine is, in cores."""

    cores: float
    busy: float
    late: float  # share of pictures


class Admission:
    """Measures, and answers whether there is room. `spent` is CPU seconds of this process."""

    def __init__(
        self,
        most: int,
        cores: float | None = None,
        spent: Callable[[], float] = time.process_time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._cores = most, count_cores() if cores is None else cores
        self._spent, self._now = spent, now
        self._last = (now(), spent())
        self._correction = 1.0
        self._measured = 0.0  # cores, smoothed
        self._guessed = 0.0
        self._running = 0
        self._counts: deque[tuple[int, int]] = deque(maxlen=WINDOW + 1)  # pictures, missed

    @property
    def room(self) -> Room:
        """How full it is."""
        return Room(self._cores, max(self._measured, self._guessed), self._late())

    def cost(self, size: tuple[int, int], rate: float) -> float:
        """Cores that a session of (width, height) px at `rate` pictures a second takes."""
        return _guess(size, rate) * self._correction

    def observe(self, loads: Sequence[Load]) -> None:
        """Take note of what runs; called about once a second."""
        moment, spent = self._now(), self._spent()
        seconds = moment - self._last[0]
        if seconds <= 0:
            return
        used = (spent - self._last[1]) / seconds
        self._last = (moment, spent)
        self._measured += SMOOTH * (used - self._measured)
        self._correct(sum(_guess(load.size, load.rate) for load in loads))
        self._count(loads)

    def refusal(self, size: tuple[int, int], rate: float) -> RequestRefused | None:
        """Why one more session of that kind does not fit; None when it does."""
        if self._running >= self._most:
            return _full(f"This server runs {self._most} sessions at most, and does.", "sessions")
        if self._running and self._late() > LATE:
            share = f"{100 * self._late():.0f} %"
            return _full(f"This machine is full: {share} of the pictures come too late.", "late")
        wanted, room = self.cost(size, rate), self.room
        if self._running and room.busy + wanted > MOST * room.cores:
            left = max(0.0, MOST * room.cores - room.busy)
            return _full(
                f"This machine is full: such a session takes {wanted:.2f} cores, "
                f"and {left:.2f} of {room.cores:g} are left.",
                "full",
            )
        return None

    def require_room(self, size: tuple[int, int], rate: float) -> None:
        """Count one more session in. Raises RequestRefused (503) unless it fits."""
        refusal = self.refusal(size, rate)
        if refusal is not None:
            raise refusal
        self._running += 1
        self._guessed += self.cost(size, rate)

    def leave(self, size: tuple[int, int], rate: float) -> None:
        """A session is over."""
        self._running -= 1
        self._guessed = max(0.0, self._guessed - self.cost(size, rate))

    def _correct(self, guess: float) -> None:
        if guess >= LEAST_KNOWN:
            least, most = CORRECTION
            ratio = min(most, max(least, self._measured / guess))
            self._correction += SMOOTH / 4 * (ratio - self._correction)
        self._guessed = guess * self._correction

    def _count(self, loads: Sequence[Load]) -> None:
        self._counts.append((sum(one.pictures for one in loads), sum(one.missed for one in loads)))

    def _late(self) -> float:
        """Share of pictures missed in the last WINDOW seconds; 0 when sessions came and went."""
        if len(self._counts) < 2:
            return 0.0
        (pictures, missed), (more, worse) = self._counts[0], self._counts[-1]
        made, lost = more - pictures, worse - missed
        return lost / (made + lost) if made >= 0 and lost > 0 and made + lost >= FEWEST else 0.0


def count_cores() -> float:
    """Cores that this process may use: its affinity, and the quota of its cgroup (v2)."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        return min(cores, int(quota) / int(period))
    except (OSError, ValueError):  # no cgroup, or "max": no quota
        return cores


def _guess(size: tuple[int, int], rate: float) -> float:
    return rate * (FIXED + PER_PIXEL * size[0] * size[1])


def _full(message: str, reason: str) -> RequestRefused:
    remedy = "Try again in a moment, or ask for a smaller picture."
    return RequestRefused(503, message, remedy, reason, RETRY)
