"""Ask every subject about every photo, and count by tone, sex, age and their crossings."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from bonaface.errors import BonafaceError
from bonaface.fairness.people import Person
from bonaface.fairness.rates import (
    Gap,
    Rate,
    Truth,
    count_rates,
    frame,
    measure_gaps,
    worst_gap,
)
from bonaface.fairness.recolour import recolour
from bonaface.fairness.skin import Tone, measure_tone
from bonaface.fairness.subjects import Photo, Subject
from bonaface.media.photos import read_photo

LIMIT: Final = 0.02  # how far a group's false alarms may lie above those of the others
SLOW: Final = 120  # photos that a slow subject is asked about
RECOLOURED: Final = 40  # photos that are shown in other tones
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What all subjects said about one photo."""

    person: Person
    tone: Tone | None
    scores: dict[str, float | None]  # by subject; absent where it was not asked


@dataclass(frozen=True, slots=True)
class Division:
    """The people, divided by one attribute."""

    attribute: str
    rates: tuple[Rate, ...]
    gaps: tuple[Gap, ...]
    worst: tuple[str, Gap] | None


@dataclass(frozen=True, slots=True)
class Drift:
    """How the score of one face moves with its tone alone."""

    faces: int
    median: float  # of the range over the tones
    largest: float
    turned: int  # faces whose answer changed between alarm and none


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one subject."""

    subject: Subject
    divisions: tuple[Division, ...]
    drift: Drift | None


@dataclass(frozen=True, slots=True)
class Audit:
    """All of it."""

    made: datetime
    photos: int
    unread: int
    toned: int  # photos whose tone could be estimated
    results: tuple[Result, ...]
    limits: tuple[str, ...]


def audit(
    people: Sequence[Person],
    subjects: Sequence[Subject],
    limits: tuple[str, ...] = (),
    tell: Callable[[float], None] = lambda _: None,
) -> Audit:
    """Audit; photos that cannot be read are counted and passed over."""
    ordered = sorted(people, key=_shuffled)
    answers, unread, drawn = [], 0, _draw_slow(ordered)
    ranges: dict[str, list[tuple[float, bool]]] = {subject.name: [] for subject in subjects}
    for i, person in enumerate(ordered):
        try:
            photo = Photo(read_photo(person.path))
        except BonafaceError:
            unread += 1
            continue
        answers.append(_answer(person, photo, subjects, slow=person in drawn))
        if i < RECOLOURED and person.genuine and photo.faces:
            _recoloured(photo, subjects, ranges)
        tell((i + 1) / len(ordered))
    results = tuple(_count(subject, answers, ranges[subject.name]) for subject in subjects)
    toned = sum(answer.tone is not None for answer in answers)
    return Audit(datetime.now(UTC), len(answers), unread, toned, results, limits)


def _shuffled(person: Person) -> str:
    """An order that is the same everywhere and follows nothing."""
    return hashlib.sha256(person.path.name.encode()).hexdigest()


def _draw_slow(people: Sequence[Person]) -> set[Person]:
    """Draw SLOW people for slow subjects, as even over sex and age as there are."""
    queues: dict[tuple[str | None, str | None], list[Person]] = {}
    for person in people:
        if person.genuine:
            queues.setdefault((person.sex, person.age), []).append(person)
    turns = sorted(
        ((turn, i, one) for i, row in enumerate(queues.values()) for turn, one in enumerate(row)),
        key=lambda each: each[:2],
    )
    return {one for _, _, one in turns[:SLOW]}


def _answer(person: Person, photo: Photo, subjects: Sequence[Subject], *, slow: bool) -> Answer:
    tone = measure_tone(photo.picture, photo.faces[0]) if photo.faces else None
    asked = [subject for subject in subjects if slow or not subject.slow]
    return Answer(person, tone, {subject.name: subject.ask(photo) for subject in asked})


def _recoloured(
    photo: Photo, subjects: Sequence[Subject], ranges: dict[str, list[tuple[float, bool]]]
) -> None:
    shown = [Photo(other) for _, other in recolour(photo.picture, photo.faces[0])]
    for subject in subjects:
        if subject.slow or not shown:
            continue
        asked = [subject.ask(other) for other in shown]
        said = [score for score in asked if score is not None]
        if len(said) == len(shown):
            over = [score >= subject.limit for score in said]
            ranges[subject.name].append((max(said) - min(said), any(over) and not all(over)))


def _count(subject: Subject, answers: Sequence[Answer], ranges: list[tuple[float, bool]]) -> Result:
    mine = [answer for answer in answers if subject.name in answer.scores]
    scores = [answer.scores[subject.name] for answer in mine]
    judged = np.array([score is not None for score in scores], bool)
    alarm = np.array([score is not None and score >= subject.limit for score in scores], bool)
    fake = np.array([not answer.person.genuine for answer in mine], bool)
    divisions = []
    for attribute, name in ATTRIBUTES.items():
        names = np.array([name(answer) for answer in mine], dtype=object)
        known = names != UNKNOWN
        if known.any():
            divisions.append(
                _divide(attribute, list(names[known]), fake[known], alarm[known], judged[known])
            )
    drift = None
    if ranges:
        widths = np.array([width for width, _ in ranges])
        turned = sum(flag for _, flag in ranges)
        drift = Drift(len(ranges), float(np.median(widths)), float(widths.max()), turned)
    return Result(subject, tuple(divisions), drift)


def _divide(attribute: str, names: list[str], fake: Truth, alarm: Truth, judged: Truth) -> Division:
    rates = count_rates(names, fake, alarm, judged)
    some = [name for name, flag in zip(names, judged, strict=True) if flag]
    gaps: tuple[Gap, ...] = ()
    if some:
        _agree(rates, frame(some, fake[judged], alarm[judged]))
        gaps = measure_gaps(some, fake[judged], alarm[judged])
    return Division(attribute, rates, gaps, worst_gap(rates))


def _agree(rates: Sequence[Rate], framed: dict[str, dict[str, float]]) -> None:
    """Two ways to count must agree: a slip here would be a false claim about people."""
    for rate in rates:
        if rate.reals and abs(framed[rate.group]["fpr"] - rate.fpr) > 1e-9:
            raise ArithmeticError(f"Rates of {rate.group} differ between two ways to count.")


def _tone(answer: Answer) -> str:
    return answer.tone.group if answer.tone else UNKNOWN


def _monk(answer: Answer) -> str:
    return answer.tone.band if answer.tone else UNKNOWN


def _sex(answer: Answer) -> str:
    return answer.person.sex or UNKNOWN


def _age(answer: Answer) -> str:
    return answer.person.age or UNKNOWN


def _cross(*parts: Callable[[Answer], str]) -> Callable[[Answer], str]:
    def name(answer: Answer) -> str:
        said = [part(answer) for part in parts]
        return UNKNOWN if UNKNOWN in said else ", ".join(said)

    return name


ATTRIBUTES: Final[dict[str, Callable[[Answer], str]]] = {
    "skin tone (ITA)": _tone,
    "skin tone (Monk)": _monk,
    "sex": _sex,
    "age": _age,
    "sex and age": _cross(_sex, _age),
    "sex and skin tone": _cross(_sex, _monk),
    "age and skin tone": _cross(_age, _monk),
}
