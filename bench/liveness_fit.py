"""From what was measured to weights, rounds and errors, for bench/liveness.py."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from bonaface.core import Finding
from bonaface.forensics.liveness import colour, digits, hand, turn
from bonaface.forensics.liveness.challenge import Check, chance
from bonaface.forensics.liveness.round import Part, judge

Row = dict[str, Any]
Floats = NDArray[np.float64]
KINDS: Final = ("colour", "turn", "digits", "hand")
# Where a species is measured at some challenge like another one.
LIKE: Final[dict[str, dict[str, str]]] = {
    "bona fide": {},
    "paper": {},
    "bent": {"colour": "paper", "hand": "paper", "digits": "paper"},
    "screen": {"turn": "file", "hand": "paper", "digits": "file"},
    "file": {},
    "swapped": {"colour": "file", "turn": "file", "hand": "file"},
    "mimic": {},
    "voice": {"hand": "file"},
    "laid over": {"colour": "bona fide", "turn": "bona fide", "digits": "bona fide"},
}
FEWEST: Final = 0.5  # counted in advance of each outcome of a pass


@dataclass(frozen=True, slots=True)
class Weights:
    """What is fitted; in the program they are constants of the same names."""

    middle: float
    slope: float
    far: float
    flat: float
    steep: float
    odds: dict[hand.Pass, float]

    def weigh(self, kind: str, measure: Any) -> float | None:
        """Log odds of an attack; None where nothing was measured."""
        if measure is None:
            return None
        if kind == "colour":
            return self.slope * (self.middle - float(measure[1]))
        if kind == "turn":
            if measure[0] < self.far:
                return turn.STILL
            return min(turn.STILL, max(-turn.ABSENT, self.steep * (self.flat - float(measure[1]))))
        if kind == "hand":
            return sum(self.odds[one] for one in measure)
        share, lips = measure
        return None if lips is None and share >= digits.READ else digits.weigh(share, lips or 0.0)


SHIPPED: Final = Weights(
    colour.MIDDLE, colour.SLOPE, turn.FAR, turn.FLAT, turn.SLOPE, dict(hand.ODDS)
)


def told(rows: Iterable[Row], kind: str, *species: str) -> list[Any]:
    """What was measured of some species at one challenge."""
    return [
        one["measure"]
        for one in rows
        if one["kind"] == kind and one["species"] in species and one["measure"] is not None
    ]


def fit(rows: Sequence[Row]) -> Weights:
    """Fit all weights on the people in `rows`."""
    lit = [one[1] for one in told(rows, "colour", "bona fide")]
    unlit = [one[1] for one in told(rows, "colour", "screen", "file", "mimic", "voice")]
    middle, slope = regress(np.array(lit), np.array(unlit))
    turned = [one[0] for one in told(rows, "turn", "bona fide")]
    other = [one[0] for one in told(rows, "turn", "file", "mimic", "voice")]
    far = part(np.array(turned), np.array(other))
    round_ = [one[1] for one in told(rows, "turn", "bona fide") if one[0] >= far]
    flat = [one[1] for one in told(rows, "turn", "paper", "bent")]
    flat_at, steep = regress(np.array(round_) * 100, np.array(flat) * 100)
    shown = [one for both in told(rows, "hand", "bona fide") for one in both]
    faked = [one for both in told(rows, "hand", "file", "mimic", "laid over") for one in both]
    odds = {one: _rate(faked, one) - _rate(shown, one) for one in get_args(hand.Pass)}
    return Weights(middle, slope, far, flat_at / 100, steep * 100, odds)


def regress(real: Floats, attack: Floats) -> tuple[float, float]:
    """Where a logistic regression is undecided, and how steep it is; larger is more real.

    Both classes weigh the same; a ridge keeps classes that do not overlap from being too sure.
    """
    x = np.concatenate([real, attack])
    y = np.concatenate([np.zeros(len(real)), np.ones(len(attack))])
    size = np.where(y, 0.5 / len(attack), 0.5 / len(real)) * len(x)
    middle, spread = float(x.mean()), float(x.std())
    both = np.stack([(x - middle) / spread, np.ones_like(x)], 1)
    way = np.zeros(2)
    for _ in range(50):
        chances = 1 / (1 + np.exp(-both @ way))
        push = both.T @ (size * (y - chances)) - np.array([1.0, 0.0]) * way
        bend = (both * (size * chances * (1 - chances))[:, None]).T @ both + np.diag([1.0, 1e-6])
        way += np.linalg.solve(bend, push)
    return middle - spread * float(way[1] / way[0]), float(-way[0]) / spread


def part(real: Floats, attack: Floats) -> float:
    """The value that parts both with the fewest errors by class; the middle of equals."""
    edges = np.linspace(min(real.min(), attack.min()), max(real.max(), attack.max()), 400)
    wrong = [(real < edge).mean() + (attack >= edge).mean() for edge in edges]
    best = np.flatnonzero(np.isclose(wrong, min(wrong)))
    return float(edges[best].mean())


def rounds(
    rows: Sequence[Row], weights: Weights, species: str, *, again: bool = False
) -> list[tuple[str, str]]:
    """Person and colour of the seal of one round each, without the camera.

    With `again` an unclear one is followed up: what did not pass is answered by the second draw.
    """
    found: list[tuple[str, str]] = []
    for person in dict.fromkeys(one["person"] for one in rows):
        own = {
            (one["species"], one["kind"], one["draw"]): _answer(weights, one)
            for one in rows
            if one["person"] == person
        }
        places = [(LIKE[species].get(kind, species), kind) for kind in KINDS]
        if any((*place, 0) not in own for place in places):
            continue
        parts = [Part(_never, (own[(*place, 0)],)) for place in places]
        if again and judge(parts).colour == "amber":
            parts = [
                part if part.passed else replace(part, answers=(*part.answers, own[(*place, 1)]))
                for part, place in zip(parts, places, strict=True)
            ]
        found.append((person, judge(parts).colour))
    return found


def _answer(weights: Weights, row: Row) -> Finding:
    odds = weights.weigh(row["kind"], row["measure"])
    return Finding(0, 0, "liveness", None if odds is None else chance(odds), "")


def _never(_: Random) -> Check:
    """These parts were answered before and are not asked."""
    raise AssertionError


def _rate(some: Sequence[str], one: str) -> float:
    return float(np.log((some.count(one) + FEWEST) / (len(some) + 3 * FEWEST)))
