"""What a live caller is asked to do: words and times for the page, a nonce for the server."""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol, TypeAlias

from bonaface.core import SECOND, Finding, Time
from bonaface.forensics.inspector import Seen

Kind: TypeAlias = Literal["colour", "turn", "digits", "hand", "camera"]
NONCE = 128  # bits
SURE = 3.0  # log odds: no challenge may say more by itself


@dataclass(frozen=True, slots=True)
class Step:
    """What the page shows or says from `at` until the next step, after the challenge began."""

    at: Time
    does: str  # of each kind: docs/liveness.md


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge; all of it may be sent to the page."""

    kind: Kind
    nonce: str  # answers it once
    words: str  # for the caller, read by screen readers too
    steps: tuple[Step, ...]
    lasts: Time  # after it began; what comes later does not count


class Check(Protocol):
    """One challenge and what is seen of its answer."""

    @property
    def challenge(self) -> Challenge:
        """What was asked."""
        ...

    def begin(self, at: Time) -> None:
        """The page began at `at`, on the timeline of the looks."""
        ...

    def push(self, item: Seen) -> None:
        """Look or listen; what is before the beginning or after the end does not count."""
        ...

    def answer(self) -> Finding:
        """Say how likely this is an attack, or why that cannot be told."""
        ...


@dataclass(slots=True)
class Window:
    """The time in which an answer counts."""

    lasts: Time
    began: Time | None = field(default=None)

    def find(self, at: Time) -> float | None:
        """Seconds since the beginning; None outside."""
        if self.began is None or not self.began <= at <= self.began + self.lasts:
            return None
        return (at - self.began) / SECOND

    @property
    def span(self) -> tuple[Time, Time]:
        """From when until when."""
        began = self.began or 0
        return began, began + self.lasts


def make_nonce(random: Random) -> str:
    """A name nobody can guess where `random` is a SystemRandom."""
    return f"{random.getrandbits(NONCE):032x}"


def chance(odds: float) -> float:
    """The probability that log odds say, never surer than SURE."""
    return 1 / (1 + math.exp(-max(-SURE, min(SURE, odds))))
