"""The parts of a stream that lies in files: a playlist, a folder, or all of it in one file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote, urlsplit

from bonaface.errors import UnreadableMedia
from bonaface.forensics.segments.playlist import Playlist, read_playlist
from bonaface.marks.live.boxes import SCHEME, Box, walk

LARGEST: Final = 256 << 20  # bytes of one file
_HEAD: Final = 1 << 16  # bytes in which a signature shows, if there is one
Kind: TypeAlias = Literal["begin", "segment"]
_WORD = re.compile(r"[^\W\d]*")
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Part:
    """An initialization segment, or a media segment."""

    name: str
    kind: Kind
    data: bytes


@dataclass(frozen=True, slots=True)
class Track:
    """The parts of one track in the order in which they are played."""

    name: str
    parts: tuple[Part, ...]


def is_stream(path: Path) -> bool:
    """Whether a path is a stream that is signed segment by segment. Raises OSError."""
    if path.is_dir() or path.suffix.lower() == ".m3u8":
        return True
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return head[4:8] == b"ftyp" and SCHEME in head


def read_tracks(path: Path) -> tuple[Track, ...]:
    """Read a playlist, a folder or a file. Raises UnreadableMedia."""
    if path.is_dir():
        lists = sorted(path.glob("*.m3u8"))
        first = next((one for one in lists if _playlist(one).others), None)
        if first is not None:
            return read_tracks(first)
        tracks = tuple(_listed(one) for one in lists) or _loose(path)
    elif path.suffix.lower() == ".m3u8":
        others = _playlist(path).others
        tracks = tuple(_listed(_beside(path, one)) for one in others) or (_listed(path),)
    else:
        tracks = (Track(path.name, tuple(_split(path.name, _read(path)))),)
    if not any(track.parts for track in tracks):
        raise UnreadableMedia(f"There are no segments in {path}.")
    return tracks


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST:
            raise UnreadableMedia(f"{path} is larger than {LARGEST >> 20} MB.", "Cut it in parts.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableMedia(f"{path} could not be read: {error.strerror}.") from error


def _playlist(path: Path) -> Playlist:
    return read_playlist(_read(path))


def _beside(path: Path, address: str) -> Path:
    """A file in the playlist's own folder: a stranger's playlist opens nothing else."""
    parts = urlsplit(address)
    name = unquote(parts.path)
    if parts.scheme or parts.netloc or not name or Path(name).name != name:
        remedy = "Put all in one folder, or give its address with --live."
        raise UnreadableMedia(f"The playlist {path.name} names what lies elsewhere.", remedy)
    return path.parent / name


def _listed(path: Path) -> Track:
    begin, parts = "", []
    for entry in _playlist(path).entries:
        if entry.begin and entry.begin != begin:
            found = _beside(path, entry.begin)
            parts.append(Part(found.name, "begin", _read(found)))
        begin = entry.begin
        found = _beside(path, entry.segment)
        parts.append(Part(found.name, "segment", _read(found)))
    return Track(path.stem, tuple(parts))


def _loose(folder: Path) -> tuple[Track, ...]:
    """Files without a playlist: a track for each first word of their names, in natural order."""
    groups: dict[str, list[Part]] = {}
    for path in sorted(folder.iterdir(), key=_natural):
        if path.suffix.lower() in {".mp4", ".m4s", ".m4v", ".m4a", ".cmfv", ".cmfa"}:
            found = _WORD.match(path.stem)
            parts = list(_split(path.name, _read(path)))
            groups.setdefault(found[0] if found else "", []).extend(parts)
    return tuple(
        Track(name, tuple(sorted(parts, key=lambda part: part.kind != "begin")))
        for name, parts in groups.items()
    )


def _natural(path: Path) -> list[tuple[int, str]]:
    return [(int(run), "") if run.isdigit() else (-1, run) for run in _DIGITS.split(path.name)]


def _split(name: str, data: bytes) -> Iterator[Part]:
    """Cut before each ftyp and styp, and before a fragment that has no styp of its own."""
    cuts, inside = [0], True
    for one in _boxes(data):
        fragment = one.kind in {b"emsg", b"prft", b"moof"}
        if one.at and (one.kind in {b"ftyp", b"styp"} or (fragment and not inside)):
            cuts.append(one.at)
        inside = one.kind in {b"styp", b"emsg", b"prft"}
    for count, (begin, end) in enumerate(zip(cuts, [*cuts[1:], len(data)], strict=True)):
        run = data[begin:end]
        kind: Kind = "begin" if run[4:8] == b"ftyp" else "segment"
        yield Part(f"{name}, part {count}" if len(cuts) > 1 else name, kind, run)


def _boxes(data: bytes) -> Iterator[Box]:
    """The boxes as far as they go: what is cut short is the last one's trouble."""
    try:
        yield from walk(data)
    except ValueError:
        return
