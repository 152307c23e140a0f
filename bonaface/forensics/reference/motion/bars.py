"""How far parts of a face go, as enrolled and as seen, in a small picture."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from bonaface.core import Exhibit
from bonaface.forensics.lipsync.curves import COLOURS, INK, LETTERS, Pixels
from bonaface.forensics.reference.motion.moving import LEAST, TRAITS
from bonaface.forensics.reference.motion.steady import Floats
from bonaface.marks.label.lettering import font

ROWS: Final = (
    ("head, side to side", ("yaw",)),
    ("head, up and down", ("pitch",)),
    ("head, tilting", ("roll",)),
    ("mouth, opening", ("opening",)),
    ("mouth, widening", ("width",)),
    ("jaw", ("jaw",)),
    ("brows", ("brow right", "brow left")),
    ("lids", ("lid right", "lid left")),
)
WIDE, TOP, ROW = 480, 28, 26  # px
LEFT, LONGEST = 150, 310  # px, where bars begin, and how long the longer of two is
HIGH: Final = 9  # px of a bar
NAMES: Final = ("enrolled", "here")


def draw_bars(enrolled: Floats, seen: Floats) -> Exhibit:
    """Draw two descriptions (19,); bars of one row are to scale with each other only."""
    sheet = Image.new("RGB", (WIDE, TOP + ROW * len(ROWS)), "white")
    pen = ImageDraw.Draw(sheet)
    left = LEFT
    for name, colour in zip(NAMES, COLOURS, strict=True):
        pen.rectangle((left, 9, left + 18, 16), colour)
        pen.text((left + 24, 17), name, INK, font(LETTERS), "ls")
        left += 40 + round(pen.textlength(name, font(LETTERS)))
    for n, (title, traits) in enumerate(ROWS):
        y = TOP + ROW * n
        pen.text((LEFT - 8, y + 14), title, INK, font(LETTERS), "rs")
        far = [_reach(one, traits) for one in (enrolled, seen)]
        for k, (length, colour) in enumerate(zip(far, COLOURS, strict=True)):
            end = LEFT + round(LONGEST * length / max(*far, 1e-9))
            pen.rectangle((LEFT, y + k * (HIGH + 1), end, y + k * (HIGH + 1) + HIGH - 1), colour)
    pixels: Pixels = np.asarray(sheet, np.uint8).copy()
    words = "How far parts of the face go: as enrolled, and here. Each row has a scale of its own."
    return Exhibit(pixels, words)


def _reach(features: Floats, traits: tuple[str, ...]) -> float:
    places = [TRAITS.index(name) for name in traits]
    return max(0.0, float(np.exp(features[places]).mean()) - LEAST)
