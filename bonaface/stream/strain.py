"""Whether the machine keeps up, told in words when it does not."""

from collections import deque

from bonaface.stream.events import Notice
from bonaface.stream.figures import Figures

WINDOW = 10  # s that are looked at
MANY = 0.2  # share of the pictures of that time; less is hardly seen
AGAIN = 60  # s before it is said again


class Strain:
    """Looks at a session's figures once a second."""

    def __init__(self) -> None:
        self._counts: deque[tuple[int, int]] = deque(maxlen=WINDOW + 1)  # shown, missed
        self._pause = 0

    def look(self, figures: Figures) -> Notice | None:
        """Give a notice when many pictures were left out lately, once a minute at most."""
        self._counts.append((figures.pictures, figures.dropped + figures.late))
        self._pause = max(0, self._pause - 1)
        shown, missed = (b - a for a, b in zip(self._counts[0], self._counts[-1], strict=True))
        full = len(self._counts) > WINDOW
        if self._pause or not full or missed <= MANY * (shown + missed):
            return None
        self._pause = AGAIN
        share = round(100 * missed / (shown + missed))
        text = f"The machine is busy: {share} % of the pictures are left out. The sound goes on."
        return Notice("warning", "overload", text)
