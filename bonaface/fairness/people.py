"""The labelled pictures and recordings of an audit, and the table that names them."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bonaface.errors import SettingsError, UnreadableMedia
from bonaface.media.files import Kind, look

MOST: Final = 100_000  # rows
LARGEST: Final = 50_000_000  # bytes
_YES: Final = {"yes", "true", "1", "fake", "forged"}
_KNOWN: Final = {"path", "forged", "person", "said"}  # columns that name no group
Complain = Callable[[UnreadableMedia], None]


@dataclass(frozen=True, slots=True)
class Person:
    """One labelled picture or recording."""

    path: Path
    labels: dict[str, str]  # "sex": "female", "age": "30-44", ...
    forged: bool = False
    who: str = ""  # the same for all files of one person; unknown where empty
    said: str = ""  # words or digits that are read in it
    kind: Kind = "image"


def read_people(table: Path) -> list[Person]:
    """Read the labels; no file is opened. Raises SettingsError where the table makes no sense."""
    try:
        if table.stat().st_size > LARGEST:
            raise SettingsError(f"{table} is too large for a table of labels.")
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = [row for row, _ in zip(csv.DictReader(file), range(MOST), strict=False)]
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise SettingsError(f"{table} could not be read: {cause}.") from cause
    if not rows or "path" not in rows[0]:
        raise SettingsError(f"{table} has no column “path”.", "See bonaface audit fairness --help.")
    return [_person(table.parent, row) for row in rows]


def tell_kinds(people: Iterable[Person], complain: Complain) -> Iterator[Person]:
    """The same people, with what kind each file is by its content.

    What cannot be read is left out, and `complain` hears of it.
    """
    for person in people:
        try:
            media = look(person.path)
        except UnreadableMedia as error:
            complain(error)
            continue
        still = media.kind == "video" and media.seconds is None and not media.has_sound
        yield replace(person, kind="image" if still else media.kind)


def _person(folder: Path, row: dict[str, str | None]) -> Person:
    labels = {
        str(name): value.strip()
        for name, value in row.items()
        if name not in _KNOWN and isinstance(value, str) and value.strip()
    }
    who, said = ((row.get(name) or "").strip() for name in ("person", "said"))
    forged = (row.get("forged") or "").strip().lower() in _YES
    return Person(folder / (row["path"] or ""), labels, forged, who, said)
