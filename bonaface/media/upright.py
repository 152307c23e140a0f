"""A decoded frame, whatever its format, becomes pixels as a viewer sees them.

Upright, in sRGB, with square pixels, opaque on white, and with even sides as H.264 wants them.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from bonaface.media import tone

UNSAID = 2  # colour spaces and primaries that a file does not name, ITU-T H.273
# Otherwise swscale darkens pictures by a level: 47 dB there and back, not 78.
SHARP = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
HD_LINES = 720  # from here on an unnamed colour space is BT.709, as players have it
Pixels = NDArray[np.uint8]  # (height, width, 3) RGB


@dataclass(frozen=True, slots=True)
class Upright:
    """How the frames of one film are turned into pictures; see `see` for how it is found."""

    scaled: tuple[int, int]  # width and height with square pixels, before turning
    turn: tuple[int, int, int, int] = (1, 0, 0, 1)  # a, b, c, d of the display matrix: -1, 0, 1

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, even."""
        width, height = self.scaled if self.turn[0] else self.scaled[::-1]
        return width + width % 2, height + height % 2

    def show(self, frame: av.VideoFrame) -> Pixels:
        """Answer the pixels of a frame."""
        pixels = _turned(self._flat(frame), self.turn)
        down, right = pixels.shape[0] % 2, pixels.shape[1] % 2
        if down or right:
            pixels = cv2.copyMakeBorder(pixels, 0, down, 0, right, cv2.BORDER_REPLICATE)
        return np.ascontiguousarray(pixels, np.uint8)

    def _flat(self, frame: av.VideoFrame) -> Pixels:
        wide = tone.is_wide(frame.color_primaries, frame.color_trc)
        if wide:
            codes = np.asarray(self._reformat(frame, "rgb48le").to_ndarray(), np.uint16)
            return tone.to_srgb(codes, frame.color_primaries, frame.color_trc)
        if not is_clear(frame):
            return np.asarray(self._reformat(frame, "rgb24").to_ndarray(), np.uint8)
        clear = self._reformat(frame, "rgba").to_ndarray().astype(np.uint16)
        share = clear[..., 3:]
        return ((clear[..., :3] * share + 255 * (255 - share) + 127) // 255).astype(np.uint8)

    def _reformat(self, frame: av.VideoFrame, kind: str) -> av.VideoFrame:
        named = frame.colorspace != UNSAID
        hd = Colorspace.ITU709 if frame.height >= HD_LINES else Colorspace.ITU601
        return frame.reformat(
            *self.scaled,
            format=kind,
            src_colorspace=None if named else hd,
            dst_color_range=ColorRange.JPEG,
            interpolation=SHARP,
        )


def see(frame: av.VideoFrame, aspect: Fraction | None) -> Upright:
    """Find out how a film is turned upright, from its first frame and its pixels' aspect."""
    width = frame.width
    if aspect and Fraction(1, 8) < aspect < 8 and aspect != 1:
        width = max(1, round(width * aspect))
    return Upright((width, frame.height), _matrix(frame))


def is_clear(frame: av.VideoFrame) -> bool:
    """Tell whether a frame has an alpha channel, or a palette that may have."""
    return any(part.is_alpha for part in frame.format.components) or frame.format.has_palette


def _matrix(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """Read the display matrix, to the nearest quarter of a turn (ISO/IEC 14496-12, 8.3.2)."""
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = struct.unpack("=5i", bytes(data)[:20])
    if abs(a) >= abs(b):
        return (1 if a >= 0 else -1), 0, 0, (1 if d >= 0 else -1)
    return 0, (1 if b >= 0 else -1), (1 if c >= 0 else -1), 0


def _turned(pixels: Pixels, turn: tuple[int, int, int, int]) -> Pixels:
    """Move pixel (x, y) to (ax + cy, bx + dy), give or take a shift."""
    a, b, c, d = turn
    if not a:
        pixels = pixels.swapaxes(0, 1)
    down, right = d + b, a + c
    return pixels[:: down or 1, :: right or 1]
