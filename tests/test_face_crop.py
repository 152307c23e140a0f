"""Faces are cut square and upright, and never from beyond the picture."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.face.find import Face
from bonaface.face.landmarks import CHIN, FOREHEAD
from bonaface.forensics.artefacts.crop import cut_face

SIDE = 160


def paint() -> NDArray[np.uint8]:
    """Soft spots of colour: resampling changes them little."""
    noise = np.random.default_rng(2).normal(0, 1, (480, 480, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 6)
    return np.asarray(np.clip(128 + soft * 900, 0, 255), np.uint8)


def mark(middle: tuple[float, float] = (240, 240), tall: float = 160.0) -> NDArray[np.float32]:
    """478 points in an oval, forehead and chin at its ends."""
    turns = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    points = np.stack([np.sin(turns) * tall * 0.4, -np.cos(turns) * tall / 2], 1) + middle
    x, y = middle
    points[FOREHEAD], points[CHIN] = (x, y - tall / 2), (x, y + tall / 2)
    return np.concatenate([points, np.zeros((478, 1))], 1).astype(np.float32)


@pytest.mark.parametrize("degrees", [-50, -20, 20, 35, 60])
@pytest.mark.parametrize("tall", [110.0, 300.0])
def test_a_face_that_leans_is_cut_as_if_it_stood(degrees: float, tall: float) -> None:
    pixels, points = paint(), mark(tall=tall)
    stood = cut_face(pixels, points, SIDE, 0.0)
    matrix = cv2.getRotationMatrix2D((240, 240), -degrees, 1)
    turned = cv2.warpAffine(pixels, matrix, (480, 480), flags=cv2.INTER_CUBIC)
    leaning = points.copy()
    leaning[:, :2] = points[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    face = Face((0, 0, 1, 1), leaning, 1.0, 1.0)
    assert face.tilt == pytest.approx(degrees, abs=0.1)
    cut = cut_face(np.asarray(turned, np.uint8), leaning, SIDE, 0.0, face.tilt)
    assert stood is not None
    assert cut is not None
    assert np.abs(cut.points - stood.points).max() < 0.5
    off = np.abs(cut.pixels.astype(np.float32) - stood.pixels)
    assert off.mean() < 4
    assert cut.scale == pytest.approx(stood.scale, rel=0.01)


def test_the_border_limits_a_cut_more_where_it_is_turned() -> None:
    pixels, points = paint(), mark((90, 240))
    stood, turned = (cut_face(pixels, points, SIDE, 0.2, tilt) for tilt in (0.0, 45.0))
    assert stood is not None
    assert turned is not None
    assert min(*stood.box[:2], *turned.box[:2]) >= 0
    assert turned.scale > stood.scale
    assert cut_face(pixels, mark((40, 240)), SIDE, 0.2) is None
