"""Who is in an audit: photos with what is known of the person in each.

A manifest is a table with tabs and a head line: `path`, and where known `label` (real or fake),
`sex`, `age` (years). Without a manifest, names like `utk_AGE_SEX_...` are understood (AGE in years,
SEX f or m), and all other photos are genuine faces of whom nothing is known but the tone.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bonaface.errors import UnreadableMedia

PHOTOS: Final = {".jpg", ".jpeg", ".png", ".webp"}
_NAMED: Final = re.compile(r"utk_(\d{3})_([fm])_")
_BANDS: Final = ((30, "under 30"), (45, "30-44"), (60, "45-59"), (200, "60 and over"))
_SEXES: Final = {"f": "women", "m": "men", "female": "women", "male": "men"}


@dataclass(frozen=True, slots=True)
class Person:
    """One photo of one person."""

    path: Path
    genuine: bool = True
    sex: str | None = None
    age: str | None = None  # a band


def read_people(folder: Path, manifest: Path | None = None) -> tuple[Person, ...]:
    """Read who is there, by name. Raises UnreadableMedia when nobody is."""
    people = _listed(folder, manifest) if manifest else _named(folder)
    if not people:
        where = manifest or folder
        raise UnreadableMedia(f"There are no photos in {where}.", "Name a folder with faces.")
    return people


def _named(folder: Path) -> tuple[Person, ...]:
    if not folder.is_dir():
        raise UnreadableMedia(f"{folder} is no folder.", "Name a folder with faces.")
    return tuple(
        name_person(path) for path in sorted(folder.iterdir()) if path.suffix.lower() in PHOTOS
    )


def name_person(path: Path) -> Person:
    """Read what the name of a photo tells."""
    told = _NAMED.match(path.name)
    if told is None:
        return Person(path)
    return Person(path, sex=_SEXES[told[2]], age=name_band(int(told[1])))


def _listed(folder: Path, manifest: Path) -> tuple[Person, ...]:
    try:
        with manifest.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except (OSError, UnicodeDecodeError, csv.Error) as cause:
        raise UnreadableMedia(f"{manifest} could not be read.", str(cause)) from cause
    if rows and "path" not in rows[0]:
        raise UnreadableMedia(f"{manifest} has no column “path”.", "Separate columns by tabs.")
    return tuple(
        _row(folder, row) for row in rows if row.get("label") in {None, "", "real", "fake"}
    )


def _row(folder: Path, row: dict[str, str]) -> Person:
    named = name_person(folder / row["path"])
    sex = _SEXES.get((row.get("sex") or "").lower(), named.sex)
    years = row.get("age") or ""
    age = name_band(int(float(years))) if years.replace(".", "", 1).isdigit() else named.age
    return Person(named.path, row.get("label") != "fake", sex, age)


def name_band(years: int) -> str:
    """Name the age band."""
    return next((name for below, name in _BANDS if years < below), _BANDS[-1][1])
