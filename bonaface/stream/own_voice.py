"""A person's own voice moves the lips: their sound, and the lips that belong to it."""

from collections.abc import Iterable, Iterator

import numpy as np

from bonaface.avatar.mouth.sound import SoundMouth
from bonaface.avatar.pose import Lips
from bonaface.core import SECOND, Sound, Time
from bonaface.speech.resample import Resample
from bonaface.stream.step import RATE, RUN, Step


class OwnVoice:
    """Stage: sounds of a microphone to steps, as soon as their lips can be told (56.5 ms)."""

    def __init__(self) -> None:
        self._mouth = SoundMouth(soon=True)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._mouth.reset()
        self._raised = Resample(RATE)
        self._rate = 0
        self._begin: Time = 0  # of the first sample kept
        self._kept = np.zeros(0, np.float32)

    def push(self, item: Sound) -> Iterator[Step]:
        """Take the next sound; give the steps that are complete."""
        if item.rate != self._rate:
            self._raised, self._rate = Resample(RATE), item.rate
            self._begin, self._kept = item.at, np.zeros(0, np.float32)
        self._keep(item)
        for lips in self._mouth.push(item):
            yield self._step(lips)

    def flush(self) -> Iterable[Step]:
        """Give the steps whose lips were still open."""
        return [self._step(lips) for lips in self._mouth.flush()]

    def _keep(self, item: Sound) -> None:
        for sound in self._raised.push(item):
            due = self._begin + len(self._kept) * SECOND // RATE
            lost = (sound.at - due) * RATE // SECOND
            if not 0 <= lost < RATE:
                self._begin, self._kept, lost = sound.at, np.zeros(0, np.float32), 0
            parts = [self._kept, np.zeros(lost, np.float32), sound.samples]
            self._kept = np.concatenate(parts)

    def _step(self, lips: Lips) -> Step:
        """Cut the sound of one step out of what is kept, and forget what lies before it."""
        start = (lips.at - self._begin) * RATE // SECOND
        run = np.zeros(RUN, np.float32)
        if 0 <= start < len(self._kept):
            found = self._kept[start : start + RUN]
            run[: len(found)] = found
            self._kept = self._kept[start:]
            self._begin += start * SECOND // RATE
        return Step(run, lips)
