"""A tag: what a file says of itself in one of its fields. Whoever has the file can write any."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Place: TypeAlias = Literal[
    "XMP", "EXIF", "text", "comment", "container", "video", "audio", "stream", "chunk"
]
LONGEST: Final = 1 << 16  # characters of a value that are kept
_SHOWN = 80  # characters of a stranger's text that are passed on


@dataclass(frozen=True, slots=True)
class Tag:
    """One field. `text` is of PNG, `comment` of JPEG, `stream` what an encoder left in its data."""

    place: Place
    name: str
    value: str  # at most LONGEST characters, as it stands there


def show(value: str) -> str:
    """Take some of a value to be read by people, without what a terminal would obey."""
    line = "".join(letter if letter.isprintable() else " " for letter in value[: 4 * _SHOWN])
    line = " ".join(line.split()).replace("“", "'").replace("”", "'")
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"
