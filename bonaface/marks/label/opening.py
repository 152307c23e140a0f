"""The opening card of a recording: for its first two seconds a sentence says that AI made it.

A band over the lowest fifth, below the mouth, so that no time is lost and no lips are hidden. It is
laid over marked pictures; the hidden mark goes on in the rest of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from bonaface.core import SECOND, Picture, Time
from bonaface.marks.label.lettering import measure, write
from bonaface.marks.label.stamp import INK, Stamp, cut_stamp
from bonaface.marks.label.wording import ENGLISH
from bonaface.marks.marked import MarkedPicture, require_marked, seal_picture

SHOWN: Time = 2 * SECOND  # in full: the shortest that GB 45438-2025 takes
FADE: Time = 2 * SECOND // 5  # after it
BAND = 0.2  # of the height
PAPER = (12, 14, 18, 214)  # RGBA
LETTER = 0.04  # height of a capital, share of the short side
ROOM = 0.88  # of the width, for the text
LINE = 2.1  # capitals from line to line
SMALLEST = 5  # pixels of a capital


class Opening:
    """A stage, MarkedPicture to MarkedPicture: shows the card from the first picture on."""

    def __init__(self, sentence: str = ENGLISH.video) -> None:
        self._sentence = sentence
        self._begun: Time | None = None

    def push(self, item: MarkedPicture) -> Iterable[MarkedPicture]:
        """Lay the card over a picture while it is due."""
        require_marked(item)
        self._begun = item.at if self._begun is None else self._begun
        left = SHOWN + FADE - (item.at - self._begun)
        if left <= 0:
            return (item,)
        pixels = np.array(item.pixels, order="C")
        card = draw_opening(self._sentence, *pixels.shape[:2])
        card.fade(min(1.0, left / FADE)).press(pixels)
        return (seal_picture(Picture(item.at, pixels), item.mark_id),)

    def flush(self) -> Iterable[MarkedPicture]:
        """Nothing is held back."""
        return ()

    def reset(self) -> None:
        """The next picture is the first of a recording."""
        self._begun = None


@dataclass(frozen=True, slots=True)
class _Lines:
    """A sentence broken into lines, as large as fits."""

    texts: tuple[str, ...]
    capital: float  # px


@lru_cache(maxsize=8)
def draw_opening(sentence: str, height: int, width: int) -> Stamp:
    """Draw the card for frames of `height` x `width` pixels. Raises MarkError for odd letters."""
    high = max(1, round(BAND * height))
    band = Image.new("RGBA", (width, high), PAPER)
    lines = _fit(sentence, width, high, LETTER * min(height, width))
    step = LINE * lines.capital
    top = (high - step * len(lines.texts)) / 2
    for i, text in enumerate(lines.texts):
        mask = write(text, lines.capital)
        place = (round((width - mask.width) / 2), round(top + step * (i + 0.5) - mask.height / 2))
        band.paste(INK, place, mask)
    return cut_stamp(band, height - high, 0)


def _fit(sentence: str, width: int, high: int, capital: float) -> _Lines:
    """Break at words, and shrink until all lines have room."""
    while True:
        texts = _break(sentence, ROOM * width, capital)
        wide = max(measure(text, capital) for text in texts)
        fits = LINE * capital * len(texts) <= high and wide <= ROOM * width
        if fits or capital <= SMALLEST:
            return _Lines(texts, capital)
        capital = max(SMALLEST, 0.92 * capital)


def _break(sentence: str, room: float, capital: float) -> tuple[str, ...]:
    lines = [""]
    for each in sentence.split():
        longer = f"{lines[-1]} {each}".strip()
        if lines[-1] and measure(longer, capital) > room:
            lines.append(each)
        else:
            lines[-1] = longer
    return tuple(lines)
