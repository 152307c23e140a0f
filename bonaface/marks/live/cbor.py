"""CBOR (RFC 8949), as much as C2PA needs: definite lengths, integers to 64 bits, no floats.

Maps keep the order in which they were made, as C2PA's own encoders do. Everything that is read may
come from a stranger: whatever is cut short, nested too deep or of another kind is a ValueError.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

SIGN1: Final = 18  # tag of a COSE_Sign1 (RFC 9052, section 4.2)
WHEN: Final = 0  # tag of a date and time as text (RFC 8949, section 3.4.1)
_DEEPEST: Final = 24
_SIMPLE: Final = {20: False, 21: True, 22: None}
_INTEGER, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = range(8)
_WIDTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}


@dataclass(frozen=True, slots=True)
class Tagged:
    """A value with a tag that says how it is meant."""

    tag: int
    value: Any


def write(value: object) -> bytes:
    """Encode None, bool, int, str, bytes, lists, maps and `Tagged`. Raises TypeError for others."""
    match value:
        case None | bool():
            made = bytes([_OTHER << 5 | (22 if value is None else 20 + value)])
        case int():
            made = _head(_INTEGER, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
        case bytes():
            made = _head(_BYTES, len(value)) + value
        case str():
            text = value.encode()
            made = _head(_TEXT, len(text)) + text
        case Tagged():
            made = _head(_TAG, value.tag) + write(value.value)
        case Mapping():
            pairs = (write(key) + write(item) for key, item in value.items())
            made = _head(_MAP, len(value)) + b"".join(pairs)
        case Sequence():
            made = _head(_ARRAY, len(value)) + b"".join(map(write, value))
        case _:
            raise TypeError(f"CBOR of credentials has no {type(value).__name__}")
    return made


def _head(kind: int, count: int) -> bytes:
    if count < 24:
        return bytes([kind << 5 | count])
    for code, width in _WIDTHS.items():
        if count < 1 << 8 * width:
            return bytes([kind << 5 | code]) + count.to_bytes(width, "big")
    raise TypeError("CBOR of credentials has integers of 64 bits at most")


def read(data: bytes) -> Any:
    """Decode exactly one value. Raises ValueError."""
    value, end = _read(data, 0, 0)
    if end != len(data):
        raise ValueError("there is more than one CBOR value")
    return value


def _read(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise ValueError("CBOR that is nested too deep")
    kind, count, at = _read_head(data, at)
    if kind == _INTEGER:
        return count, at
    if kind == _NEGATIVE:
        return -1 - count, at
    if kind in (_BYTES, _TEXT):
        if at + count > len(data):
            raise ValueError("CBOR that is cut short")
        run = bytes(data[at : at + count])
        return (run if kind == _BYTES else run.decode()), at + count
    if kind == _TAG:
        value, at = _read(data, at, depth + 1)
        return Tagged(count, value), at
    if kind == _OTHER:
        if count not in _SIMPLE:
            raise ValueError("CBOR of a kind that credentials have not")
        return _SIMPLE[count], at
    return _read_items(data, at, depth, count, pairs=kind == _MAP)


def _read_items(data: bytes, at: int, depth: int, count: int, *, pairs: bool) -> tuple[Any, int]:
    if count > len(data) - at:  # each takes a byte at least
        raise ValueError("CBOR that is cut short")
    items: list[Any] = []
    for _ in range(2 * count if pairs else count):
        item, at = _read(data, at, depth + 1)
        items.append(item)
    if not pairs:
        return items, at
    keys = items[::2]
    if not all(isinstance(key, str | int | bytes) for key in keys) or len(set(keys)) < len(keys):
        raise ValueError("a CBOR map with keys that are odd or doubled")
    return dict(zip(keys, items[1::2], strict=True)), at


def _read_head(data: bytes, at: int) -> tuple[int, int, int]:
    try:
        first = data[at]
        kind, small = first >> 5, first & 31
        if small < 24:
            return kind, small, at + 1
        width = _WIDTHS[small]
        (count,) = struct.unpack_from({1: ">B", 2: ">H", 4: ">I", 8: ">Q"}[width], data, at + 1)
    except (IndexError, KeyError, struct.error) as error:
        raise ValueError("CBOR that is cut short, or of a kind that is not read here") from error
    return kind, count, at + 1 + width
