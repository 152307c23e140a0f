import numpy as np
import pytest

from bonaface.errors import MarkError
from bonaface.marks.label.stamp import draw_label

SIZES = [(16, 16), (64, 64), (256, 256), (512, 512), (720, 1280), (1280, 720)]
SIZES += [(100, 4000), (4000, 100), (2160, 3840)]


def luminance(level: float) -> float:
    """WCAG 2.2 relative luminance of a grey."""
    share = level / 255
    return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("level", [0, 60, 128, 200, 255])
def test_it_can_be_read_on_any_background(size: tuple[int, int], level: int) -> None:
    pixels = np.full((*size, 3), level, np.uint8)
    stamp = draw_label("AI", *size)
    stamp.press(pixels)
    height, width = stamp.keep.shape[:2]
    inside = pixels[stamp.top : stamp.top + height, stamp.left : stamp.left + width].mean(-1)
    middle = inside[height // 4 : height - height // 4, width // 4 : width - width // 4]
    letters, pill = float(middle.max()), float(np.percentile(middle, 25))
    contrast = (luminance(letters) + 0.05) / (luminance(pill) + 0.05)
    assert contrast >= (4.5 if min(size) >= 64 else 2), (letters, pill)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", ["AI", "AI-generated", "W" * 32])
def test_it_stays_inside_the_frame(size: tuple[int, int], text: str) -> None:
    pixels = np.full((*size, 3), 128, np.uint8)
    stamp = draw_label(text, *size)
    height, width = stamp.keep.shape[:2]
    assert stamp.top >= 0
    assert stamp.left >= 0
    assert stamp.top + height <= size[0]
    assert stamp.left + width <= size[1]
    stamp.press(pixels)
    assert np.any(pixels != 128)
    outside = np.ones(size, bool)
    outside[stamp.top : stamp.top + height, stamp.left : stamp.left + width] = False
    assert np.all(pixels[outside] == 128)


@pytest.mark.parametrize("side", [256, 512, 720, 1080])
def test_it_keeps_away_from_the_face(side: int) -> None:
    stamp = draw_label("AI", side, side)
    assert stamp.top + stamp.keep.shape[0] <= 0.15 * side
    assert stamp.left >= 0.75 * side


@pytest.mark.parametrize("side", [256, 512, 1080])
def test_letters_are_a_twentieth_of_the_short_side(side: int) -> None:
    pixels = np.zeros((side, 2 * side, 3), np.uint8)
    draw_label("I", side, 2 * side).press(pixels)
    rows = np.flatnonzero((pixels.min(-1) > 160).any(1))
    assert len(rows) >= 0.045 * side
    assert len(rows) <= 0.06 * side


@pytest.mark.parametrize("text", ["", "  ", "x" * 33, "人工智能", "AI\n", "AI\u200b"])
def test_a_label_nobody_could_read_is_refused(text: str) -> None:
    with pytest.raises(MarkError):
        draw_label(text, 512, 512)
