"""Sound out: a track of marked sound, in a film or in a file of its own."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, cast

import av
import numpy as np
from av.container import OutputContainer

from bonaface.marks.marked import MarkedSound, require_marked
from bonaface.media.drafts import writing

if TYPE_CHECKING:
    from av.audio.stream import AudioStream


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of sound file is written."""

    container: str
    codec: str
    form: str  # of samples, as the encoder takes them
    fine: tuple[str, str]  # codec and form for 24 bits
    free: bool  # whether any rate will do


# WAV and FLAC keep every bit; for the others the encoder's own form of samples loses nothing.
KINDS = {
    ".wav": Kind("wav", "pcm_s16le", "s16", ("pcm_s24le", "s32"), free=True),
    ".flac": Kind("flac", "flac", "s16", ("flac", "s32"), free=True),
    ".mp3": Kind("mp3", "libmp3lame", "fltp", ("libmp3lame", "fltp"), free=False),
    ".m4a": Kind("ipod", "aac", "fltp", ("aac", "fltp"), free=False),
}


@dataclass(frozen=True, slots=True)
class Form:
    """The sound of a file: `rate` samples a second, 1 or 2 channels, more than 16 bits or not."""

    rate: int
    channels: int
    fine: bool = False


class SoundTrack:
    """One track of 1 or 2 channels; runs follow each other without gaps."""

    def __init__(self, container: OutputContainer, codec: str, rate: int, channels: int) -> None:
        self._container, self._rate = container, rate
        self._layout = "mono" if channels == 1 else "stereo"
        self._stream = cast(
            "AudioStream", container.add_stream(codec, rate=rate, layout=self._layout)
        )
        self._given = 0

    def set_bits(self, bits: int) -> None:
        """Bits a second, for a lossy codec."""
        self._stream.bit_rate = bits

    def set_form(self, name: str) -> None:
        """Name the form in which the encoder takes samples."""
        self._stream.format = name

    def hear(self, *channels: MarkedSound) -> None:
        """Encode one run, given channel by channel."""
        for channel in channels:
            require_marked(channel)
        samples = np.stack([channel.samples for channel in channels])
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts, frame.time_base = self._given, Fraction(1, self._rate)
        self._given += samples.shape[1]
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Encode what was held back."""
        self._container.mux(self._stream.encode(None))


class SoundFile:
    """A WAV, FLAC, MP3 or M4A file, as the suffix says. Use as a context, like `Video`.

    `bits` a second for each channel, where the codec loses something. Raises Unmarked when offered
    what carries no mark, UnwritableMedia when the disk refuses.
    """

    def __init__(self, path: Path, form: Form, bits: int) -> None:
        self._path = path
        kind = KINDS[path.suffix.lower()]
        codec, samples = kind.fine if form.fine else (kind.codec, kind.form)
        with writing(path):
            self._container = av.open(str(path), "w", format=kind.container)
            self._track = SoundTrack(self._container, codec, form.rate, form.channels)
            self._track.set_form(samples)
            if samples == "fltp":
                self._track.set_bits(bits * form.channels)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        with writing(self._path):
            if error is None:
                self._track.finish()
            self._container.close()

    def hear(self, *channels: MarkedSound) -> None:
        """Encode one run, given channel by channel."""
        with writing(self._path):
            self._track.hear(*channels)
