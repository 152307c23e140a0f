"""Are the checks equally good for everybody? Error rates by skin tone, sex and age, with intervals.

Reads pictures and recordings whose labels the user gives. Each subject (a detector, the face
finder) answers on each picture; recordings are asked about in recordings.py; groups are compared
(rates.py). Skin tone is measured from the picture (`forensics/tone`) and used here only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bonaface.core import Picture
from bonaface.errors import SettingsError, UnreadableMedia
from bonaface.face.find import Face, find_faces
from bonaface.fairness.matches import Gallery
from bonaface.fairness.people import Complain, Person
from bonaface.fairness.rates import Audit, sum_up
from bonaface.fairness.recordings import Recordings
from bonaface.fairness.table import Table
from bonaface.forensics.tone import MONK, measure_tone, recolour
from bonaface.media.photos import read_photo

MISSING: Final = "The audit needs Fairlearn. Run: pip install 'bonaface[audit]'"
Tell = Callable[[float], None]


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
    tell: Tell = lambda _: None,
    complain: Complain = lambda _: None,
    *,
    recoloured: int = 40,  # faces that are tried in all tones, at most
    matches: bool = False,  # whether faces, and voices, are compared with each other, too
) -> list[Audit]:
    """Ask every subject about every picture, and all that hears and watches about recordings.

    `complain` hears of files that could not be read. Raises SettingsError without Fairlearn.
    """
    require_fairlearn()
    shown = [person for person in people if person.kind == "image"]
    run = [person for person in people if person.kind != "image"]
    pictures, recordings = Pictures(subjects, matches=matches), Recordings(matches=matches)
    genuine = sum(not person.forged for person in shown)
    past = 0
    for person in (*shown, *run):
        try:
            if person.kind == "image":
                past += not person.forged
                pictures.add(person, due=past * min(recoloured, genuine) // max(1, genuine))
            else:
                recordings.add(person)
        except UnreadableMedia as error:
            complain(error)
        tell((pictures.asked + recordings.asked) / len(people))
    return [*pictures.compare(), *recordings.compare()]


def require_fairlearn() -> None:
    """Raise SettingsError where Fairlearn is not installed."""
    try:
        import fairlearn.metrics  # noqa: F401, PLC0415  an extra, for audits only
    except ImportError as cause:
        raise SettingsError(MISSING) from cause


class Pictures:
    """The pictures of an audit."""

    def __init__(self, subjects: Sequence[Subject], *, matches: bool) -> None:
        self.asked = 0
        self._subjects = subjects
        self._tables = [Table() for _ in subjects]
        self._drifts: list[list[list[float]]] = [[] for _ in subjects]
        self._gallery = Gallery() if matches else None
        self._recoloured = 0

    def add(self, person: Person, due: int) -> None:
        """Ask about one; recolour its face where fewer than `due` were. Raises UnreadableMedia."""
        self.asked += 1
        picture = read_photo(person.path)
        face = next(iter(find_faces(picture)), None)
        groups = _groups(person, picture, face)
        for subject, table in zip(self._subjects, self._tables, strict=True):
            score = subject.ask(picture, face)
            if score is None:
                table.abstain()
                continue
            alarm = float(score >= subject.threshold)
            table.tell(score, alarm, groups, forged=person.forged, who=person.who)
        if face is None or person.forged:
            return
        if self._gallery is not None:
            self._gallery.add(picture, face, groups, person.who)
        if self._recoloured < due:
            self._recoloured += 1
            for subject, drift in zip(self._subjects, self._drifts, strict=True):
                drift.append(_over_tones(subject, picture, face))

    def compare(self) -> list[Audit]:
        """What was found; nothing where no picture was there."""
        if not self.asked:
            return []
        rows = zip(self._subjects, self._tables, self._drifts, strict=True)
        told = [sum_up(subject.name, subject.wrong, table, drift) for subject, table, drift in rows]
        return told + (self._gallery.compare() if self._gallery else [])


def _groups(person: Person, picture: Picture, face: Face | None) -> dict[str, str]:
    tone = measure_tone(picture.pixels, face.landmarks) if face is not None else None
    return {**person.labels, **({"tone": tone.group} if tone is not None else {})}


def _over_tones(subject: Subject, picture: Picture, face: Face) -> list[float]:
    answers = []
    for monk in range(1, len(MONK) + 1):
        pixels = recolour(picture.pixels, face.landmarks, monk)
        score = subject.ask(Picture(0, pixels), face)
        if score is not None:
            answers.append(score)
    return answers
