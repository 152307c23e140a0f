"""Encoders of pictures and sound for calls: one frame in, one packet out, at once.

Colours are BT.601 in limited range, which is what VP8 means (RFC 6386, section 9.2), what H.264
says of itself here, and what browsers assume.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import av
import cv2
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from numpy.typing import NDArray

from bonaface.core import SECOND, Time
from bonaface.media.webrtc.rate import SOUND_BITS, Rung

PictureCodec: TypeAlias = Literal["H264", "VP8"]
PICTURE_TICKS = 90_000  # a second (RFC 6184, RFC 7741)
SOUND_TICKS = 48_000  # a second (RFC 7587)
SOUND_FRAME = 960  # samples: 20 ms
PICTURE_TIME, SOUND_TIME = Fraction(1, PICTURE_TICKS), Fraction(1, SOUND_TICKS)  # s in a tick
KEY_EVERY = 250  # pictures, should nobody ask for one
H264 = {
    "preset": "superfast",  # a fifth of what medium costs, and .6 dB worse
    "tune": "zerolatency",
    "crf": "23",  # a calm face needs fewer bits than it may have
    "forced-idr": "1",
    "profile": "baseline",  # x264 keeps to its constrained part, which every browser decodes
    "level": "3.1",
}
VP8 = {
    "deadline": "realtime",
    "cpu-used": "-8",  # minus: the effort is fixed, whatever the machine does
    "lag-in-frames": "0",
    "static-thresh": "1",
    "overshoot-pct": "15",
    "undershoot-pct": "100",
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """One coded picture, or 20 ms of coded sound."""

    data: bytes
    pts: int  # in ticks of the session's time
    key: bool  # needs none before it


class PictureEncoder:
    """H.264 (constrained baseline) or VP8 of one size and rung. Not for two threads at once."""

    def __init__(self, codec: PictureCodec, size: tuple[int, int], rung: Rung) -> None:
        self.size = size
        name = "libx264" if codec == "H264" else "libvpx"
        context = av.CodecContext.create(name, "w")
        assert isinstance(context, VideoCodecContext)  # noqa: S101 for the type checker
        context.width, context.height = size
        context.pix_fmt, context.thread_count = "yuv420p", 1
        context.time_base = PICTURE_TIME
        context.framerate = Fraction(25)
        context.gop_size = KEY_EVERY
        # half a second of bits may come at once: a key picture, a turn of the head
        room = {"maxrate": str(rung.bits), "bufsize": str(rung.bits // 2)}
        if codec == "H264":
            _say_colours(context)
            context.options = H264 | room
        else:
            context.bit_rate = rung.bits
            context.qmin, context.qmax = 4, 56
            context.options = VP8 | room | {"minrate": str(rung.bits)}
        self._context = context

    def encode(self, pixels: NDArray[np.uint8], at: Time, *, key: bool) -> Encoded | None:
        """Encode one RGB picture of any size, shown at `at`; a key picture needs no other."""
        if pixels.shape[1::-1] != self.size:
            pixels = np.asarray(
                cv2.resize(pixels, self.size, interpolation=cv2.INTER_AREA), np.uint8
            )
        planes = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420), np.uint8)
        frame = av.VideoFrame.from_numpy_buffer(planes, format="yuv420p")
        frame.pts, frame.time_base = at * PICTURE_TICKS // SECOND, PICTURE_TIME
        frame.pict_type = PictureType.I if key else PictureType.NONE
        return next(iter(_encoded(self._context.encode(frame))), None)


def _say_colours(context: VideoCodecContext) -> None:
    context.color_range = ColorRange.MPEG
    context.colorspace = Colorspace.SMPTE170M
    context.color_primaries = ColorPrimaries.SMPTE170M
    context.color_trc = ColorTrc.SMPTE170M


def _encoded(packets: Iterable[Any]) -> list[Encoded]:
    return [Encoded(bytes(one), int(one.pts), bool(one.is_keyframe)) for one in packets]


class SoundEncoder:
    """Opus (RFC 6716), mono, 20 ms a packet, with data to conceal a lost one."""

    def __init__(self) -> None:
        context = av.CodecContext.create("libopus", "w")
        assert isinstance(context, AudioCodecContext)  # noqa: S101 for the type checker
        context.sample_rate, context.layout, context.format = SOUND_TICKS, "mono", "flt"
        context.bit_rate = SOUND_BITS
        context.time_base = SOUND_TIME
        context.options = {
            "application": "audio",
            "compression_level": "5",  # 10 takes three times as long for one voice at 48 kHz
            "fec": "1",
            "packet_loss": "5",
        }
        self._context = context

    def encode(self, samples: NDArray[np.float32], at: Time) -> list[Encoded]:
        """Encode 960 samples in -1..1 at 48 kHz, the first heard at `at`."""
        run = np.ascontiguousarray(samples, np.float32)[None]
        frame = av.AudioFrame.from_ndarray(run, format="flt", layout="mono")
        frame.sample_rate = SOUND_TICKS
        frame.pts, frame.time_base = at * SOUND_TICKS // SECOND, SOUND_TIME
        return _encoded(self._context.encode(frame))
