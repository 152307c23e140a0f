"""JUMBF (ISO/IEC 19566-5): the nested, labelled boxes of a C2PA manifest store."""

from collections.abc import Iterator
from dataclasses import dataclass

from bonaface.marks.live.boxes import Box, box, walk

_REST = bytes.fromhex("00110010800000aa00389b71")  # of each type's UUID
_LABELLED = b"\x03"  # can be asked for, and has a label
_DEEPEST = 8


def superbox(kind: bytes, label: str, *parts: bytes) -> bytes:
    """Write a labelled box: `kind` is four letters, such as c2ma for a manifest."""
    return box(b"jumb", box(b"jumd", kind, _REST, _LABELLED, label.encode(), b"\0"), *parts)


def content(label: str, data: bytes, kind: bytes = b"cbor") -> bytes:
    """Write a labelled box that holds CBOR."""
    return superbox(kind, label, box(b"cbor", data))


@dataclass(frozen=True, slots=True)
class Superbox:
    """A labelled box that was read."""

    label: str
    data: bytes  # after its own length and kind: what a hash of it covers
    parts: "tuple[Superbox, ...]"
    cbor: bytes | None  # of the one content box, where it is one

    def find(self, label: str) -> "Superbox":
        """The part of a label. Raises ValueError."""
        for part in self.parts:
            if part.label == label:
                return part
        raise ValueError(f"the credentials have no {label}")


def read_superbox(one: Box, depth: int = 0) -> Superbox:
    """Read a box and all in it. Raises ValueError."""
    if one.kind != b"jumb" or depth > _DEEPEST:
        raise ValueError("this is no JUMBF box")
    inner = list(walk(one.body))
    if not inner or inner[0].kind != b"jumd":
        raise ValueError("a JUMBF box without a description")
    label = bytes(inner[0].body[17:]).split(b"\0")[0].decode()
    parts = tuple(_superboxes(inner[1:], depth))
    cbor = next((bytes(part.body) for part in inner[1:] if part.kind == b"cbor"), None)
    return Superbox(label, bytes(one.body), parts, cbor)


def _superboxes(inner: list[Box], depth: int) -> Iterator[Superbox]:
    return (read_superbox(part, depth + 1) for part in inner if part.kind == b"jumb")
