"""The mark of AudioSeal (San Roman et al., 2024, arXiv 2401.17264), which some speech makers write.

Its detector answers for each sample how likely the mark is in it, and how likely each of 16 bits of
a message is 1. As in its own package, the share of samples above one half is what counts. Anybody
can write the mark into any sound with the published generator, so it is told and weighs nothing:
nothing was measured here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.core import Sound
from bonaface.errors import SettingsError, WeightsDamaged

RATE: Final = 16_000  # samples a second: no other is understood
WINDOW: Final = 10 * RATE  # samples that are looked at together; memory stays that of one window
HOP: Final = 320  # the detector takes multiples of it
BITS: Final = 16
ENOUGH: Final = 0.5  # of the samples: the paper's own threshold
WEIGHT: Final = "audioseal"  # its name in the catalogue
ABSENT: Final = (
    "AudioSeal, a hidden mark in the speech of other makers, was not looked for: its reader is not "
    f"on this machine. “bonaface models fetch {WEIGHT}” brings it."
)


@dataclass(frozen=True, slots=True)
class PublicMark:
    """What the reader of another maker's published mark found in a whole sound."""

    name: str
    share: float  # of the samples, 0..1
    message: str  # 16 letters 0 or 1; random where the mark is absent

    @property
    def found(self) -> bool:
        """Whether the mark is there, by its makers' own threshold."""
        return self.share >= ENOUGH


class AudioSeal:
    """Stage: sounds at RATE that follow each other, in; one PublicMark at flush, out."""

    def __init__(self, path: Path) -> None:
        self._detector = weights.open_onnx(path)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._over, self._count = 0, 0
        self._sums = np.zeros(BITS)

    def push(self, item: Sound) -> Iterator[PublicMark]:
        """Take the next sound. Raises SettingsError at another rate."""
        if item.rate != RATE:
            raise SettingsError(f"AudioSeal hears {RATE} Hz, not {item.rate}.", "Resample first.")
        self._rest = np.concatenate([self._rest, item.samples])
        while len(self._rest) >= WINDOW:
            self._look(self._rest[:WINDOW])
            self._rest = self._rest[WINDOW:]
        return iter(())

    def flush(self) -> Iterator[PublicMark]:
        """Give what was found in all, or nothing where nothing was heard."""
        if len(self._rest):
            self._look(self._rest)
        if self._count:
            message = "".join("1" if total > 0 else "0" for total in self._sums)
            yield PublicMark("AudioSeal", self._over / self._count, message)
        self.reset()

    def _look(self, samples: NDArray[np.float32]) -> None:
        padded = np.pad(samples, (0, -len(samples) % HOP))
        found = self._detector.run(["prob", "bits"], {"audio": padded[None, None]})
        if found[0].shape != (1, len(padded)) or found[1].shape != (1, BITS):
            raise WeightsDamaged("The reader of AudioSeal does not answer as it should.")
        self._over += int((found[0][0, : len(samples)] > ENOUGH).sum())
        self._count += len(samples)
        # windows count by their length, as one pass over all would
        self._sums += (found[1][0].astype(np.float64) - 0.5) * len(samples)


def open_audioseal() -> AudioSeal:
    """Open the fetched detector. Raises WeightsMissing, which names the command that fetches it."""
    return AudioSeal(weights.find(WEIGHT))


def describe_mark(mark: PublicMark) -> str:
    """Say it in a sentence or two."""
    if not mark.found:
        return f"The hidden mark of {mark.name} was not found in the sound."
    return (
        f"The sound carries the hidden mark of {mark.name} in {mark.share:.0%} of its length: some "
        "makers of synthetic speech write it. Anybody can write it into any sound."
    )
