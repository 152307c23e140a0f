"""How often each group is wronged, how far groups lie apart, and how sure that is.

A fake is positive, as in the fairness benchmarks of detectors (Lin et al. 2024, CVPR): FPR is the
share of genuine faces that raise an alarm. The rates of each group come from Fairlearn's
MetricFrame; Wilson's interval and the bootstrap stand beside.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bonaface.errors import SettingsError
from bonaface.forensics.scores import wilson

ENOUGH: Final = 300  # genuine faces, below which 1 % cannot be claimed (rule of three)
LEAST: Final = 10  # of a kind, below which a group has no part in the gaps
SAMPLES: Final = 200
Truth = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rate:
    """One group: how many genuine and forged faces were judged, and raised an alarm."""

    group: str
    reals: int
    alarms: int
    fakes: int = 0
    found: int = 0
    unjudged: int = 0  # genuine faces about which it could not tell

    @property
    def fpr(self) -> float:
        """The share of genuine faces with an alarm; NaN where there are none."""
        return self.alarms / self.reals if self.reals else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % of `fpr` (Wilson)."""
        return wilson(self.alarms, self.reals)

    @property
    def claimable(self) -> bool:
        """Whether there are enough genuine faces to claim 1 %."""
        return self.reals >= ENOUGH


@dataclass(frozen=True, slots=True)
class Gap:
    """A measure of distance between groups, with its 95 % interval."""

    name: str
    value: float
    low: float
    high: float


def count_rates(names: Sequence[str], fake: Truth, alarm: Truth, judged: Truth) -> tuple[Rate, ...]:
    """Count for each group, in the order of names."""
    rates = []
    place = np.asarray(names)
    for group in sorted(set(names)):
        mine = place == group
        real, forged = mine & ~fake, mine & fake
        rates.append(
            Rate(
                group,
                int((real & judged).sum()),
                int((real & judged & alarm).sum()),
                int((forged & judged).sum()),
                int((forged & judged & alarm).sum()),
                int((real & ~judged).sum()),
            )
        )
    return tuple(rates)


def measure_gaps(names: Sequence[str], fake: Truth, alarm: Truth) -> tuple[Gap, ...]:
    """F_EFPR, and where enough forgeries were judged F_EO and F_MEO; empty below two groups.

    Groups with fewer than LEAST genuine faces are left out. Distances between groups are never
    negative, so chance alone makes them larger than 0, the more so the smaller the groups are.
    """
    keys, place = np.unique(np.asarray(names), return_inverse=True)
    tallies = _tally(place, len(keys), fake, alarm)
    kept = tallies[:, 0] >= LEAST
    if kept.sum() < 2:
        return ()
    forged = bool((tallies[kept, 2] >= LEAST).all())
    wanted = ("F_EFPR", "F_EO", "F_MEO") if forged else ("F_EFPR",)
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(SAMPLES):
        picks = random.integers(len(place), size=len(place))
        again = _tally(place[picks], len(keys), fake[picks], alarm[picks])
        drawn.append(_distances(again[kept], forged=forged))
    lows, highs = np.nanquantile(np.array(drawn), (0.025, 0.975), axis=0)
    values = _distances(tallies[kept], forged=forged)
    sides = zip(wanted, values, lows, highs, strict=True)
    return tuple(Gap(name, v, float(a), float(b)) for name, v, a, b in sides)


def _tally(place: NDArray[np.intp], count: int, fake: Truth, alarm: Truth) -> NDArray[np.int64]:
    """(count, 4): genuine, of those with alarm, forged, of those with alarm."""
    columns = (~fake, ~fake & alarm, fake, fake & alarm)
    return np.stack([np.bincount(place[which], minlength=count) for which in columns], 1)


def _distances(tallies: NDArray[np.int64], *, forged: bool) -> list[float]:
    real, alarms, fake, found = tallies.T.astype(float)
    fpr, over = alarms / np.maximum(real, 1), alarms.sum() / max(real.sum(), 1)
    apart = float(np.abs(fpr - over).sum())
    if not forged:
        return [apart]
    tpr, all_found = found / np.maximum(fake, 1), found.sum() / max(fake.sum(), 1)
    odds = apart + float(np.abs(tpr - all_found).sum())
    return [apart, odds, max(float(np.ptp(fpr)), float(np.ptp(tpr)))]


def worst_gap(rates: Sequence[Rate]) -> tuple[str, Gap] | None:
    """The group whose false alarms lie furthest above those of all others.

    The interval is Newcombe's (1998, method 10). None where no two groups can be compared.
    """
    usable = [rate for rate in rates if rate.reals >= LEAST]
    if len(usable) < 2:
        return None
    gaps = []
    for rate in usable:
        reals = sum(other.reals for other in usable) - rate.reals
        alarms = sum(other.alarms for other in usable) - rate.alarms
        gaps.append((rate.group, difference((rate.alarms, rate.reals), (alarms, reals))))
    return max(gaps, key=lambda gap: gap[1].value)


def difference(mine: tuple[int, int], others: tuple[int, int]) -> Gap:
    """One share less another, of (count, total) each."""
    p, q = mine[0] / mine[1], others[0] / others[1]
    (low, high), (least, most) = wilson(*mine), wilson(*others)
    down = float(np.hypot(p - low, most - q))
    up = float(np.hypot(high - p, q - least))
    return Gap("worst", p - q, p - q - down, p - q + up)


def need_fairlearn() -> Any:
    """Fairlearn's metrics. Raises SettingsError where it is not installed."""
    try:
        from fairlearn import metrics  # noqa: PLC0415  heavy, and an extra
    except ImportError as cause:
        remedy = "Install it: pip install 'bonaface[audit]'."
        raise SettingsError("An audit needs Fairlearn.", remedy) from cause
    return metrics


def frame(names: Sequence[str], fake: Truth, alarm: Truth) -> dict[str, dict[str, float]]:
    """Rates of each group by Fairlearn: group to name of rate to share; NaN becomes absent.

    Raises SettingsError where Fairlearn is not installed.
    """
    fair = need_fairlearn()
    wanted: dict[str, Any] = {
        "fpr": _of(fair.false_positive_rate, of=0),
        "tpr": _of(fair.true_positive_rate, of=1),
        "alarms": fair.selection_rate,
        "count": fair.count,
    }
    known = fair.MetricFrame(
        metrics=wanted,
        y_true=fake.astype(int),
        y_pred=alarm.astype(int),
        sensitive_features={"group": np.asarray(names, dtype=object)},
    )
    said: dict[str, dict[str, float]] = {}
    for group, row in known.by_group.to_dict("index").items():
        rates = {name: float(value) for name, value in row.items()}
        said[str(group)] = {name: value for name, value in rates.items() if not isnan(value)}
    return said


def _of(rate: Any, of: int) -> Any:
    """A rate that is NaN where there is nobody it could be a rate of."""

    def measure(y_true: Any, y_pred: Any) -> float:
        if not (np.asarray(y_true) == of).any():
            return float("nan")
        return float(rate(y_true, y_pred, pos_label=1))

    return measure
