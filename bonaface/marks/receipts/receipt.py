"""A receipt: what a live call was sent in one second, as values. docs/receipts.md has the format.

No personal data is in one: the session's tag and the consent record's id are random, the record's
digest is salted.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from bonaface.marks.receipts.jws import from_text, to_text

VERSION = 1
SHORT = 10  # bytes of a frame's digest
MOST = 2000  # frames in one receipt
KEY_TYPE, RECEIPT_TYPE = "bonaface-session-key", "bonaface-receipt"
Kind: TypeAlias = Literal["audio", "video"]
TICKS: dict[Kind, int] = {"audio": 48_000, "video": 90_000}  # a second, as in RTP
_START = re.compile(rb"\x00\x00\x01")
_DELIMITER, _FILLER = 9, 12  # NAL units that carry nothing (ITU-T H.264, table 7-1)


@dataclass(frozen=True, slots=True)
class Track:
    """What one encoder made: all who watch at its codec and rate get these frames."""

    kind: Kind
    codec: str  # H264, VP8 or OPUS
    bits: int  # a second: names the encoder where there are several


@dataclass(frozen=True, slots=True)
class Frame:
    """One coded picture, or 20 ms of coded sound."""

    pts: int  # in ticks of the session's time
    digest: bytes


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at a moment (`marks/receipts/look.py`)."""

    at: int  # ms of the session's time
    bits: str  # hex


@dataclass(frozen=True, slots=True)
class Consent:
    """The record behind a face: its id and its salted digest, hex."""

    record: str
    digest: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was sent from one moment to another."""

    session: str
    number: int
    issued: int  # ms since 1970
    span: tuple[int, int]  # from, until: ms of the session's time
    consent: Consent
    mark: str  # the id of the hidden marks, hex
    previous: str | None  # digest of the receipt before
    sent: tuple[tuple[Track, tuple[Frame, ...]], ...] = ()
    looks: tuple[Look, ...] = ()


def digest_frame(codec: str, data: bytes) -> bytes:
    """Digest a coded frame, SHORT bytes of SHA-256, such that a receiver computes the same.

    H.264 travels as NAL units (RFC 6184), and a receiver puts start codes of its own before them:
    so the units are digested, each after its length in four bytes, less those that carry nothing.
    """
    if codec != "H264":
        return hashlib.sha256(data).digest()[:SHORT]
    hasher = hashlib.sha256()
    for unit in _units(data):
        hasher.update(len(unit).to_bytes(4) + unit)
    return hasher.digest()[:SHORT]


def _units(data: bytes) -> Iterable[bytes]:
    """The NAL units of a byte stream (ITU-T H.264, annex B), without zeros that trail."""
    for part in _START.split(data)[1:]:
        unit = part.rstrip(b"\x00")
        if unit and unit[0] & 31 not in {_DELIMITER, _FILLER}:
            yield unit


def write(receipt: Receipt) -> dict[str, Any]:
    """Write a receipt as what is signed."""
    return {
        "v": VERSION,
        "session": receipt.session,
        "number": receipt.number,
        "issued": receipt.issued,
        "from": receipt.span[0],
        "until": receipt.span[1],
        "consent": {"record": receipt.consent.record, "digest": receipt.consent.digest},
        "mark": receipt.mark,
        "previous": receipt.previous,
        "sent": [_write_track(track, frames) for track, frames in receipt.sent if frames],
        "looks": [[look.at, look.bits] for look in receipt.looks],
    }


def _write_track(track: Track, frames: tuple[Frame, ...]) -> dict[str, Any]:
    times = [frame.pts for frame in frames]
    return {
        "kind": track.kind,
        "codec": track.codec,
        "bits": track.bits,
        "first": times[0],
        "steps": [later - earlier for earlier, later in pairwise(times)],
        "digests": to_text(b"".join(frame.digest for frame in frames)),
    }


def read(whole: dict[str, Any]) -> Receipt:
    """Read what `write` wrote. Raises ValueError, KeyError or TypeError for anything else."""
    consent = whole["consent"]
    sent = tuple(_read_track(one) for one in whole["sent"])
    if sum(len(frames) for _, frames in sent) > MOST:
        raise ValueError("too many frames")
    return Receipt(
        session=require_text(whole["session"]),
        number=require_count(whole["number"]),
        issued=require_count(whole["issued"]),
        span=(require_count(whole["from"]), require_count(whole["until"])),
        consent=Consent(require_text(consent["record"]), require_text(consent["digest"])),
        mark=require_text(whole["mark"]),
        previous=None if whole["previous"] is None else require_text(whole["previous"]),
        sent=sent,
        looks=tuple(Look(require_count(at), require_text(bits)) for at, bits in whole["looks"]),
    )


def _read_track(whole: dict[str, Any]) -> tuple[Track, tuple[Frame, ...]]:
    kind = whole["kind"]
    if kind not in TICKS:
        raise ValueError("neither sound nor pictures")
    digests, times = from_text(whole["digests"]), [require_count(whole["first"])]
    for step in whole["steps"]:
        times.append(times[-1] + require_count(step))
    if len(digests) != SHORT * len(times):
        raise ValueError("not one digest a frame")
    parts = (digests[i : i + SHORT] for i in range(0, len(digests), SHORT))
    frames = tuple(Frame(pts, part) for pts, part in zip(times, parts, strict=True))
    return Track(kind, require_text(whole["codec"]), require_count(whole["bits"])), frames


def require_text(value: object) -> str:
    """Answer a text. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def require_count(value: object) -> int:
    """Answer a count that JavaScript can hold, too. Raises TypeError for anything else."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise TypeError("not a count")
    return value
