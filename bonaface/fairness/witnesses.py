"""What watches and listens to the recordings of an audit, beside the inspectors of a check."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bonaface.core import SECOND, Finding, Sound, Time
from bonaface.errors import WeightsMissing
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness.digits import agree, read_digits, transcribe
from bonaface.forensics.look import Look
from bonaface.forensics.reference.speaking import QUIET, Speaking, Uttered
from bonaface.forensics.tone import measure_tone, name_group
from bonaface.speech.voice import SIZE, Floats

LONGEST: Final = 60 * SECOND  # of sound in which digits are looked for


class Faces:
    """Inspector: how often no face is seen, and how light the largest looks; no findings."""

    name = "faces"

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._looks = self._without = 0
        self._angles: list[float] = []
        self._last: Time | None = None

    def push(self, item: Seen) -> Iterator[Finding]:
        """Look; a tone is measured once a second."""
        if isinstance(item, Look):
            self._looks += 1
            self._without += not item.sights
            if item.sights and (self._last is None or item.at - self._last >= SECOND):
                self._last = item.at
                tone = measure_tone(item.picture.pixels, item.sights[0].face.landmarks)
                self._angles += [] if tone is None else [tone.angle]
        return iter(())

    def flush(self) -> Iterator[Finding]:
        """Nothing is held back."""
        return iter(())

    @property
    def tone(self) -> str | None:
        """The group of the middle tone."""
        return name_group(float(np.median(self._angles))) if self._angles else None

    @property
    def missed(self) -> Finding:
        """The share of pictures without a face."""
        if not self._looks:
            return Finding(0, 0, self.name, None, "No picture could be read.")
        return Finding(0, 0, self.name, self._without / self._looks, "")


class Ear:
    """Inspector: runs of speech and where their voice lies, and what is said; no findings."""

    name = "ear"

    def __init__(self) -> None:
        self._speaking = Speaking()
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._speaking.reset()
        self._uttered: list[Uttered] = []
        self._sounds: list[Sound] = []
        self._over = False  # more was heard than is kept

    def push(self, item: Seen) -> Iterator[Finding]:
        """Hear."""
        if isinstance(item, Sound):
            self._uttered += self._speaking.push(item)
            if item.at < LONGEST:
                self._sounds.append(item)
            else:
                self._over = True
        return iter(())

    def flush(self) -> Iterator[Finding]:
        """Hear the last run."""
        self._uttered += self._speaking.flush()
        return iter(())

    @property
    def points(self) -> Floats:
        """Where the runs lie, (n, SIZE)."""
        return np.array([one.point for one in self._uttered], np.float32).reshape(-1, SIZE)

    def hear_digits(self, said: str) -> Finding:
        """How little of the digits of `said` is recognised."""
        samples = np.concatenate([np.zeros(1, np.float32), *(one.samples for one in self._sounds)])
        if self._over:
            why = f"More than {LONGEST // SECOND} s are too long to find digits in: cut it."
            return Finding(0, 0, self.name, None, why)
        if float(np.sqrt(np.square(samples).mean())) < QUIET:
            return Finding(0, 0, self.name, None, "It is silent or too quiet.")
        try:
            heard = read_digits(transcribe(self._sounds))
        except WeightsMissing as missing:
            return Finding(0, 0, self.name, None, str(missing))
        return Finding(0, 0, self.name, 1 - agree(read_digits(said), heard), "")
