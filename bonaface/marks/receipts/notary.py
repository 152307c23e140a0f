"""Writes a live session's receipts: notes what is sent, and signs for it once a second.

Whoever shares an encoder gets the same frames, so each is digested once, however many watch.
"""

import secrets
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bonaface.consent.policy import Permit
from bonaface.core import SECOND, Time
from bonaface.marks.reading_key import write_id
from bonaface.marks.receipts import jws
from bonaface.marks.receipts.look import look_at
from bonaface.marks.receipts.receipt import (
    RECEIPT_TYPE,
    Consent,
    Frame,
    Look,
    Receipt,
    Track,
    digest_frame,
    write,
)
from bonaface.marks.receipts.session_key import Naming, OwnKey, make_session_key, open_authority

RECENT = 10  # receipts kept for those who come
MOST = 200  # frames of one track between two receipts; there are 50 of sound in a second
RENEWED = timedelta(minutes=5)  # before a key ends
_MILLISECOND = SECOND // 1000


def _now() -> datetime:
    return datetime.now(UTC)


class Notary:
    """Signs for one session. Not for two threads at once. Making one raises KeysError."""

    def __init__(self, permit: Permit, mark_id: int, clock: Callable[[], datetime] = _now) -> None:
        consent = Consent(permit.record_id, permit.digest)
        self.naming = Naming(secrets.token_hex(8), consent, write_id(mark_id))
        self.recent: deque[str] = deque(maxlen=RECENT)
        self.root = open_authority(clock()).print  # what those who check trust
        self._permit, self._clock = permit, clock
        self._keys: deque[OwnKey] = deque(maxlen=2)  # the newest last
        self._number = 0  # of the next receipt
        self._previous: str | None = None  # digest of the last
        self._since: Time = 0
        self._looked: Time | None = None
        self._sent: dict[Track, deque[Frame]] = {}
        self._looks: list[Look] = []

    def note(self, track: Track, data: bytes, pts: int) -> None:
        """Note a coded frame that is about to be sent."""
        frame = Frame(pts, digest_frame(track.codec, data))
        self._sent.setdefault(track, deque(maxlen=MOST)).append(frame)

    def look(self, at: Time, pixels: NDArray[np.uint8]) -> None:
        """Note what a picture looks like, of one a second."""
        if self._looked is None or at - self._looked >= SECOND:
            self._looked = at
            self._looks.append(Look(at // _MILLISECOND, look_at(pixels)))

    @property
    def statements(self) -> list[str]:
        """About the keys that hold for another minute: an ended one would look like a forgery."""
        soon = self._clock() + timedelta(minutes=1)
        return [key.statement for key in self._keys if key.until > soon]

    def rest(self) -> None:
        """Nobody watches: what was signed is old when somebody comes."""
        self.recent.clear()

    def since(self, number: int) -> list[str]:
        """The receipts that are kept, of those with a higher number than this."""
        count = max(0, min(self._number - 1 - number, len(self.recent)))
        return list(self.recent)[len(self.recent) - count :]

    def write(self, at: Time) -> list[str]:
        """Sign for what was noted until `at`; a new key's statement comes first.

        Raises ConsentDenied or ConsentInvalid once there is no leave, and KeysError.
        """
        now = self._clock()
        self._permit.check(now)
        fresh: list[str] = []
        if not self._keys or now >= self._keys[-1].until - RENEWED:
            self._keys.append(make_session_key(open_authority(now), self.naming, now))
            fresh.append(self._keys[-1].statement)
        key = self._keys[-1]
        receipt = jws.sign(
            key.key,
            {"typ": RECEIPT_TYPE, "kid": key.id},
            write(self._receipt(at, now)),
        )
        self._number, self._previous, self._since = self._number + 1, jws.digest(receipt), at
        self._sent, self._looks = {}, []
        self.recent.append(receipt)
        return [*fresh, receipt]

    def _receipt(self, at: Time, now: datetime) -> Receipt:
        return Receipt(
            session=self.naming.session,
            number=self._number,
            issued=int(now.timestamp() * 1000),
            span=(self._since // _MILLISECOND, at // _MILLISECOND),
            consent=self.naming.consent,
            mark=self.naming.mark,
            previous=self._previous,
            sent=tuple((track, tuple(frames)) for track, frames in self._sent.items()),
            looks=tuple(self._looks),
        )
