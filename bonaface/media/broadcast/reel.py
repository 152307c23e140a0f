"""Marked media of a session in, H.264 and AAC out, on a time of their own that begins at 0.

A session's sound has no gaps and its pictures may; but machines sleep, and queues overflow. Sound
that is missing becomes silence, so that lips stay with it; a picture that is missing for long is
repeated; and where everything stood still for seconds, those are cut out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any, TypeAlias

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from bonaface.core import SECOND, Time
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.media.broadcast.hopper import Marked

Coded: TypeAlias = "av.Packet[Any]"
PICTURE_TICKS = 90_000  # a second
SOUND_TICKS = 48_000  # a second: samples
AAC_FRAME = 1024  # samples
STANDSTILL: Time = 5 * SECOND  # nothing came for longer: cut out
STEP: Time = SECOND // 25  # left of it
STILL: Time = SECOND // 2  # without a picture: the last is repeated
LOOSE = 240  # samples that sound may be off its time before it is moved there


@dataclass(frozen=True, slots=True)
class Quality:
    """How pictures and sound are coded. Of `options` libx264 knows what they mean."""

    options: Mapping[str, str]
    key_every: Time  # at least one picture in so long needs no other
    sound_bits: int = 128_000  # a second
    rate: Fraction = Fraction(25)  # pictures a second, foreseen


class Timeline:
    """The session's time to the stream's own."""

    def __init__(self, origin: Time) -> None:
        self._origin = self._last = origin

    def place(self, at: Time) -> Time:
        """When something that was due at `at` comes in the stream; below 0: before it began."""
        if at - self._last > STANDSTILL:
            self._origin += at - self._last - STEP
        self._last = max(self._last, at)
        return at - self._origin


class PictureCoder:
    """H.264 in BT.709, limited range, into a stream that it adds to a container."""

    def __init__(self, container: OutputContainer, size: tuple[int, int], quality: Quality) -> None:
        self._key_every = quality.key_every
        self._next_key: Time = 0
        self._last: tuple[Time, NDArray[np.uint8]] | None = None
        options = {"forced-idr": "1"} | dict(quality.options)
        self.stream = container.add_stream("libx264", rate=quality.rate, options=options)
        self.stream.width, self.stream.height = size
        self.stream.pix_fmt = "yuv420p"
        self.stream.time_base = Fraction(1, PICTURE_TICKS)
        context = self.stream.codec_context
        context.time_base = Fraction(1, PICTURE_TICKS)
        context.thread_count = 1
        context.gop_size = 100_000  # keys come by time
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709

    def push(self, at: Time, pixels: NDArray[np.uint8]) -> Iterator[Coded]:
        """Encode a picture; one that is not after the last is left out."""
        if at < 0 or (self._last is not None and at <= self._last[0]):
            return
        while self._last is not None and at - self._last[0] > STILL:
            yield from self._encode(self._last[0] + STILL, self._last[1])
        yield from self._encode(at, pixels)

    def flush(self) -> Iterator[Coded]:
        """Give what the encoder held back."""
        if self._last is not None:
            yield from self.stream.encode(None)

    def _encode(self, at: Time, pixels: NDArray[np.uint8]) -> Iterator[Coded]:
        self._last = (at, pixels)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        yuv = frame.reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        yuv.pts, yuv.time_base = at * PICTURE_TICKS // SECOND, Fraction(1, PICTURE_TICKS)
        yuv.pict_type = PictureType.NONE
        if at >= self._next_key:
            yuv.pict_type = PictureType.I
            self._next_key = (at // self._key_every + 1) * self._key_every
        yield from self.stream.encode(yuv)


class SoundCoder:
    """AAC-LC, mono, 48 kHz, into a stream that it adds to a container."""

    def __init__(self, container: OutputContainer, quality: Quality) -> None:
        self.stream = container.add_stream("aac", rate=SOUND_TICKS, layout="mono")
        self.stream.bit_rate = quality.sound_bits
        self._spare = np.zeros(0, np.float32)
        self._count = 0  # samples encoded

    def push(self, at: Time, samples: NDArray[np.float32]) -> Iterator[Coded]:
        """Encode a run that is heard at `at`; before it comes silence where there was nothing."""
        missing = round(at * SOUND_TICKS / SECOND) - self._count - len(self._spare)
        if missing > LOOSE:
            samples = np.concatenate([np.zeros(missing, np.float32), samples])
        elif missing < -LOOSE:
            samples = samples[-missing:]
        self._spare = np.concatenate([self._spare, samples])
        whole = len(self._spare) // AAC_FRAME * AAC_FRAME
        ready, self._spare = self._spare[:whole], self._spare[whole:]
        for start in range(0, whole, AAC_FRAME):
            yield from self._encode(ready[start : start + AAC_FRAME])

    def flush(self) -> Iterator[Coded]:
        """Encode the rest."""
        if len(self._spare):
            yield from self._encode(self._spare)
        if self._count:
            yield from _heard(self.stream.encode(None))

    def _encode(self, samples: NDArray[np.float32]) -> Iterator[Coded]:
        run = np.ascontiguousarray(np.clip(samples, -1, 1), np.float32)[None]
        frame = av.AudioFrame.from_ndarray(run, format="fltp", layout="mono")
        frame.sample_rate = SOUND_TICKS
        frame.pts, frame.time_base = self._count, Fraction(1, SOUND_TICKS)
        self._count += run.shape[1]
        yield from _heard(self.stream.encode(frame))


def _heard(packets: list[Coded]) -> Iterator[Coded]:
    """Leave out the encoder's run-in, which comes before time 0 and cannot be heard."""
    return (packet for packet in packets if packet.pts is not None and packet.pts >= 0)


class Reel:
    """Both, of one session from its picture `first` on; pushed in the order in which it is due."""

    def __init__(
        self,
        containers: tuple[OutputContainer, OutputContainer],
        first: MarkedPicture,
        quality: Quality,
    ) -> None:
        height, width = first.pixels.shape[:2]
        self._timeline = Timeline(first.at)
        self.pictures = PictureCoder(containers[0], (width, height), quality)
        self.sounds = SoundCoder(containers[1], quality)

    def push(self, item: Marked) -> Iterator[Coded]:
        """Encode one picture or run of sound; a packet's `stream` says which it is of."""
        at = self._timeline.place(item.at)
        if isinstance(item, MarkedSound):
            return self.sounds.push(at, item.samples)
        return self.pictures.push(at, item.pixels)

    def run(self, first: MarkedPicture, rest: Iterable[Marked]) -> Iterator[Coded]:
        """Encode all there is, to the end."""
        for item in chain([first], rest):
            yield from self.push(item)
        yield from self.flush()

    def flush(self) -> Iterator[Coded]:
        """Encode what is left."""
        yield from self.pictures.flush()
        yield from self.sounds.flush()
