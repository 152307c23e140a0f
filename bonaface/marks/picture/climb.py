"""A climb from a place near a grid to the best one: the reader's fine fit, as one kernel.

A place is four corners, (x, y) in shares of the picture: top left, then clockwise.
"""

from typing import TypeAlias

import numba
import numpy as np
from numpy.typing import NDArray

Corners: TypeAlias = NDArray[np.float64]  # (4, 2)
Cells: TypeAlias = NDArray[np.float32]  # (count, 2): x and y of pilots, in shares of the sheet


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def agree(
    padded: NDArray[np.float32], cells: Cells, signs: NDArray[np.float32],
    kinds: NDArray[np.int32], corners: Corners,
) -> float:  # fmt: skip
    """Answer z of pilots at a place: their agreement by the root of the sum of squares.

    `padded` (kinds, side + 2, side + 2) has a rim of zeros: a map is linear between samples and 0
    beyond them. `kinds` says in which map each pilot lies.
    """
    side = np.float32(padded.shape[1] - 2)
    # The projection of the unit square (Heckbert, Fundamentals of Texture Mapping, 1989, 2.2.3).
    x, y = corners[:, 0], corners[:, 1]
    one, two, bend = x[1] - x[2], x[3] - x[2], x[0] - x[1] + x[2] - x[3]
    three, four, twist = y[1] - y[2], y[3] - y[2], y[0] - y[1] + y[2] - y[3]
    area = one * four - two * three
    if area == 0:
        return 0.0
    tilt, lean = (bend * four - two * twist) / area, (one * twist - bend * three) / area
    g, h = np.float32(tilt), np.float32(lean)
    a, b = np.float32(x[1] - x[0] + tilt * x[1]), np.float32(x[3] - x[0] + lean * x[3])
    d, e = np.float32(y[1] - y[0] + tilt * y[1]), np.float32(y[3] - y[0] + lean * y[3])
    c, f, unit = np.float32(x[0]), np.float32(y[0]), np.float32(1)
    agreement, power = np.float32(0), np.float32(0)
    for i in range(len(signs)):
        u, v = cells[i, 0], cells[i, 1]
        scale = side / (g * u + h * v + unit)
        right = (a * u + b * v + c) * scale + unit
        low = (d * u + e * v + f) * scale + unit
        if not (0 < right < side + unit and 0 < low < side + unit):
            continue
        left, top = np.int32(right), np.int32(low)
        right -= np.float32(left)
        low -= np.float32(top)
        rows = padded[kinds[i]]
        upper = rows[top, left] + right * (rows[top, left + 1] - rows[top, left])
        lower = rows[top + 1, left] + right * (rows[top + 1, left + 1] - rows[top + 1, left])
        value = upper + low * (lower - upper)
        agreement += value * signs[i]
        power += value * value
    return agreement / np.sqrt(power) if power > 0 else 0.0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def climb(
    padded: NDArray[np.float32], pilots: tuple[Cells, NDArray[np.float32], NDArray[np.int32]],
    start: Corners, moves: NDArray[np.float64], steps: NDArray[np.float64], passes: int,
) -> tuple[float, Corners]:  # fmt: skip
    """Take each of `moves` (count, 4, 2), forth or back, that agrees better, by smaller steps.

    `steps` (count, 2) are sizes, each with the z below which the climb ends after it.
    """
    cells, signs, kinds = pilots
    best = start.copy()
    z = agree(padded, cells, signs, kinds, best)
    for size, least in steps:
        for _ in range(passes):
            before = z
            for move in moves:
                here = best
                for way in (size, -size):
                    near = here + way * move
                    said = agree(padded, cells, signs, kinds, near)
                    if said > z:
                        z, best = said, near
            if z == before:
                break
        if z < least:
            break
    return z, best
