"""The boxes of a manifest store (JUMBF, ISO 19566-5; C2PA 2.4, section 11.1): as far as names go.

A store is a superbox of manifests, the active one last. All else in it is c2pa-rs's to read.
"""

import struct
from collections.abc import Iterator
from typing import Final

LARGEST: Final = 32 << 20  # bytes of a store: originals may bring many with thumbnails
LONGEST: Final = 200  # characters of a name
_C2PA: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_PURPOSE: Final = bytes(4) + b"manifest\0"  # after version and flags
_HEAD: Final = 8  # bytes: length and type
_LABELLED: Final = 0x02  # toggle of a description box: a label follows


def name_of(store: bytes) -> str:
    """The urn of the active manifest. Raises ValueError for what is no manifest store."""
    return _label(_manifests(store)[-1])


def keep_active(store: bytes) -> bytes:
    """The same store with its active manifest alone. Raises ValueError."""
    description = next(_boxes(store[_HEAD:]))[1]
    body = description + _manifests(store)[-1]
    return struct.pack(">I", len(body) + _HEAD) + b"jumb" + body


def find_in_mp4(data: bytes) -> bytes:
    """The manifest store in a film or its initialization segment (C2PA 2.4, section A.5).

    Raises ValueError where there is none.
    """
    for kind, box in _boxes(data):
        if kind == b"uuid" and box[_HEAD:].startswith(_C2PA + _PURPOSE):
            return box[_HEAD + len(_C2PA + _PURPOSE) + 8 :]  # where Merkle boxes begin: 8 bytes
    raise ValueError("it holds no manifest store")


def _manifests(store: bytes) -> list[bytes]:
    if len(store) > LARGEST:
        raise ValueError("it is larger than a manifest store")
    whole = list(_boxes(store))
    if len(whole) != 1 or whole[0][0] != b"jumb" or _label(store) != "c2pa":
        raise ValueError("it is no C2PA manifest store")
    inside = [box for kind, box in _boxes(store[_HEAD:]) if kind == b"jumb"]
    if not inside:
        raise ValueError("it holds no manifest")
    return inside


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and bytes of each box in a row of boxes."""
    at = 0
    while at < len(data):
        if at + _HEAD > len(data):
            raise ValueError("a box is cut off")
        length = int(struct.unpack_from(">I", data, at)[0])
        if not _HEAD <= length <= len(data) - at:
            raise ValueError("a box has no sensible length")
        yield data[at + 4 : at + _HEAD], data[at : at + length]
        at += length


def _label(superbox: bytes) -> str:
    """The label in the description box with which each superbox begins."""
    kind, box = next(_boxes(superbox[_HEAD:]), (b"", b""))
    body = box[_HEAD:]
    if kind != b"jumd" or len(body) < 17 or not body[16] & _LABELLED:
        raise ValueError("a box has no name")
    label, found, _ = body[17:].partition(b"\0")
    text = label.decode("utf-8", "strict")
    if not found or not text.isprintable() or not 0 < len(text) <= LONGEST:
        raise ValueError("a box has no proper name")
    return text
