"""The spectrum: it answers where it finds traces of a network, and says nothing otherwise."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.core import SECOND, Finding, Picture, Sound, Time
from bonaface.face.find import Face
from bonaface.forensics.fusion import fuse
from bonaface.forensics.look import Look, Looker, Sight
from bonaface.forensics.spectrum.inspector import LIMIT, MOST, Spectrum, cut_native
from bonaface.media.photos import read_photo


@pytest.fixture(scope="module")
def opened() -> Spectrum:
    return Spectrum()


@pytest.fixture
def inspector(opened: Spectrum) -> Spectrum:
    opened.reset()
    return opened


def make_face(low: float, high: float) -> Face:
    points = np.zeros((478, 3), np.float32)
    points[10, 1], points[152, 1] = low, high
    return Face((low, low, high, high), points, 1.0, 1.0)


def show(at: Time = 0, face: Face | None = None, *, human: bool = True) -> Look:
    pixels = np.random.default_rng(at).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    return Look(Picture(at, pixels), () if face is None else (Sight(0, face, human),))


def whole(inspector: Spectrum) -> Finding:
    (found,) = inspector.flush()
    assert found.whole
    return found


def say(inspector: Spectrum, monkeypatch: pytest.MonkeyPatch, *logits: float) -> Finding:
    """What it makes of pictures that its network gives these logits."""
    told = iter(logits)
    monkeypatch.setattr(
        inspector, "score", lambda _: (next(told), np.full((20, 20), 3, np.float32))
    )
    for i in range(len(logits)):
        assert list(inspector.push(show(i * SECOND, make_face(100, 300)))) == []
    return whole(inspector)


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (show(), "No face was found"),
        (show(0, make_face(100, 160)), "Every face is smaller than 96 pixels or cut off"),
        (show(0, make_face(-150, 150)), "cut off"),
        (show(0, make_face(100, 300), human=False), "No face was found"),
    ],
)
def test_says_why_it_cannot_tell(inspector: Spectrum, look: Look, why: str) -> None:
    assert list(inspector.push(look)) == []
    said = whole(inspector)
    assert said.score is None
    assert said.quality == 0
    assert why in said.reason


def test_sound_alone_is_no_face(inspector: Spectrum) -> None:
    assert list(inspector.push(Sound(0, np.zeros(1600, np.float32), 16_000))) == []
    assert whole(inspector).score is None


def test_finding_nothing_is_no_answer(inspector: Spectrum, monkeypatch: pytest.MonkeyPatch) -> None:
    said = say(inspector, monkeypatch, LIMIT - 20)
    assert said.score is None
    assert not said.exhibits
    assert "says nothing" in said.reason


def test_traces_are_shown_and_decide_nothing(
    inspector: Spectrum, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = say(inspector, monkeypatch, LIMIT + 0.1)
    assert said.score is None
    assert said.quality == 1
    (exhibit,) = said.exhibits
    assert "which looks redrawn" in exhibit.words
    assert "decides nothing" in said.reason
    assert not fuse((said,)).forged


@pytest.mark.parametrize(("above", "found"), [(1, False), (2, False), (3, True)])
def test_the_middle_of_all_looks_counts(
    inspector: Spectrum, monkeypatch: pytest.MonkeyPatch, above: int, found: bool
) -> None:
    said = say(inspector, monkeypatch, *[LIMIT + 9] * above, *[LIMIT - 9] * (4 - above))
    assert bool(said.exhibits) == found


def test_looks_once_a_second_and_not_for_ever(
    inspector: Spectrum, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    quiet = (0.0, np.zeros((20, 20), np.float32))

    def count(cut: NDArray[np.uint8]) -> tuple[float, NDArray[np.float32]]:
        asked.append(len(cut))
        return quiet

    monkeypatch.setattr(inspector, "score", count)
    for i in range(20):
        list(inspector.push(show(i * SECOND // 10, make_face(100, 300))))
    assert len(asked) == 2
    for i in range(3 * MOST):
        list(inspector.push(show(i * SECOND, make_face(100, 300))))
    assert len(asked) == MOST


def test_the_pictures_own_pixels_are_looked_at() -> None:
    look = show(0, make_face(100, 301))
    cut = cut_native(look.picture.pixels, make_face(100, 301))
    assert cut is not None
    assert cut.shape == (200, 200, 3)
    assert (cut == look.picture.pixels[100:300, 100:300]).all()
    large = cut_native(look.picture.pixels, make_face(10, 390))
    assert large is not None
    assert large.shape == (256, 256, 3)


@pytest.mark.media
def test_genuine_faces_give_no_answer_and_enlarging_by_hand_is_genuine(
    inspector: Spectrum, media: Path
) -> None:
    for path in sorted((media / "derived").glob("ffhq_vs_stylegan2_256-real-*.jpg"))[:40:5]:
        pixels = read_photo(path).pixels
        for by, how in ((1, cv2.INTER_LINEAR), (2, cv2.INTER_LANCZOS4), (2, cv2.INTER_CUBIC)):
            shown = cv2.resize(pixels, None, fx=by, fy=by, interpolation=how)
            inspector.reset()
            for look in Looker().push(Picture(0, np.asarray(shown, np.uint8))):
                list(inspector.push(look))
            assert not whole(inspector).exhibits
