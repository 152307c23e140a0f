"""The way out for sound: a hidden pattern of tiny gains, added while the sound streams by.

Patchwork in log band energies (after Bender, Gruhl, Morimoto and Lu, IBM Systems J. 35(3), 1996),
with differential (Manchester) cells. The gains are small where speech is loud, since there the
change would carry most energy: a ceiling follows the wanted ratio of sound to mark over 5 s.
Figures and the argument behind a find: docs/marks-sound.md.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound, Time
from bonaface.errors import MarkError
from bonaface.marks.marked import MarkedSound, seal_sound
from bonaface.marks.reading_key import PUBLIC, ReadingKey, sound_id
from bonaface.marks.sound.pattern import (
    EDGES,
    LINE,
    MESSAGE,
    SLOTS,
    draw_sound_pattern,
)
from bonaface.marks.sound.steps import (
    choose_lean,
    cut,
    mark_spectra,
    new_steering,
    overlap,
    pass_silence,
)

HOPS = 100  # a second: windows of 20 ms, half overlapping
AT_ONCE = 500  # hops, so that an hour in one piece takes little memory
LOWEST_RATE, HIGHEST_RATE = 8_000, 384_000  # samples a second

Samples = NDArray[np.float32]
NOTHING: Samples = np.zeros(0, np.float32)


class SoundMark:
    """A stage, Sound to MarkedSound: marks with the low 32 bits of `mark_id`.

    Sound comes out with the times it came in with, 10 ms later: whole hops at once, the rest on
    `flush`. Rates: whole numbers from 8,000 to 384,000; below 14,200 Hz fewer bands carry the
    mark. The place in the packet follows from the timeline, so a stream that pauses, is reset, or
    goes on in another process with the same id stays in step with itself. After a gap, what was
    held back comes out first. Samples that are no numbers come out as silence, those beyond -1..1
    clipped. Costs about .002 of real time.
    """

    def __init__(self, mark_id: int, key: ReadingKey = PUBLIC) -> None:
        self.mark_id = mark_id
        cells = draw_sound_pattern(key).lean(MESSAGE.write(sound_id(mark_id), key))
        self._lean = np.stack([cells, -cells], 1).reshape(2 * SLOTS, -1).astype(np.float32)
        self._steering = new_steering()
        self._weave: _Weave | None = None

    def push(self, item: Sound) -> Iterable[MarkedSound]:
        """Mark a run of any length. Raises MarkError for a rate that cannot be marked."""
        out: list[MarkedSound] = []
        if self._weave is None or not self._weave.continues(item):
            out += self.flush()
            self._weave = _Weave(item.at, item.rate, self._lean, self._steering)
        samples = self._weave.push(item.samples)
        if len(samples):
            out.append(self._seal(self._weave, samples))
        return out

    def flush(self) -> Iterable[MarkedSound]:
        """Give the last 10 to 20 ms."""
        weave, self._weave = self._weave, None
        if weave is None:
            return ()
        samples = weave.finish()
        return (self._seal(weave, samples),) if len(samples) else ()

    def reset(self) -> None:
        """Forget what was held back."""
        self._weave = None

    def _seal(self, weave: "_Weave", samples: Samples) -> MarkedSound:
        at = weave.at + (weave.given - len(samples)) * SECOND // weave.rate
        return seal_sound(Sound(at, samples, weave.rate), self.mark_id)


class _Weave:
    """Cuts one unbroken run of sound into overlapping windows, marks them and adds them up."""

    def __init__(self, at: Time, rate: int, lean: Samples, steering: NDArray[np.float64]) -> None:
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            remedy = f"Resample it to {LOWEST_RATE} or more first; 16000 or more is best."
            raise MarkError(f"Sound of {rate} samples a second cannot be marked.", remedy)
        self.at, self.rate = at, rate
        self.given = 0  # samples
        self._taken = 0
        self._windows = 0  # so far
        self._hop = round(rate / HOPS)
        self._lean, self._steering = lean, steering
        self._edges = EDGES[rate / 2 - 2 * LINE >= EDGES * LINE]
        self._scale = (480 / self._hop) ** 2
        self._window = np.sqrt(np.hanning(2 * self._hop + 1)[:-1]).astype(np.float32)
        self._spare = np.zeros(self._hop, np.float32)  # the hop before, and less than a hop
        self._tail = np.zeros(self._hop, np.float32)  # second half of the last window

    def continues(self, item: Sound) -> bool:
        """Whether `item` follows what was taken so far, give or take half a hop."""
        due = self.at + self._taken * SECOND // self.rate
        return item.rate == self.rate and abs(item.at - due) <= SECOND // (2 * HOPS)

    def push(self, samples: Samples) -> Samples:
        """Answer all samples that are finished."""
        self._taken += len(samples)
        if not np.isfinite(samples.sum()):
            samples = np.nan_to_num(samples, nan=0, posinf=0, neginf=0)
        step = AT_ONCE * self._hop
        runs = [self._add(samples[i : i + step]) for i in range(0, len(samples), step)]
        return runs[0] if len(runs) == 1 else np.concatenate([NOTHING, *runs])

    def finish(self) -> Samples:
        """Answer the rest."""
        missing = self._taken - self.given
        rest = self._add(np.zeros(3 * self._hop, np.float32))[:missing]
        self.given = self._taken
        return rest

    def _add(self, samples: Samples) -> Samples:
        hop = self._hop
        run = np.concatenate([self._spare, samples])
        count = len(run) // hop - 1
        self._spare = run[max(count, 0) * hop :]
        if count < 1:
            return NOTHING
        done: Samples
        if run[: (count + 1) * hop].any():
            spectra = np.fft.rfft(cut(run, self._window, count))
            first = self._windows * hop * SECOND // self.rate + self.at
            lean = choose_lean(self._lean, first, hop * SECOND / self.rate, count)
            mark_spectra(spectra, lean, self._edges, self._scale, self._steering)
            done = overlap(np.fft.irfft(spectra, 2 * hop), self._window, self._tail)
        else:
            done = self._pass(count)
        ready: Samples = done if self._windows else done[hop:]  # the hop before was no sound
        self._windows += count
        self.given += len(ready)
        return ready

    def _pass(self, count: int) -> Samples:
        """Let digital silence pass as it is, after the end of what was not."""
        pass_silence(self._steering, count)
        done = np.zeros(count * self._hop, np.float32)
        done[: self._hop] = np.clip(self._tail, -1, 1)
        self._tail[:] = 0
        return done
