"""The tags of any file, by what it holds and never by its name."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from PIL import Image

from bonaface.errors import UnreadableMedia
from bonaface.forensics.origin.tags import LONGEST, Tag
from bonaface.media.metadata.exif import list_exif, read_exif
from bonaface.media.metadata.parts import (
    LARGEST,
    find_writer,
    walk_jpeg,
    walk_mp4,
    walk_png,
    walk_riff,
)
from bonaface.media.metadata.streams import read_streams
from bonaface.media.metadata.xmp import read_xmp
from bonaface.media.photos import decoding

MOST: Final = 200  # tags of one file
_XMP_HEAD, _EXIF_HEAD = b"http://ns.adobe.com/xap/1.0/\0", b"Exif\0\0"
_APP1, _COMMENT = b"\xe1", b"\xfe"
_TEXTS = {b"tEXt", b"zTXt", b"iTXt"}
_PEOPLE = {"author", "artist", "copyright"}  # fields of PNG that name people are not taken
_PACKET = "XML:com.adobe.xmp"
_PILLOW = ("TIFF", "AVIF")


def read_tags(path: Path, limits: list[str]) -> tuple[Tag, ...]:
    """Read what a file says of itself; whatever cannot be read is told in `limits`.

    Damage is no error: what stands before it is read. At most MOST tags, each cut at LONGEST.
    """
    tags: list[Tag] = []
    try:
        with path.open("rb") as file:
            for tag in _read(path, file):
                tags.append(tag)
                if len(tags) == MOST:
                    limits.append(f"Only the first {MOST} tags of the file were read.")
                    break
    except (UnreadableMedia, OSError) as error:
        limits.append(f"What the file says of itself could not all be read. {error}")
    return tuple(tags)


def _read(path: Path, file: BinaryIO) -> Iterator[Tag]:
    head = file.read(16)
    if head.startswith(b"\xff\xd8\xff"):
        yield from _read_jpeg(file)
    elif head.startswith(b"\x89PNG\r\n\x1a\n"):
        yield from _read_png(file)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        yield from _read_webp(file)
    elif head.startswith((b"II*\0", b"MM\0*")) or head[4:12] in {b"ftypavif", b"ftypavis"}:
        yield from _read_by_pillow(path)
    else:
        yield from _read_film(path, file, head)


def _read_jpeg(file: BinaryIO) -> Iterator[Tag]:
    for kind, body in walk_jpeg(file):
        if kind == _COMMENT:
            yield Tag("comment", "comment", _text(body))
        elif kind == _APP1 and body.startswith(_XMP_HEAD):
            yield from read_xmp(body[len(_XMP_HEAD) :])
        elif kind == _APP1 and body.startswith(_EXIF_HEAD):
            yield from read_exif(body)


def _read_png(file: BinaryIO) -> Iterator[Tag]:
    for kind, body in walk_png(file, _TEXTS | {b"eXIf"}):
        if kind == b"eXIf":
            yield from read_exif(_EXIF_HEAD + body)
            continue
        name, text = _split(kind, body)
        if name == _PACKET:
            yield from read_xmp(text)
        elif name.lower() not in _PEOPLE:
            yield Tag("text", name, _text(text))


def _split(kind: bytes, body: bytes) -> tuple[str, bytes]:
    """Take a text chunk apart (W3C PNG 11.3.3): its keyword, and its text unpacked."""
    key, _, rest = body[: LARGEST + 80].partition(b"\0")
    name = key[:79].decode("latin-1")
    if kind == b"tEXt":
        return name, rest
    if kind == b"zTXt":
        return name, _unpack(rest[1:])
    packed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    return name, _unpack(text) if packed else text


def _unpack(data: bytes) -> bytes:
    """Unpack what fits in LARGEST bytes, whatever it would grow to."""
    try:
        return zlib.decompressobj().decompress(data, LARGEST)
    except zlib.error:
        return b""


def _read_webp(file: BinaryIO) -> Iterator[Tag]:
    for kind, body in walk_riff(file, {b"XMP ", b"EXIF"}):
        if kind == b"XMP ":
            yield from read_xmp(body)
        else:
            yield from read_exif(body if body.startswith(_EXIF_HEAD) else _EXIF_HEAD + body)


def _read_by_pillow(path: Path) -> Iterator[Tag]:
    with decoding(path.name), Image.open(path, formats=_PILLOW) as image:
        packet = image.info.get("xmp")
        tags = list(list_exif(image.getexif()))
    yield from tags
    if isinstance(packet, bytes):
        yield from read_xmp(packet[:LARGEST])


def _read_film(path: Path, file: BinaryIO, head: bytes) -> Iterator[Tag]:
    if head[:4] in {b"RIFF", b"RF64"}:
        for kind, body in walk_riff(file, {b"AIGC", b"_PMX"}):
            yield from read_xmp(body) if kind == b"_PMX" else (Tag("chunk", "AIGC", _text(body)),)
    elif head[4:8] in {b"ftyp", b"moov", b"wide", b"free", b"mdat", b"skip"}:
        for packet in walk_mp4(file):
            yield from read_xmp(packet)
    elif head.startswith(b"\x1aE\xdf\xa3") and (name := find_writer(file)):
        yield Tag("container", "encoder", name)
    yield from read_streams(path)


def _text(data: bytes) -> str:
    return data[: 4 * LONGEST].decode("utf-8", "replace").strip("\0 \r\n\t")[:LONGEST]
