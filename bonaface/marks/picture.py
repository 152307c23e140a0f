"""The way out for pictures: the visible label is stamped, then the hidden pattern is added.

The mark is keyed spread spectrum in luma (Cox, Kilian, Leighton and Shamoon, IEEE Trans. Image
Processing 6(12), 1997) on a grid that scales with the picture. It is stronger where texture hides
it. All three channels move together, so colour stays and a codec's chroma keeps nothing of it.
"""

from collections.abc import Iterable

import numba
import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture
from bonaface.marks.label import draw_label
from bonaface.marks.marked import MarkedPicture, seal_picture
from bonaface.marks.pattern import CELLS, MESSAGE, SLOT, draw_pattern
from bonaface.marks.reading_key import PUBLIC, ReadingKey

FLAT = 1.0  # luma steps on a surface without any texture
GAIN = 0.5  # luma steps for each step of mean gradient
TOP = 4.0  # luma steps at most
POWER = 7.6  # most mean square of the above in a picture: 42 dB, for 4/9 of it arrives
GRADIENT = 40  # a steeper edge is no better a hiding place: it is thin (luma x 4)

Grid = NDArray[np.float32]  # (CELLS, CELLS)


class PictureMark:
    """A stage, Picture to MarkedPicture: labels and marks every picture with one id.

    `mark_id` has 64 bits (`draw_mark_id`). The pattern follows `Picture.at`, so pictures are to
    be stamped with the time at which they are shown. About 1 ms for 512x512 and 3 ms for 1280x720.
    """

    def __init__(self, mark_id: int, key: ReadingKey = PUBLIC, label: str = "AI") -> None:
        self.mark_id = mark_id
        self._codeword = MESSAGE.write(mark_id, key)
        self._pattern = draw_pattern(key)
        self._label = label
        self._slot = -1
        self._cells = np.zeros((CELLS, CELLS), np.float32)
        draw_label(label, 256, 256)  # an unusable text is refused here, not in mid-stream

    def push(self, item: Picture) -> Iterable[MarkedPicture]:
        """Label and mark one picture."""
        pixels = np.array(item.pixels, order="C")
        draw_label(self._label, *pixels.shape[:2]).press(pixels)
        add_cells(pixels, self._find_cells(item.at // SLOT) * weigh(pixels))
        return (seal_picture(Picture(item.at, pixels), self.mark_id),)

    def flush(self) -> Iterable[MarkedPicture]:
        """Nothing is held back."""
        return ()

    def reset(self) -> None:
        """Nothing is held back."""

    def _find_cells(self, slot: int) -> Grid:
        if slot != self._slot:
            self._cells, self._slot = self._pattern.cells(slot, self._codeword), slot
        return self._cells


def weigh(pixels: NDArray[np.uint8]) -> Grid:
    """Answer how many luma steps each cell of a picture bears unseen."""
    texture = _smooth(measure_texture(pixels))
    steps = np.minimum(FLAT + GAIN * texture, TOP)
    power = float(np.mean(steps * steps))
    fitted: Grid = (steps * min(1.0, (POWER / power) ** 0.5)).astype(np.float32)
    return fitted


def _smooth(grid: Grid) -> Grid:
    """Mean of 3 x 3 cells: beside an edge the flat side must not bear what the edge bears."""
    wide = np.pad(grid, 1, mode="edge")
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    mean: Grid = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
    return mean


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def measure_texture(pixels: NDArray[np.uint8]) -> Grid:
    """Answer the mean luma gradient over two pixels, in each cell."""
    height, width, _ = pixels.shape
    total = np.zeros((CELLS, CELLS), np.float32)
    count = np.zeros((CELLS, CELLS), np.float32)
    luma = np.empty((2, width), np.int32)
    column = np.empty(width, np.int32)
    for x in range(width):
        column[x] = x * CELLS // width
    step = 2 if height * width < 500_000 else 4
    for y in range(0, height - 2, step):
        for k in range(2):
            for x in range(0, width, 2):
                p = pixels[y + 2 * k, x]
                luma[k, x] = np.int32(p[0]) + 2 * np.int32(p[1]) + np.int32(p[2])
        row = y * CELLS // height
        for x in range(0, width - 2, 2):
            across = abs(luma[0, x] - luma[0, x + 2])
            down = abs(luma[0, x] - luma[1, x])
            total[row, column[x]] += min(across, GRADIENT) + min(down, GRADIENT)
            count[row, column[x]] += 1
    for row in range(CELLS):
        for c in range(CELLS):
            total[row, c] /= max(count[row, c], np.float32(1)) * np.float32(8)
    return total


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def add_cells(pixels: NDArray[np.uint8], grid: Grid) -> None:
    """Add a grid of luma steps to a picture of any size, in place; linear between cell centres."""
    height, width, _ = pixels.shape
    last = np.float32(CELLS - 1.0001)
    left = np.empty(width, np.int32)
    share = np.empty(width, np.float32)
    for x in range(width):
        place = min(max(np.float32((x + 0.5) * CELLS / width - 0.5), np.float32(0)), last)
        left[x] = int(place)
        share[x] = place - left[x]
    line = np.empty(CELLS, np.float32)
    steps = np.empty((width, 3), np.int16)
    flat = steps.reshape(-1)
    for y in range(height):
        place = min(max(np.float32((y + 0.5) * CELLS / height - 0.5), np.float32(0)), last)
        row = int(place)
        for c in range(CELLS):
            line[c] = grid[row, c] + (place - row) * (grid[row + 1, c] - grid[row, c])
        for x in range(width):
            value = line[left[x]] + share[x] * (line[left[x] + 1] - line[left[x]])
            whole = np.int16(np.floor(value + np.float32(0.5)))
            steps[x, 0] = whole
            steps[x, 1] = whole
            steps[x, 2] = whole
        out = pixels[y].reshape(-1)
        for i in range(3 * width):
            out[i] = np.uint8(min(max(np.int16(out[i]) + flat[i], np.int16(0)), np.int16(255)))
