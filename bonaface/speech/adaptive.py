"""A filter that learns how a loudspeaker is heard by a microphone, and takes that away.

The partitioned-block frequency-domain Kalman filter of Kuech, Mabande & Enzner (ICASSP 2014): each
bin of each partition of the room's answer has an estimate and an uncertainty. The step follows from
the uncertainty, so speech at the microphone (double-talk) halts it without a detector. What the
filter does not know yet is the residual echo, and is taken out by a Wiener gain.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
BLOCK: Final = 128  # samples: 8 ms at 16 kHz
SIZE: Final = 2 * BLOCK
BINS: Final = BLOCK + 1
PARTS: Final = 28  # blocks of the room's answer: 224 ms
KEEP: Final = 0.9997  # of a room from block to block; rooms change as people move
SMOOTH: Final = 0.9  # of the spectrum of what is not echo
UNCERTAIN: Final = 0.1  # power of a room's answer nobody has heard yet
FADES: Final = 0.85  # of it from part to part
LEAK: Final = 0.02  # of the known echo that is taken for unknown: distortion, a longer room
LINGER: Final = 0.85  # of it from block to block
OVER: Final = 2.0  # times the unknown echo: a gap in speech costs less than an echo
FLOOR: Final = 0.01  # lowest gain
SHAPE: Final = np.sqrt(np.hanning(SIZE + 1)[:-1]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Cleaned:
    """One block of the microphone, taken apart."""

    rest: Floats  # (BLOCK,) without the echo that the filter knows
    echo: Floats  # (BLOCK,) that echo
    unsure: Floats  # (BINS,) power of the echo that it does not know


class EchoFilter:
    """The room's answer, as far as it is known. `play` comes before `clean`, block by block."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        self._far = np.zeros((PARTS, BINS), np.complex64)  # the newest first
        self._before = np.zeros(BLOCK, np.float32)
        self._answer = np.zeros((PARTS, BINS), np.complex64)
        self._doubt = np.full((PARTS, BINS), UNCERTAIN, np.float32)
        self._doubt *= FADES ** np.arange(PARTS, dtype=np.float32)[:, None]
        self._near = np.full(BINS, 1e-3, np.float32)
        self._turn = 0

    def clean(self, far: Floats, near: Floats) -> Cleaned:
        """Take a block of the loudspeaker and of the microphone."""
        self._far[1:] = self._far[:-1]
        self._far[0] = np.fft.rfft(np.concatenate((self._before, far)))
        self._before = far
        heard = (self._answer * self._far).sum(axis=0)
        echo = np.fft.irfft(heard, SIZE)[BLOCK:].astype(np.float32)
        rest = near - echo
        unsure = self._learn(rest)
        return Cleaned(rest, echo, unsure)

    def _learn(self, rest: Floats) -> Floats:
        error = np.fft.rfft(np.concatenate((np.zeros(BLOCK, np.float32), rest)))
        power = self._far.real**2 + self._far.imag**2
        unsure = 0.5 * (power * self._doubt).sum(axis=0)
        self._near = SMOOTH * self._near + (1 - SMOOTH) * np.abs(error).astype(np.float32) ** 2
        gain = self._doubt / (unsure + self._near + 1e-6)
        self._answer += gain * self._far.conj() * error.astype(np.complex64)
        self._constrain()
        known = self._answer.real**2 + self._answer.imag**2
        self._doubt *= 1 - 0.5 * gain * power
        self._doubt *= KEEP**2
        self._doubt += (1 - KEEP**2) * known
        return np.asarray(unsure, np.float32)

    def _constrain(self) -> None:
        """Make some partitions answers of BLOCK samples again; all have had their turn soon."""
        mine = slice(self._turn, None, 4)
        self._turn = (self._turn + 1) % 4
        answers = np.fft.irfft(self._answer[mine], SIZE, axis=1)
        answers[:, BLOCK:] = 0
        self._answer[mine] = np.fft.rfft(answers, axis=1)


class Suppressor:
    """Takes out of the rest what is still echo, bin by bin; one block late."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was held back."""
        self._rest = np.zeros(BLOCK, np.float32)
        self._echo = np.zeros(BLOCK, np.float32)
        self._tail = np.zeros(BLOCK, np.float32)
        self._leak = np.zeros(BINS, np.float32)
        self._clean = np.zeros(BINS, np.float32)

    def push(self, block: Cleaned) -> Floats:
        """Give the block before, cleaned."""
        rest = np.fft.rfft(np.concatenate((self._rest, block.rest)) * SHAPE)
        echo = np.abs(np.fft.rfft(np.concatenate((self._echo, block.echo)) * SHAPE)) ** 2
        self._rest, self._echo = block.rest, block.echo
        power = np.abs(rest) ** 2
        self._leak = np.maximum(LINGER * self._leak, LEAK * echo).astype(np.float32)
        wrong = OVER * block.unsure + self._leak
        guess = 0.7 * self._clean + 0.3 * np.maximum(power - wrong, 0)
        gain = np.maximum(guess / (guess + wrong + 1e-9), FLOOR)
        self._clean = (gain**2 * power).astype(np.float32)
        return self._overlap(gain * rest)

    def pass_by(self, samples: Floats) -> Floats:
        """Give the block before, as it was, with the same delay."""
        rest = np.fft.rfft(np.concatenate((self._rest, samples)) * SHAPE)
        self._rest, self._echo = samples, np.zeros(BLOCK, np.float32)
        return self._overlap(rest)

    def _overlap(self, spectrum: NDArray[np.complex128]) -> Floats:
        out = np.fft.irfft(spectrum, SIZE).astype(np.float32) * SHAPE
        ready = self._tail + out[:BLOCK]
        self._tail = out[BLOCK:]
        return np.asarray(ready, np.float32)
