"""Tickets: signed leave to watch one session for a while, for players that send no headers.

`EventSource`, and video players that fetch HLS, can only follow an address. A ticket is put in it
instead of a token: it opens one session's events, playlist or recording, and nothing else.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from bonaface.vault import keep

LASTS = 600  # s
_BYTES = 18  # of the seal that are kept: 144 bits


class TicketOffice:
    """Makes tickets and reads them back. `now` is seconds since 1970."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._key = keep(path, lambda: secrets.token_bytes(32))
        self._now = now

    def make(self, session: str, lasts: int = LASTS) -> str:
        """Give leave to watch a session for so many seconds."""
        until = int(self._now()) + lasts
        return f"{until}.{self._seal(session, until)}"

    def holds(self, ticket: str, session: str) -> bool:
        """Whether a ticket is for this session, and still good."""
        until, _, seal = ticket.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) <= 12 and seal.isascii()):
            return False
        good = hmac.compare_digest(seal, self._seal(session, int(until)))
        return good and self._now() < int(until)

    def _seal(self, session: str, until: int) -> str:
        message = f"watch {session} {until}".encode()
        whole = hmac.new(self._key, message, hashlib.sha256).digest()
        return base64.urlsafe_b64encode(whole[:_BYTES]).decode()
