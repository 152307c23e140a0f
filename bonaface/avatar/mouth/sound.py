"""Lips from sound alone, as it comes: for voices whose words are not known.

A small network (models/mouth.onnx, see models/mouth.md) hears 150 ms around every 20 ms step and
remembers the voice. Lips at a time belong to the sound at that time; they are given once the sound
up to 76.5 ms later is there: 60 ms that the network looks ahead, 12.5 ms of half a frame, and 4 ms
around a resampled block. Who cannot wait gets them 20 ms sooner: the last 20 ms that the network
would hear are then guessed to be as what it hears before them.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.avatar.mouth.resampling import MARGIN, Resampler
from bonaface.avatar.mouth.stillness import Heard, Stillness
from bonaface.avatar.pose import Lips
from bonaface.core import SECOND, Sound, Time
from bonaface.speech.hearing import FRAME, HOP, RATE, WIDTH, Hearing, take_bands

Floats = NDArray[np.float32]
STEP = 2 * HOP  # samples between lips, 20 ms
BEFORE, AFTER = 8, 6  # frames that the network sees around the one at the step
WINDOW = BEFORE + 1 + AFTER
STATE = 160
GUESSED = 2  # of these, for who cannot wait: a step's worth
FIRST = (AFTER * HOP + FRAME // 2) % STEP  # so that a block ends where a step's window does
LOOK_AHEAD: Final[Time] = (AFTER * HOP + FRAME // 2 + MARGIN) * SECOND // RATE
SOON: Final[Time] = LOOK_AHEAD - GUESSED * HOP * SECOND // RATE
LEVEL = 640  # samples, 40 ms, over which a level is measured
LONGEST_GAP = SECOND  # lost sound up to this long is silence; beyond, a new start
CHUNK = SECOND  # a long push is taken in pieces, so that memory stays constant


class SoundMouth:
    """Stage[Sound, Lips]: one Lips every 20 ms, the first at the first sound's `at`.

    `network` is an ONNX file other than the one that ships: the benches bring networks that have
    not seen a clip's speaker. `soon` gives lips after SOON, not LOOK_AHEAD. A change of rate, or a
    gap of over a second, is a new start.
    """

    def __init__(self, network: Path | None = None, *, soon: bool = False) -> None:
        self._network = weights.open_onnx(network or weights.trained("mouth.onnx"))
        self._guessed = GUESSED if soon else 0
        self.reset()

    def reset(self) -> None:
        """Forget the voice, its sound and the time."""
        self._rate = 0
        self._begin: Time = 0  # of the first sample
        self._taken = 0  # samples pushed
        self._steps = 0  # lips given

    def push(self, item: Sound) -> Iterator[Lips]:
        """Give the lips whose sound is complete."""
        gap = item.at - self._expected()
        if item.rate != self._rate or abs(gap) > LONGEST_GAP:
            yield from self.flush()
            self._start(item)
        elif (lost := gap * self._rate // SECOND) > self._rate // 1000:
            yield from self._take(np.zeros(lost, np.float32))
        size = CHUNK * item.rate // SECOND
        for at in range(0, len(item.samples), size):
            yield from self._take(item.samples[at : at + size])

    def flush(self) -> Iterable[Lips]:
        """Give the lips that are owed, as if silence followed; then forget all."""
        if not self._rate:
            return []
        whole = -(-self._taken * RATE // (self._rate * STEP))
        silence = np.zeros(self._rate // 5, np.float32)
        rest = [
            lips for _, lips in zip(range(whole - self._steps), self._take(silence), strict=False)
        ]
        self.reset()
        return rest

    def _expected(self) -> Time:
        return self._begin + self._taken * SECOND // max(1, self._rate)

    def _start(self, item: Sound) -> None:
        self._rate, self._begin = item.rate, item.at
        self._taken = self._steps = 0
        self._resampler = Resampler(item.rate, FIRST, STEP)
        self._hearing, self._stillness = Hearing(), Stillness()
        self._state = np.zeros((1, 1, STATE), np.float32)
        self._samples = np.zeros(FRAME // 2, np.float32)  # of the frames to come
        self._heard = np.zeros((0, WIDTH), np.float32)
        self._past = np.zeros(LEVEL // 2, np.float32)  # from half a level before the next step

    def _take(self, samples: Floats) -> Iterator[Lips]:
        self._taken += len(samples)
        blocks = list(self._resampler.push(samples))
        if not blocks:
            return
        sound = np.concatenate(blocks)
        self._past = np.concatenate([self._past, sound])
        self._listen(sound)
        steps = (len(self._heard) - WINDOW + self._guessed) // 2 + 1
        if steps > 0:
            yield from self._answer(steps)

    def _listen(self, sound: Floats) -> None:
        """Turn sound into frames heard; before the first there is more of the first."""
        self._samples = np.concatenate([self._samples, sound])
        frames = (len(self._samples) - FRAME) // HOP + 1
        heard = self._hearing.push(take_bands(self._samples[: FRAME + (frames - 1) * HOP]))
        self._samples = self._samples[frames * HOP :]
        if not len(self._heard):
            heard = np.concatenate([np.repeat(heard[:1], BEFORE, axis=0), heard])
        self._heard = np.concatenate([self._heard, heard])

    def _answer(self, steps: int) -> Iterator[Lips]:
        answers = [self._ask(seen) for seen in self._windows(steps)]
        lips, speech = (np.concatenate(parts) for parts in zip(*answers, strict=True))
        self._heard = self._heard[2 * steps :]
        levels = self._measure(steps)
        seen = len(levels) - steps + 1
        for index in range(steps):
            level, ahead = float(levels[index]), float(levels[index : index + seen].max())
            heard = Heard(lips[index], float(speech[index]), level, ahead)
            at = self._begin + self._steps * SECOND // (RATE // STEP)
            self._steps += 1
            yield Lips(at, *self._stillness.settle(heard))

    def _windows(self, steps: int) -> Iterator[Floats]:
        """Give what the network is to hear: all in one, or step by step with its end guessed."""
        if not self._guessed:
            yield self._heard[: WINDOW + 2 * (steps - 1)]
            return
        for first in range(0, 2 * steps, 2):
            known = self._heard[first : first + WINDOW - self._guessed]
            yield np.concatenate([known, np.repeat(known[-1:], self._guessed, axis=0)])

    def _ask(self, seen: Floats) -> tuple[Floats, Floats]:
        """Give the network's answers: lips (n, len(LIPS)) and the chance of speech (n,)."""
        asked = {"heard": seen[None], "state": self._state}
        lips, speech, self._state = self._network.run(None, asked)
        return lips[0], speech[0]

    def _measure(self, steps: int) -> Floats:
        """Give the levels around the next steps and, for looking ahead, around those heard."""
        power = np.concatenate([[0.0], np.cumsum(self._past.astype(np.float64) ** 2)])
        starts = np.arange(steps + (AFTER - self._guessed) // 2 - 1) * STEP
        level: Floats = np.sqrt((power[starts + LEVEL] - power[starts]) / LEVEL).astype(np.float32)
        self._past = self._past[steps * STEP :]
        return level
