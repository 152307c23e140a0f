import numpy as np
import pytest

from bonaface.core import SECOND, Picture, over
from bonaface.errors import MarkError, Unmarked
from bonaface.marks.label.opening import BAND, FADE, SHOWN, Opening, draw_opening
from bonaface.marks.marked import MarkedPicture
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.picture.reader import read_picture_mark

MARK_ID = 0x0123456789ABCDEF


def film(seconds: float, first: float = 0.0) -> list[MarkedPicture]:
    draw = np.random.default_rng(1)
    scene = draw.integers(90, 160, (256, 256, 3)).astype(np.uint8)
    times = [round((first + i / 25) * SECOND) for i in range(int(seconds * 25))]
    return list(over(PictureMark(MARK_ID), [Picture(at, scene.copy()) for at in times]))


def test_it_covers_the_lowest_fifth_for_two_seconds_and_nothing_else() -> None:
    marked = film(3, first=7)
    opened = list(over(Opening(), marked))
    edge = round(256 * (1 - BAND))
    for before, after in zip(marked, opened, strict=True):
        assert after.at == before.at
        assert np.array_equal(after.pixels[:edge], before.pixels[:edge])
        shown = after.at - marked[0].at
        dark = float(after.pixels[edge:].mean()) < 0.6 * float(before.pixels[edge:].mean())
        if shown <= SHOWN:
            assert dark
        if shown >= SHOWN + FADE:
            assert after is before


def test_the_hidden_mark_is_read_below_it() -> None:
    opened = [item.picture for item in over(Opening(), film(3))]
    assert read_picture_mark(opened).mark_id == MARK_ID


def test_a_reset_begins_anew() -> None:
    stage, marked = Opening(), film(3)
    list(over(stage, marked))
    stage.reset()
    (again,) = stage.push(marked[-1])
    assert again is not marked[-1]


def test_nothing_unmarked_passes() -> None:
    with pytest.raises(Unmarked):
        list(Opening().push(Picture(0, np.zeros((64, 64, 3), np.uint8))))  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(16, 16), (64, 48), (128, 128), (1280, 720), (720, 1280)])
def test_it_fits_any_frame(size: tuple[int, int]) -> None:
    card = draw_opening("A sentence that is longer than most of those that are shown here.", *size)
    assert card.top + card.keep.shape[0] == size[0]
    assert card.keep.shape[1] == size[1]


def test_letters_end_before_the_edges() -> None:
    card = draw_opening("This video was made with AI.", 512, 512)
    ink = np.argwhere(card.keep[..., 0] == 0)
    assert len(ink)
    high, wide = card.keep.shape[:2]
    assert ink.min() > 0
    assert ink[:, 0].max() < high - 1
    assert ink[:, 1].max() < wide - 1


def test_letters_nobody_can_draw_are_refused() -> None:
    with pytest.raises(MarkError):
        draw_opening("人工智能", 512, 512)
