"""Tags of containers and tracks, by FFmpeg, and what x264 and x265 leave in the pictures' data."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from av.container import InputContainer

from bonaface.forensics.origin.tags import LONGEST, Place, Tag
from bonaface.media.files import open_media

_FIELDS: Final = frozenset(
    {
        *("encoder", "encoded_by", "software", "handler_name", "lvmetainfo"),
        *("make", "model", "manufacturer", "comment", "description", "title", "usercomment"),
        *("aigc", "parameters", "prompt", "workflow", "invokeai_metadata", "invokeai_graph"),
    }
)
_NAMES: Final = {"manufacturer": "make", "aigc": "AIGC"}
_PREFIXES = ("com.apple.quicktime.", "com.android.")
_LEFT = re.compile(rb"(x26[45]) (?:- core|\(build) (\d{1,4})")
_FIRST = 1 << 16  # bytes of the first packet: the message comes before the picture
_TRACKS = 16


def read_streams(path: Path) -> tuple[Tag, ...]:
    """Read the tags of a video or sound. Raises UnreadableMedia."""
    with open_media(path) as container:
        return tuple(_tags(container))


def _tags(container: InputContainer) -> Iterator[Tag]:
    yield from _list("container", container.metadata)
    for stream in list(container.streams)[:_TRACKS]:
        if stream.type in {"video", "audio"}:
            yield from _list("video" if stream.type == "video" else "audio", stream.metadata)
    if container.streams.video:
        packet = next(container.demux(container.streams.video[0]), None)
        found = _LEFT.search(bytes(packet)[:_FIRST]) if packet is not None else None
        if found:
            name, build = (one.decode() for one in found.groups())
            yield Tag("stream", name, f"{name} {build}")


def _list(place: Place, found: Mapping[str, str]) -> Iterator[Tag]:
    for key, value in found.items():
        name = key.lower()
        for prefix in _PREFIXES:
            name = name.removeprefix(prefix)
        if name in _FIELDS and value.strip():
            yield Tag(place, _NAMES.get(name, name), value.strip()[:LONGEST])
