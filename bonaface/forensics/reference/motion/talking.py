"""What the mouth of the face that is followed does for the phones that are heard."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bonaface.core import SECOND, Sound, Time
from bonaface.errors import WeightsMissing
from bonaface.forensics.inspector import RATE
from bonaface.forensics.reference.motion.following import Moved
from bonaface.forensics.reference.motion.shapes import Shape, shape_phones
from bonaface.speech.recognise import LONGEST, recognise

MOST: Final = LONGEST * SECOND  # that is heard together
KEPT: Final = 15  # windows: more than fit into MOST
GAP: Final = SECOND  # of missing sound, after which it is no longer heard together


class Talking:
    """Sound and windows of one recording in, mouth shapes by class of phone out."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._runs: list[Sound] = []
        self._windows: list[Moved] = []

    def hear(self, sound: Sound) -> Iterator[Shape]:
        """Take the next run of sound; give what is known of the stretch that it ends."""
        if self._runs:
            first, last = self._runs[0].at, self._runs[-1].until
            if not -GAP <= sound.at - last <= GAP or sound.until - first > MOST:
                yield from self.close()
        self._runs.append(sound)

    def see(self, moved: Moved) -> None:
        """Take a window."""
        self._windows = [*self._windows[-KEPT:], moved]

    def close(self) -> Iterator[Shape]:
        """Judge what was heard so far; nothing without the model of speech."""
        runs, self._runs = self._runs, []
        if not runs:
            return
        first, last = runs[0].at, runs[-1].until
        windows = [one for one in self._windows if one.at < last]
        self._windows = [one for one in self._windows if one.until > last]
        if not windows:
            return
        try:
            phones = recognise(_join(runs))
        except WeightsMissing:
            return
        for moved in windows:
            yield from shape_phones(moved.traits, moved.at - first, phones)


def _join(runs: list[Sound]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    first: Time = runs[0].at
    whole = np.zeros((runs[-1].until - first) * RATE // SECOND + 1, np.float32)
    for run in runs:
        place = max(0, (run.at - first) * RATE // SECOND)
        part = run.samples[: len(whole) - place]
        whole[place : place + len(part)] = part
    return whole
