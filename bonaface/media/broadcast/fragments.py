"""Media segments of CMAF (ISO/IEC 23000-19): boxes of ISO/IEC 14496-12, section 8.8, and samples.

One track a file, numbered 1; no sample is shown out of order.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from bonaface.marks.live.boxes import box

_KEY, _OTHER = 0x0200_0000, 0x0101_0000  # sample flags: needs no other; needs others
_BASE_IS_MOOF = 0x02_0000
_OFFSET, _DURATION, _SIZE, _FLAGS = 0x01, 0x100, 0x200, 0x400  # what a trun box says
_TRUN = struct.Struct(">III")


@dataclass(frozen=True, slots=True)
class Sample:
    """One coded picture or run of sound. Times are in ticks of its track."""

    data: bytes
    at: int
    key: bool


def write_segment(number: int, samples: Sequence[Sample], until: int) -> bytes:
    """Write samples that follow each other, the last of which ends at `until`."""
    ends = [*(sample.at for sample in samples[1:]), until]
    rows = [
        _TRUN.pack(end - one.at, len(one.data), _KEY if one.key else _OTHER)
        for one, end in zip(samples, ends, strict=True)
    ]
    head = _moof(number, samples[0].at, rows, 0)
    head = _moof(number, samples[0].at, rows, len(head) + 8)
    return (
        box(b"styp", b"cmfs", bytes(4), b"cmfs", b"cmff", b"msdh")
        + head
        + box(b"mdat", *(one.data for one in samples))
    )


def _moof(number: int, begins: int, rows: list[bytes], offset: int) -> bytes:
    kinds = _OFFSET | _DURATION | _SIZE | _FLAGS
    track = box(
        b"traf",
        box(b"tfhd", _flags(0, _BASE_IS_MOOF), struct.pack(">I", 1)),
        box(b"tfdt", _flags(1, 0), struct.pack(">Q", begins)),
        box(b"trun", _flags(0, kinds), struct.pack(">Ii", len(rows), offset), *rows),
    )
    return box(b"moof", box(b"mfhd", _flags(0, 0), struct.pack(">I", number)), track)


def _flags(version: int, flags: int) -> bytes:
    return struct.pack(">I", version << 24 | flags)


def to_lengths(data: bytes) -> bytes:
    """H.264 with start codes (ITU-T H.264, annex B) to H.264 with lengths (ISO/IEC 14496-15).

    A start code is no part of any unit, and no unit ends in a zero byte.
    """
    units = (unit.rstrip(b"\0") for unit in data.split(b"\0\0\1"))
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit)
