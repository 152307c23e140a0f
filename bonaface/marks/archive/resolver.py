"""Ask a server for the manifest to which a hidden mark leads.

The client's side of C2PA's soft binding resolution API (2.4). The server is sent an algorithm's
name and an id, nothing of the file. What comes back is a stranger's: bounded in size and time, no
redirect is followed, and nothing is believed here. Whether a manifest holds is
`credentials.read_store`'s to say.
"""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from bonaface.config import settings
from bonaface.errors import ResolverFailed, SettingsError
from bonaface.marks.archive import jumbf

OURS: Final = "/c2pa/soft-bindings"  # where a Bonaface server answers
CONSENT: Final = "org.bonaface.consent"  # what such a server adds to a match
WHOLE: Final = 15.0  # s for all that one server is asked
SILENCE, CONNECTING = 5.0, 3.0  # s
MOST_LIST: Final = 65_536  # bytes of a list of matches
MOST: Final = 3  # manifests of one mark that are fetched
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One manifest store that a server keeps for a mark."""

    manifest: str  # urn, the one in the store too
    store: bytes  # JUMBF
    consent: str = ""  # what the server says of the consent record it names; "" for nothing


def read_address(address: str) -> str:
    """Where the API of a server is: "https://server" is a Bonaface; a path is taken as it is.

    Raises SettingsError.
    """
    try:
        parts = urlsplit(address.strip())
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or parts.query or parts.fragment or parts.username or not address.isprintable():
        raise SettingsError(
            f"{address!r} is no address of a server.", "Write one such as https://faces.example."
        )
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path or OURS}"


def ask(address: str, algorithm: str, mark: str) -> tuple[Answer, ...]:
    """The manifests that a server keeps for a mark. Raises ResolverFailed, SettingsError."""
    base = read_address(address)
    name = urlsplit(base).hostname or ""
    if settings().offline and name not in LOOPBACK:
        raise ResolverFailed(f"BONAFACE_OFFLINE is set, so {name} was not asked.")
    until = time.monotonic() + WHOLE
    timeout = httpx.Timeout(SILENCE, connect=CONNECTING)
    headers = {"Accept-Encoding": "identity"}
    with _explained(name), httpx.Client(timeout=timeout, headers=headers) as client:
        line = _Line(client, base, until)
        query = {"alg": algorithm, "value": base64.b64encode(mark.encode()).decode()}
        matches = _read_matches(line.fetch("/matches/byBinding", MOST_LIST, query))
        return tuple(_fetch(line, *match) for match in matches[:MOST])


@dataclass(frozen=True, slots=True)
class _Line:
    client: httpx.Client
    base: str
    until: float  # monotonic

    def fetch(self, path: str, most: int, query: dict[str, str] | None = None) -> bytes:
        """One answer of at most so many bytes. Raises httpx.HTTPError or ValueError."""
        whole = bytearray()
        with self.client.stream("GET", self.base + path, params=query) as answer:
            if answer.is_redirect:
                raise ValueError("it sends elsewhere")
            if answer.status_code != 200:
                raise ValueError(f"it answers with status {answer.status_code}")
            for part in answer.iter_raw():
                whole += part
                if len(whole) > most:
                    raise ValueError("its answer is too large")
                if time.monotonic() > self.until:
                    raise ValueError("it is too slow")
        return bytes(whole)


def _read_matches(body: bytes) -> list[tuple[str, str]]:
    """Ids of manifests that are to be had there, and what is said of their consent."""
    try:
        whole = json.loads(body)
        matches = whole["matches"]
        found = [(str(one["manifestId"]), one) for one in matches if not one.get("endpoint")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("its answer is no list of matches") from error
    if matches and not found:
        raise ValueError("it names another server, which was not asked")
    return [(name, _text(one.get(CONSENT))) for name, one in found]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _fetch(line: _Line, manifest: str, consent: str) -> Answer:
    store = line.fetch(f"/manifests/{quote(manifest, safe=':')}", jumbf.LARGEST)
    try:
        name = jumbf.name_of(store)
    except ValueError as error:
        raise ValueError("what it gives is no manifest") from error
    if name != manifest:
        raise ValueError("it gives another manifest than it names")
    return Answer(manifest, store, consent)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Say in one sentence what went wrong with a server."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise ResolverFailed(f"{name} did not answer in time.") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ResolverFailed(f"{name} could not be reached.") from error
    except (ValueError, UnicodeError) as error:
        raise ResolverFailed(f"{name} could not be used: {error}.") from error
