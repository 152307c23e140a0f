"""Text as people read it on a screen: Source Sans for Europe, strokes for a few letters beyond."""

import io
from functools import lru_cache
from importlib import resources

from PIL import Image, ImageDraw, ImageFont

from bonaface.errors import MarkError
from bonaface.marks.label.glyphs import GLYPHS, draw_glyph

CAPITAL = 0.66  # height of a capital, share of the font's size
GLYPH = 1.22  # side of a drawn letter, in capitals
SPACE = 0.1  # beside it, in capitals


def write(text: str, capital: float) -> Image.Image:
    """Write a line of `text`, capitals `capital` pixels high, as a mask ("L").

    The mask is two capitals high; the middle of the capitals is its middle. Raises MarkError for
    letters that cannot be drawn.
    """
    check(text)
    runs = list(_runs(text))
    widths = [_width(run, capital) for run in runs]
    mask = Image.new("L", (max(1, round(sum(widths))), max(1, round(2 * capital))))
    draw, left = ImageDraw.Draw(mask), 0.0
    for run, width in zip(runs, widths, strict=True):
        if run in GLYPHS:
            side = GLYPH * capital
            draw_glyph(draw, run, (left + SPACE * capital, capital - side / 2, side))
        else:
            draw.text((left, 1.5 * capital), run, 255, font(capital), "ls")
        left += width
    return mask


def measure(text: str, capital: float) -> float:
    """Answer how wide a line of `text` is, in pixels."""
    return sum(_width(run, capital) for run in _runs(text))


def check(text: str) -> None:
    """Raise MarkError for letters that cannot be drawn."""
    lost = [letter for letter in text if not (letter == " " or letter in GLYPHS or _has(letter))]
    if lost:
        said = "".join(dict.fromkeys(lost))
        raise MarkError(f"A label cannot draw {said!r}.", "Use a short text such as AI.")


@lru_cache(maxsize=16)
def font(capital: float) -> ImageFont.FreeTypeFont:
    """Answer the font whose capitals are `capital` pixels high."""
    name = resources.files("font_source_sans_pro") / "files" / "SourceSansPro-Semibold.ttf"
    size = max(1.0, capital / CAPITAL)
    layout = ImageFont.Layout.BASIC  # the same with and without the libraries of others
    return ImageFont.truetype(io.BytesIO(name.read_bytes()), size, layout_engine=layout)


@lru_cache(maxsize=256)
def _has(letter: str) -> bool:
    if not letter.isprintable():
        return False
    drawn, absent = (font(32.0).getmask(one) for one in (letter, "\uffff"))
    return (bytes(drawn), drawn.size) != (bytes(absent), absent.size)


def _runs(text: str) -> list[str]:
    runs: list[str] = []
    for letter in text:
        if letter in GLYPHS or not runs or runs[-1] in GLYPHS:
            runs.append(letter)
        else:
            runs[-1] += letter
    return runs


def _width(run: str, capital: float) -> float:
    return (GLYPH + 2 * SPACE) * capital if run in GLYPHS else font(capital).getlength(run)
