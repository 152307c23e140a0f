"""Between the event loop and one thread: a short queue that never makes the loop wait."""

from collections import deque
from collections.abc import Iterator
from threading import Condition
from typing import TypeAlias

from bonaface.marks.marked import MarkedPicture, MarkedSound

Marked: TypeAlias = MarkedPicture | MarkedSound
MOST_PICTURES = 12  # half a second: each may take megabytes
MOST_SOUNDS = 500  # runs of 20 ms


class Hopper:
    """Marked media in on one thread, out on another, in order; what does not fit is counted."""

    def __init__(self) -> None:
        self.dropped = 0  # pictures
        self.lost = 0  # runs of sound
        self._items: deque[Marked] = deque()
        self._pictures = 0  # among the items
        self._closed = False
        self._changed = Condition()

    def put(self, item: Marked) -> None:
        """Queue something; when its kind is full it is left out."""
        is_picture = isinstance(item, MarkedPicture)
        with self._changed:
            if self._closed:
                return
            if is_picture and self._pictures >= MOST_PICTURES:
                self.dropped += 1
            elif not is_picture and len(self._items) - self._pictures >= MOST_SOUNDS:
                self.lost += 1
            else:
                self._items.append(item)
                self._pictures += is_picture
                self._changed.notify()

    def __iter__(self) -> Iterator[Marked]:
        """Everything, waiting for it, until it is closed and empty."""
        while (item := self._take()) is not None:
            yield item

    def pictures(self) -> Iterator[MarkedPicture]:
        """The same without the sound."""
        return (item for item in self if isinstance(item, MarkedPicture))

    def _take(self) -> Marked | None:
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            if not self._items:
                return None
            item = self._items.popleft()
            self._pictures -= isinstance(item, MarkedPicture)
            return item

    def clear(self) -> None:
        """Forget what waits: it is old."""
        with self._changed:
            self._items.clear()
            self._pictures = 0

    def rest(self, seconds: float) -> bool:
        """Wait; True at once when it is closed."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed, seconds)

    def close(self) -> None:
        """Take nothing more; what waits still comes out. Again is no error."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
