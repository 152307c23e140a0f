"""The visible label: white letters on a dark rounded pill, top right, drawn once per frame size.

Letters are 5 % of the short side high (what GB 45438-2025 asks for) and at least 9 pixels, so that
they can be read on a phone; the pill holds a contrast of 4.5 : 1 or more with them on any
background (WCAG 2.2, 1.4.3). A label of two letters keeps to the top 15 % and the right quarter of
square frames of 256 pixels or more: far from any mouth.
"""

from dataclasses import dataclass
from functools import lru_cache

import numba
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bonaface.core import frozen
from bonaface.errors import MarkError
from bonaface.marks.label.lettering import check, write

LETTER = 0.05  # height of a capital, share of the short side
SMALLEST = 9  # pixels of a capital, where the frame has room for them
MARGIN = 0.025  # between pill and frame, share of the short side
PILL = (12, 14, 18, 178)  # RGBA
EDGE = (255, 255, 255, 56)  # a hairline that keeps the pill's shape on black
INK = (255, 255, 255, 255)
FINE = 4  # times as large when drawn, for smooth edges
LONGEST = 32  # characters


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """A label drawn for one frame size."""

    top: int
    left: int
    keep: NDArray[np.uint16]  # (height, width, 1): share of the frame that shows, of 255
    ink: NDArray[np.uint16]  # (height, width, 3): colour times its share, of 255 x 255

    def press(self, pixels: NDArray[np.uint8]) -> None:
        """Blend the label into (height, width, 3) `pixels`, in place."""
        height, width = self.keep.shape[:2]
        under = pixels[self.top : self.top + height, self.left : self.left + width]
        _blend(under, self.keep, self.ink)

    def fade(self, share: float) -> "Stamp":
        """Answer it with only a share (0..1) of its strength."""
        if share >= 1:
            return self
        keep = 255 - np.round((255 - self.keep) * share).astype(np.uint16)
        return Stamp(self.top, self.left, keep, np.round(self.ink * share).astype(np.uint16))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _blend(under: NDArray[np.uint8], keep: NDArray[np.uint16], ink: NDArray[np.uint16]) -> None:
    height, width, _ = ink.shape
    for y in range(height):
        for x in range(width):
            for k in range(3):
                light = np.uint32(under[y, x, k]) * keep[y, x, 0] + ink[y, x, k]
                under[y, x, k] = np.uint8((light + np.uint32(127)) // np.uint32(255))


@lru_cache(maxsize=32)
def draw_label(text: str, height: int, width: int) -> Stamp:
    """Draw `text` for frames of `height` x `width` pixels. Raises MarkError for unusable text."""
    _check(text)
    margin = round(MARGIN * min(height, width))
    pill = _draw_pill(text, max(SMALLEST, LETTER * min(height, width)))
    room = (max(1, width - 2 * margin), max(1, height - 2 * margin))
    fit = min(1.0, room[0] * FINE / pill.width, room[1] * FINE / pill.height)
    size = [min(r, max(1, round(s * fit / FINE))) for s, r in zip(pill.size, room, strict=True)]
    drawn = pill.resize((size[0], size[1]), Image.Resampling.BOX)
    return cut_stamp(drawn, margin, width - margin - size[0])


def cut_stamp(drawn: Image.Image, top: int, left: int) -> Stamp:
    """Make an RGBA drawing a stamp for one place."""
    pixels = np.asarray(drawn, np.uint16)
    share = pixels[..., 3:]
    return Stamp(top, left, _kept(255 - share), _kept(pixels[..., :3] * share))


def _kept(array: NDArray[np.uint16]) -> NDArray[np.uint16]:
    frozen(array)
    return array


def _draw_pill(text: str, capital: float) -> Image.Image:
    """Draw the label FINE times as large, letters `capital` pixels high, on nothing."""
    high = capital * FINE
    mask = write(text, high)
    box = (round(mask.width + 1.3 * high), round(1.75 * high))
    pill = Image.new("RGBA", box, (*PILL[:3], 0))
    frame = (0, 0, box[0] - 1, box[1] - 1)
    draw = ImageDraw.Draw(pill)
    draw.rounded_rectangle(frame, 0.5 * box[1], PILL, EDGE, max(1, round(high / 18)))
    pill.paste(INK, (round(0.65 * high), (box[1] - mask.height) // 2), mask)
    return pill


def _check(text: str) -> None:
    """Refuse a label that nobody could read."""
    if not text.strip() or len(text) > LONGEST:
        raise MarkError(f"A label has 1 to {LONGEST} characters.", "Use a short text such as AI.")
    check(text)
