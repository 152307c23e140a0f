"""Boxes of ISO/IEC 14496-12, as far as credentials go: written, walked over, hashed."""

import hashlib
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA 2.3, section A.5.1
SCHEME: Final = b"urn:c2pa:verifiable-segment-info"  # section 19.4.2
SCHEME_AT: Final = 12  # bytes into its emsg box


@dataclass(frozen=True, slots=True)
class Box:
    """One box: where it begins in what was walked, and all of its bytes."""

    kind: bytes
    at: int
    data: memoryview

    @property
    def body(self) -> memoryview:
        """What comes after length and kind, and the long length where there is one."""
        return self.data[16 if bytes(self.data[:4]) == b"\0\0\0\1" else 8 :]


Skip: TypeAlias = Callable[[Box], bool]


def box(kind: bytes, *parts: bytes) -> bytes:
    """Write a box of less than 4 GB."""
    size = 8 + sum(map(len, parts))
    return b"".join((struct.pack(">I", size), kind, *parts))


def walk(data: bytes | memoryview) -> Iterator[Box]:
    """The boxes one after the other. Raises ValueError where they do not fill it exactly."""
    view, at = memoryview(data), 0
    while at < len(view):
        size = _size(view, at)
        if size < 8 or at + size > len(view):
            raise ValueError("a box is cut short")
        yield Box(bytes(view[at + 4 : at + 8]), at, view[at : at + size])
        at += size


def _size(view: memoryview, at: int) -> int:
    try:
        (size,) = struct.unpack_from(">I", view, at)
        if size == 1:
            (size,) = struct.unpack_from(">Q", view, at + 8)
            return int(size) if size >= 16 else 0
    except struct.error as error:
        raise ValueError("a box is cut short") from error
    return int(size) or len(view) - at


def find(data: bytes | memoryview, *path: bytes) -> Box | None:
    """The first box inside the first box inside the first box. Raises ValueError."""
    found: Box | None = None
    for kind in path:
        inside = data if found is None else found.body
        found = next((one for one in walk(inside) if one.kind == kind), None)
        if found is None:
            return None
    return found


def hash_boxes(data: bytes | memoryview, skip: Skip, moved: int = 0) -> bytes:
    """SHA-256 over offset and bytes of each box that is not skipped (C2PA 2.3, section 18.6.2).

    `moved` is by how much further back all but the first box will lie.
    """
    hasher = hashlib.sha256()
    for one in walk(data):
        if not skip(one):
            hasher.update(struct.pack(">Q", one.at + (moved if one.at else 0)))
            hasher.update(one.data)
    return hasher.digest()


def is_store(one: Box) -> bool:
    """Whether a box holds a manifest store."""
    return one.kind == b"uuid" and bytes(one.body[:16]) == C2PA


def is_signature(one: Box) -> bool:
    """Whether a box holds verifiable segment info."""
    end = SCHEME_AT + len(SCHEME)
    return one.kind == b"emsg" and bytes(one.data[SCHEME_AT:end]) == SCHEME


def skip_in_beginning(one: Box) -> bool:
    """What the hash of an initialization segment leaves out."""
    return one.kind in {b"ftyp", b"mfra"} or is_store(one)
