"""The kernels of the search for hidden picture marks, beside plain arithmetic."""

import numpy as np
import pytest

from bonaface.marks.picture.geometry import Place, measure_pilots, sample_cells
from bonaface.marks.picture.slide import PARTS, USUAL, lay_planes, slide

SIDE, COUNT, REACH, EDGE = 20, 3, (3, 2), 2


def test_sliding_sums_what_lies_within_the_edge() -> None:
    draw = np.random.default_rng(3)
    planes = lay_planes(draw.normal(size=(COUNT, SIDE, SIDE)).astype(np.float32))
    across, down = draw.integers(-4 * PARTS, (SIDE + 4) * PARTS, (2, 50)).astype(np.int32)
    signs = draw.choice([-1, 1], 50).astype(np.int16)
    wanted = np.zeros((2 * REACH[1] + 1, 2 * REACH[0] + 1, COUNT), int)
    for x, y, sign in zip(across.tolist(), down.tolist(), signs.tolist(), strict=True):
        for i, j in np.ndindex(wanted.shape[:2]):
            row, column = y // PARTS + i - REACH[1], x // PARTS + j - REACH[0]
            if EDGE <= row < SIDE - EDGE and EDGE <= column < SIDE - EDGE:
                wanted[i, j] += sign * planes[y % PARTS, x % PARTS, row, column]
    assert np.array_equal(slide(planes, across, down, signs, REACH, EDGE), wanted)


@pytest.mark.parametrize("loud", [1e-3, 1.0, 1e4])
def test_planes_are_as_loud_whatever_the_maps_were(loud: float) -> None:
    maps = loud * np.random.default_rng(4).normal(size=(COUNT, SIDE, SIDE)).astype(np.float32)
    whole = lay_planes(maps)[0, 0].astype(float)
    assert np.sqrt(np.square(whole).mean()) == pytest.approx(USUAL, rel=0.05)


def test_planes_of_silence_are_silent() -> None:
    assert not lay_planes(np.zeros((COUNT, SIDE, SIDE), np.float32)).any()


def test_pilots_are_measured_where_cells_are_sampled() -> None:
    draw = np.random.default_rng(5)
    one = draw.normal(size=(64, 64)).astype(np.float32)
    signs = draw.choice([-1, 0, 1], 12 * 12).astype(np.float32)
    place = Place(((-0.06, 0.02), (1.1, -0.05), (1.04, 1.02), (0.03, 0.97)))
    signed = sample_cells(one, place, 12) * signs
    wanted = signed.sum() / np.linalg.norm(signed)
    assert measure_pilots(one[None], place, signs[None]) == pytest.approx(wanted, abs=0.1)
