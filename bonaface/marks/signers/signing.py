"""Which signer signs, by the settings; and what is to be told before its certificate ends.

The key is the one in hardware where the settings name one, else one in a private file. Its
certificate is the installed one, else one of this installation's own authority.
"""

import logging
from datetime import datetime
from functools import cache

from bonaface.config import settings
from bonaface.errors import KeysError
from bonaface.marks.credentials import timestamp
from bonaface.marks.signers import chain, hardware, keys
from bonaface.marks.signers.signer import Key, Signer

LOG = logging.getLogger("bonaface.keys")


def open_signer(now: datetime) -> Signer:
    """Open the signer that the settings choose. Raises KeysError, also when it has ended."""
    token = open_token()
    signer = chain.installed(token)
    if signer is None:
        return keys.certified(token, now) if token else keys.own_signer(now)
    if signer.until <= now:
        raise KeysError(
            f"The signer's certificate ended on {signer.until:%Y-%m-%d}.",
            "Run: bonaface keys request, have it signed, then: bonaface keys install",
        )
    warning = _ending(signer.until, now)
    if warning:
        _tell_once(warning)
    return signer


def require_ready(now: datetime) -> None:
    """Refuse before the work what could not be signed after it. Raises KeysError, SettingsError.

    A token may be taken out and a certificate may end meanwhile; what can be known is known.
    """
    open_signer(now)
    timestamp.require_address()


def open_token() -> Key | None:
    """Open the key in hardware that the settings name; None where they name none."""
    token = settings().token
    return None if token is None else hardware.open_key(token)


def warnings(now: datetime) -> list[str]:
    """Say what is about to end, or has; no key is made or opened. Raises KeysError."""
    found = (_ending(fact.until, now) for fact in chain.describe() if fact.until)
    return [warning for warning in found if warning]


def _ending(until: datetime, now: datetime) -> str | None:
    if until <= now:
        return f"The signer's certificate ended on {until:%Y-%m-%d}: nothing can be signed."
    if until - now > chain.SOON:
        return None
    days = (until - now).days
    return f"The signer's certificate ends on {until:%Y-%m-%d}, in {days} days."


@cache
def _tell_once(warning: str) -> None:
    LOG.warning(warning)
