"""Inspectors on a live caller: the newest that each has said, within bounded memory and work."""

from collections.abc import Sequence

from bonaface.core import SECOND, Finding, Time
from bonaface.forensics.inspector import Inspector, Seen
from bonaface.forensics.look import Look

REST: Time = SECOND // 2  # between pictures that are looked at
FRESH: Time = 30 * SECOND  # what is older says nothing of now


class Watch:
    """Stage[Look | Sound, Finding]: moments as they come, of any inspectors."""

    def __init__(self, inspectors: Sequence[Inspector]) -> None:
        self._inspectors = tuple(inspectors)
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._last: Time | None = None
        self._at: Time = 0
        self._newest: dict[str, Finding] = {}
        for one in self._inspectors:
            one.reset()

    def join(self, inspectors: Sequence[Inspector]) -> None:
        """Let these look too, from now on, in place of others of the same name."""
        names = {one.name for one in inspectors}
        kept = [one for one in self._inspectors if one.name not in names]
        self._inspectors = (*kept, *inspectors)
        for name in names:
            self._newest.pop(name, None)

    def push(self, item: Seen) -> tuple[Finding, ...]:
        """Pass it to all, pictures at most twice a second."""
        self._at = max(self._at, item.at)
        if isinstance(item, Look):
            if self._last is not None and item.at - self._last < REST:
                return ()
            self._last = item.at
        return self._take([found for one in self._inspectors for found in one.push(item)])

    def flush(self) -> tuple[Finding, ...]:
        """Nothing more comes."""
        return self._take([found for one in self._inspectors for found in one.flush()])

    @property
    def newest(self) -> tuple[Finding, ...]:
        """The newest that each inspector said, where it is still fresh."""
        return tuple(one for one in self._newest.values() if self._at - one.until <= FRESH)

    def _take(self, found: list[Finding]) -> tuple[Finding, ...]:
        for one in found:
            self._newest[one.inspector] = one
        return tuple(found)
