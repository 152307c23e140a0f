"""Figures of detectors, with intervals: what benches, the fit of the fusion and the audit share.

Scores are higher for forgeries. Shares have Wilson's interval; other figures the middle 95 % when
groups (one person or source) are drawn anew, so that twenty pictures of one person do not count as
twenty. A figure that its data cannot give (no reals, no fakes) is NaN, never a guess.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Truth: TypeAlias = NDArray[np.bool_]
Groups: TypeAlias = tuple[Sequence[str], Sequence[str]]  # of the reals, of the fakes
SAMPLES: Final = 400
Z: Final = 1.96


def auc(real: Floats, fake: Floats) -> float:
    """The chance that a forgery scores above a genuine one; ties count half. Never turned round."""
    if not len(real) or not len(fake):
        return float("nan")
    ordered = np.sort(real)
    below = np.searchsorted(ordered, fake, "left")
    upto = np.searchsorted(ordered, fake, "right")
    return float(((below + upto) / 2 / len(ordered)).mean())


def eer(real: Floats, fake: Floats) -> float:
    """The error rate where false alarms and misses are equally frequent."""
    if not len(real) or not len(fake):
        return float("nan")
    cuts = np.append(np.unique(np.concatenate([real, fake])), np.inf)
    alarms = 1 - np.searchsorted(np.sort(real), cuts, "left") / len(real)
    misses = np.searchsorted(np.sort(fake), cuts, "left") / len(fake)
    i = int(np.argmin(np.abs(alarms - misses)))
    return float((alarms[i] + misses[i]) / 2)


def threshold(real: Floats, alarms: float = 0.01) -> float:
    """The score above which at most this share of genuine ones lies."""
    if not len(real):
        return float("nan")
    kept = int(np.floor(alarms * len(real)))  # genuine ones that may lie above
    return float(np.sort(real)[len(real) - 1 - kept])


def found_at(real: Floats, fake: Floats, alarms: float = 0.01) -> float:
    """The share of forgeries above `threshold`: TPR at that FPR."""
    if not len(real) or not len(fake):
        return float("nan")
    return float((fake > threshold(real, alarms)).mean())


def share_over(scores: Floats, limit: float) -> float:
    """The share at or above a fixed limit: FPR of genuine scores, TPR of forged ones."""
    return float((scores >= limit).mean()) if len(scores) else float("nan")


def calibration_error(chances: Floats, truth: Truth, bins: int = 10) -> float:
    """Expected calibration error: the mean gap between what was said and what was.

    Genuine and forged weigh alike, however many there are, since chances are given for even odds.
    """
    if not len(chances):
        return float("nan")
    sizes = np.bincount(truth.astype(int), minlength=2)
    weights = 1 / sizes[truth.astype(int)]
    place = np.minimum((chances * bins).astype(int), bins - 1)
    gaps = [abs((weights * (chances - truth))[place == i].sum()) for i in range(bins)]
    return float(sum(gaps) / weights.sum())


def cllr(chances: Floats, truth: Truth) -> float:
    """Cost of log-likelihood ratios in bits (Brümmer and du Preez 2006), at even priors.

    0 is perfect; 1 is what "even chances" for everything costs; more is worse than silence.
    """
    if not truth.any() or truth.all():
        return float("nan")
    kept = np.clip(chances, 1e-6, 1 - 1e-6)
    odds = np.log(kept / (1 - kept))
    forged = np.logaddexp(0, -odds[truth]).mean()
    genuine = np.logaddexp(0, odds[~truth]).mean()
    return float((forged + genuine) / 2 / np.log(2))


def coverage(scores: Sequence[float | None]) -> float:
    """The share that was judged at all."""
    return sum(score is not None for score in scores) / len(scores) if scores else float("nan")


def pairs_right(pairs: Sequence[tuple[float, float]]) -> float:
    """Of (genuine, its own forgery): the share where the forgery scores higher; ties count half."""
    if not pairs:
        return float("nan")
    return sum((fake > real) + (fake == real) / 2 for real, fake in pairs) / len(pairs)


def attack_errors(
    bona_fide: Floats, attacks: dict[str, Floats], limit: float
) -> tuple[float, float]:
    """APCER, of the worst kind of attack, and BPCER (ISO/IEC 30107-3), at a fixed limit."""
    missed = [1 - share_over(scores, limit) for scores in attacks.values() if len(scores)]
    return max(missed, default=float("nan")), share_over(bona_fide, limit)


def wilson(count: int, total: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); 0 to 1 where nothing was counted."""
    if not total:
        return 0.0, 1.0
    share = count / total
    middle = (share + Z * Z / (2 * total)) / (1 + Z * Z / total)
    half = Z * float(np.sqrt(share * (1 - share) / total + Z * Z / (4 * total * total)))
    half /= 1 + Z * Z / total
    return max(0.0, middle - half), min(1.0, middle + half)


def interval(
    figure: Callable[[Floats, Floats], float],
    real: Floats,
    fake: Floats,
    groups: Groups | None = None,
) -> tuple[float, float]:
    """The middle 95 % of a figure when groups are drawn anew; NaN where there are none."""
    if not len(real) or not len(fake):
        return float("nan"), float("nan")
    random = np.random.default_rng(0)
    sides = [_split(real, groups and groups[0]), _split(fake, groups and groups[1])]
    values = [figure(*(_draw(side, random) for side in sides)) for _ in range(SAMPLES)]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _split(scores: Floats, names: Sequence[str] | None) -> list[Floats]:
    if names is None:
        return list(scores.reshape(-1, 1))
    known, place = np.unique(np.asarray(names), return_inverse=True)
    return [scores[place == i] for i in range(len(known))]


def _draw(groups: list[Floats], random: np.random.Generator) -> Floats:
    return np.concatenate([groups[i] for i in random.integers(len(groups), size=len(groups))])
