"""How long a sound takes from where it leaves to the microphone that hears it again.

Generalised cross-correlation with the phase transform (Knapp & Carter 1976), of the last second of
the microphone with what was played in it and before.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface.speech.narrow import RATE, Floats

LONGEST: Final = 6 * RATE // 10  # samples: 600 ms
SEEN: Final = RATE  # samples of the microphone that are compared
SIZE: Final = 1 << 15
EVERY: Final = RATE // 4  # samples between two looks
BAND: Final = slice(300 * SIZE // RATE, 5000 * SIZE // RATE)
SMOOTH: Final = 0.6  # of the cross-spectrum from look to look
CLEAR: Final = 9.0  # times above the rest of the correlation
SAME: Final = RATE // 250  # samples: 4 ms
TIMES: Final = 2  # looks that must agree
LOUD: Final = 1e-3  # rms of what can be heard again


class LagFinder:
    """Push what is heard, show it what was played when it asks.

    `lag` is in samples, None until known.
    """

    def __init__(self) -> None:
        self.lag: int | None = None
        self.reset()

    def reset(self) -> None:
        """The times jumped: forget the sounds, keep the lag."""
        self._near = np.zeros(SEEN, np.float32)
        self._cross = np.zeros(SIZE // 2 + 1, np.complex128)
        self._since = 0
        self._seen: list[int] = []

    @property
    def heard(self) -> Floats:
        """The last second of the microphone."""
        return self._near

    def push(self, near: Floats) -> bool:
        """Take what was heard; whether it is time to look."""
        self._near = np.concatenate((self._near[len(near) :], near))
        self._since += len(near)
        return self._since >= EVERY

    def look(self, played: Floats) -> None:
        """Compare with the last SEEN + LONGEST samples played, to the end of what was heard."""
        self._since = 0
        if float(np.sqrt(np.mean(played**2))) > LOUD:
            self._compare(played)

    def _compare(self, played: Floats) -> None:
        padded = np.concatenate((np.zeros(LONGEST, np.float32), self._near))
        far, near = np.fft.rfft(played, SIZE), np.fft.rfft(padded, SIZE)
        self._cross = SMOOTH * self._cross + (1 - SMOOTH) * near * far.conj()
        found, clear = find_peak(self._cross)
        if clear < CLEAR:
            self._seen = []
            return
        if self._seen and abs(self._seen[-1] - found) > SAME:
            self._seen = []
        self._seen.append(found)
        if len(self._seen) >= TIMES:
            self.lag = found


def find_peak(cross: NDArray[np.complex128]) -> tuple[int, float]:
    """Where the correlation is highest, in samples, and how far it stands out."""
    flat = np.zeros_like(cross)
    flat[BAND] = cross[BAND] / (np.abs(cross[BAND]) + 1e-12)
    lags = np.abs(np.fft.irfft(flat, SIZE))[:LONGEST]
    return int(np.argmax(lags)), float(lags.max() / (np.sqrt(np.mean(lags**2)) + 1e-12))
