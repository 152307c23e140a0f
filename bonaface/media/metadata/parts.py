"""The parts of a file that can hold tags: of JPEG, PNG, RIFF, MP4 and Matroska.

Own walkers, as they need little and must stand damage: a part that claims more than the file has
ends the walk, what is not wanted is skipped unread, and no more than LARGEST bytes of a part, MOST
parts and GIVEN packed ones are looked at. ISO/IEC 10918-1 B.1, W3C PNG 5, ISO/IEC 14496-12 4.2,
RFC 8794, RFC 9559, XMP part 3.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO, Final, TypeAlias

Part: TypeAlias = tuple[bytes, bytes]  # its kind, and the first LARGEST bytes of what is in it
LARGEST: Final = 1 << 20
MOST: Final = 10_000
GIVEN: Final = 256  # each may unpack to LARGEST bytes, so their number bounds the time
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_INSIDE = {
    b"": {b"moov", b"uuid"},
    b"moov": {b"udta", b"uuid"},
    b"udta": {b"XMP_"},
}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}  # TEM, RST and SOI
_SCAN, _END = 0xDA, 0xD9
_PARENTS, _WRITER = {b"\x18S\x80g", b"\x15I\xa9f"}, b"WA"  # Segment and Info
_FIRST = 1 << 16  # bytes of Matroska in which its Info is looked for


def walk_jpeg(file: BinaryIO) -> Iterator[Part]:
    """The segments before the picture: kind is the marker's second byte."""
    file.seek(2)
    for _ in range(MOST):
        head = file.read(2)
        while len(head) == 2 and head[1] == 0xFF:  # fill bytes
            head = head[1:] + file.read(1)
        if len(head) < 2 or head[0] != 0xFF or head[1] in {_SCAN, _END}:
            return
        if head[1] in _WITHOUT_LENGTH:
            continue
        size = int.from_bytes(file.read(2)) - 2
        if size < 0:
            return
        body = file.read(size)
        if len(body) < size:
            return
        yield head[1:], body


def walk_png(file: BinaryIO, wanted: set[bytes]) -> Iterator[Part]:
    """The chunks of a kind that is wanted, those behind the picture too."""
    yield from _walk(file, wanted, 8, "big")


def walk_riff(file: BinaryIO, wanted: set[bytes]) -> Iterator[Part]:
    """The chunks of WebP or WAV of a kind that is wanted, in the outermost list."""
    yield from _walk(file, wanted, 12, "little")


def _walk(file: BinaryIO, wanted: set[bytes], at: int, order: str) -> Iterator[Part]:
    end = file.seek(0, os.SEEK_END)
    given = 0
    for _ in range(MOST):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or given == GIVEN:
            return
        big = order == "big"
        kind, size = (head[4:], head[:4]) if big else (head[:4], head[4:])
        length = int.from_bytes(size, "big" if big else "little")
        at += 8 + length + (4 if big else length % 2)  # a checksum, or padding
        if at - 4 * big - (not big and length % 2) > end:
            return
        if kind in wanted:
            given += 1
            yield kind, file.read(min(length, LARGEST))


def walk_mp4(file: BinaryIO) -> Iterator[bytes]:
    """The XMP packets of MP4 or QuickTime: in a box of the XMP UUID, or in moov/udta/XMP_."""
    end = file.seek(0, os.SEEK_END)
    yield from _boxes(file, b"", 0, end)


def _boxes(file: BinaryIO, parent: bytes, at: int, end: int) -> Iterator[bytes]:
    for _ in range(MOST):
        file.seek(at)
        head = file.read(16)
        if at + 8 > end or len(head) < 8:
            return
        size, kind, begin = int.from_bytes(head[:4]), head[4:8], 8
        if size == 1:
            size, begin = int.from_bytes(head[8:16]), 16
        elif size == 0:
            size = end - at
        if size < begin or at + size > end:
            return
        if kind in _INSIDE[parent]:
            yield from _box(file, kind, at + begin, at + size)
        at += size


def _box(file: BinaryIO, kind: bytes, at: int, end: int) -> Iterator[bytes]:
    if kind in _INSIDE:
        yield from _boxes(file, kind, at, end)
        return
    file.seek(at)
    body = file.read(min(end - at, LARGEST))
    if kind == b"XMP_":
        yield body
    elif body.startswith(_XMP_UUID):
        yield body[16:]


def find_writer(file: BinaryIO) -> str:
    """The WritingApp of Matroska or WebM; "" where it is not in the first bytes."""
    file.seek(0)
    head = file.read(_FIRST)
    at = 0
    while at < len(head) and head[at]:
        width = 9 - head[at].bit_length()  # an id keeps the bit that tells its length
        kind, (begin, length) = head[at : at + width], _length(head, at + width)
        if kind == _WRITER:
            return head[begin : begin + min(length, 200)].decode("utf-8", "replace").strip("\0")
        at = begin if kind in _PARENTS else begin + length
    return ""


def _length(head: bytes, at: int) -> tuple[int, int]:
    """Where the content of an element begins, and how long it is (RFC 8794, section 6)."""
    first = head[at] if at < len(head) else 0
    width = 9 - first.bit_length()
    value = int.from_bytes(head[at : at + width]) & ((1 << (7 * width)) - 1)
    return at + width, value
