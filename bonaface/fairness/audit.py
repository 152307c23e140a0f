"""Are the checks equally good for everybody? Error rates by skin tone, sex and age, with intervals.

Reads pictures whose labels the user gives, lets each subject (a detector, the face finder) answer
on each, and compares groups. Rates and their intervals are Fairlearn's MetricFrame; the gaps are
those of the fairness benchmarks of deepfake detection (F_EFPR, F_EO, F_MEO). Skin tone is measured
from the picture (`forensics/tone`) and used here only.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from bonaface.core import Picture
from bonaface.errors import SettingsError, UnreadableMedia
from bonaface.face.find import Face, find_faces
from bonaface.forensics.tone import MONK, measure_tone, recolour
from bonaface.media.photos import read_photo

MISSING: Final = "The audit needs Fairlearn. Run: pip install 'bonaface[audit]'"
ENOUGH: Final = 300  # reals of a group, below which a rate of 1 % cannot be claimed (rule of three)
SMALLEST: Final = 20  # of a group that is compared
BOOTSTRAPS: Final = 200
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Person:
    """One labelled picture."""

    path: Path
    labels: dict[str, str]  # "sex": "female", "age": "30-44", ...
    forged: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """What is audited: answers 0..1 for a picture and its face, None where it abstains."""

    name: str
    ask: Callable[[Picture, Face | None], float | None]
    threshold: float  # from which an answer is an alarm (or a failure)
    wrong: str  # what an alarm on a genuine picture is called


@dataclass(slots=True)
class Table:
    """Answers of one subject."""

    scores: list[float] = field(default_factory=list)
    alarms: list[bool] = field(default_factory=list)
    forged: list[bool] = field(default_factory=list)
    groups: list[dict[str, str]] = field(default_factory=list)
    abstained: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one group meets an error."""

    group: str
    count: int
    rate: float
    low: float  # 95 % interval
    high: float


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found for one subject."""

    subject: str
    wrong: str
    count: int
    coverage: float
    rates: dict[str, tuple[Rate, ...]]  # by attribute: "tone", "sex", "age", "sex, tone"
    gaps: dict[
        str, dict[str, float]
    ]  # by attribute: worst, F_EFPR and, with forgeries, F_EO, F_MEO
    drift: dict[str, float] | None = None  # of the answer over the Monk tones

    @property
    def worst(self) -> float:
        """The largest gap of a group that is large enough, in single attributes."""
        single = [gap["worst"] for name, gap in self.gaps.items() if "," not in name]
        return max(single, default=0.0)


def audit(
    people: Sequence[Person],
    subjects: Sequence[Subject],
    tell: Callable[[float], None] = lambda _: None,
    recoloured: int = 40,  # faces that are tried in all tones
) -> list[Audit]:
    """Ask every subject about every picture. Raises SettingsError without Fairlearn."""
    require_fairlearn()
    tables = [Table() for _ in subjects]
    drifts: list[list[list[float]]] = [[] for _ in subjects]
    every = len(people) // recoloured or 1 if recoloured else len(people) + 1
    for i, (person, picture, face) in enumerate(_opened(people)):
        tell(i / len(people))
        groups = _groups(person, picture, face)
        for subject, table in zip(subjects, tables, strict=True):
            _ask(subject, table, (picture, face), groups, forged=person.forged)
        if (i + 1) % every == 0 and face is not None and not person.forged:
            for subject, drift in zip(subjects, drifts, strict=True):
                drift.append(_over_tones(subject, picture, face))
    rows = zip(subjects, tables, drifts, strict=True)
    return [_sum_up(subject, table, drift) for subject, table, drift in rows]


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
    table.alarms.append(score >= subject.threshold)
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


def _sum_up(subject: Subject, table: Table, drifts: list[list[float]]) -> Audit:
    names = sorted({name for groups in table.groups for name in groups})
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    attributes: list[tuple[str, ...]] = [*((name,) for name in names), *pairs]
    rates, gaps = {}, {}
    for attribute in attributes:
        title = ", ".join(attribute)
        rates[title] = tuple(_rates(table, attribute))
        gaps[title] = _gaps(table, attribute)
    asked = len(table.scores)
    ranges = [max(one) - min(one) for one in drifts if len(one) > 1]
    drift = None
    if ranges:
        values = np.array(ranges)
        drift = {"faces": len(ranges), "mean": float(values.mean()), "most": float(values.max())}
    coverage = asked / max(1, asked + table.abstained)
    return Audit(subject.name, subject.wrong, asked, coverage, rates, gaps, drift)


def _columns(table: Table, attribute: tuple[str, ...], *, genuine: bool) -> tuple[Any, Any, Any]:
    """Truth, alarms and groups of those that have the attribute."""
    rows = [
        (forged, alarm, ", ".join(groups[name] for name in attribute))
        for forged, alarm, groups in zip(table.forged, table.alarms, table.groups, strict=True)
        if all(name in groups for name in attribute) and not (genuine and forged)
    ]
    counts: dict[str, int] = {}
    for _, _, group in rows:
        counts[group] = counts.get(group, 0) + 1
    kept = [row for row in rows if counts[row[2]] >= SMALLEST]
    truth, alarms, groups = zip(*kept, strict=True) if kept else ((), (), ())
    return np.array(truth, int), np.array(alarms, int), np.array(groups)


def _rates(table: Table, attribute: tuple[str, ...]) -> Iterator[Rate]:
    from fairlearn.metrics import MetricFrame, selection_rate  # noqa: PLC0415  an extra

    truth, alarms, groups = _columns(table, attribute, genuine=True)
    if not len(truth):
        return
    frame = MetricFrame(
        metrics=selection_rate,
        y_true=truth,
        y_pred=alarms,
        sensitive_features=groups,
        n_boot=BOOTSTRAPS,
        ci_quantiles=[0.025, 0.975],
        random_state=0,
    )
    low, high = frame.by_group_ci
    for group, rate in frame.by_group.items():
        count = int((groups == group).sum())
        edge = 3 / count if rate == 0 else float(high[group])  # rule of three where none was seen
        yield Rate(str(group), count, float(rate), float(low[group]), edge)


def _gaps(table: Table, attribute: tuple[str, ...]) -> dict[str, float]:
    from fairlearn.metrics import (  # noqa: PLC0415  an extra
        MetricFrame,
        false_negative_rate,
        false_positive_rate,
        true_negative_rate,
        true_positive_rate,
    )

    truth, alarms, groups = _columns(table, attribute, genuine=not any(table.forged))
    if not len(truth):
        return {"worst": 0.0, "F_EFPR": 0.0}
    metrics = {"FPR": false_positive_rate}
    if truth.any():
        metrics |= {
            "TPR": true_positive_rate,
            "FNR": false_negative_rate,
            "TNR": true_negative_rate,
        }
    frame = MetricFrame(metrics=metrics, y_true=truth, y_pred=alarms, sensitive_features=groups)
    apart = {name: (frame.by_group[name] - frame.overall[name]).abs() for name in metrics}
    ranges = frame.difference(method="between_groups")
    gaps = {"worst": float(ranges["FPR"]), "F_EFPR": float(apart["FPR"].sum())}
    if truth.any():
        gaps["F_EO"] = float((apart["FPR"] + apart["TPR"]).sum())
        gaps["F_MEO"] = float(ranges.max())
    return gaps
