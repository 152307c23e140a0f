"""The openings of a face: two curves that meet, and how much of each pixel they leave open."""

from typing import NamedTuple

import cv2
import numpy as np

from bonaface.avatar.render.compiled import compiled
from bonaface.avatar.rig import Floats

LINES = 16  # scanlines to a pixel
MARGIN = 2  # px around an opening


class Opening(NamedTuple):
    """An opening in the picture, with the pixels around it."""

    left: int
    top: int
    cover: Floats  # (height, width) 0 closed to 1 open
    high: Floats  # (width,) px of the picture: where each column opens
    low: Floats  # (width,) and where it ends; above `high` where the curves crossed


def smooth_curve(count: int, samples: int) -> Floats:
    """The matrix (samples, count) that draws a Catmull-Rom curve through `count` points."""
    matrix = np.zeros((samples, count), np.float32)
    for row, at in zip(matrix, np.linspace(0, count - 1, samples), strict=True):
        first = min(int(at), count - 2)
        t = at - first
        weights = (
            -0.5 * t + t**2 - 0.5 * t**3,
            1 - 2.5 * t**2 + 1.5 * t**3,
            0.5 * t + 2 * t**2 - 1.5 * t**3,
            -0.5 * t**2 + 0.5 * t**3,
        )
        for near, weight in enumerate(weights, first - 1):
            row[min(max(near, 0), count - 1)] += weight
    return matrix


def open_between(
    upper: Floats, lower: Floats, size: tuple[int, int], margin: int = MARGIN
) -> Opening | None:
    """The opening between two curves (n, 2) px, both from left to right.

    None where nothing of it lies in a picture of `size` (width, height).
    """
    both = np.concatenate([upper, lower[::-1]])
    low, high = both.min(0), both.max(0)
    left, top = (max(0, int(np.floor(edge)) - margin) for edge in low)
    right, bottom = (
        min(side, int(np.ceil(edge)) + margin + 1) for edge, side in zip(high, size, strict=True)
    )
    if left >= right or top >= bottom:
        return None
    cover = np.zeros((bottom - top, right - left), np.float32)
    fill(both - np.array([left, top], np.float32), cover)
    columns = np.arange(left, right, dtype=np.float32)
    return Opening(left, top, cover, _heights(columns, upper), _heights(columns, lower))


def _heights(columns: Floats, curve: Floats) -> Floats:
    heights: Floats = np.interp(columns, curve[:, 0], curve[:, 1]).astype(np.float32)
    return heights


def blur(cover: Floats, reach: float) -> Floats:
    """Average over a square of about `reach` px to each side."""
    side = 2 * max(1, round(reach)) + 1
    blurred: Floats = cv2.blur(cover, (side, side), borderType=cv2.BORDER_CONSTANT)
    return blurred


@compiled
def fill(outline: Floats, cover: Floats) -> None:
    """Add up how much of each pixel lies inside an outline (n, 2), clockwise on the screen.

    `cover` (height, width) comes in as zeros. Where the outline runs the other way round nothing
    is covered: lips or lids that cross are closed. Horizontally exact, vertically to 1 / LINES.
    """
    height, width = cover.shape
    count = outline.shape[0]
    for i in range(count):
        x0, y0 = outline[i, 0], outline[i, 1]
        x1, y1 = outline[(i + 1) % count, 0], outline[(i + 1) % count, 1]
        share = 1.0 / LINES
        if y0 > y1:
            x0, y0, x1, y1, share = x1, y1, x0, y0, -share
        slope = (x1 - x0) / (y1 - y0) if y1 > y0 else 0.0
        # Line k lies at (k + 0.5) / LINES - 0.5: a pixel reaches half a pixel around its centre.
        first = max(0, int(np.ceil((y0 + 0.5) * LINES - 0.5)))
        last = min(height * LINES, int(np.ceil((y1 + 0.5) * LINES - 0.5)))
        for k in range(first, last):
            x = x0 + ((k + 0.5) / LINES - 0.5 - y0) * slope + 0.5
            x = min(max(x, 0.0), width - 0.001)
            column = int(x)
            part = share * (x - column)
            cover[k // LINES, column] -= share - part
            if column + 1 < width:
                cover[k // LINES, column + 1] -= part
    for y in range(height):
        total = np.float32(0)
        for x in range(width):
            total += cover[y, x]
            cover[y, x] = min(max(total, 0), 1)
