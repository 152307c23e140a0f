"""An MP4 file out. It takes marked pictures and marked sound, and nothing else."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from bonaface.core import SECOND
from bonaface.marks.marked import MarkedPicture, MarkedSound, require_marked
from bonaface.media.drafts import draft, writing
from bonaface.media.tracks import SoundTrack

__all__ = ["Encoding", "Video", "draft", "writing"]

TICKS = 120_000  # a second: whole for 24000/1001, 30000/1001, 25, 50, 60 and milliseconds
ENCODER = {
    "preset": "veryfast",
    "threads": "2",  # more hold more pictures in memory, and drawing is the slower half
    "x264-params": "rc-lookahead=4:bframes=2:sync-lookahead=0",
}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How closely a video is kept."""

    factor: int = 19  # x264's constant rate factor; 18 and less look like the original
    sound_bits: int = 128_000  # a second and channel


class Video:
    """H.264 and AAC in MP4. Use as a context: leaving it well finishes the file.

    `rate` is pictures a second, about: each is shown from its own time. Sound of `sound_rate` Hz
    in `channels` (0: none) comes in any run length. Raises Unmarked when offered what carries no
    mark, UnwritableMedia when the disk refuses.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int],
        rate: Fraction,
        sound_rate: int,
        channels: int = 1,
        encoding: Encoding = Encoding(),
    ) -> None:
        self._path = path
        with writing(path):
            options = {"movflags": "+faststart", "video_track_timescale": str(TICKS)}
            self._container = av.open(str(path), "w", format="mp4", options=options)
            chosen = {**ENCODER, "crf": str(encoding.factor)}
            self._pictures = self._container.add_stream("libx264", rate=rate, options=chosen)
            self._pictures.width, self._pictures.height = size
            self._pictures.pix_fmt = "yuv420p"
            context = self._pictures.codec_context
            context.time_base = Fraction(1, TICKS)
            context.color_range = ColorRange.MPEG
            context.colorspace = Colorspace.ITU709
            context.color_primaries = ColorPrimaries.BT709
            context.color_trc = ColorTrc.BT709
            self._sounds: SoundTrack | None = None
            if channels:
                self._sounds = SoundTrack(self._container, "aac", sound_rate, channels)
                self._sounds.set_bits(encoding.sound_bits * channels)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        with writing(self._path):
            if error is None:
                self._finish()
            self._container.close()

    def show(self, picture: MarkedPicture) -> None:
        """Encode one picture, shown from its own time."""
        require_marked(picture)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture.pixels), format="rgb24")
        yuv = frame.reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        yuv.pts = round(picture.at * TICKS / SECOND)
        yuv.time_base = Fraction(1, TICKS)
        with writing(self._path):
            self._container.mux(self._pictures.encode(yuv))

    def hear(self, *channels: MarkedSound) -> None:
        """Encode one run of sound, channel by channel; runs follow each other without gaps."""
        if self._sounds:
            with writing(self._path):
                self._sounds.hear(*channels)

    def _finish(self) -> None:
        self._container.mux(self._pictures.encode(None))
        if self._sounds:
            self._sounds.finish()
