"""From answers to rates by group, with intervals, and the gaps between groups.

People are counted, not files: where the table says who somebody is, what was asked of them in
several pictures or recordings is one share. Rates and bootstrap intervals are Fairlearn's
MetricFrame; of groups under SMALLEST, where a bootstrap is too narrow, intervals are exact
(Clopper and Pearson 1934). Gaps are those of the fairness benchmarks of deepfake detection
(F_EFPR, F_EO, F_MEO).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from bonaface.fairness.table import Table

ENOUGH: Final = 300  # reals of a group, below which a rate of 1 % cannot be claimed (rule of three)
SMALLEST: Final = 20  # of a group whose rate is compared
SHOWN: Final = 5  # of a group that is shown, with its interval
BOOTSTRAPS: Final = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """How often one group meets an error."""

    group: str
    count: int  # of people, or of pictures where it is not known who is in them
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
    whole: Rate | None = None  # of everybody
    asked: str = "pictures"  # of what
    passed: dict[str, int] = field(default_factory=dict)  # why nothing was answered, how often

    @property
    def worst(self) -> float:
        """The largest gap of a group that is large enough, in single attributes."""
        single = [gap["worst"] for name, gap in self.gaps.items() if "," not in name]
        return max(single, default=0.0)

    def beyond(self, limit: float) -> float:
        """The largest gap in single attributes that chance does not explain away.

        Between groups of SMALLEST or more whose intervals are no wider than twice the limit it is
        the gap that was found; of any other group only what its interval and that of all the rest
        show at least (Newcombe 1998).
        """
        single = [rates for name, rates in self.rates.items() if "," not in name]
        return max((_shown(rates, limit) for rates in single), default=0.0)


def _shown(rates: Sequence[Rate], limit: float) -> float:
    large = [one for one in rates if one.count >= SMALLEST]
    sure = [one.rate for one in large if one.high - one.low <= 2 * limit]
    found = [max(sure) - min(sure)] if sure else []
    for one in rates:
        rest = [other for other in rates if other is not one]
        count = sum(other.count for other in rest)
        if count and (one.count < SMALLEST or one.high - one.low > 2 * limit):
            mean = sum(other.rate * other.count for other in rest) / count
            low, high = exact(mean * count, count)
            found.append(one.rate - mean - hypot(one.rate - one.low, high - mean))
            found.append(mean - one.rate - hypot(one.high - one.rate, mean - low))
    return max([0.0, *found])


def exact(wrong: float, count: int) -> tuple[float, float]:
    """The exact 95 % interval of a share, `wrong` of `count` (a sum of shares is taken, too)."""
    low = 0.0 if wrong <= 0 else float(beta.ppf(0.025, wrong, count - wrong + 1))
    high = 1.0 if wrong >= count else float(beta.ppf(0.975, wrong + 1, count - wrong))
    return low, high


def sum_up(
    name: str,
    wrong: str,
    table: Table,
    drifts: Sequence[list[float]] = (),
    asked: str = "pictures",
) -> Audit:
    """Compare the groups of one subject; `drifts` are one face's answers over the tones, each."""
    names = sorted({name for groups in table.groups for name in groups})
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    attributes: list[tuple[str, ...]] = [*((name,) for name in names), *pairs]
    rates, gaps = {}, {}
    for attribute in attributes:
        title = ", ".join(attribute)
        rates[title] = tuple(_rates(table, attribute))
        gaps[title] = _gaps(table, attribute)
    count = len(table.scores)
    ranges = [max(one) - min(one) for one in drifts if len(one) > 1]
    drift = None
    if ranges:
        values = np.array(ranges)
        drift = {"faces": len(ranges), "mean": float(values.mean()), "most": float(values.max())}
    coverage = count / max(1, count + table.abstained)
    whole = next(_rates(table, ()), None)
    passed = dict(table.passed)
    return Audit(name, wrong, count, coverage, rates, gaps, drift, whole, asked, passed)


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """People who have an attribute: whether forged, shares of alarms, groups; each (n,)."""

    truth: NDArray[np.int_]
    alarms: NDArray[np.float64]
    groups: NDArray[np.str_]


