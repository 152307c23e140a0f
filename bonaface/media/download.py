"""A media file from an address, to be checked: public hosts only, bounded in size and time.

Names are resolved once and the connection goes to the address that was looked at, so that no name
can change in between (DNS rebinding); each redirect is looked at again. Proxies of the environment
are not used: behind one nobody knows where a request ends.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urljoin, urlsplit

from bonaface import __version__
from bonaface.errors import UnreadableMedia

LARGEST: Final = 512_000_000  # bytes
WHOLE: Final = 300.0  # s for all
SILENCE: Final = 15.0  # s without a byte
HOPS: Final = 5  # redirects that are followed
PART: Final = 1 << 16  # bytes
PORTS: Final = {"http": 80, "https": 443}
ADDRESS: Final = "Give a public http:// or https:// address of a media file."
MOVED: Final = frozenset({301, 302, 303, 307, 308})
SPECIAL: Final = frozenset("\"'<>\\ ")


@dataclass(frozen=True, slots=True)
class Place:
    """An address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str  # with its query


def read_address(url: str) -> Place:
    """Take an address apart. Raises UnreadableMedia."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    else:
        plain = url.isascii() and url.isprintable() and not SPECIAL & set(url)
        if host and plain and parts.scheme in PORTS and parts.username is None:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            return Place(parts.scheme, host, port or PORTS[parts.scheme], path)
    raise UnreadableMedia(f"{url[:200]!r} is no address of a file.", ADDRESS)


def find_public(host: str, port: int) -> tuple[str, ...]:
    """The addresses of a host, all of them public. Raises UnreadableMedia."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as cause:
        raise UnreadableMedia(f"There is no host {host}.", "Check the address.") from cause
    addresses = tuple(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses or not all(is_public(address) for address in addresses):
        raise UnreadableMedia(f"{host} is not on the public Internet.", ADDRESS)
    return addresses


def is_public(address: str) -> bool:
    """Whether an address can be reached by all, whatever it is wrapped in."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        translated = ip in _NAT64
        if translated:
            inner = ip_address(int(ip) & 0xFFFFFFFF)  # type: ignore[assignment]
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


class _Prefix:
    """64:ff9b::/96 (RFC 6052) and 64:ff9b:1::/48 (RFC 8215): IPv4 behind a translator."""

    def __contains__(self, ip: IPv6Address) -> bool:
        return int(ip) >> 32 == 0x64FF9B << 64 or int(ip) >> 80 == 0x64FF9B0001


_NAT64: Final = _Prefix()


@contextmanager
def download(
    url: str, tell: Callable[[float], None] = lambda _: None, largest: int = LARGEST
) -> Iterator[Path]:
    """The file at an address, while the block runs. Raises UnreadableMedia."""
    until = time.monotonic() + WHOLE
    with TemporaryDirectory(prefix="bonaface-") as folder:
        path = Path(folder) / "fetched"
        for _ in range(HOPS + 1):
            moved = _fetch(read_address(url), path, (until, largest), tell)
            if moved is None:
                yield path
                return
            url = urljoin(url, moved)
        raise UnreadableMedia("This address leads on and on.", "Give that of the file itself.")


def _fetch(
    place: Place, path: Path, bounds: tuple[float, int], tell: Callable[[float], None]
) -> str | None:
    """Fetch one place; answers where it leads, or None once the file is there."""
    line = _Line(place, find_public(place.host, place.port))
    try:
        agent = f"bonaface/{__version__}"
        line.request("GET", place.path, headers={"User-Agent": agent, "Accept": "*/*"})
        answer = line.getresponse()
        if answer.status in MOVED and (to := answer.headers.get("Location")):
            return str(to)
        if answer.status != http.client.OK:
            why = f"{place.host} answered {answer.status}."
            raise UnreadableMedia(why, "Look at the address in a browser, and save the file.")
        _save(answer, path, bounds, tell)
    except (OSError, http.client.HTTPException) as cause:
        if isinstance(cause, UnreadableMedia):
            raise
        why = f"{place.host} could not be reached, or broke off."
        raise UnreadableMedia(why, "Try again later.") from cause
    finally:
        line.close()
    return None


def _save(
    answer: http.client.HTTPResponse,
    path: Path,
    bounds: tuple[float, int],
    tell: Callable[[float], None],
) -> None:
    until, largest = bounds
    whole, count = answer.length, 0
    with path.open("wb") as file:
        while part := answer.read1(PART):
            count += len(part)
            if count > largest or (whole or 0) > largest:
                size = f"{largest / 1e6:g} MB"
                raise UnreadableMedia(f"It is larger than {size}.", "Save a part of it.")
            if time.monotonic() > until:
                raise UnreadableMedia("It takes too long to fetch.", "Save it, and check the file.")
            file.write(part)
            tell(min(1.0, count / whole) if whole else 0.0)
    if answer.length:
        raise UnreadableMedia("The connection broke off.", "Try again.")


class _Line(http.client.HTTPConnection):
    """A connection to the address that was looked at, under the name that was asked for."""

    def __init__(self, place: Place, addresses: tuple[str, ...]) -> None:
        super().__init__(place.host, place.port, timeout=SILENCE)
        self._place, self._addresses = place, addresses

    def connect(self) -> None:
        """Open it."""
        trouble: OSError = ConnectionRefusedError()
        for address in self._addresses:
            try:
                opened = socket.create_connection((address, self._place.port), SILENCE)
            except OSError as cause:
                trouble = cause
                continue
            if self._place.scheme == "https":
                context = ssl.create_default_context()
                opened = context.wrap_socket(opened, server_hostname=self._place.host)
            self.sock = opened
            return
        raise trouble
