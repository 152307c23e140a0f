"""Teeth and tongue, drawn: what a photo with closed lips does not show.

Sizes are the means of Ash and Nelson, Wheeler's Dental Anatomy. Textures are premultiplied RGBA
over x -26..26 mm and y -14..14 mm; the biting edge lies at y = 0.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from bonaface.avatar.likeness.ruler import Places
from bonaface.avatar.rig import Floats

HALF_WIDE, HALF_HIGH = 26, 14  # mm
FINE = 3  # samples a texel, each way
GUM = np.array([176.0, 96.0, 98.0]) / 225
GAP = np.array([112.0, 74.0, 66.0]) / 225  # neighbours touch: a shadow, no hole


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of teeth, from the middle outwards, mm."""

    widths: tuple[float, ...]
    lengths: tuple[float, ...]
    edges: tuple[float, ...]  # how far each biting edge stays back
    radius: float  # of the arch


UPPER = _Row(
    (8.4, 6.6, 7.6, 7.0, 6.8, 9.5), (9.8, 8.6, 9.6, 8.2, 7.6, 7), (0, 0.7, 0.15, 0.9, 1.3, 1.6), 25
)
LOWER = _Row(
    (5.3, 5.8, 6.8, 7.0, 7.0, 10), (8.2, 8.6, 9.2, 8.0, 7.5, 7), (0, 0.1, 0.2, 0.7, 1.2, 1.6), 23
)


def _grid(scale: float, fine: int) -> tuple[Places, Places]:
    wide, high = round(2 * HALF_WIDE * scale) * fine, round(2 * HALF_HIGH * scale) * fine
    y, x = np.mgrid[0:high, 0:wide]
    return x / (scale * fine) - HALF_WIDE, y / (scale * fine) - HALF_HIGH


def draw_teeth(scale: float, tone: Places, *, upper: bool) -> Floats:
    """(28 * scale, 52 * scale, 4) in the colour `tone` (3,) of a tooth in full light."""
    row = UPPER if upper else LOWER
    x, y = _grid(scale, FINE)
    up = -y if upper else y  # from the biting edge to the gum
    turn = np.arcsin(np.clip(x / row.radius, -0.999, 0.999))
    shade, tooth = _teeth(row, row.radius * turn, up)
    far = np.clip(np.cos(turn), 0, 1)
    light = np.clip(shade * far**1.2, 0.02, 1)[..., None]
    enamel = tone * light ** np.array([1.0, 1.10, 1.22])
    bright = tone.mean()
    gum = (up > 6) & (up < 13) & ~tooth
    gap = (up > 0.8) & (up < 7) & ~tooth & (np.abs(x) < row.radius * 0.95)
    colour = np.where(tooth[..., None], enamel, GAP * bright * far[..., None])
    colour = np.where(gum[..., None], GUM * bright * (0.75 * far)[..., None], colour)
    alpha = np.where(tooth | gum, 1.0, np.where(gap, 0.9, 0.0))[..., None]
    return _shrunk(np.dstack([colour * alpha, alpha]))


def _teeth(
    row: _Row, arc: Places, up: Places
) -> tuple[Places, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Light on each tooth and where teeth are; `arc` is mm along the row from the middle."""
    shade, tooth = np.zeros_like(arc), np.zeros(arc.shape, bool)
    start = 0.0
    for k, (wide, long, edge) in enumerate(zip(row.widths, row.lengths, row.edges, strict=True)):
        across = (np.abs(arc) - start - wide / 2) / (wide / 2 - 0.03)
        start += wide
        above = up - edge
        corner = 1.76 * np.maximum(0, np.abs(across) - 0.45) ** 2
        inside = (
            (np.abs(across) < 1) & (above > corner) & (above < long - 1.6 * np.abs(across) ** 2.4)
        )
        round_tooth = 1 - 0.22 * np.abs(across) ** 3 - 0.06 * across * np.sign(arc)
        neck = np.clip((above - long * 0.65) / (long * 0.35), 0, 1)
        level = 0.90 + 0.10 * np.clip(above / 3, 0, 1) - 0.16 * neck - 0.02 * k
        shade = np.where(inside, round_tooth * level, shade)
        tooth |= inside
    return shade, tooth


def draw_tongue(scale: float, light: float) -> Floats:
    """(28 * scale, 52 * scale, 4); `light` 1 is a well lit face."""
    x, y = _grid(scale, 1)
    away = np.sqrt((x / 15.5) ** 2 + ((y - 9) / 10.5) ** 2)
    alpha = np.clip((1 - away) / 0.1, 0, 1)
    groove = 0.1 * np.exp(-((x / 1.6) ** 2)) * np.clip((y + 1) / 4, 0, 1)
    shade = np.clip(1.02 - 0.55 * away**2 - groove, 0.2, 1)
    colour = np.array([178.0, 84.0, 88.0]) * light
    return np.dstack([colour * (shade * alpha)[..., None], alpha]).astype(np.float32)


def _shrunk(big: Places) -> Floats:
    size = (big.shape[1] // FINE, big.shape[0] // FINE)
    return np.asarray(cv2.resize(big, size, interpolation=cv2.INTER_AREA), np.float32)
