"""What is shown when the face may no longer be: a quiet card that says so."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bonaface.core import frozen

PAPER, INK = (32, 35, 41), (214, 218, 226)
LETTER = 0.042  # height of the letters, share of the short side


@lru_cache(maxsize=8)
def draw_card(text: str, width: int, height: int) -> NDArray[np.uint8]:
    """Draw `text` in the middle of an even ground: (height, width, 3) RGB, read-only."""
    card = Image.new("RGB", (width, height), PAPER)
    font = ImageFont.load_default(max(10, LETTER * min(width, height)))
    draw = ImageDraw.Draw(card)
    lines = "\n".join(_wrap(text, font, 0.8 * width))
    middle = (width / 2, height / 2)
    draw.multiline_text(middle, lines, INK, font, "mm", spacing=8, align="center")
    pixels: NDArray[np.uint8] = np.array(card)
    frozen(pixels)
    return pixels


def _wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: float) -> list[str]:
    lines: list[str] = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) > room and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
