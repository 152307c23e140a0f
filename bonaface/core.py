"""The values that flow through bonaface, and the shapes they flow through. Start here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Time: TypeAlias = int  # nanoseconds on the session's one timeline
SECOND: Time = 1_000_000_000

In = TypeVar("In")
Out = TypeVar("Out")
In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


def frozen(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Make `array` read-only, in place, and answer it."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One image, shown from `at` until the next."""

    at: Time
    pixels: NDArray[np.uint8]  # (height, width, 3) RGB, read-only

    def __post_init__(self) -> None:
        frozen(self.pixels)


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A run of mono samples, the first heard at `at`."""

    at: Time
    samples: NDArray[np.float32]  # (count,) in -1..1, read-only
    rate: int

    def __post_init__(self) -> None:
        frozen(self.samples)

    @property
    def until(self) -> Time:
        """When the last sample has been heard."""
        return self.at + len(self.samples) * SECOND // self.rate


@dataclass(frozen=True, slots=True)
class Phone:
    """One speech sound, heard from `at` to `until`."""

    at: Time
    until: Time
    symbol: str  # one IPA symbol, or "" for silence
    stress: int = 0  # 0 none, 1 primary, 2 secondary; on vowels only


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is written, its punctuation included, heard from `at` to `until`."""

    at: Time
    until: Time
    text: str


@dataclass(frozen=True, slots=True)
class Caption:
    """Words spoken from `at` to `until`; a later one with the same `at` replaces it."""

    at: Time
    until: Time
    text: str
    language: str
    speaker: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Exhibit:
    """A small picture that shows what a finding speaks of: a frame, a heat map, a curve."""

    pixels: NDArray[np.uint8]  # (height, width, 3) RGB, read-only
    words: str  # the same for who cannot see it

    def __post_init__(self) -> None:
        frozen(self.pixels)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one inspector measured from `at` to `until`: evidence, never a verdict."""

    at: Time
    until: Time
    inspector: str
    score: float | None  # calibrated chance of forgery; None when it cannot tell
    reason: str  # a sentence that a juror understands
    whole: bool = False  # sums up all that the inspector saw; others are moments of it
    quality: float = 1.0  # 0..1: how good the material was for this inspector
    exhibits: tuple[Exhibit, ...] = ()


class Stage(Protocol[In_contra, Out_co]):
    """A step of the flow: synchronous, owned by one worker thread."""

    def push(self, item: In_contra) -> Iterable[Out_co]:
        """Take one item; give none, one or many."""
        ...

    def flush(self) -> Iterable[Out_co]:
        """The stream ended: give what was held back."""
        ...

    def reset(self) -> None:
        """Interrupted: forget what was held back."""
        ...


class Clock(Protocol):
    """The one timeline of a session: `SessionClock` lives, `ManualClock` moves when a test says."""

    def now(self) -> Time:
        """Answer the time since the session began."""
        ...

    async def reach(self, at: Time) -> None:
        """Wait until `at`; return at once when it has passed."""
        ...


def over(stage: Stage[In, Out], items: Iterable[In]) -> Iterator[Out]:
    """Run a stage over a file: no loop, no threads, constant memory."""
    for item in items:
        yield from stage.push(item)
    yield from stage.flush()
