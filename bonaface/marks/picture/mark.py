"""The way out for pictures: the visible label is stamped, then the hidden pattern is added.

The mark is keyed spread spectrum in luma (Cox, Kilian, Leighton and Shamoon, IEEE Trans. Image
Processing 6(12), 1997) on a grid that scales with the picture. It is stronger where texture hides
it. All three channels move together, so colour stays and a codec's chroma keeps nothing of it.

A film bears a pattern that changes each half second and averages to nothing, and faintly the one
of stills, which does not: a thousand pictures of a scene that stands still keep the id as well.
"""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, Time
from bonaface.errors import MarkError
from bonaface.marks.label.stamp import draw_label
from bonaface.marks.marked import MarkedPicture, seal_picture
from bonaface.marks.picture.pattern import MESSAGE, SLOT, STILL_CELLS, draw_pattern
from bonaface.marks.picture.steps import (
    Grid,
    Measure,
    Rows,
    add_rows,
    draw_rows,
    measure_texture,
)
from bonaface.marks.reading_key import PUBLIC, ReadingKey

LOOK: Time = SECOND // 8  # texture is measured again after this: only a cut would change it sooner
FILM = Measure(flat=0.75, gain=0.45, top=3.6, power=4.8)  # of the pattern that changes
FAINT = 0.5  # of that at most, in the pattern that stays; flat places bear none of it
STILL = Measure(flat=0.8, gain=0.45, top=3.6, power=6.6)
SMALLEST = 64  # pixels of a film's short side: below, its pattern is finer than the pixels
SMALLEST_STILL = 80  # of a still's: below, its id could not be read even from a PNG


class PictureMark:
    """A stage, Picture to MarkedPicture: labels and marks every picture of a film with one id.

    `mark_id` has 64 bits (`draw_mark_id`). The pattern follows `Picture.at`, so pictures are to
    be stamped with the time at which they are shown. About 0.15 ms for 512x512, half a
    millisecond for 1280x720. Raises MarkError for pictures too small to bear a mark.
    """

    def __init__(self, mark_id: int, key: ReadingKey = PUBLIC, label: str = "AI") -> None:
        self.mark_id = mark_id
        self._codeword = MESSAGE.write(mark_id, key)
        self._pattern = draw_pattern(key)
        self._still = self._pattern.still_cells(self._codeword)
        self._label = label
        draw_label(label, 256, 256)  # an unusable text is refused here, not in mid-stream
        self.reset()

    def push(self, item: Picture) -> Iterable[MarkedPicture]:
        """Label and mark one picture."""
        pixels = _stamp(item, self._label, SMALLEST)
        add_rows(pixels, self._find_rows(item.at, pixels))
        return (seal_picture(Picture(item.at, pixels), self.mark_id),)

    def flush(self) -> Iterable[MarkedPicture]:
        """Nothing is held back."""
        return ()

    def reset(self) -> None:
        """Forget how much the last pictures bore."""
        self._looked: Time | None = None
        self._slot = -1
        self._strength = np.zeros((STILL_CELLS, STILL_CELLS), np.float32)
        self._rows = np.zeros((STILL_CELLS, 0), np.int16)

    def _find_rows(self, at: Time, pixels: NDArray[np.uint8]) -> Rows:
        """What to add to a picture; it changes with the slot, and when texture is measured."""
        wide = pixels.shape[1]
        stale = self._looked is None or not 0 <= at - self._looked < LOOK
        stale = stale or self._rows.shape[1] != 3 * wide
        if stale:
            self._strength, self._looked = _weigh(pixels, FILM), at
        if stale or at // SLOT != self._slot:
            self._slot = at // SLOT
            cells = self._pattern.cells(self._slot, self._codeword)
            double = cells.repeat(2, axis=0).repeat(2, axis=1)
            strength, flat = self._strength, np.float32(FILM.flat)
            faint = np.clip(2 * (strength - flat), 0, np.float32(FAINT) * strength)
            self._rows = draw_rows(double * strength + self._still * faint, wide)
        return self._rows


class StillMark:
    """A stage, Picture to MarkedPicture, for single pictures: labels and marks each for itself.

    Raises MarkError for pictures too small to bear a mark.
    """

    def __init__(self, mark_id: int, key: ReadingKey = PUBLIC, label: str = "AI") -> None:
        self.mark_id = mark_id
        self._cells = draw_pattern(key).still_cells(MESSAGE.write(mark_id, key))
        self._label = label
        draw_label(label, 256, 256)

    def push(self, item: Picture) -> Iterable[MarkedPicture]:
        """Label and mark one picture."""
        pixels = _stamp(item, self._label, SMALLEST_STILL)
        add_rows(pixels, draw_rows(self._cells * _weigh(pixels, STILL), pixels.shape[1]))
        return (seal_picture(Picture(item.at, pixels), self.mark_id),)

    def flush(self) -> Iterable[MarkedPicture]:
        """Nothing is held back."""
        return ()

    def reset(self) -> None:
        """Nothing is remembered."""


def _stamp(item: Picture, label: str, smallest: int) -> NDArray[np.uint8]:
    """Answer a copy of the pixels with the label on it."""
    height, width = item.pixels.shape[:2]
    if min(height, width) < smallest:
        raise MarkError(
            f"A picture of {width}x{height} pixels is too small to bear a hidden mark.",
            f"Use one of at least {smallest} pixels on each side.",
        )
    pixels = np.array(item.pixels, order="C")
    draw_label(label, height, width).press(pixels)
    return pixels


def _weigh(pixels: NDArray[np.uint8], measure: Measure) -> Grid:
    """Answer how many luma steps each cell of a still's sheet bears unseen."""
    steps = measure.weigh(measure_texture(pixels))
    size = (STILL_CELLS, STILL_CELLS)
    return np.asarray(cv2.resize(steps, size, interpolation=cv2.INTER_LINEAR))
