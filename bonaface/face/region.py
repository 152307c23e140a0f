"""A square, turned piece of a picture: what a model looks at."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Region:
    """A square of `side` px about (x, y), turned clockwise by `angle` rad."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    def matrix(self, size: int) -> NDArray[np.float64]:
        """(2, 3) from pixels of the region, cut at `size` px, to pixels of the picture."""
        k = self.side / size
        c, s = k * np.cos(self.angle), k * np.sin(self.angle)
        half = (size - 1) / 2  # pixel centres lie on whole numbers
        return np.array(
            [[c, -s, self.x - half * (c - s)], [s, c, self.y - half * (s + c)]], np.float64
        )

    def place(self, points: Floats, size: int) -> Floats:
        """Points (n, 3) in pixels of the cut, as pixels of the picture; z is scaled alike."""
        m = self.matrix(size)
        out = np.empty_like(points)
        out[:, :2] = points[:, :2] @ m[:, :2].T + m[:, 2]
        out[:, 2] = points[:, 2] * (self.side / size)
        return out

    def cut(self, pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
        """The region at `size` x `size` px; what lies outside of the picture repeats its border."""
        m = self.matrix(size)
        shrink = min(int(self.side / size), *pixels.shape[:2])
        if shrink > 1:  # sampling alone would skip pixels, so average them first
            pixels, m = _shrunk(pixels, m, size, shrink)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut: NDArray[np.uint8] = cv2.warpAffine(
            pixels, m, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return cut


def _shrunk(
    pixels: NDArray[np.uint8], matrix: NDArray[np.float64], size: int, shrink: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """What the region needs of the picture, averaged over `shrink` x `shrink` px."""
    corners = np.array([[0, 0, 1], [size, 0, 1], [0, size, 1], [size, size, 1]]) @ matrix.T
    limit = np.array(pixels.shape[1::-1]) // shrink
    low = np.clip(corners.min(0) // shrink - 2, 0, limit - 1).astype(int)
    high = np.clip(corners.max(0) // shrink + 3, low + 1, limit).astype(int)
    (left, top), (right, bottom) = low * shrink, high * shrink
    width, height = (int(side) for side in high - low)
    small: NDArray[np.uint8] = cv2.resize(
        pixels[top:bottom, left:right], (width, height), interpolation=cv2.INTER_AREA
    )
    moved = (matrix - [[0, 0, left], [0, 0, top]]) / shrink
    moved[:, 2] += (1 / shrink - 1) / 2  # centres of averaged pixels
    return small, moved


def around(points: Floats, angle: float, grow: float) -> Region:
    """The smallest upright-in-`angle` square about points (n, 2 or 3) px, grown by `grow`."""
    c, s = np.cos(angle), np.sin(angle)
    turned = points[:, :2] @ np.array([[c, -s], [s, c]])
    low, high = turned.min(0), turned.max(0)
    x, y = np.array([[c, -s], [s, c]]) @ ((low + high) / 2)
    return Region(float(x), float(y), float((high - low).max()) * grow, angle)
