"""The table of labelled pictures that an audit reads."""

import csv
from pathlib import Path
from typing import Final

from bonaface.errors import SettingsError
from bonaface.fairness.audit import Person

MOST: Final = 100_000  # rows
LARGEST: Final = 50_000_000  # bytes
_YES: Final = {"yes", "true", "1", "fake", "forged"}


def read_people(table: Path) -> list[Person]:
    """Read the labels. Raises SettingsError where the table makes no sense."""
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


def _person(folder: Path, row: dict[str, str | None]) -> Person:
    labels = {
        str(name): value.strip()
        for name, value in row.items()
        if name not in {"path", "forged", "person"} and isinstance(value, str) and value.strip()
    }
    forged = (row.get("forged") or "").lower() in _YES
    return Person(folder / (row["path"] or ""), labels, forged, (row.get("person") or "").strip())
