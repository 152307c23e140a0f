"""The way out for sound: a hidden pattern of tiny gains, added while the sound streams by.

Patchwork in log band energies (after Bender, Gruhl, Morimoto and Lu, IBM Systems J. 35(3), 1996),
with differential (Manchester) cells. The gains are small where speech is loud, since there the
change would carry most energy: a ceiling follows the wanted ratio of sound to mark over 5 s.
"""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Sound, Time
from bonaface.errors import MarkError
from bonaface.marks.marked import MarkedSound, seal_sound
from bonaface.marks.reading_key import PUBLIC, ReadingKey, sound_id
from bonaface.marks.sound_pattern import BANDS, EDGES, MESSAGE, SLOTS, draw_sound_pattern

HOPS = 100  # a second: windows of 20 ms, half overlapping
UNIT = 2  # hops for which a gain is held
STRONGEST = 2.5  # dB up or down
WANTED = 28.5  # dB of sound over mark, over the long run
MEMORY = 0.998  # a hop: five seconds
FADE = 0.03  # dB a hop by which the remembered loudness falls
QUIET = 10.0  # dB: the least loudness to remember (about -43 dBFS); nothing is marked 45 below
LOWEST_RATE = 14_200  # samples a second that hold all bands

Spectra = NDArray[np.complex128]  # (hops, lines)
Gain = Callable[[Spectra, int], Spectra]


