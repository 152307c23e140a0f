"""What a fragment says of itself, where the signature says it too (ISO/IEC 14496-12, section 8.8).

The signature's own box is left out of the hash. What stands in it beside the signature is compared
with what is hashed, so that no byte of it can be another.
"""

import struct
from typing import Final

from bonaface.marks.live.boxes import Box, find

_OFFSET, _FIRST, _DURATION = 0x1, 0x4, 0x100  # what a trun box says
_COLUMNS: Final = (0x100, 0x200, 0x400, 0x800)  # of each sample, four bytes each


def read_number(segment: bytes) -> int | None:
    """The sequence number, of its mfhd box. Raises ValueError."""
    found = find(segment, b"moof", b"mfhd")
    return int(_unpack(">I", found, 4)) if found else None


def read_length(segment: bytes) -> int | None:
    """How long it lasts, in ticks; None where the samples do not say. Raises ValueError."""
    found = find(segment, b"moof", b"traf", b"trun")
    if found is None:
        return None
    flags, count = int(_unpack(">I", found, 0)) & 0xFFFFFF, int(_unpack(">I", found, 4))
    width = 4 * sum(bool(flags & column) for column in _COLUMNS)
    rows = bytes(found.body[8 + 4 * bool(flags & _OFFSET) + 4 * bool(flags & _FIRST) :])
    if not flags & _DURATION:
        return None
    if len(rows) != count * width:
        raise ValueError("a run of samples is cut short")
    return sum(int.from_bytes(rows[at : at + 4]) for at in range(0, len(rows), width))


def read_scale(begin: bytes) -> int | None:
    """Ticks a second, of the mdhd box of an initialization segment. Raises ValueError."""
    found = find(begin, b"moov", b"trak", b"mdia", b"mdhd")
    if found is None:
        return None
    long = bytes(found.body[:1]) == b"\1"
    return int(_unpack(">I", found, 20 if long else 12))


def _unpack(form: str, one: Box, at: int) -> int:
    try:
        (value,) = struct.unpack_from(form, one.body, at)
    except struct.error as error:
        raise ValueError("a box is cut short") from error
    return int(value)
