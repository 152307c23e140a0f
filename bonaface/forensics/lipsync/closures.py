"""Lips that stand open where the sound has a "b", "m" or "p": a reason that anybody can look up.

Nobody says these with open lips. But the mesh of a face sees a closure of a twentieth of a second
badly, so what is compared is how open the mouth is among the moments around: where it is among the
wider half at a closure, that is told. Of English speech only; figures are in docs/lipsync.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Phone, Time
from bonaface.errors import WeightsMissing
from bonaface.forensics.lipsync.asked import STEPS
from bonaface.forensics.words import clock, join
from bonaface.speech.recognise import recognise

CLOSED: Final = frozenset("bmp")
EARLY: Final = 0.04  # s: lips close before the closure is heard
REACH: Final = 0.03  # s by which an alignment errs
AROUND: Final = 0.35  # s on both sides that it is compared with
WIDER: Final = 0.4  # share of the moments around that are wider, below which the mouth is open


@dataclass(frozen=True, slots=True)
class Closure:
    """A sound that needs closed lips, and when lips should close for it."""

    at: Time
    until: Time
    letter: str


def list_closures(samples: NDArray[np.float32]) -> tuple[Closure, ...]:
    """What needs closed lips in (count,) samples at 16 kHz; nothing without the speech model."""
    try:
        phones = recognise(samples)
    except WeightsMissing:
        return ()
    return tuple(_place(phone) for phone in phones if phone.symbol in CLOSED)


def find_open(seen: NDArray[np.floating], closures: Iterable[Closure]) -> tuple[Closure, ...]:
    """Closures at which a mouth (n,), STEPS a second, is wider than at most moments around."""
    return tuple(
        one for one in closures if (share := measure(seen, one)) is not None and share < WIDER
    )


def measure(seen: NDArray[np.floating], closure: Closure) -> float | None:
    """The share of the moments around that are wider than a closure; None too near an end."""
    first, last = (round(at * STEPS / SECOND) for at in (closure.at, closure.until))
    around = round(AROUND * STEPS)
    if first < 0 or last + around >= len(seen):
        return None
    narrowest = seen[first : last + 1].min()
    near = seen[max(0, first - around) : last + around + 1]
    return float((near >= narrowest).mean())


def tell(found: tuple[Closure, ...], first: Time) -> str:
    """A sentence; "" where nothing was found."""
    if not found:
        return ""
    places = join([f"“{one.letter}” {clock(first + one.at)}" for one in found])
    return f" The lips stand open where closed ones are heard: {places}."


def _place(phone: Phone) -> Closure:
    early, reach = int(EARLY * SECOND), int(REACH * SECOND)
    return Closure(phone.at - early - reach, phone.until - early + reach, phone.symbol)
