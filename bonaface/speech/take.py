"""What every voice gives, whatever model it runs: one take, with the length of each symbol."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bonaface.core import frozen

PAD = ""  # the silence before and after
PAUSES = frozenset(';:,.!?—…"“”()')  # letters of the models' alphabet that are breaths, not sounds


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One phoneme string, spoken."""

    samples: NDArray[np.float32]  # (count,) mono, at the model's own level
    rate: int
    symbols: tuple[str, ...]  # letters of the voice's alphabet; PAD first and last
    lengths: NDArray[np.int64]  # (len(symbols),) samples; they sum to count

    def __post_init__(self) -> None:
        frozen(self.samples)
        frozen(self.lengths)


class Voice(Protocol):
    """A speech model. `say` takes letters of the misaki alphabet (Kokoro's) and gives a take."""

    rate: int
    british: bool  # which English its phonemes are
    longest: int  # letters it can say at once

    def say(self, phonemes: str, speed: float) -> Take:
        """Speak; 2.0 is twice as fast. Raises SpeechError where nothing can be said."""
        ...
