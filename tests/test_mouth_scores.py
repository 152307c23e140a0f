"""The judge of lips is judged: what it says of mouths whose differences are known."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

BENCH = Path(__file__).parent.parent / "bench" / "mouth_scores.py"
RATE = 25
TIMES = np.arange(150) / RATE


@pytest.fixture(scope="module")
def scores() -> Any:
    spec = importlib.util.spec_from_file_location("mouth_scores", BENCH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["mouth_scores"] = module
    spec.loader.exec_module(module)
    return module


def wave(late: float = 0.0) -> NDArray[np.float64]:
    """An opening that closes about twice a second, `late` s late."""
    at = TIMES - late
    return 0.1 * np.maximum(
        0, np.sin(2 * np.pi * 2.1 * at) + 0.3 * np.sin(2 * np.pi * 0.7 * at) + 0.4
    )


def face(shift: float = 0.0, turned: float = 0.0) -> NDArray[np.float64]:
    """The same random face in every picture; `shift` moves the mouth by a share of the eyes."""
    points = np.random.default_rng(0).uniform(100, 300, (478, 2))
    points[468], points[473] = (150, 150), (250, 150)
    points[[13, 14]] += (0, 100 * shift)
    turn = np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]])
    return np.repeat((points @ turn)[None], len(TIMES), 0)


def mouth(module: Any, opening: NDArray[np.float64], points: NDArray[np.float64]) -> Any:
    return module.Mouth(TIMES, opening, points)


def test_the_same_mouth_is_the_same(scores: Any) -> None:
    one = mouth(scores, wave(), face())
    found = scores.score(one, one)
    assert found.r == pytest.approx(1)
    assert found.m_lmd == pytest.approx(0, abs=1e-9)
    assert (found.offset_ms, found.mtm_ms) == (0, 0)
    assert (found.closures, found.closures_true) == (1, 1)
    assert found.filmed >= 8


@pytest.mark.parametrize("late", [-0.12, -0.04, 0.06, 0.1])
def test_lateness_is_found_with_its_sign(scores: Any, late: float) -> None:
    found = scores.score(mouth(scores, wave(late), face()), mouth(scores, wave(), face()))
    assert found.offset_ms == pytest.approx(1000 * late, abs=10)
    assert found.r < 0.9 < found.r_best
    assert found.mtm_ms == pytest.approx(1000 * abs(late), abs=25)
    assert found.r_halves < 0.9 < found.r_moved


def test_an_offset_of_one_half_only_is_no_offset_of_the_clip(scores: Any) -> None:
    half = np.where(np.arange(len(TIMES)) < len(TIMES) // 2, wave(0.12), wave())
    found = scores.score(mouth(scores, half, face()), mouth(scores, wave(), face()))
    assert found.r_moved < found.r_halves


def test_turning_and_scaling_the_head_is_no_distance(scores: Any) -> None:
    found = scores.score(
        mouth(scores, wave(), 1.7 * face(turned=0.3)), mouth(scores, wave(), face())
    )
    assert found.f_lmd == pytest.approx(0, abs=1e-9)


def test_moved_lips_are_a_distance_of_the_mouth(scores: Any) -> None:
    found = scores.score(mouth(scores, wave(), face(0.2)), mouth(scores, wave(), face()))
    assert found.m_lmd == pytest.approx(2 * 0.2 / len(scores.MOUTH), rel=0.01)
    assert found.f_lmd == pytest.approx(2 * 0.2 / 468, rel=0.01)


def test_a_mouth_that_never_closes_recalls_nothing(scores: Any) -> None:
    found = scores.score(mouth(scores, 0.2 + wave(), face()), mouth(scores, wave(), face()))
    assert found.closures == 0


def test_a_still_mouth_has_no_timing(scores: Any) -> None:
    found = scores.score(mouth(scores, 0 * wave(), face()), mouth(scores, wave(), face()))
    assert found.r == 0
    assert np.isnan([found.offset_ms, found.mtm_ms, found.closures, found.r_best]).all()