class SoundMark:
    """A stage, Sound to MarkedSound: marks with the low 32 bits of `mark_id`.

    Sound comes out with the times it came in with, 10 ms later: whole hops at once, the rest on
    `flush`. Rates: multiples of 100 from 14,200 Hz. After a gap, what was held back comes out
    first. Costs about .003 of real time.
    """

    def __init__(self, mark_id: int, key: ReadingKey = PUBLIC) -> None:
        self.mark_id = mark_id
        self._lean = draw_sound_pattern(key).lean(MESSAGE.write(sound_id(mark_id), key))
        self._steering = _Steering()
        self._weave: _Weave | None = None

    def push(self, item: Sound) -> Iterable[MarkedSound]:
        """Mark a run of any length. Raises MarkError for a rate that cannot be marked."""
        out: list[MarkedSound] = []
        if self._weave is None or not self._weave.continues(item):
            out += self.flush()
            self._weave = _Weave(item.at, item.rate)
        samples = self._weave.push(item.samples, self._gain)
        if len(samples):
            out.append(self._seal(self._weave, samples))
        return out

    def flush(self) -> Iterable[MarkedSound]:
        """Give the last 10 to 20 ms."""
        weave, self._weave = self._weave, None
        if weave is None:
            return ()
        samples = weave.finish(self._gain)
        return (self._seal(weave, samples),) if len(samples) else ()

    def reset(self) -> None:
        """Forget what was held back."""
        self._weave = None

    def _seal(self, weave: "_Weave", samples: NDArray[np.float32]) -> MarkedSound:
        at = weave.at + (weave.given - len(samples)) * SECOND // weave.rate
        return seal_sound(Sound(at, samples, weave.rate), self.mark_id)

    def _gain(self, spectra: Spectra, first: int) -> Spectra:
        """Answer the spectra of hops, the first of them at hop `first` of the timeline, marked."""
        lines = spectra.shape[1]
        loud = np.square(np.abs(spectra)) * (960 / (2 * lines - 2)) ** 2
        energy = np.add.reduceat(loud, EDGES, axis=1)[:, :BANDS] + 1e-9
        whole = loud.sum(1)
        gains = np.empty_like(energy)
        for i in range(len(energy)):
            unit = (first + i) // UNIT
            lean = self._lean[unit // 2 % SLOTS] * (1 - 2 * (unit % 2))
            gains[i] = self._steering.choose(energy[i], float(whole[i]), lean)
        spectra[:, EDGES[0] : EDGES[-1]] *= np.repeat(gains, np.diff(EDGES), axis=1)
        return spectra


class _Steering:
    """Chooses gains, and remembers how loud the sound was and how much mark it got."""

    def __init__(self) -> None:
        self._loudness = QUIET  # dB, of the loudest lately
        self._ceiling = -24.0  # dB below that, which a band may have to be moved in full
        self._sound = 0.0
        self._mark = 0.0

    def choose(
        self, energy: NDArray[np.float64], whole: float, lean: NDArray[np.float32]
    ) -> NDArray[np.float64]:
        """Answer the gain of each band of one hop, whose `whole` energy has what lies beside."""
        total = float(energy.sum())
        level = 10 * np.log10(total)
        self._loudness = max(level, self._loudness - FADE, QUIET)
        ceiling = 10 ** ((self._loudness + self._ceiling) / 10)
        heard = min(max((level - self._loudness + 45) / 10, 0.0), 1.0)
        steps = STRONGEST * heard * np.minimum(1, np.sqrt(ceiling / energy))
        gains: NDArray[np.float64] = 10 ** (lean * steps / 20)
        self._steer(whole, float((energy * (gains - 1) ** 2).sum()))
        return gains

    def _steer(self, sound: float, mark: float) -> None:
        self._sound = self._sound * MEMORY + sound
        self._mark = self._mark * MEMORY + mark
        ratio = 10 * np.log10((self._sound + 1e-9) / (self._mark + 1e-12))
        step = 0.02 * min(max(ratio - WANTED, -2.0), 2.0)
        self._ceiling = min(max(self._ceiling + step, -50.0), 0.0)


class _Weave:
    """Cuts one unbroken run of sound into overlapping windows and adds them up again."""

    def __init__(self, at: Time, rate: int) -> None:
        if rate % HOPS or rate < LOWEST_RATE:
            remedy = "Resample it to 16000, 24000 or 48000 first."
            raise MarkError(f"Sound of {rate} samples a second cannot be marked.", remedy)
        self.at, self.rate = at, rate
        self.given = 0  # samples
        self._taken = 0
        self._hop = rate // HOPS
        self._first = round(at * HOPS / SECOND)  # hop of the timeline
        self._window = np.sqrt(np.hanning(2 * self._hop + 1)[:-1])
        self._spare = np.zeros(self._hop)  # the hop before, and what is less than a hop
        self._tail = np.zeros(self._hop)  # second half of the last window
        self._begun = False

    def continues(self, item: Sound) -> bool:
        """Whether `item` follows what was taken so far, give or take half a hop."""
        due = self.at + self._taken * SECOND // self.rate
        return item.rate == self.rate and abs(item.at - due) <= SECOND // (2 * HOPS)

    def push(self, samples: NDArray[np.float32], gain: Gain) -> NDArray[np.float32]:
        """Answer all samples that are finished."""
        self._taken += len(samples)
        return self._add(samples, gain)

    def finish(self, gain: Gain) -> NDArray[np.float32]:
        """Answer the rest."""
        missing = self._taken - self.given
        rest = self._add(np.zeros(3 * self._hop, np.float32), gain)[:missing]
        self.given = self._taken
        return rest

    def _add(self, samples: NDArray[np.float32], gain: Gain) -> NDArray[np.float32]:
        hop = self._hop
        run = np.concatenate([self._spare, samples])
        count = len(run) // hop - 1
        self._spare = run[max(count, 0) * hop :]
        if count < 1:
            return np.zeros(0, np.float32)
        cut = np.lib.stride_tricks.sliding_window_view(run, 2 * hop)[: count * hop : hop]
        spectra = gain(np.fft.rfft(cut * self._window), self._first)
        self._first += count
        woven = np.fft.irfft(spectra, 2 * hop) * self._window
        done = woven[:, :hop].copy()
        done[0] += self._tail
        done[1:] += woven[:-1, hop:]
        self._tail = woven[-1, hop:]
        ready = done.ravel() if self._begun else done[1:].ravel()  # the hop before was no sound
        self._begun = True
        out = np.clip(ready, -1, 1).astype(np.float32)
        self.given += len(out)
        return out
