"""From a distance to a chance, and from moments to spans."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import Final

from bonaface.core import SECOND, Finding
from bonaface.forensics.words import join, span

FITS: Final = 0.3  # the least chance: who fits may be imitated
NEAR: Final = 3 * SECOND  # moments that are closer make one span
MOST: Final = 6  # spans that are named


@dataclass(frozen=True, slots=True)
class Weigh:
    """A logistic curve over distance."""

    middle: float  # where both are equally likely
    steep: float  # log odds for one of distance

    def score(self, distance: float) -> float:
        """The chance that it is somebody else, at least FITS."""
        return max(FITS, 1 / (1 + exp(min(50.0, -self.steep * (distance - self.middle)))))


def tell_spans(what: str, moments: Sequence[Finding]) -> str:
    """“What, 0:12-0:40 and 1:02-1:09.”; nothing where there is none."""
    spans: list[list[int]] = []
    for moment in sorted(moments, key=lambda one: one.at):
        if spans and moment.at - spans[-1][1] <= NEAR:
            spans[-1][1] = max(spans[-1][1], moment.until)
        else:
            spans.append([moment.at, moment.until])
    if not spans:
        return ""
    said = [span(at, until) for at, until in spans[:MOST]]
    more = [f"{len(spans) - MOST} other times"] if len(spans) > MOST else []
    return f"{what}, {join([*said, *more])}."
