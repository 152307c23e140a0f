"""Whether a pulse in the skin is found, and none where there is none."""

from collections.abc import Iterator

import numpy as np
import pytest

from bonaface.core import SECOND, Finding, Picture, over
from bonaface.face.find import Face
from bonaface.forensics.look import Look, Sight
from bonaface.forensics.pulse import PATCHES, Pulse, take_colour

SKIN = np.array([190.0, 140.0, 120.0])
BEAT = np.array([0.3, 0.8, 0.5])  # of a pulse in red, green and blue


def place_face() -> Face:
    points = np.zeros((478, 3), np.float32)
    points[10], points[152] = (60, 10, 0), (60, 110, 0)
    for patch, centre in zip(PATCHES, ((60, 25), (40, 60), (80, 60)), strict=True):
        turns = np.linspace(0, 2 * np.pi, len(patch), endpoint=False)
        points[list(patch), :2] = np.stack([np.cos(turns), np.sin(turns)], 1) * 8 + centre
    return Face((20, 10, 100, 110), points, 1.0, 1.0)


def film(
    beats: float, seconds: float = 15, rate: float = 25, strength: float = 2.0
) -> Iterator[Look]:
    rng, face = np.random.default_rng(0), place_face()
    for n in range(int(seconds * rate)):
        wave = strength * np.sin(2 * np.pi * beats / 60 * n / rate)
        light = 1 + 0.05 * np.sin(2 * np.pi * 0.2 * n / rate) + rng.normal(0, 0.005)
        shade = (SKIN + BEAT * wave) * light
        pixels = rng.normal(shade, 4, (120, 120, 3)).clip(0, 255).astype(np.uint8)
        yield Look(Picture(int(n * SECOND / rate), pixels), (Sight(0, face),))


def inspect(looks: Iterator[Look]) -> Finding:
    found = list(over(Pulse(), looks))
    assert len(found) == 1
    assert found[0].whole
    assert found[0].score is None
    return found[0]


@pytest.mark.parametrize(("beats", "rate"), [(54, 25), (72, 10), (120, 30)])
def test_a_pulse_is_found(beats: float, rate: float) -> None:
    found = inspect(film(beats, rate=rate))
    told = float(found.reason.split("about ")[1].split()[0])
    assert told == pytest.approx(beats, abs=2)
    assert len(found.exhibits) == 1


def test_no_pulse_is_found_in_paint() -> None:
    assert "No pulse" in inspect(film(72, strength=0)).reason


def test_too_short_too_rare_and_nothing_are_told() -> None:
    for looks in (film(72, seconds=5), film(72, rate=3), iter(())):
        found = inspect(looks)
        assert found.quality == 0
        assert "8 s" in found.reason


def test_a_face_beyond_the_edge_is_borne() -> None:
    points = place_face().landmarks - np.float32(200)
    colour = take_colour(Picture(0, np.full((20, 20, 3), 7, np.uint8)), points)
    assert colour.shape == (3,)


def test_memory_is_bounded() -> None:
    inspector = Pulse()
    for look in film(72, seconds=70, rate=10):
        list(inspector.push(look))
    assert len(inspector._colours) <= 302
