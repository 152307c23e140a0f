"""The sound of a film or a recording: its channels, without gaps, at a rate fit for marking."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, TypeAlias

import av
import numpy as np
from av.audio.resampler import AudioResampler

from bonaface.core import SECOND, Sound, Time

Channels: TypeAlias = tuple[Sound, ...]  # of the same time and length: one, or left and right
RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # of AAC and MP3
LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000  # of WAV and FLAC
SLIP = Fraction(1, 20)  # s that sound may run ahead of its time or behind before it is put right
MOST_SILENCE = 24 * 3600  # s of silence that a file may ask for


def choose_rate(rate: int, *, free: bool = False) -> int:
    """Answer the rate to mark sound of `rate` at: its own where it can be, the next otherwise.

    `free` where the codec takes any.
    """
    if free:
        return min(max(rate, LOWEST_RATE), HIGHEST_RATE)
    return next((one for one in RATES if one >= rate), RATES[-1])


class ChannelReader:
    """Turns decoded sound frames into channels; what a file leaves out becomes silence.

    `count` is 1 or 2: more are mixed down to two by the usual weights. Times start at `origin`
    seconds of the file.
    """

    def __init__(self, rate: int, count: int, origin: Fraction) -> None:
        self._rate, self._origin = rate, origin
        layout = "mono" if count == 1 else "stereo"
        self._resampler = AudioResampler(format="fltp", layout=layout, rate=rate)
        self._taken = Fraction(0)  # s
        self._given = 0  # samples

    @property
    def until(self) -> Time:
        """When what was given has been heard."""
        return self._given * SECOND // self._rate

    def push(self, frame: av.AudioFrame) -> Iterator[Channels]:
        """Take the next frame."""
        late = self._late(frame)
        if late > SLIP:
            yield from self._wait(frame, min(late, Fraction(MOST_SILENCE)))
        elif late < -SLIP:
            return  # heard already
        yield from self._take(frame)

    def flush(self) -> Iterator[Channels]:
        """Give the rest."""
        yield from self._give(None)

    def _late(self, frame: av.AudioFrame) -> Fraction:
        if frame.pts is None or frame.time_base is None:
            return Fraction(0)
        return frame.pts * frame.time_base - self._origin - self._taken

    def _wait(self, frame: av.AudioFrame, seconds: Fraction) -> Iterator[Channels]:
        missing = int(seconds * frame.sample_rate)
        while missing > 0:
            run = min(missing, frame.sample_rate)
            missing -= run
            planes = len(frame.layout.channels) if frame.format.is_planar else 1
            wide = run if frame.format.is_planar else run * len(frame.layout.channels)
            value, kind = _silence(frame)
            blank = np.full((planes, wide), value, kind)
            quiet = av.AudioFrame.from_ndarray(blank, frame.format.name, frame.layout.name)
            quiet.sample_rate = frame.sample_rate
            yield from self._take(quiet)

    def _take(self, frame: av.AudioFrame) -> Iterator[Channels]:
        self._taken += Fraction(frame.samples, frame.sample_rate)
        frame.pts = None
        yield from self._give(frame)

    def _give(self, frame: av.AudioFrame | None) -> Iterator[Channels]:
        for run in self._resampler.resample(frame):
            samples = np.clip(np.nan_to_num(run.to_ndarray()), -1, 1).astype(np.float32)
            at = self.until
            self._given += samples.shape[1]
            yield tuple(Sound(at, row.copy(), self._rate) for row in samples)


def _silence(frame: av.AudioFrame) -> tuple[int, Any]:
    """Answer what silence is in the format of a frame, and numpy's name of it."""
    kinds = {
        "u8": np.uint8,
        "s16": np.int16,
        "s32": np.int32,
        "s64": np.int64,
        "flt": np.float32,
        "dbl": np.float64,
    }
    name = frame.format.name.removesuffix("p")
    return (128 if name == "u8" else 0), kinds[name]
