"""The upper lid of an eye behind glasses, as a blink shows it.

Without glasses the skin above the eye unfolds over it. Behind them that skin is crossed by a rim
and by reflections, which would be pulled along, so the rim holds still and the lid is painted.
"""

import cv2
import numpy as np

from bonaface.avatar.likeness.ruler import Places
from bonaface.avatar.rig import Bytes, Floats

WIDE, HIGH = 96, 48  # texels
LASHES = 0.1  # of the lid's height that the roots of the lashes darken

DARKER = 0.88  # times as bright, as an upper lid is beside a lower one
UNEVEN = 0.85  # of the middle colour: what is darker is a brow, a rim or a lash

Rings = tuple[tuple[int, ...], ...]


def paint_lid(canvas: Bytes, landmarks: Places, lower: Rings) -> Floats:
    """(HIGH, WIDE, 4) premultiplied RGBA; rows from crease to edge, columns from outer to inner.

    It has the colour of the skin below the eye, within the `lower` lid's rings.
    """
    skin = DARKER * _sampled(canvas, landmarks, (lower[1], lower[2]), 0.4)
    y = np.linspace(0, 1, HIGH)[:, None]
    x = np.linspace(-1, 1, WIDE)[None]
    ball = 1.0 + 0.05 * np.exp(-(((y - 0.55) / 0.3) ** 2)) - 0.07 * x**2
    crease = 1 - 0.16 * np.exp(-(((y - 0.04) / 0.05) ** 2)) * (1 - 0.5 * x**2)
    roots = np.clip((y - (1 - 1.6 * LASHES)) / (1.2 * LASHES), 0, 1) ** 1.5
    colour = skin * (ball * crease * (1 - (0.72 - 0.1 * x**2) * roots))[..., None]
    ends = np.clip((1 - np.abs(x)) / 0.3, 0, 1)
    ends = ends * (2 - ends)
    alpha = (np.clip(y / 0.3, 0, 1) * ends)[..., None]
    return np.dstack([np.clip(colour, 0, 255) * alpha, alpha]).astype(np.float32)


def _sampled(canvas: Bytes, landmarks: Places, rings: Rings, share: float) -> Floats:
    """Skin colours (1, WIDE, 3) along a line between two rings around the eye."""
    first, second = (landmarks[list(ring), :2] for ring in rings)
    line = first + (second - first) * share
    at = np.linspace(0, len(line) - 1, WIDE)
    places = np.stack([np.interp(at, np.arange(len(line)), part) for part in line.T], 1)
    grid = places.astype(np.float32)[None]
    row = cv2.remap(canvas, grid[..., 0], grid[..., 1], cv2.INTER_LINEAR)
    calm = cv2.medianBlur(row.repeat(5, 0), 5)[2:3].astype(np.float32)
    middle = np.median(calm, axis=1, keepdims=True)
    calm = np.clip(calm, UNEVEN * middle, middle / UNEVEN)
    edge = cv2.BORDER_REPLICATE
    return np.asarray(cv2.GaussianBlur(calm, (0, 0), WIDE / 14, borderType=edge), np.float32)
