"""Rate limits: token buckets, one for each who asks."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 10_000  # who is remembered at once: a flood of addresses takes no more memory than this


class Buckets:
    """A bucket for each key: it fills at `steady` a second up to `burst`; requests take."""

    def __init__(
        self, steady: float, burst: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._steady, self._burst, self._now = steady, burst, now
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, amount: float = 1.0) -> float:
        """Answer 0 when `amount` was there and taken, or else the seconds until it will be."""
        level = self._level(key)
        lacking = amount - level
        self._put(key, level if lacking > 0 else level - amount)
        return max(0.0, lacking / self._steady)

    def wait(self, key: str, amount: float = 1.0) -> float:
        """Answer what `take` would, and take nothing."""
        return max(0.0, (amount - self._level(key)) / self._steady)

    def _level(self, key: str) -> float:
        now = self._now()
        level, since = self._levels.get(key, (self._burst, now))
        return min(self._burst, level + (now - since) * self._steady)

    def _put(self, key: str, level: float) -> None:
        self._levels[key] = (level, self._now())
        self._levels.move_to_end(key)
        while len(self._levels) > MOST:
            self._levels.popitem(last=False)
