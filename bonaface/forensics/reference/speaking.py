"""Speech without its pauses, in runs that are long enough to tell a voice by."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from bonaface.core import SECOND, Sound, Time
from bonaface.speech.activity import Activity
from bonaface.speech.clearness import measure
from bonaface.speech.voice import LEAST, RATE, Floats, embed_voice

RUN: Final = 3 * RATE  # samples of speech that are judged together
CHANCE: Final = 0.6  # of speech, from which it counts
GAP: Final = SECOND  # of missing sound that ends a run
QUIET: Final = 0.003  # RMS below which a run is too faint to tell a voice by
AROUND: Final = 10 * SECOND  # before and with a run, in which its clearness is measured
CLEAR: Final = 12.0  # dB over what lies under it: music as loud made six of twelve voices another's


@dataclass(frozen=True, slots=True, eq=False)
class Uttered:
    """A run of speech and where its voice lies."""

    at: Time
    until: Time
    point: Floats  # (256,) of length 1
    seconds: float  # of speech


class Speaking:
    """Stage[Sound, Uttered]: mono sound at RATE in, a point for each RUN of speech out."""

    def __init__(self) -> None:
        self._activity = Activity(rows=1)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._activity.reset()
        self._waiting: deque[Sound] = deque()
        self._around: deque[Sound] = deque()
        self._clear()
        self.faint = self.covered = 0

    def _clear(self) -> None:
        self._runs: list[Floats] = []
        self._first: Time | None = None
        self._last: Time = 0

    def push(self, item: Sound) -> Iterator[Uttered]:
        """Hear more."""
        if self._waiting and item.at - self._waiting[-1].until > GAP:
            yield from self.flush()
        self._waiting.append(item)
        self._around.append(item)
        while self._around[-1].until - self._around[0].until > AROUND:
            self._around.popleft()
        for voiced in self._activity.push(item):
            part = self._taken(voiced.at, voiced.until)
            if voiced.chance < CHANCE or not len(part):
                continue
            self._first = voiced.at if self._first is None else self._first
            self._last = voiced.until
            self._runs.append(part)
            if sum(map(len, self._runs)) >= RUN:
                yield from self._told()

    def flush(self) -> Iterator[Uttered]:
        """Judge what is left, if it is enough."""
        yield from self._told()
        self._activity.reset()
        self._waiting.clear()
        self._around.clear()

    def _told(self) -> Iterator[Uttered]:
        if self._runs and self._first is not None:
            samples = np.concatenate(self._runs)
            loud = float(np.sqrt(np.mean(np.square(samples)))) >= QUIET
            clear = measure(np.concatenate([sound.samples for sound in self._around]))[1] >= CLEAR
            if len(samples) >= LEAST * 5 // 4 and loud and clear:
                point = embed_voice(samples).mean(0)
                point /= np.linalg.norm(point)
                yield Uttered(self._first, self._last, point, len(samples) / RATE)
            self.faint += not loud
            self.covered += loud and not clear
        self._clear()

    def _taken(self, at: Time, until: Time) -> Floats:
        """The samples from `at` to `until`, of what waits; what lies before is dropped."""
        parts = []
        while self._waiting and self._waiting[0].until <= at:
            self._waiting.popleft()
        for sound in self._waiting:
            first = max(0, (at - sound.at) * RATE // SECOND)
            last = (until - sound.at) * RATE // SECOND
            if last <= 0:
                break
            parts.append(sound.samples[first:last])
        return np.concatenate(parts) if parts else np.zeros(0, np.float32)
