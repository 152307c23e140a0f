"""Pilots slid over maps: their agreement at all offsets near one, summed map by map.

Where few offsets are possible (crops, and pictures that fill most of a frame) this is several
times quicker than a transform: every pilot adds one small window of the maps to a sum.
"""

from typing import TypeAlias

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

PARTS = 2  # places between two samples, along each axis, that a pilot can lie at
# In 16 bits twice as much is added at once. A sum over all of a still's pilots stays within them,
# and rounding is noise of half a per cent.
USUAL, MOST = 4, 64

Planes: TypeAlias = NDArray[np.int16]  # (PARTS, PARTS, side, side, count)
Sums: TypeAlias = NDArray[np.int16]  # (rows, columns, count)


def lay_planes(maps: NDArray[np.float32]) -> Planes:
    """Answer maps (count, side, side) as planes, USUAL steps for their usual value."""
    side = maps.shape[1]
    planes = np.empty((PARTS, PARTS, side, side, len(maps)), np.int16)
    usual = float(np.linalg.norm(maps)) / maps.size**0.5
    sized = np.clip(maps * np.float32(USUAL / usual if usual > 0 else 0), -MOST, MOST)
    for down in range(PARTS):
        for right in range(PARTS):
            shift = np.array([[1, 0, right / PARTS], [0, 1, down / PARTS]], np.float32)
            way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            for i, one in enumerate(sized):
                moved = cv2.warpAffine(one, shift, (side, side), flags=way)
                planes[down, right, :, :, i] = np.rint(moved)
    return planes


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]
def slide(
    planes: Planes, across: NDArray[np.int32], down: NDArray[np.int32], signs: NDArray[np.int16],
    reach: tuple[int, int], edge: int,
) -> Sums:  # fmt: skip
    """Sum signed windows of the maps around pilots, offsets -reach to reach (across, down).

    `across` and `down` say where the pilots lie, in parts of a sample; what lies within `edge`
    samples of the rim, or beyond, counts as 0. Other threads run meanwhile.
    """
    side, count = planes.shape[2], planes.shape[4]
    rows, columns = 2 * reach[1] + 1, 2 * reach[0] + 1
    sums = np.zeros(rows * columns * count, np.int16)
    flat = planes.reshape(-1)
    for i in range(len(signs)):
        plane = (down[i] % PARTS * PARTS + across[i] % PARTS) * side
        top, left = down[i] // PARTS - reach[1], across[i] // PARTS - reach[0]
        first, last = max(0, edge - left), min(columns, side - edge - left)
        if last <= first:
            continue
        sign, length = signs[i], (last - first) * count
        for row in range(max(0, edge - top), min(rows, side - edge - top)):
            begin = ((plane + top + row) * side + left + first) * count
            source = flat[begin : begin + length]
            begin = (row * columns + first) * count
            target = sums[begin : begin + length]
            for k in range(len(target)):
                target[k] = np.int16(target[k] + np.int16(sign * source[k]))
    return sums.reshape(rows, columns, count)
