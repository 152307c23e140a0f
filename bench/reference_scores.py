"""How well two sets of distances are told apart: rates of error, with intervals over people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
RESAMPLES = 1000
STEPS = 400  # of Newton's method, at most


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Distances from the enrolled, by who was enrolled."""

    same: dict[str, Floats]  # of the enrolled person
    other: dict[str, Floats]  # of others

    @property
    def all_same(self) -> Floats:
        """All distances of the enrolled themselves."""
        return np.concatenate([*self.same.values(), np.zeros(0)])

    @property
    def all_other(self) -> Floats:
        """All distances of others."""
        return np.concatenate([*self.other.values(), np.zeros(0)])


@dataclass(frozen=True, slots=True)
class Rate:
    """A share, and where it lies in 95 of 100 draws of people."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.1%} ({self.low:.1%}-{self.high:.1%})"


def equal_error(trials: Trials) -> Rate:
    """The rate at which as many of the enrolled are refused as others are let in.

    The interval draws the enrolled again, with all their trials.
    """
    names = sorted(trials.same)
    value = _equal(trials.all_same, trials.all_other)
    draws = np.random.default_rng(0)
    drawn = []
    for _ in range(RESAMPLES):
        chosen = [names[i] for i in draws.integers(0, len(names), len(names))]
        same = np.concatenate([trials.same[name] for name in chosen])
        other = np.concatenate([trials.other[name] for name in chosen])
        drawn.append(_equal(same, other))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Rate(value, float(low), float(high))


def _equal(same: Floats, other: Floats) -> float:
    """Equal error rate; larger distances are others'."""
    limits = np.unique(np.concatenate([same, other]))
    refused = 1 - np.searchsorted(np.sort(same), limits, side="right") / len(same)
    let_in = np.searchsorted(np.sort(other), limits, side="right") / len(other)
    best = int(np.argmin(np.abs(refused - let_in)))
    return float((refused[best] + let_in[best]) / 2)


def share(hits: int, count: int) -> Rate:
    """A share with Wilson's interval."""
    z, p = 1.96, hits / max(count, 1)
    middle = (p + z * z / (2 * max(count, 1))) / (1 + z * z / max(count, 1))
    wide = z * np.sqrt(p * (1 - p) / max(count, 1) + (z / (2 * max(count, 1))) ** 2)
    wide = float(wide / (1 + z * z / max(count, 1)))
    return Rate(p, max(0.0, middle - wide), min(1.0, middle + wide))


def found_at(trials: Trials, attacks: Sequence[float], alarms: float) -> tuple[Rate, float]:
    """The share of attacks beyond the limit that `alarms` of the enrolled pass, and the limit."""
    limit = float(np.quantile(trials.all_same, 1 - alarms))
    return share(int((np.array(attacks) > limit).sum()), len(attacks)), limit


def fit_logistic(trials: Trials, ridge: float = 1e-3) -> tuple[float, float]:
    """Middle and steepness of the chance of another person; same and other weigh alike.

    People weigh alike within each. Newton's method over standardised distances, with a small ridge.
    """
    x, y, w = [], [], []
    for label, sets in ((0.0, trials.same), (1.0, trials.other)):
        for found in sets.values():
            x.append(found)
            y.append(np.full(len(found), label))
            w.append(np.full(len(found), 0.5 / len(sets) / max(1, len(found))))
    far, labels, weights = (np.concatenate(each) for each in (x, y, w))
    mean, spread = float(far.mean()), float(far.std())
    rows = np.stack([np.ones_like(far), (far - mean) / spread], 1)
    found = np.zeros(2)
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ found, -40, 40)))
        slope = rows.T @ (weights * (labels - chance)) - ridge * found * (0, 1)
        curve = (rows * (weights * chance * (1 - chance))[:, None]).T @ rows
        step = np.linalg.solve(curve + ridge * np.diag([1e-3, 1]), slope)
        found = found + step
        if np.abs(step).max() < 1e-9:
            break
    steep = float(found[1] / spread)
    return mean - float(found[0]) / steep, steep
