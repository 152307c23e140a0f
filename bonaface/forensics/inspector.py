"""What an inspector is: a stage that looks and listens, and answers with findings."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Finding, Sound, Time
from bonaface.forensics.look import Look

RATE = 16_000  # samples a second of the sound that inspectors hear
Seen: TypeAlias = Look | Sound


class Inspector(Protocol):
    """Stage[Look | Sound, Finding]: the same over a file and in a live call.

    Pictures and sound of one recording come in as they follow each other in time; an inspector
    passes over what it has no use for. `push` gives findings about moments (windows of seconds) as
    soon as they are known. `flush` gives those that were held back and, last, exactly one with
    `whole` set, which sums up all that was seen: its score is calibrated on sources that were not
    trained on, or None with the reason why it cannot tell.
    """

    @property
    def name(self) -> str:
        """As in `Finding.inspector`."""
        ...

    def push(self, item: Seen) -> Iterable[Finding]:
        """Look at one picture, or hear one run of mono sound at RATE."""
        ...

    def flush(self) -> Iterable[Finding]:
        """Nothing more comes: give what is left, and the sum."""
        ...

    def reset(self) -> None:
        """Forget all."""
        ...


def join_sounds(runs: Sequence[Sound], first: Time, until: Time) -> NDArray[np.float32]:
    """All that is heard from `first` to `until`, at RATE; what never came is silence."""
    whole = np.zeros((until - first) * RATE // SECOND + 1, np.float32)
    for run in runs:
        place = max(0, (run.at - first) * RATE // SECOND)
        part = run.samples[: len(whole) - place]
        whole[place : place + len(part)] = part
    return whole
