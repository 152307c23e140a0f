"""From answers to rates by group, with intervals, and the gaps between groups.

Rates and their intervals are Fairlearn's MetricFrame; the gaps are those of the fairness benchmarks
of deepfake detection (F_EFPR, F_EO, F_MEO).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

ENOUGH: Final = 300  # reals of a group, below which a rate of 1 % cannot be claimed (rule of three)
SMALLEST: Final = 20  # of a group that is compared
BOOTSTRAPS: Final = 200


@dataclass(slots=True)
class Table:
    """Answers of one subject."""

    scores: list[float] = field(default_factory=list)
    alarms: list[float] = field(default_factory=list)  # 0 or 1, or a share where tried often
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

    def beyond(self, limit: float) -> float:
        """The largest gap in single attributes that chance does not explain away.

        Between groups whose intervals are no wider than twice the limit it is the gap that was
        found; of any other group only what its interval shows at least, over all the rest.
        """
        single = [rates for name, rates in self.rates.items() if "," not in name]
        return max((_shown(rates, limit) for rates in single), default=0.0)


def _shown(rates: Sequence[Rate], limit: float) -> float:
    sure = [one.rate for one in rates if one.high - one.low <= 2 * limit]
    found = [max(sure) - min(sure)] if sure else []
    for one in rates:
        rest = [other for other in rates if other is not one]
        count = sum(other.count for other in rest)
        if count and one.high - one.low > 2 * limit:
            mean = sum(other.rate * other.count for other in rest) / count
            found.append(max(one.low - mean, mean - one.high))
    return max([0.0, *found])


def sum_up(name: str, wrong: str, table: Table, drifts: Sequence[list[float]] = ()) -> Audit:
    """Compare the groups of one subject; `drifts` are one face's answers over the tones, each."""
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
    return Audit(name, wrong, asked, coverage, rates, gaps, drift)


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
    return np.array(truth, int), np.array(alarms, float), np.array(groups)


def _rates(table: Table, attribute: tuple[str, ...]) -> Iterator[Rate]:
    from fairlearn.metrics import MetricFrame, mean_prediction  # noqa: PLC0415  an extra

    truth, alarms, groups = _columns(table, attribute, genuine=True)
    if not len(truth):
        return
    frame = MetricFrame(
        metrics=mean_prediction,
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
        mean_prediction,
        true_negative_rate,
        true_positive_rate,
    )

    truth, alarms, groups = _columns(table, attribute, genuine=not any(table.forged))
    if not len(truth):
        return {"worst": 0.0, "F_EFPR": 0.0}
    metrics = {"FPR": mean_prediction}  # of genuine ones alone it is the same
    if truth.any():
        metrics = {
            "FPR": false_positive_rate,
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
