"""The one kind of queue: a bounded hand-over between two tasks."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Count:
    """What crossed a lane."""

    taken: int = 0
    dropped: int = 0


class Lane(Generic[T]):
    """A bounded hand-over between two tasks of one event loop.

    `keep="all"` makes the writer wait when it is full. `keep="newest"` drops the oldest instead
    and counts it: for live sources, which cannot be pushed back.
    """

    def __init__(self, size: int, keep: Literal["all", "newest"]) -> None:
        self.count = Count()
        self._items: deque[T] = deque()
        self._size, self._keep = size, keep
        self._closed = False
        self._filled, self._emptied = asyncio.Event(), asyncio.Event()

    def __len__(self) -> int:
        return len(self._items)

    async def put(self, item: T) -> None:
        """Hand over one item; waits for room if everything is kept."""
        while self._keep == "all" and len(self._items) >= self._size and not self._closed:
            self._emptied.clear()
            await self._emptied.wait()
        self.offer(item)

    def offer(self, item: T) -> None:
        """Hand over one item without waiting. A full lane loses its oldest, and counts it."""
        if self._closed:
            return
        if len(self._items) >= self._size:
            self._items.popleft()
            self.count.dropped += 1
        self._items.append(item)
        self._filled.set()

    def clear(self) -> int:
        """Forget what waits; answers how much that was."""
        waiting = len(self._items)
        self._items.clear()
        return waiting

    def close(self) -> None:
        """Nothing more comes: readers get what waits, then end."""
        self._closed = True
        self._filled.set()
        self._emptied.set()

    async def __aiter__(self) -> AsyncIterator[T]:
        while True:
            while not self._items:
                if self._closed:
                    return
                self._filled.clear()
                await self._filled.wait()
            item = self._items.popleft()
            self.count.taken += 1
            self._emptied.set()
            yield item