def _columns(table: Table, attribute: tuple[str, ...], least: int, *, genuine: bool) -> _Columns:
    """Groups of `least` or more."""
    found: dict[tuple[object, bool, str], list[float]] = {}
    rows = zip(table.forged, table.alarms, table.groups, table.who, strict=True)
    for i, (forged, alarm, groups, who) in enumerate(rows):
        if all(name in groups for name in attribute) and not (genuine and forged):
            group = ", ".join(groups[name] for name in attribute)
            found.setdefault((who or i, forged, group), []).append(alarm)
    counts: dict[str, int] = {}
    for _, _, group in found:
        counts[group] = counts.get(group, 0) + 1
    kept = [key for key in found if counts[key[2]] >= least]
    return _Columns(
        np.array([forged for _, forged, _ in kept], int),
        np.array([np.mean(found[key]) for key in kept], float),
        np.array([group for _, _, group in kept], str),
    )


def _rates(table: Table, attribute: tuple[str, ...]) -> Iterator[Rate]:
    least = SMALLEST if len(attribute) > 1 else SHOWN if attribute else 1
    seen = _columns(table, attribute, least, genuine=True)
    counts = {str(group): int((seen.groups == group).sum()) for group in np.unique(seen.groups)}
    drawn = _draw(seen, {group for group, count in counts.items() if count >= SMALLEST})
    for group, count in counts.items():
        rate = float(seen.alarms[seen.groups == group].mean())
        low, high = drawn[group] if group in drawn else exact(rate * count, count)
        if group in drawn and rate == 0:  # rule of three: one error was not seen
            high = 3 / count
        elif group in drawn and rate == 1:
            low = 1 - 3 / count
        yield Rate(group, count, rate, low, high)


def _draw(seen: _Columns, large: set[str]) -> dict[str, tuple[float, float]]:
    """Bootstrap intervals of large groups."""
    from fairlearn.metrics import MetricFrame, mean_prediction  # noqa: PLC0415  an extra

    if not large:
        return {}
    kept = np.isin(seen.groups, sorted(large))
    frame = MetricFrame(
        metrics=mean_prediction,
        y_true=seen.truth[kept],
        y_pred=seen.alarms[kept],
        sensitive_features=seen.groups[kept],
        n_boot=BOOTSTRAPS,
        ci_quantiles=[0.025, 0.975],
        random_state=0,
    )
    low, high = frame.by_group_ci
    return {group: (float(low[group]), float(high[group])) for group in large}


def _gaps(table: Table, attribute: tuple[str, ...]) -> dict[str, float]:
    from fairlearn.metrics import MetricFrame  # noqa: PLC0415  an extra

    seen = _columns(table, attribute, SMALLEST, genuine=not any(table.forged))
    if not len(seen.truth):
        return {"worst": 0.0, "F_EFPR": 0.0}
    metrics = {"FPR": _alarms, "TPR": _found, "FNR": _missed, "TNR": _quiet}
    if not seen.truth.any():
        metrics = {"FPR": _alarms}
    frame = MetricFrame(
        metrics=metrics, y_true=seen.truth, y_pred=seen.alarms, sensitive_features=seen.groups
    )
    apart = {name: (frame.by_group[name] - frame.overall[name]).abs() for name in metrics}
    ranges = frame.difference(method="between_groups").fillna(0.0)
    gaps = {"worst": float(ranges["FPR"]), "F_EFPR": float(apart["FPR"].sum())}
    if seen.truth.any():
        gaps["F_EO"] = float((apart["FPR"] + apart["TPR"]).sum())
        gaps["F_MEO"] = float(ranges.max())
    return gaps


def _alarms(truth: Any, alarms: Any) -> float:
    """The share of alarms on what is genuine; NaN where nothing is: it is left out."""
    return float(np.mean(alarms[truth == 0])) if (truth == 0).any() else float("nan")


def _found(truth: Any, alarms: Any) -> float:
    return float(np.mean(alarms[truth == 1])) if (truth == 1).any() else float("nan")


def _quiet(truth: Any, alarms: Any) -> float:
    return 1 - _alarms(truth, alarms)


def _missed(truth: Any, alarms: Any) -> float:
    return 1 - _found(truth, alarms)
