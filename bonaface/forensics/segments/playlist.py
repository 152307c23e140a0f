"""Read HLS playlists (RFC 8216), as much as it takes to find the parts of a stream."""

import re
from dataclasses import dataclass
from typing import Final

from bonaface.errors import UnreadableMedia

LARGEST: Final = 1 << 20  # bytes
_BEGIN = re.compile(r'#EXT-X-MAP:(?:.*,)?URI="([^"]*)"')
_OTHER = re.compile(r'#EXT-X-MEDIA:(?:.*,)?URI="([^"]*)"')
_LENGTH = re.compile(r"#EXT-X-TARGETDURATION:(\d{1,4})$")
_NOT_HERE = ("#EXT-X-BYTERANGE", "#EXT-X-KEY", "#EXT-X-PART:", "#EXT-X-I-FRAMES-ONLY")


@dataclass(frozen=True, slots=True)
class Entry:
    """One segment, and the beginning that goes with it: addresses as they stand there."""

    begin: str
    segment: str


@dataclass(frozen=True, slots=True)
class Playlist:
    """A media playlist has entries; a multivariant one names others."""

    entries: tuple[Entry, ...] = ()
    others: tuple[str, ...] = ()
    seconds: int = 2  # the longest segment
    ended: bool = False


def read_playlist(data: bytes) -> Playlist:
    """Read one. Raises UnreadableMedia."""
    text = data[:LARGEST].decode("utf-8", "replace")
    if not text.startswith("#EXTM3U"):
        raise UnreadableMedia("This is no HLS playlist.")
    lines = [line.strip() for line in text.splitlines()]
    for line in lines:
        if line.startswith(_NOT_HERE):
            raise UnreadableMedia(f"Playlists with {line.split(':')[0][1:]} are not read here.")
    if any(line.startswith("#EXT-X-STREAM-INF") for line in lines):
        return Playlist(others=tuple(dict.fromkeys(_others(lines))))
    lengths = [int(found[1]) for line in lines if (found := _LENGTH.match(line))]
    ended = "#EXT-X-ENDLIST" in lines
    return Playlist(_entries(lines), (), max(lengths, default=2) or 1, ended)


def _others(lines: list[str]) -> list[str]:
    named = [found[1] for line in lines if (found := _OTHER.match(line))]
    return [line for line in lines if line and not line.startswith("#")] + named


def _entries(lines: list[str]) -> tuple[Entry, ...]:
    begin, entries = "", []
    for line in lines:
        if found := _BEGIN.match(line):
            begin = found[1]
        elif line and not line.startswith("#"):
            entries.append(Entry(begin, line))
    return tuple(entries)
