"""Figures of detectors, with intervals: what every bench of the checks prints.

Scores are higher for forgeries. Intervals are percentiles of 400 bootstrap samples over groups (one
person or source), so that twenty pictures of one person do not count as twenty.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SAMPLES = 400


def auc(real: Floats, fake: Floats) -> float:
    """The chance that a forgery scores above a genuine one; ties count half."""
    ordered = np.sort(real)
    below = np.searchsorted(ordered, fake, "left")
    upto = np.searchsorted(ordered, fake, "right")
    return float(((below + upto) / 2 / len(ordered)).mean())


def eer(real: Floats, fake: Floats) -> float:
    """The error rate where false alarms and misses are equally frequent."""
    cuts = np.unique(np.concatenate([real, fake]))
    alarms = 1 - np.searchsorted(np.sort(real), cuts, "left") / len(real)
    misses = np.searchsorted(np.sort(fake), cuts, "left") / len(fake)
    i = int(np.argmin(np.abs(alarms - misses)))
    return float((alarms[i] + misses[i]) / 2)


def found_at(real: Floats, fake: Floats, alarms: float = 0.01) -> float:
    """The share of forgeries found where this share of genuine ones raises an alarm."""
    return float((fake > np.quantile(real, 1 - alarms)).mean())


def calibration_error(chances: Floats, truth: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: the mean gap between what was said and what was."""
    place = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [
        abs(chances[place == i].mean() - truth[place == i].mean()) * (place == i).mean()
        for i in range(bins)
        if (place == i).any()
    ]
    return float(sum(gaps))


def interval(
    figure: Callable[[Floats, Floats], float],
    real: Floats,
    fake: Floats,
    groups: tuple[Sequence[str], Sequence[str]] | None = None,
) -> tuple[float, float]:
    """The middle 95 % of a figure when groups are drawn anew."""
    random = np.random.default_rng(0)
    parts = [(real, groups[0] if groups else None), (fake, groups[1] if groups else None)]
    drawn = [[_draw(scores, names, random) for scores, names in parts] for _ in range(SAMPLES)]
    values = [figure(a, b) for a, b in drawn]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _draw(scores: Floats, names: Sequence[str] | None, random: Any) -> Floats:
    if names is None:
        return scores[random.integers(len(scores), size=len(scores))]
    known, place = np.unique(np.asarray(names), return_inverse=True)
    picks = random.integers(len(known), size=len(known))
    return np.concatenate([scores[place == pick] for pick in picks])


def wilson(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    if not total:
        return 0.0, 1.0
    z, share = 1.96, count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    half /= 1 + z * z / total
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def row(
    real: Floats, fake: Floats, groups: tuple[Sequence[str], Sequence[str]] | None = None
) -> dict[str, Any]:
    """All figures of one set."""
    return {
        "reals": len(real),
        "fakes": len(fake),
        "auc": auc(real, fake),
        "auc_95": interval(auc, real, fake, groups),
        "eer": eer(real, fake),
        "found_at_1": found_at(real, fake),
    }


def line(name: str, said: dict[str, Any]) -> str:
    """One line of a table."""
    low, high = said["auc_95"]
    return (
        f"{name:<34}{said['fakes']:>5}f{said['reals']:>6}r  AUC {said['auc']:.3f} "
        f"[{low:.2f}, {high:.2f}]  EER {said['eer']:.3f}  at 1 % {said['found_at_1']:.2f}"
    )
