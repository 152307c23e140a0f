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
    opening = _open(upper, lower, size, margin)
    return opening if opening.cover.size else None


def blur(cover: Floats, reach: float) -> Floats:
    """Average over a square of about `reach` px to each side."""
    side = 2 * max(1, round(reach)) + 1
    blurred: Floats = cv2.blur(cover, (side, side), borderType=cv2.BORDER_CONSTANT)
    return blurred


@compiled
def _open(upper: Floats, lower: Floats, size: tuple[int, int], margin: int) -> Opening:
    outline = np.concatenate((upper, lower[::-1]))
    left, top, right, bottom = outline[0, 0], outline[0, 1], outline[0, 0], outline[0, 1]
    for i in range(outline.shape[0]):
        left, right = min(left, outline[i, 0]), max(right, outline[i, 0])
        top, bottom = min(top, outline[i, 1]), max(bottom, outline[i, 1])
    x, y = max(0, int(np.floor(left)) - margin), max(0, int(np.floor(top)) - margin)
    width = max(0, min(size[0], int(np.ceil(right)) + margin + 1) - x)
    height = max(0, min(size[1], int(np.ceil(bottom)) + margin + 1) - y)
    cover = np.zeros((height, width), np.float32)
    for i in range(outline.shape[0]):
        outline[i, 0] -= np.float32(x)
        outline[i, 1] -= np.float32(y)
    if cover.size > 0:
        fill(outline, cover)
    return Opening(x, y, cover, heights(upper, x, width), heights(lower, x, width))


@compiled
def heights(curve: Floats, left: int, width: int) -> Floats:
    """Where a curve (n, 2), from left to right, is in each of `width` columns from `left` on."""
    found = np.empty(width, np.float32)
    i, last = 0, curve.shape[0] - 1
    for column in range(width):
        x = np.float32(left + column)
        while i < last and curve[i + 1, 0] <= x:
            i += 1
        if i == last or x <= curve[i, 0]:
            found[column] = curve[i, 1]
        else:
            share = (x - curve[i, 0]) / (curve[i + 1, 0] - curve[i, 0])
            found[column] = curve[i, 1] + share * (curve[i + 1, 1] - curve[i, 1])
    return found


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
