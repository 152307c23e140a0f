"""EXIF (CIPA DC-008): make, model, software and comment. Names of people are not even read."""

import struct
import warnings
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image

from bonaface.forensics.origin.tags import LONGEST, Tag

_FIELDS: Final = {0x010F: "Make", 0x0110: "Model", 0x0131: "Software", 0x010E: "Description"}
_INNER, _COMMENT, _XMP = 0x8769, 0x9286, 0x02BC
_BROKEN = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, struct.error)


def read_exif(data: bytes) -> tuple[Tag, ...]:
    """Read a block of EXIF, with or without its header; a broken one has no tags."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd fields, and takes what it can
        try:
            found = Image.Exif()
            found.load(data)
            return tuple(list_exif(found))
        except _BROKEN:
            return ()


def list_exif(found: Image.Exif) -> Iterator[Tag]:
    """List the tags of what Pillow read; may raise what Pillow raises of broken fields."""
    for number, name in _FIELDS.items():
        if value := _text(found.get(number)):
            yield Tag("EXIF", name, value)
    if comment := _comment(found.get_ifd(_INNER).get(_COMMENT)):
        yield Tag("EXIF", "UserComment", comment)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = value[:LONGEST].decode("utf-8", "replace")
    return value.strip("\0 ")[:LONGEST] if isinstance(value, str) else ""


def _comment(value: Any) -> str:
    """Decode a comment: eight bytes name the character code (DC-008, 4.6.5)."""
    if not isinstance(value, bytes):
        return _text(value)
    code, text = value[:8], value[8 : 8 + 2 * LONGEST]
    if code == b"UNICODE\0":
        # the byte order is not told; of letters of Latin one byte is zero
        order = "utf-16-le" if text[1:2] == b"\0" else "utf-16-be"
        return text.decode(order, "replace").strip("\0 ")[:LONGEST]
    return _text(text if code in {b"ASCII\0\0\0", b"\0" * 8} else value)
