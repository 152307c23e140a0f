"""The face's own voice taken out of the microphone, for peers that do not do it themselves.

A browser cancels the echo of its loudspeakers; a WHIP sender hands it over. The face would then
hear itself and fall silent. Here its voice is found again in the microphone (lag.py), a filter
learns the room (adaptive.py), and what the filter leaves is pressed down.
"""

from collections.abc import Iterator
from threading import Lock
from typing import Final

import numpy as np

from bonaface.core import SECOND, Sound, Time
from bonaface.speech.adaptive import BLOCK, EchoFilter, Suppressor
from bonaface.speech.lag import LONGEST, LOUD, SEEN, LagFinder
from bonaface.speech.narrow import RATE, Floats, Narrow

KEPT: Final = 2 * RATE  # samples of what was played
MARGIN: Final = RATE // 50  # samples of answer before the lag, for what it errs
REACH: Final = RATE // 10  # samples by which a lag may grow before the filter begins anew
WARM: Final = RATE // 2  # samples of the face's voice for which a new filter is not trusted
TRIAL: Final = 2 * RATE  # samples of the face's voice in which an echo would have been found


class Played:
    """The last two seconds that were played, on the session's timeline; silence elsewhere."""

    def __init__(self) -> None:
        self._samples = np.zeros(KEPT, np.float32)
        self._end = 0
        self._narrow = Narrow()
        self._lock = Lock()

    def write(self, sound: Sound) -> None:
        """Keep a sound; what was kept of its time before is gone."""
        with self._lock:
            for part in self._narrow.push(sound):
                begin = place(part.at)
                if begin > self._end:
                    self._put(self._end, np.zeros(min(begin - self._end, KEPT), np.float32))
                self._put(begin, part.samples[-KEPT:])

    def read(self, begin: int, count: int) -> Floats:
        """The samples from place `begin` on."""
        with self._lock:
            places = np.arange(begin, begin + count)
            known = (places < self._end) & (places >= self._end - KEPT)
            return np.where(known, self._samples[places % KEPT], 0).astype(np.float32)

    def _put(self, begin: int, samples: Floats) -> None:
        self._samples[np.arange(begin, begin + len(samples)) % KEPT] = samples
        self._end = begin + len(samples)


class Echo:
    """Stage: the microphone at any rate, in; the same without the face's voice, at 16 kHz, out.

    Length and session time are kept; it comes 8 to 16 ms late. `play` may be called from another
    thread. The lag from `play` to the microphone may be 0 to 600 ms and is found in the first
    second of the face's voice. Until then the microphone is hushed while the face speaks; if two
    seconds of it leave no trace, there is no echo and the microphone passes.
    """

    def __init__(self) -> None:
        self._played = Played()
        self._filter, self._suppressor = EchoFilter(), Suppressor()
        self._lag = LagFinder()
        self._narrow = Narrow()
        self._used: int | None = None  # the lag for which the filter was learnt
        self._trial = 0
        self._loud = 0  # samples for which an echo may still be on its way
        self._begin(0)

    def play(self, sound: Sound) -> None:
        """Take what the face said; `sound.at` is when it left."""
        self._played.write(sound)

    def reset(self) -> None:
        """Forget what was held back; the room stays known."""
        self._narrow.reset()
        self._suppressor.reset()
        self._begin(0)

    def flush(self) -> Iterator[Sound]:
        """Give the rest."""
        missing = self._taken - self._given
        if missing > 0:
            fill = np.zeros(2 * BLOCK, np.float32)
            rest = np.concatenate(list(self._clean(fill)))[:missing]
            yield Sound(self._time(self._given), rest, RATE)
        self.reset()

    def push(self, item: Sound) -> Iterator[Sound]:
        """Take the next sound of the microphone; give what is ready."""
        for sound in self._narrow.push(item):
            if not self._taken or abs(sound.at - self._time(self._taken)) > SECOND // RATE:
                self._begin(sound.at)
                self._lag.reset()
                self._suppressor.reset()
            self._taken += len(sound.samples)
            for samples in self._clean(sound.samples):
                at = self._time(self._given)
                self._given += len(samples)
                yield Sound(at, samples, RATE)

    def _begin(self, at: Time) -> None:
        self._first = at
        self._taken = self._done = self._given = 0
        self._rest = np.zeros(0, np.float32)

    def _time(self, count: int) -> Time:
        return self._first + count * SECOND // RATE

    def _clean(self, samples: Floats) -> Iterator[Floats]:
        self._rest = np.concatenate((self._rest, samples))
        while len(self._rest) >= BLOCK:
            near, self._rest = self._rest[:BLOCK], self._rest[BLOCK:]
            given = self._clean_block(place(self._time(self._done)), near)
            if self._done:  # the suppressor answers with the block before
                yield given
            self._done += BLOCK

    def _clean_block(self, begin: int, near: Floats) -> Floats:
        if self._lag.push(near):
            self._lag.look(self._played.read(begin + BLOCK - SEEN - LONGEST, SEEN + LONGEST))
        self._follow_lag(begin)
        # a microphone's stamps may run ahead of the player's by some blocks
        played = self._played.read(begin - 5 * BLOCK, 6 * BLOCK)
        loud = float(np.sqrt(np.mean(played**2))) > LOUD
        self._loud = LONGEST if loud else max(0, self._loud - BLOCK)
        self._trial += BLOCK if loud else 0
        if self._used is None:
            given = self._suppressor.pass_by(near)
        else:
            given = self._suppressor.push(self._filter.clean(self._far(begin), near))
        hushed = self._loud and self._trial < TRIAL
        return np.zeros_like(given) if hushed else given

    def _follow_lag(self, begin: int) -> None:
        """Begin the filter anew where the lag has left it, and teach it the last second."""
        lag, used = self._lag.lag, self._used
        if lag is None or (used is not None and used - MARGIN <= lag <= used + REACH):
            return
        self._used, self._trial = lag, TRIAL - WARM
        self._filter.reset()
        near = self._lag.heard[:-BLOCK]
        first = begin - len(near)
        for k in range(0, len(near) - BLOCK + 1, BLOCK):
            self._filter.clean(self._far(first + k), near[k : k + BLOCK])

    def _far(self, begin: int) -> Floats:
        """What can be heard now of the face."""
        return self._played.read(begin - max(0, (self._used or 0) - MARGIN), BLOCK)


def place(at: Time) -> int:
    """The sample of the session at a time."""
    return round(at * RATE / SECOND)
