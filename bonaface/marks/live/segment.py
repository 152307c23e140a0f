"""Sign one media segment: verifiable segment info in an event box (C2PA 2.3, section 19.4)."""

import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bonaface.marks.live import cbor, cose
from bonaface.marks.live.boxes import SCHEME, SCHEME_AT, box, hash_boxes, is_signature, walk
from bonaface.marks.live.cose import ALGORITHM, EDDSA, KID, Sign
from bonaface.marks.live.session_key import SessionKey

EXCLUSIONS: Final = ({"xpath": "/emsg", "data": [{"offset": SCHEME_AT, "value": SCHEME}]},)
SIGNED_AT: Final = "iat"
_WHOLE = b"fseg"  # the signature is for the whole segment
_NO_HASH, _NO_SIGNATURE = bytes(32), bytes(64)


@dataclass(frozen=True, slots=True)
class Place:
    """Which segment of its track it is, and how long, in ticks of which `scale` are a second."""

    number: int  # as in its mfhd box
    length: int
    scale: int


def sign_segment(
    segment: bytes, place: Place, manifest: str, key: SessionKey, now: datetime
) -> bytes:
    """Put the signature behind the first box, styp. `manifest` is the beginning's name."""

    def info(hashed: bytes, sign: Sign) -> bytes:
        stated = {
            "sequenceNumber": place.number,
            "bmffHash": {"exclusions": EXCLUSIONS, "alg": "sha256", "hash": hashed},
            "manifestId": manifest,
        }
        headers: dict[Any, Any] = {ALGORITHM: EDDSA, SIGNED_AT: int(now.timestamp())}
        return _event(place, cose.sign1(headers, {KID: key.kid}, cbor.write(stated), sign))

    length = len(info(_NO_HASH, lambda _: _NO_SIGNATURE))
    hashed = hash_boxes(segment, is_signature, moved=length)
    cut = len(next(walk(segment)).data)
    return segment[:cut] + info(hashed, key.private.sign) + segment[cut:]


def _event(place: Place, info: cbor.Tagged) -> bytes:
    """An emsg box of version 0 (ISO/IEC 23009-1, 5.10.3.3), from the segment's begin to its end."""
    numbers = struct.pack(">IIII", place.scale, 0, place.length, place.number)
    return box(b"emsg", bytes(4), SCHEME, b"\0", _WHOLE, b"\0", numbers, cbor.write(info))
