"""The encoders that pictures go through on their way: JPEG, and films in memory.

A face in a film is one of several pictures: half of the films are a few pictures in which the face
moves, and the last of them arrives, so that what is predicted from earlier pictures is met, too.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final, TypeAlias

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]
FILMS: Final[dict[str, tuple[str, str]]] = {  # encoder and decoder
    "h264": ("libx264", "h264"),
    "h265": ("libx265", "hevc"),
    "vp9": ("libvpx-vp9", "vp9"),
}
KINDS: Final = (("jpeg", 0.45), ("h264", 0.43), ("h265", 0.04), ("vp9", 0.08))
PRESETS: Final = ("ultrafast", "superfast", "veryfast", "medium")


@dataclass(frozen=True, slots=True)
class Code:
    """One encoder and how coarse it is."""

    kind: str
    quality: int  # of JPEG; CRF of films
    preset: str = "medium"
    shifts: tuple[tuple[int, int], ...] = ()  # px, of the pictures before it

    def walk(self, image: Bytes) -> Bytes:
        """Through it and back."""
        if self.kind == "jpeg":
            return by_jpeg(image, self.quality)
        before = [np.roll(image, shift, (0, 1)) for shift in self.shifts]
        return by_film([*before, image], self)


def draw_codes(random: np.random.Generator) -> tuple[Code, ...]:
    """None, one or two encoders, as most files met."""
    return tuple(_draw(random) for _ in range(random.choice([0, 1, 1, 1, 2])))


def _draw(random: np.random.Generator) -> Code:
    kind = str(random.choice([name for name, _ in KINDS], p=[share for _, share in KINDS]))
    if kind == "jpeg":
        return Code(kind, int(random.uniform(35, 100)))
    crf = int(random.uniform(26, 48) if kind == "vp9" else random.uniform(16, 37))
    count = int(random.choice([0, 0, 1, 3])) if kind == "h264" else 0
    shifts = [(int(x), int(y)) for x, y in random.integers(-3, 4, (count, 2))]
    return Code(kind, crf, str(random.choice(PRESETS[:-1] if count else PRESETS)), tuple(shifts))


def by_jpeg(image: Bytes, quality: int) -> Bytes:
    """Through JPEG and back."""
    written = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(written, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def by_film(pictures: list[Bytes], code: Code) -> Bytes:
    """All through one film; the last as it arrives."""
    height, width = pictures[-1].shape[:2]
    into, back = FILMS[code.kind]
    encoder: Any = av.CodecContext.create(into, "w")
    encoder.width, encoder.height = width + width % 2, height + height % 2
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, 25)
    encoder.thread_count, encoder.options = 1, _options(code)
    packets = []
    for picture in pictures:
        even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    decoder: Any = av.CodecContext.create(back, "r")
    decoder.thread_count = 1
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    frames += decoder.decode(None)
    last = max(frames, key=lambda frame: frame.pts or 0)
    return np.asarray(last.to_ndarray(format="rgb24")[:height, :width], np.uint8)


def _options(code: Code) -> dict[str, str]:
    if code.kind == "vp9":
        return {"crf": str(code.quality), "b": "0", "deadline": "realtime", "cpu-used": "6"}
    options = {"crf": str(code.quality), "preset": code.preset}
    if code.kind == "h265":
        options["preset"] = "ultrafast"
        options["x265-params"] = "log-level=none:pools=none:frame-threads=1"
    return options
