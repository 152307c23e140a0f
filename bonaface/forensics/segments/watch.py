"""Check a stream while it runs, by its address: fetched only because somebody asked for it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from bonaface.config import settings
from bonaface.errors import SettingsError, UnreadableMedia
from bonaface.forensics.segments.parts import Part
from bonaface.forensics.segments.playlist import Playlist, read_playlist
from bonaface.forensics.segments.stream import StreamReport, TrackRecord
from bonaface.marks.live.follow import Follower, Seen

LARGEST: Final = 64 << 20  # bytes of one answer
PATIENCE: Final = 15.0  # s for one answer: a server may have to begin first
TRIES: Final = 8
EARLY: Final = frozenset({429, 503})  # ask again
Tell = Callable[[str, Seen], None]  # a track's name, and what was seen of it


class Gone(UnreadableMedia):
    """A part that is not there any more."""


@dataclass(slots=True)
class _Watched:
    """One track: where its playlist is, and what was fetched of it."""

    address: str
    record: TrackRecord
    fetched: set[str] = field(default_factory=set)
    ended: bool = False


def watch_stream(
    address: str, seconds: float, tell: Tell, client: httpx.Client | None = None
) -> StreamReport:
    """Follow an HLS playlist for so long, or to its end, and tell about each part as it comes.

    Raises SettingsError for what is no address, and UnreadableMedia.
    """
    _require_address(address)
    until = time.monotonic() + seconds
    with client or httpx.Client(timeout=PATIENCE) as web:
        first = _playlist(web, address)
        places = [_within(address, other) for other in first.others] or [address]
        tracks = [_Watched(place, _record(place)) for place in places]
        while True:
            pause = max(_look(web, track, tell) for track in tracks)
            if all(track.ended for track in tracks) or time.monotonic() + pause > until:
                return StreamReport(_plain(address), tuple(one.record for one in tracks))
            time.sleep(pause)


def _require_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("This is no address of a stream.", "Give http://HOST/.../index.m3u8.")
    if settings().offline and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise SettingsError("BONAFACE_OFFLINE forbids connections to other machines.")


def _record(place: str) -> TrackRecord:
    name = urlsplit(place).path.rpartition("/")[2].removesuffix(".m3u8")
    return TrackRecord(name, Follower(lambda: datetime.now(UTC)))


def _look(web: httpx.Client, track: _Watched, tell: Tell) -> float:
    """Fetch what is new; answers after how many seconds to look again."""
    if track.ended:
        return 0.0
    listed = _playlist(web, track.address)
    for part in _new_parts(web, track, listed):
        tell(track.record.name, track.record.take(part))
    track.ended = listed.ended
    return listed.seconds / 2


def _new_parts(web: httpx.Client, track: _Watched, listed: Playlist) -> Iterator[Part]:
    for entry in listed.entries:
        for kind, relative in (("begin", entry.begin), ("segment", entry.segment)):
            place = _within(track.address, relative)
            if not relative or place in track.fetched:
                continue
            track.fetched.add(place)
            name = urlsplit(place).path.rpartition("/")[2]
            try:
                yield Part(name, "begin" if kind == "begin" else "segment", _fetch(web, place))
            except Gone:
                continue  # too late; the next one tells that it is missing


def _within(address: str, relative: str) -> str:
    """An address in a playlist: of the same server, whoever wrote it."""
    place = urljoin(address, relative)
    if urlsplit(place)[:2] != urlsplit(address)[:2]:
        raise UnreadableMedia("The playlist names parts on another server; they are not fetched.")
    return place


def _playlist(web: httpx.Client, address: str) -> Playlist:
    return read_playlist(_fetch(web, address))


def _fetch(web: httpx.Client, address: str) -> bytes:
    for _ in range(TRIES):
        try:
            with web.stream("GET", address) as answer:
                if answer.status_code in {404, 410}:
                    raise Gone(f"{_plain(address)} is not there.")
                if answer.status_code == 200:
                    return _read(answer)
        except httpx.HTTPError as error:
            raise UnreadableMedia(f"{_plain(address)} could not be fetched: {error}.") from error
        if answer.status_code not in EARLY:
            break
        time.sleep(1)
    raise UnreadableMedia(f"{_plain(address)} was answered with {answer.status_code}.")


def _read(answer: httpx.Response) -> bytes:
    data = bytearray()
    for run in answer.iter_bytes():
        data += run
        if len(data) > LARGEST:
            raise UnreadableMedia(f"A part is larger than {LARGEST >> 20} MB.")
    return bytes(data)


def _plain(address: str) -> str:
    """Without what comes behind a question mark: tickets are secret."""
    return address.partition("?")[0]
