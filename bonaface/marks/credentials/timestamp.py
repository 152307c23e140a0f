"""Time-stamps by RFC 3161: somebody else's word that a signature was there at a time.

With one, a file stays trusted after the certificate of its signer has ended. Only the hash of the
signature is sent (`relay`). Where none is to be had a file is signed without, and that is said:
what took an hour to make is not thrown away for it. Who would rather have nothing sets
BONAFACE_TSA_REQUIRED.
"""

import logging
from urllib.parse import urlsplit

from bonaface.config import settings
from bonaface.errors import CredentialsError, SettingsError

LOG = logging.getLogger("bonaface.credentials")
REFUSED = "its answer is no time-stamp that holds for this file"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def address() -> str | None:
    """Answer the address of the authority to ask; None for none.

    Raises SettingsError, and CredentialsError where there must be a time-stamp and nobody is asked.
    """
    given = require_address()
    if given is None:
        return None
    if settings().offline and urlsplit(given).hostname not in _LOOPBACK:
        lack(given, "BONAFACE_OFFLINE is set")
        return None
    return given


def require_address() -> str | None:
    """Answer the address that the settings give, if any. Raises SettingsError if it is none."""
    given = settings().tsa
    if given is None:
        return None
    try:
        parts = urlsplit(given)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fit = False
    if not fit:
        raise SettingsError(f"BONAFACE_TSA is no http address: {given!r}.")
    return given


def host(given: str) -> str:
    """Take the host, and the port where it is named, out of an address."""
    return urlsplit(given).netloc.rpartition("@")[2]


def lack(given: str, reason: str) -> None:
    """Tell that there is no time-stamp. Raises CredentialsError where there must be one."""
    sentence = f"The time-stamp authority at {host(given)} gave no time-stamp: {reason}."
    if settings().tsa_required:
        raise CredentialsError(
            sentence, "Nothing was signed. Try again, or unset BONAFACE_TSA_REQUIRED."
        )
    LOG.warning("%s The file is signed without one.", sentence)


def tell(given: str, trusted: bool) -> None:
    """Warn where a time-stamp counts for nothing here, though it may elsewhere."""
    if not trusted:
        LOG.warning(
            "The time-stamp authority at %s is not trusted here. Run: bonaface keys trust --time",
            host(given),
        )
