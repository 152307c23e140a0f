"""Are the checks equally good for everybody? Error rates by skin tone, sex and age, with intervals.

Reads pictures whose labels the user gives, lets each subject (a detector, the face finder) answer
on each, and compares groups (rates.py). Skin tone is measured from the picture (`forensics/tone`)
and used here only.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bonaface.core import Picture
from bonaface.errors import SettingsError, UnreadableMedia
from bonaface.face.find import Face, find_faces
from bonaface.fairness.matches import Gallery
from bonaface.fairness.rates import Audit, Table, sum_up
from bonaface.forensics.tone import MONK, measure_tone, recolour
from bonaface.media.photos import read_photo

MISSING: Final = "The audit needs Fairlearn. Run: pip install 'bonaface[audit]'"


@dataclass(frozen=True, slots=True)
class Person:
    """One labelled picture."""

    path: Path
    labels: dict[str, str]  # "sex": "female", "age": "30-44", ...
    forged: bool = False
    who: str = ""  # the same for all pictures of one person; unknown where empty


@dataclass(frozen=True, slots=True)
class Subject:
    """What is audited: answers 0..1 for a picture and its face, None where it abstains."""

    name: str
    ask: Callable[[Picture, Face | None], float | None]
    threshold: float  # from which an answer is an alarm (or a failure)
    wrong: str  # what an alarm on a genuine picture is called


def audit(
    people: Sequence[Person],
    subjects: Sequence[Subject],
    tell: Callable[[float], None] = lambda _: None,
    *,
    recoloured: int = 40,  # faces that are tried in all tones
    matches: bool = False,  # whether faces are compared with each other, too
) -> list[Audit]:
    """Ask every subject about every picture. Raises SettingsError without Fairlearn."""
    require_fairlearn()
    tables, gallery = [Table() for _ in subjects], Gallery() if matches else None
    drifts: list[list[list[float]]] = [[] for _ in subjects]
    every = len(people) // recoloured or 1 if recoloured else len(people) + 1
    for i, (person, picture, face) in enumerate(_opened(people)):
        tell(i / len(people))
        groups = _groups(person, picture, face)
        for subject, table in zip(subjects, tables, strict=True):
            _ask(subject, table, (picture, face), groups, forged=person.forged)
        if gallery is not None and face is not None and not person.forged:
            gallery.add(picture, face, groups, person.who)
        if (i + 1) % every == 0 and face is not None and not person.forged:
            for subject, drift in zip(subjects, drifts, strict=True):
                drift.append(_over_tones(subject, picture, face))
    rows = zip(subjects, tables, drifts, strict=True)
    told = [sum_up(subject.name, subject.wrong, table, drift) for subject, table, drift in rows]
    return told + (gallery.compare() if gallery else [])


def require_fairlearn() -> None:
    """Raise SettingsError where Fairlearn is not installed."""
    try:
        import fairlearn.metrics  # noqa: F401, PLC0415  an extra, for audits only
    except ImportError as cause:
        raise SettingsError(MISSING) from cause


def _opened(people: Iterable[Person]) -> Iterator[tuple[Person, Picture, Face | None]]:
    for person in people:
        try:
            picture = read_photo(person.path)
        except UnreadableMedia:
            continue
        yield person, picture, next(iter(find_faces(picture)), None)


def _groups(person: Person, picture: Picture, face: Face | None) -> dict[str, str]:
    tone = measure_tone(picture.pixels, face.landmarks) if face is not None else None
    return {**person.labels, **({"tone": tone.group} if tone is not None else {})}


def _ask(
    subject: Subject,
    table: Table,
    seen: tuple[Picture, Face | None],
    groups: dict[str, str],
    *,
    forged: bool,
) -> None:
    score = subject.ask(*seen)
    if score is None:
        table.abstained += 1
        return
    table.scores.append(score)
    table.alarms.append(float(score >= subject.threshold))
    table.forged.append(forged)
    table.groups.append(groups)


def _over_tones(subject: Subject, picture: Picture, face: Face) -> list[float]:
    answers = []
    for monk in range(1, len(MONK) + 1):
        pixels = recolour(picture.pixels, face.landmarks, monk)
        score = subject.ask(Picture(0, pixels), face)
        if score is not None:
            answers.append(score)
    return answers
