"""Read the signature of one media segment, and check what can be checked of it alone."""

import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

from bonaface.marks.live import cbor, cose
from bonaface.marks.live.beginning_reader import KnownBeginning
from bonaface.marks.live.boxes import (
    SCHEME,
    SCHEME_AT,
    Box,
    hash_boxes,
    is_signature,
    walk,
)
from bonaface.marks.live.cose import KID, Signed
from bonaface.marks.live.fragment import read_length, read_number
from bonaface.marks.live.segment import SIGNED_AT
from bonaface.marks.live.session_key import KnownKey

Problem: TypeAlias = Literal[
    "cut-short",
    "unsigned",
    "changed",
    "foreign",
    "unknown-key",
    "ended-key",
    "unproven",
    "gap",
    "swapped",
    "replayed",
    "stale",
]
_ODD: Final = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    OSError,
    struct.error,
)
_NUMBERS: Final = struct.Struct(">IIII")  # scale, delta, length and id in an emsg box
_WHOLE: Final = b"\0fseg\0"  # the end of the scheme, and the value: a whole segment


class Broken(ValueError):
    """A segment that does not hold, and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Info:
    """Verifiable segment info as it stands there. Nothing in it is checked yet."""

    signed: Signed
    number: int
    manifest: str
    hashed: bytes
    at: datetime
    event: tuple[int, int, int, int]  # scale, delta, length and id, beside the signature

    @property
    def kid(self) -> bytes:
        """Which key it says it was signed with."""
        kid = self.signed.loose.get(KID)
        return kid if isinstance(kid, bytes) else b""


def read_info(segment: bytes) -> Info:
    """Read what a segment says of itself. Raises Broken."""
    try:
        boxes = list(walk(segment))
    except ValueError as error:
        raise Broken("cut-short") from error
    events = [one for one in boxes if is_signature(one)]
    if not events:
        raise Broken("unsigned")
    try:
        return _read(events[0]) if len(events) == 1 else _fail()
    except _ODD as error:
        raise Broken("changed") from error


def _fail() -> Info:
    raise ValueError("two signatures")


def _read(event: Box) -> Info:
    begin = SCHEME_AT + len(SCHEME)
    if bytes(event.data[8:12]) != bytes(4) or bytes(event.data[begin:][:6]) != _WHOLE:
        raise ValueError("an event box of another version or value")
    begin += len(_WHOLE)
    scale, delta, length, event_id = _NUMBERS.unpack(event.data[begin : begin + _NUMBERS.size])
    message = bytes(event.data[begin + _NUMBERS.size :])
    signed = cose.read_sign1(cbor.read(message))
    info = cbor.read(signed.payload or b"")
    binding = info["bmffHash"]
    if binding["alg"] != "sha256" or not _leaves_out_itself(binding["exclusions"]):
        raise ValueError("a hash of a kind that is not known here")
    number, name, hashed = info["sequenceNumber"], info["manifestId"], binding["hash"]
    if not (isinstance(number, int) and isinstance(name, str) and isinstance(hashed, bytes)):
        raise TypeError("numbers, names or hashes of another kind")
    at = datetime.fromtimestamp(signed.headers[SIGNED_AT], UTC)
    return Info(signed, number, name, hashed, at, (scale, delta, length, event_id))


def _leaves_out_itself(exclusions: Any) -> bool:
    """Only the event box itself may stay out of the hash; some signers count the final zero in."""
    stated = [
        {name: value for name, value in one.items() if value is not None} for one in exclusions
    ]
    forms = ({"offset": SCHEME_AT, "value": value} for value in (SCHEME, SCHEME + b"\0"))
    return stated in [[{"xpath": "/emsg", "data": [form]}] for form in forms]


def check_segment(
    segment: bytes, info: Info, beginnings: Mapping[str, KnownBeginning]
) -> KnownBeginning:
    """Check it against the beginning that it names, and answer that. Raises Broken."""
    try:
        return _check(segment, info, beginnings)
    except ValueError as error:
        raise error if isinstance(error, Broken) else Broken("changed") from error


def _check(segment: bytes, info: Info, beginnings: Mapping[str, KnownBeginning]) -> KnownBeginning:
    known = {key.kid: key for one in beginnings.values() for key in (one.keys or {}).values()}
    key, begin = known.get(info.kid), beginnings.get(info.manifest)
    if key is None:
        raise Broken("foreign" if begin is None else "unknown-key")
    if not info.signed.verifies(key.public) or not _is_whole(segment, info):
        raise Broken("changed")
    if begin is None or info.kid not in (begin.keys or {}):
        raise Broken("foreign")
    if not _agrees(segment, info, (begin.scale, key.first)):
        raise Broken("changed")
    _check_key(key, info)
    return begin


def _agrees(segment: bytes, info: Info, known: tuple[int | None, int]) -> bool:
    """Whether what stands beside the signature is so. Some count events from their key's first."""
    scale, delta, length, event = info.event
    return (
        delta == 0
        and event in {info.number, info.number - known[1] + 1}
        and known[0] in {scale, None}
        and read_length(segment) in {length, None}
    )


def _check_key(key: KnownKey, info: Info) -> None:
    if info.number < key.first:
        raise Broken("unknown-key")
    if not key.begins <= info.at <= key.ends:
        raise Broken("ended-key")


def _is_whole(segment: bytes, info: Info) -> bool:
    """Whether all bytes are those that were hashed, and the number is the fragment's own."""
    digest = hash_boxes(segment, is_signature)
    return hmac.compare_digest(digest, info.hashed) and read_number(segment) == info.number
