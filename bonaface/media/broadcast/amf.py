"""AMF0, the values of RTMP's commands: numbers, booleans, strings, objects and null."""

import struct
from typing import TypeAlias

from bonaface.errors import UnreadableMedia

Value: TypeAlias = "float | bool | str | dict[str, Value] | None"
NUMBER, BOOLEAN, STRING, OBJECT, NULL, UNDEFINED, ARRAY, END = 0, 1, 2, 3, 5, 6, 8, 9
DEEPEST = 8


def write_values(*values: Value) -> bytes:
    """Write values, one after another."""
    return b"".join(map(_write, values))


def _write(value: Value) -> bytes:
    if value is None:
        return bytes([NULL])
    if isinstance(value, bool):
        return bytes([BOOLEAN, value])
    if isinstance(value, float):
        return struct.pack(">Bd", NUMBER, value)
    if isinstance(value, str):
        return bytes([STRING]) + _name(value)
    fields = b"".join(_name(name) + _write(one) for name, one in value.items())
    return bytes([OBJECT]) + fields + bytes([0, 0, END])


def _name(text: str) -> bytes:
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def read_values(data: bytes) -> list[Value]:
    """Read what came; values of other kinds end it. Raises UnreadableMedia for broken ones."""
    values: list[Value] = []
    at = 0
    try:
        while at < len(data):
            value, at = _read(data, at, DEEPEST)
            values.append(value)
    except _Strange:
        pass
    except (IndexError, struct.error, UnicodeDecodeError) as cause:
        raise UnreadableMedia("The server's answer makes no sense.") from cause
    return values


class _Strange(Exception):
    """A kind of value that is not read here."""


def _read(data: bytes, at: int, deep: int) -> tuple[Value, int]:
    kind, at = data[at], at + 1
    if kind == NUMBER:
        return float(struct.unpack_from(">d", data, at)[0]), at + 8
    if kind == BOOLEAN:
        return bool(data[at]), at + 1
    if kind == STRING:
        return _read_name(data, at)
    if kind in {NULL, UNDEFINED}:
        return None, at
    if kind in {OBJECT, ARRAY} and deep:
        return _read_fields(data, at + 4 * (kind == ARRAY), deep - 1)
    raise _Strange


def _read_fields(data: bytes, at: int, deep: int) -> tuple[Value, int]:
    fields: dict[str, Value] = {}
    while True:
        name, at = _read_name(data, at)
        if not name and data[at] == END:
            return fields, at + 1
        fields[name], at = _read(data, at, deep)


def _read_name(data: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from(">H", data, at)
    end = at + 2 + length
    if end > len(data):
        raise IndexError
    return data[at + 2 : end].decode(), end
