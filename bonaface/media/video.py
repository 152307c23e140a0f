"""An MP4 file out. It takes marked pictures and marked sound, and nothing else."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

import av
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from bonaface.core import SECOND
from bonaface.marks.marked import MarkedPicture, MarkedSound, require_marked
from bonaface.media.drafts import draft, writing
from bonaface.media.texts import Texts
from bonaface.media.tracks import SoundTrack

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.stream import VideoStream

__all__ = ["Encoding", "Video", "draft", "writing"]

Packets: TypeAlias = "list[Packet[VideoStream]]"
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
            self._beat = _Beat(round(TICKS / rate))
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

    def tell(self, texts: Texts) -> None:
        """Write the words that go with a film, before the first picture and sound."""
        with writing(self._path):
            texts.open(self._container).write()

    def show(self, picture: MarkedPicture) -> None:
        """Encode one picture, shown from its own time."""
        require_marked(picture)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture.pixels), format="rgb24")
        yuv = frame.reformat(
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
        )
        yuv.pts = round(picture.at * TICKS / SECOND)
        yuv.time_base = Fraction(1, TICKS)
        self._beat.show(yuv.pts)
        with writing(self._path):
            self._container.mux(self._beat.store(self._pictures.encode(yuv)))

    def hear(self, *channels: MarkedSound) -> None:
        """Encode one run of sound, channel by channel; runs follow each other without gaps."""
        if self._sounds:
            with writing(self._path):
                self._sounds.hear(*channels)

    def _finish(self) -> None:
        packets = self._beat.store(self._pictures.encode(None))
        self._beat.end(packets)
        self._container.mux(packets)
        if self._sounds:
            self._sounds.finish()


class _Beat:
    """Keeps count of when pictures are shown, in ticks, so that the last one ends in time.

    It stands as long as the one before it, or `usual` if there was none. Pictures are stored in the
    order in which they are decoded, and how long the last one stored lasts ends the film.
    """

    def __init__(self, usual: int) -> None:
        self._gap = usual
        self._first: int | None = None
        self._last = 0
        self._decoded: int | None = None  # when the first is decoded

    def show(self, at: int) -> None:
        """A picture is shown."""
        if self._first is None:
            self._first = at
        else:
            self._gap = at - self._last
        self._last = at

    def store(self, packets: Packets) -> Packets:
        """Answer the packets; the first tells when decoding begins."""
        if packets and self._decoded is None:
            self._decoded = packets[0].dts
        return packets

    def end(self, packets: Packets) -> None:
        """Give the last packets their lengths: the last one shown and the last one stored."""
        for packet in packets:
            if packet.pts == self._last:
                packet.duration = self._gap
        if packets:
            length = self._last + self._gap - (self._first or 0)
            stored = (packets[-1].dts or 0) - (self._decoded or 0)
            packets[-1].duration = length - stored
