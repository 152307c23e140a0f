"""References that were sent so that checks compare with them: in memory, for an hour."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bonaface.errors import RequestRefused, UnreadableMedia
from bonaface.forensics.reference.file import Reference, parse_reference

KEPT: Final = 3600.0  # s
MOST: Final = 50  # of all callers; the oldest makes room


@dataclass(frozen=True, slots=True)
class Kept:
    """One reference, as it was sent."""

    owner: str
    data: bytes = field(repr=False)
    since: float  # monotonic


class References:
    """The references of one server, for its event loop alone.

    Ids are 192 random bits, so nobody finds another's.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._kept: dict[str, Kept] = {}

    def add(self, owner: str, data: bytes) -> str:
        """Keep one that was checked."""
        self._forget()
        reference_id = secrets.token_urlsafe(24)
        self._kept[reference_id] = Kept(owner, data, self._now())
        return reference_id

    def find(self, reference_id: str, owner: str) -> bytes:
        """One of the caller's own. Raises RequestRefused (404)."""
        self._forget()
        kept = self._kept.get(reference_id)
        if kept is None or kept.owner != owner:
            remedy = "References are kept for an hour; send it again."
            raise RequestRefused(404, "There is no reference of that id.", remedy)
        return kept.data

    def drop(self, reference_id: str, owner: str) -> None:
        """Forget one. Raises RequestRefused (404)."""
        self.find(reference_id, owner)
        del self._kept[reference_id]

    def _forget(self) -> None:
        late = self._now() - KEPT
        kept = [(name, one) for name, one in self._kept.items() if one.since > late]
        self._kept = dict(kept[-MOST:])


def check_reference(data: bytes) -> None:
    """Raises RequestRefused (400) for what is no reference, ConsentDenied."""
    read_reference(data).check(datetime.now(UTC))


def read_reference(data: bytes) -> Reference:
    """A reference from the body of a request. Raises RequestRefused (400)."""
    try:
        return parse_reference(data, "This")
    except UnreadableMedia as cause:
        raise RequestRefused(400, str(cause.args[0]), cause.remedy, "invalid") from cause
