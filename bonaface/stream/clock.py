"""Clocks: one that lives, and one that moves when a test says so."""

import asyncio
import time

from bonaface.core import SECOND, Time


class SessionClock:
    """Time since the session began, by the machine's steady clock."""

    def __init__(self) -> None:
        self._start = time.monotonic_ns()

    def now(self) -> Time:
        """Answer the time since the session began."""
        return time.monotonic_ns() - self._start

    async def reach(self, at: Time) -> None:
        """Wait until `at`; return at once when it has passed."""
        rest = at - self.now()
        if rest > 0:
            await asyncio.sleep(rest / SECOND)


class ManualClock:
    """Time that moves only in `advance`: for tests, which then need no sleep."""

    def __init__(self) -> None:
        self._now: Time = 0
        self._waiting: list[tuple[Time, asyncio.Future[None]]] = []

    def now(self) -> Time:
        """Answer the time it was moved to."""
        return self._now

    async def reach(self, at: Time) -> None:
        """Wait until somebody moves the clock to `at`."""
        if at <= self._now:
            return
        reached = asyncio.get_running_loop().create_future()
        self._waiting.append((at, reached))
        await reached

    async def advance(self, by: Time) -> None:
        """Move on, waking everybody in the order of their times, and let them act."""
        end = self._now + by
        await settle()
        while due := [one for one in self._waiting if one[0] <= end]:
            first = min(due, key=lambda one: one[0])
            self._waiting.remove(first)
            self._now = max(self._now, first[0])
            if not first[1].done():
                first[1].set_result(None)
            await settle()
        self._now = end

    def stand_still(self, by: Time) -> None:
        """Let time pass in which nobody acts, as on a machine that sleeps."""
        self._now += by


async def settle(turns: int = 60) -> None:
    """Let every task that can go on go on."""
    for _ in range(turns):
        await asyncio.sleep(0)
