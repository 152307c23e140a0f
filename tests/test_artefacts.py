"""The inspector of blended faces: when it speaks, when it does not, and what it shows."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.core import SECOND, Finding, Picture, Sound, Time
from bonaface.face.find import Face, find_faces
from bonaface.face.landmarks import CHIN, FOREHEAD
from bonaface.forensics.artefacts.crop import Bytes, Floats
from bonaface.forensics.artefacts.inspector import FACES, Artefacts, calibrate, robust
from bonaface.forensics.look import Look, Sight
from bonaface.media.photos import read_photo

SIDE = 240


@pytest.fixture(scope="module")
def inspector() -> Artefacts:
    return Artefacts()


def make_face(height: float = 150.0, middle: float = SIDE / 2, tilt: float = 0.0) -> Face:
    """Landmarks on a grid: the inspector only cuts by them. `tilt` in degrees."""
    steps = np.linspace(-height / 2, height / 2, 22, dtype=np.float32)
    grid = np.stack(np.meshgrid(steps, steps), -1).reshape(-1, 2)[:478] + middle
    points = np.zeros((478, 3), np.float32)
    points[:, :2] = np.concatenate([grid, grid[: 478 - len(grid)]])
    lean = np.array([np.sin(np.radians(tilt)), -np.cos(np.radians(tilt))]) * height / 2
    points[FOREHEAD, :2], points[CHIN, :2] = middle + lean, middle - lean
    low, high = (float(v) for v in (middle - height / 2, middle + height / 2))
    return Face((low, low, high, high), points, 1.0, 1.0)


def paint(at: Time = 0, grain: float = 30.0, light: float = 120.0) -> Picture:
    noise = np.random.default_rng(1).normal(light, grain, (SIDE, SIDE, 3))
    return Picture(at, np.clip(noise, 0, 255).astype(np.uint8))


def draw() -> Picture:
    """Flat colours between lines."""
    pixels = np.full((SIDE, SIDE, 3), 150, np.uint8)
    pixels[::24], pixels[:, ::24] = 20, 20
    return Picture(0, pixels)


def show(at: Time = 0, *faces: Face, human: bool = True, picture: Picture | None = None) -> Look:
    sights = tuple(Sight(i, face, human) for i, face in enumerate(faces))
    return Look(picture or paint(at), sights)


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (show(0), "No face was found"),
        (show(0, make_face(50)), "smaller than"),
        (show(0, make_face(), picture=paint(grain=0.0)), "blurred"),
        (show(0, make_face(), picture=paint(grain=12.0, light=12.0)), "too dark"),
        (show(0, make_face(200, 20)), "cut off by the border"),
        (show(0, make_face(tilt=70)), "tilted by more than 60 degrees"),
        (show(0, make_face(tilt=-90)), "tilted"),
        (show(0, make_face(tilt=180)), "tilted"),
        (show(0, make_face(), human=False), "not human"),
        (show(0, make_face(), picture=draw()), "looks drawn or painted, not photographed"),
    ],
)
def test_says_why_it_cannot_tell(inspector: Artefacts, look: Look, why: str) -> None:
    inspector.reset()
    assert list(inspector.push(look)) == []
    (whole,) = inspector.flush()
    assert whole.whole
    assert whole.score is None
    assert whole.quality == 0.0
    assert why in whole.reason


def test_nothing_seen_is_one_sum(inspector: Artefacts) -> None:
    inspector.reset()
    assert list(inspector.push(Sound(0, np.zeros(1600, np.float32), 16_000))) == []
    (whole,) = inspector.flush()
    assert whole.score is None


def test_moments_come_every_two_seconds_and_the_sum_last(inspector: Artefacts) -> None:
    inspector.reset()
    found: list[Finding] = []
    for i in range(50):  # five seconds, ten pictures in each
        found += inspector.push(show(i * SECOND // 10, make_face()))
    assert len(found) == 2
    *rest, whole = inspector.flush()
    found += rest
    assert [moment.at for moment in found] == sorted(moment.at for moment in found)
    assert all(moment.score is not None and not moment.whole for moment in found)
    assert whole.whole
    assert whole.until == 49 * SECOND // 10
    (exhibit,) = whole.exhibits
    assert exhibit.pixels.shape[1] <= 640
    assert "face at" in exhibit.words


def test_looks_no_more_often_than_it_should(
    inspector: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector.reset()
    asked: list[int] = []
    score = inspector.score

    def count(cuts: Bytes) -> tuple[Floats, Floats]:
        asked.append(len(cuts))
        return score(cuts)

    monkeypatch.setattr(inspector, "score", count)
    for i in range(50):
        list(inspector.push(show(i * SECOND // 25, make_face(), make_face(), make_face())))
    assert sum(asked) == 10  # two of three faces, every .4 s of two seconds


def test_says_that_more_faces_were_there_than_it_judged(inspector: Artefacts) -> None:
    inspector.reset()
    list(inspector.push(show(0, make_face(), make_face())))
    assert "were not judged" not in list(inspector.flush())[-1].reason
    inspector.reset()
    list(inspector.push(show(0, make_face(), make_face(), make_face())))
    assert "Other, smaller faces were not judged." in list(inspector.flush())[-1].reason


def test_long_gaps_and_clocks_that_go_back_do_no_harm(inspector: Artefacts) -> None:
    inspector.reset()
    for at in (0, 600 * SECOND, 599 * SECOND, 0):
        list(inspector.push(show(at, make_face())))
    assert list(inspector.flush())[-1].score is not None


def test_memory_is_bounded_however_many_faces_come(
    inspector: Artefacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector.reset()
    still = (np.zeros(1, np.float32), np.zeros((1, 20, 20), np.float32))
    monkeypatch.setattr(inspector, "score", lambda _: still)
    for i in range(3 * FACES):
        look = Look(paint(i * SECOND), (Sight(i, make_face()),))
        list(inspector.push(look))
    assert len(list(inspector.judged())) <= FACES


def test_a_forgery_in_half_of_the_pictures_weighs_as_one_in_all() -> None:
    assert robust([-4, -4, 6, 6]) == robust([6, 6])
    assert calibrate(-8) < calibrate(0) < calibrate(8)


@pytest.mark.media
def test_a_real_portrait_raises_no_alarm_and_a_laid_over_face_scores_higher(
    inspector: Artefacts, media: Path
) -> None:
    """A soft, recoloured oval over the middle of FFHQ faces that judge only."""
    higher = alarms = count = 0
    for path in sorted((media / "derived").glob("ffhq_vs_stylegan2_256-real-*.jpg"))[:60:5]:
        picture = read_photo(path)
        for face in find_faces(picture)[:1]:
            soft = blend(picture.pixels, face)
            scores = []
            for pixels in (picture.pixels, soft):
                inspector.reset()
                list(inspector.push(Look(Picture(0, pixels), (Sight(0, face),))))
                scores.append(list(inspector.flush())[-1].score)
            if scores[0] is not None and scores[1] is not None:
                count += 1
                higher += scores[1] > scores[0]
                alarms += scores[0] >= 0.97
    assert count >= 8
    assert higher >= 0.7 * count
    assert alarms <= 1


def blend(pixels: NDArray[np.uint8], face: Face) -> NDArray[np.uint8]:
    left, top, right, bottom = face.box
    mask = np.zeros(pixels.shape[:2], np.float32)
    middle = (round((left + right) / 2), round((top + bottom) / 2))
    size = (round((right - left) * 0.36), round((bottom - top) * 0.4))
    cv2.ellipse(mask, middle, size, 0, 0, 360, 1.0, -1)
    share = cv2.GaussianBlur(mask, (0, 0), 3)[..., None]
    small = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    over = cv2.resize(small, pixels.shape[1::-1]).astype(np.float32) * (1.08, 1.0, 0.92)
    mixed = np.clip(over * share + pixels * (1 - share), 0, 255)
    return np.asarray(mixed, np.uint8)
