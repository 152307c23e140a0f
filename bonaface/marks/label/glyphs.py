"""Letters that the label's font lacks, drawn as strokes: enough for "AI生成" and "AI 생성".

A glyph is a list of polylines in a square of 100 by 100, y down, as tall as a capital and a little
more. Written in round strokes, as a brush pen would.
"""

from math import cos, pi, sin
from typing import Final, TypeAlias

from PIL import ImageDraw

Point: TypeAlias = tuple[float, float]
Strokes: TypeAlias = tuple[tuple[Point, ...], ...]

WEIGHT: Final = 9.5  # of a stroke


def _ring(x: float, y: float, radius: float) -> tuple[Point, ...]:
    """The round letter of Hangul."""
    turns = [2 * pi * i / 24 for i in range(25)]
    return tuple((x + radius * sin(turn), y + radius * cos(turn)) for turn in turns)


GLYPHS: Final[dict[str, Strokes]] = {
    "生": (
        ((30, 6), (24, 22), (12, 38)),
        ((24, 26), (86, 26)),
        ((20, 57), (82, 57)),
        ((53, 4), (53, 92)),
        ((8, 92), (94, 92)),
    ),
    "成": (
        ((20, 24), (90, 24)),
        ((20, 24), (20, 58), (15, 78), (6, 94)),
        ((20, 48), (45, 48), (44, 70), (40, 76), (31, 75)),
        ((54, 4), (57, 38), (66, 66), (78, 85), (90, 92), (93, 74)),
        ((80, 38), (68, 62), (44, 90)),
        ((70, 5), (81, 14)),
    ),
    "생": (
        ((30, 6), (24, 28), (8, 48)),
        ((30, 22), (46, 46)),
        ((62, 6), (62, 52)),
        ((84, 3), (84, 55)),
        ((62, 28), (84, 28)),
        _ring(58, 76, 19),
    ),
    "성": (
        ((32, 6), (26, 28), (8, 48)),
        ((32, 22), (48, 46)),
        ((56, 26), (82, 26)),
        ((82, 3), (82, 55)),
        _ring(56, 76, 19),
    ),
}


def draw_glyph(draw: ImageDraw.ImageDraw, letter: str, box: tuple[float, float, float]) -> None:
    """Draw a letter of GLYPHS in white; `box` is left, top and side, in pixels."""
    left, top, side = box
    radius = WEIGHT * side / 200
    for stroke in GLYPHS[letter]:
        points = [(left + x * side / 100, top + y * side / 100) for x, y in stroke]
        draw.line(points, "white", max(1, round(2 * radius)), "curve")
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), "white")
