"""Curves and strips as small pictures."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from bonaface.marks.label.lettering import font

Pixels = NDArray[np.uint8]
WIDE, HIGH, EDGE = 480, 170, 12  # px
INK, PALE = (45, 45, 45), (215, 215, 215)
COLOURS: Final = ((20, 90, 160), (200, 95, 20))  # told apart by all who see colours differently
LETTERS: Final = 9.0  # px, height of a capital
CROP: Final = (76, 57)  # px, of one mouth in a strip
AT_ONCE: Final = 6  # mouths in a strip


def draw_curves(
    curves: Sequence[NDArray[np.floating]], names: Sequence[str], ends: tuple[str, str]
) -> Pixels:
    """Draw one or two curves over each other; `ends` are written under the axis."""
    sheet = Image.new("RGB", (WIDE, HIGH), "white")
    pen = ImageDraw.Draw(sheet)
    pen.line([(EDGE, HIGH - 26), (WIDE - EDGE, HIGH - 26)], PALE, 1)
    pen.text((EDGE, HIGH - 8), ends[0], INK, font(LETTERS), "ls")
    pen.text((WIDE - EDGE, HIGH - 8), ends[1], INK, font(LETTERS), "rs")
    left = EDGE
    for curve, name, colour in zip(curves, names, COLOURS, strict=False):
        pen.line([(left, 16), (left + 18, 16)], colour, 3)
        pen.text((left + 24, 21), name, INK, font(LETTERS), "ls")
        left += 40 + round(pen.textlength(name, font(LETTERS)))
        pen.line(_place(curve), colour, 2, joint="curve")
    return np.asarray(sheet, np.uint8).copy()


def _place(curve: NDArray[np.floating]) -> list[tuple[float, float]]:
    low, high = np.percentile(curve, (0.5, 99.5))
    share = np.clip((curve - low) / max(float(high - low), 1e-9), -0.05, 1.05)
    across = np.linspace(EDGE, WIDE - EDGE, len(curve))
    down = HIGH - 32 - share * (HIGH - 68)
    return list(zip(across.tolist(), down.tolist(), strict=True))


def cut_mouth(pixels: Pixels, place: tuple[float, float, float]) -> Pixels:
    """Cut the mouth at (x, y, half width) out of a picture, CROP large."""
    x, y, half = place
    high = half * CROP[1] / CROP[0]
    left, top = max(0, int(x - half)), max(0, int(y - high))
    cut = pixels[top : int(y + high) + 1, left : int(x + half) + 1]
    if not cut.size:
        return np.zeros((CROP[1], CROP[0], 3), np.uint8)
    return np.asarray(cv2.resize(cut, CROP, interpolation=cv2.INTER_AREA), np.uint8)


def draw_strip(crops: Sequence[Pixels], times: Sequence[str]) -> Pixels:
    """Lay crops beside each other, each with its time."""
    sheet = Image.new("RGB", (len(crops) * (CROP[0] + 4), CROP[1] + 20), "white")
    pen = ImageDraw.Draw(sheet)
    for n, (crop, time) in enumerate(zip(crops, times, strict=True)):
        sheet.paste(Image.fromarray(crop), (n * (CROP[0] + 4) + 2, 0))
        middle = n * (CROP[0] + 4) + 2 + CROP[0] // 2
        pen.text((middle, CROP[1] + 15), time, INK, font(LETTERS), "ms")
    return np.asarray(sheet, np.uint8).copy()
