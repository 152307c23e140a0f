"""How many luma steps each cell of a picture bears unseen, and adding them.

Kernels that let other threads run: several streams are marked at once in one process.
"""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from bonaface.marks.picture.pattern import CELLS

GRADIENT = 40  # a steeper edge is no better a hiding place: it is thin (luma x 4)
PART = 64  # parts of a luma step, and of a cell, that sums are made in: all of it fits 16 bits

Grid = NDArray[np.float32]  # (cells, cells)
Rows = NDArray[np.int16]  # (cells, 3 x width): what each row of cells adds, in PARTs of luma steps


@dataclass(frozen=True, slots=True)
class Measure:
    """How much is added where."""

    flat: float  # luma steps on a surface without any texture
    gain: float  # luma steps for each step of mean gradient
    top: float  # luma steps at most
    power: float  # most mean square of the above in a picture

    def weigh(self, texture: Grid) -> Grid:
        """Answer how many luma steps each cell of a picture bears unseen."""
        return np.asarray(_weigh(texture, self.flat, self.gain, self.top, self.power))


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def _weigh(texture: Grid, flat: float, gain: float, top: float, most: float) -> Grid:
    cells = len(texture)
    steps = np.empty((cells, cells), np.float32)
    power = np.float32(0)
    for row in range(cells):
        for column in range(cells):
            # The mean around: beside an edge the flat side must not bear what the edge bears.
            total = np.float32(0)
            for down in range(row - 1, row + 2):
                for right in range(column - 1, column + 2):
                    y, x = min(max(down, 0), cells - 1), min(max(right, 0), cells - 1)
                    total += texture[y, x]
            step = np.float32(flat + gain * total / 9)
            if step > top:
                step = np.float32(top)
            steps[row, column] = step
            power += step * step
    fit = np.float32(np.sqrt(most * cells * cells / power))
    if fit < 1:
        for row in range(cells):
            for column in range(cells):
                steps[row, column] *= fit
    return steps


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def measure_texture(pixels: NDArray[np.uint8]) -> Grid:
    """Answer the mean luma gradient over two pixels, in each of CELLS x CELLS cells."""
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
def draw_rows(grid: Grid, width: int) -> Rows:
    """Spread a grid of luma steps over `width` pixels; linear between cell centres."""
    cells = len(grid)
    rows = np.empty((cells, 3 * width), np.int16)
    last = np.float32(cells - 1.0001)
    left = np.empty(width, np.int32)
    share = np.empty(width, np.float32)
    for x in range(width):
        place = min(max(np.float32((x + 0.5) * cells / width - 0.5), np.float32(0)), last)
        left[x] = int(place)
        share[x] = place - left[x]
    for row in range(cells):
        for x in range(width):
            value = grid[row, left[x]]
            value += share[x] * (grid[row, left[x] + 1] - value)
            parts = np.int16(np.floor(value * PART + np.float32(0.5)))
            for k in range(3):
                rows[row, 3 * x + k] = parts
    return rows


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def add_rows(pixels: NDArray[np.uint8], rows: Rows) -> None:
    """Add rows of luma steps to a picture of any height, in place; linear between cell centres."""
    height, width, _ = pixels.shape
    cells = len(rows)
    last = cells - 1.0001
    half = np.int16(PART * PART // 2)
    for y in range(height):
        place = min(max((y + 0.5) * cells / height - 0.5, 0.0), last)
        row = int(place)
        down = np.int16((place - row) * PART)
        up = np.int16(PART - down)
        upper, lower = rows[row], rows[row + 1]
        out = pixels[y].reshape(-1)
        for i in range(3 * width):
            step = np.int16(np.int16(upper[i] * up) + np.int16(lower[i] * down))
            whole = np.int16(np.int16(step + half) >> 12)
            out[i] = np.uint8(min(max(np.int16(out[i] + whole), np.int16(0)), np.int16(255)))
