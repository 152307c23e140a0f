"""What a file looks and sounds like as a whole: small pictures and a waveform, for the report."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Finding, Time
from bonaface.forensics.inspector import Seen
from bonaface.forensics.look import Look

HIGH: Final = 90  # px of a small picture
LARGE: Final = 480  # px of the first, the larger side
BIN: Final = SECOND // 10  # of the waveform


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Small pictures and loudness along a file."""

    pictures: tuple[tuple[Time, NDArray[np.uint8]], ...]  # (HIGH, any, 3) RGB
    peaks: tuple[tuple[Time, float], ...]  # the loudest sample of each BIN, 0..1
    until: Time
    first: NDArray[np.uint8] | None = None  # larger


NOTHING_SEEN: Final = View((), (), 0)


class Overview:
    """Gathers a View beside the inspectors; it finds nothing. Memory stays small for long files."""

    name = "overview"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._pictures: list[tuple[Time, NDArray[np.uint8]]] = []
        self._peaks: dict[int, float] = {}
        self._first: NDArray[np.uint8] | None = None
        self._until: Time = 0

    def push(self, item: Seen) -> tuple[Finding, ...]:
        """Keep a small picture each second, and the peaks of the sound."""
        if isinstance(item, Look):
            self._until = max(self._until, item.at)
            if not self._pictures or item.at - self._pictures[-1][0] >= SECOND:
                self._pictures.append((item.at, _scaled(item.picture.pixels, HIGH, high=True)))
            if self._first is None:
                self._first = _scaled(item.picture.pixels, LARGE, high=False)
            return ()
        self._until = max(self._until, item.until)
        step = item.rate // 10
        for i in range(0, len(item.samples), step):
            part = item.samples[i : i + step]
            place = (item.at + i * SECOND // item.rate) // BIN
            self._peaks[place] = max(self._peaks.get(place, 0.0), float(np.abs(part).max()))
        return ()

    def flush(self) -> tuple[Finding, ...]:
        """Nothing was found."""
        return ()

    def view(self) -> View:
        """What was gathered."""
        peaks = tuple((place * BIN, peak) for place, peak in sorted(self._peaks.items()))
        return View(tuple(self._pictures), peaks, self._until, self._first)


def _scaled(pixels: NDArray[np.uint8], size: int, *, high: bool) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    share = min(1.0, size / (height if high else max(height, width)))
    to = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(pixels, to, interpolation=cv2.INTER_AREA), np.uint8)
