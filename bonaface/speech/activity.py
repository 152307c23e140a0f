"""Whether somebody speaks: the chance of it, every 16 or 32 ms.

The network is silero's (MIT), version 6: 32 ms of sound at 16 kHz with the 4 ms before them, and
an LSTM that remembers what was heard.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bonaface.core import SECOND, Sound, Time
from bonaface.speech.narrow import RATE, Floats, Narrow
from bonaface.weights import find, open_onnx

WINDOW: Final = 512  # samples judged at once
BEFORE: Final = 64  # samples before them that the network sees too
MEMORY: Final = (1, 1, 128)  # of the LSTM, twice
SILENT: Final = 1e-4  # peak of what no microphone can tell from nothing: it is not judged
PAUSE: Final = SECOND // 2  # after a longer gap nothing is remembered


@dataclass(frozen=True, slots=True)
class Voiced:
    """How likely it is that somebody speaks from `at` to `until`."""

    at: Time
    until: Time
    chance: float  # 0..1


class Listener:
    """The network and what it remembers, for one row of windows."""

    def __init__(self) -> None:
        self._network = open_onnx(find("activity"))
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._hidden = np.zeros(MEMORY, np.float32)
        self._cell = np.zeros(MEMORY, np.float32)

    def judge(self, samples: Floats) -> float:
        """The chance of speech in the last WINDOW of WINDOW + BEFORE samples."""
        inputs = {"input": samples[None], "h": self._hidden, "c": self._cell}
        chance, self._hidden, self._cell = self._network.run(None, inputs)
        return float(chance[0])


class Activity:
    """Stage: sound of any rate, in; a Voiced for each window of 32 ms, out.

    `rows`: with 2 the windows overlap by half and a judgement comes every 16 ms; with 1 they lie
    end to end, at half the cost, and an interruption is noticed 15 ms later. Gaps and changes of
    rate are borne: times stay those of the sound, and a window never spans a gap. Memory is
    constant. Raises WeightsMissing on making.
    """

    _first: Time  # of the run of windows
    _count: int  # samples of the run behind the next window
    _turn: int  # which listener judges the next window
    _rest: Floats  # BEFORE samples and those not yet judged

    def __init__(self, rows: int = 2) -> None:
        self._listeners = tuple(Listener() for _ in range(rows))
        self._stride = WINDOW // rows
        self._narrow = Narrow()
        self.reset()

    def reset(self) -> None:
        """Forget what was heard; the next sound may be of any time."""
        self._narrow.reset()
        self._until: Time | None = None
        self._begin(0)
        self._forget()

    def flush(self) -> Iterator[Voiced]:
        """Less than a window is left; nothing is said of it."""
        self.reset()
        yield from ()

    def push(self, item: Sound) -> Iterator[Voiced]:
        """Take the next sound; give what can be said now."""
        for sound in self._narrow.push(item):
            self._follow(sound)
            self._rest = np.concatenate((self._rest, sound.samples))
            while len(self._rest) >= BEFORE + WINDOW:
                yield self._judge(self._rest[: BEFORE + WINDOW])

    def _judge(self, samples: Floats) -> Voiced:
        heard = float(np.abs(samples).max()) > SILENT
        chance = self._listeners[self._turn].judge(samples) if heard else 0.0
        self._turn = (self._turn + 1) % len(self._listeners)
        begin = self._first + self._count * SECOND // RATE
        until = self._first + (self._count + WINDOW) * SECOND // RATE
        self._count += self._stride
        self._rest = self._rest[self._stride :]
        return Voiced(begin, until, chance)

    def _follow(self, sound: Sound) -> None:
        """Begin again where the sound does not follow what came before."""
        if self._until is None or abs(sound.at - self._until) > 1:
            gap = PAUSE if self._until is None else abs(sound.at - self._until)
            if gap >= PAUSE:
                self._forget()
            self._begin(sound.at)
        self._until = sound.until

    def _begin(self, at: Time) -> None:
        self._first, self._count, self._turn = at, 0, 0
        self._rest = np.zeros(BEFORE, np.float32)

    def _forget(self) -> None:
        for listener in self._listeners:
            listener.reset()
