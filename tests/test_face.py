"""Faces: where they are, that they are followed, and where the person ends."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface import weights
from bonaface.core import SECOND, Picture, over
from bonaface.errors import WeightsMissing
from bonaface.face import landmarks as lm
from bonaface.face.detector import _GRIDS, _merged, overlap, place_anchors
from bonaface.face.find import Face, find_faces
from bonaface.face.human import is_human, mirror_difference
from bonaface.face.region import Region, around
from bonaface.face.segment import segment_person
from bonaface.face.track import FaceTracker
from bonaface.media.photos import read_photo

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def hopper() -> Picture:
    try:
        weights.find("face-detector-far")
        weights.find("selfie-segmentation")
        return read_photo(weights.find("portrait-hopper"))
    except WeightsMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def face(hopper: Picture) -> Face:
    (found,) = find_faces(hopper)
    return found


def turned(pixels: Pixels, degrees: float) -> tuple[Pixels, NDArray[np.float64]]:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.8)
    return cv2.warpAffine(pixels, matrix, (width, height), borderValue=(90, 90, 90)), matrix


def test_a_region_goes_there_and_back() -> None:
    region = Region(120.0, 80.0, 60.0, 0.4)
    points = np.array([[0, 0, 0], [191, 0, 1], [95.5, 95.5, 2]], np.float32)
    placed = region.place(points, 192)
    assert placed[2, :2] == pytest.approx((120, 80), abs=1e-3)
    assert np.hypot(*(placed[1] - placed[0])[:2]) == pytest.approx(60 * 191 / 192, rel=1e-4)
    assert placed[1, 2] == pytest.approx(60 / 192)


@pytest.mark.parametrize("rows_columns", [(1, 1), (5, 8)], ids=["a screen", "a crowd"])
def test_small_faces_of_large_pictures_are_found_where_asked(
    hopper: Picture, rows_columns: tuple[int, int]
) -> None:
    small = cv2.resize(hopper.pixels, (200, 234), interpolation=cv2.INTER_AREA)
    many = np.tile(small, (*rows_columns, 1))
    screen = np.full((1200, 1920, 3), 240, np.uint8)
    screen[20 : 20 + len(many), 300 : 300 + many.shape[1]] = many[:, :1600]
    picture = Picture(0, screen)
    assert len(find_faces(picture)) < rows_columns[0] * rows_columns[1]
    found = find_faces(picture, small=True)
    assert len(found) == rows_columns[0] * rows_columns[1]
    assert all(70 < face.height < 110 for face in found)
    assert len(find_faces(picture, small=True, most=5)) == min(5, len(found))


def test_a_cut_averages_what_it_shrinks() -> None:
    stripes = np.zeros((800, 800, 3), np.uint8)
    stripes[::2] = 200
    cut = Region(400, 400, 768).cut(stripes, 96)
    assert np.abs(cut.astype(int) - 100).max() <= 2


def test_a_cut_shows_what_place_says() -> None:
    picture = np.zeros((300, 300, 3), np.uint8)
    cv2.circle(picture, (170, 120), 6, (255, 255, 255), -1)
    region = Region(150, 140, 120, 0.3)
    y, x = np.nonzero(region.cut(picture, 96)[..., 0] > 128)
    spot = np.array([[x.mean(), y.mean(), 0]], np.float32)
    assert region.place(spot, 96)[0, :2] == pytest.approx((170, 120), abs=0.7)


def test_around_is_the_smallest_square() -> None:
    corners = np.array([[10, 10], [30, 10], [30, 20], [10, 20]], np.float32)
    region = around(corners, 0.0, 1.5)
    assert (region.x, region.y, region.side) == pytest.approx((20, 15, 30))


@pytest.mark.parametrize(("name", "count"), [("face-detector", 896), ("face-detector-far", 2304)])
def test_anchors_match_the_models(name: str, count: int) -> None:
    anchors = place_anchors(_GRIDS[name])
    assert anchors.shape == (count, 2)
    assert 0 < anchors.min() < anchors.max() < 1


def test_overlap_and_merging() -> None:
    box = np.array([0, 0, 10, 10], np.float32)
    assert overlap(box, box) == 1
    assert overlap(box, box + 20) == 0
    assert overlap(box, box + np.array([5, 0, 5, 0], np.float32)) == pytest.approx(1 / 3)
    places = np.zeros((3, 8, 2), np.float32)
    places[:, 1] = 10
    places[1] += 1
    places[2] += 50
    found = _merged(places, np.array([0.9, 0.6, 0.7], np.float32))
    assert [round(one.score, 2) for one in found] == [0.9, 0.7]
    assert found[0].box[0] == pytest.approx(0.4)


def test_landmark_rings_are_apart() -> None:
    rings = (lm.UPPER_LIP[0], lm.LOWER_LIP[3], lm.RIGHT_UPPER_LID[0], lm.LEFT_LOWER_LID[1], lm.OVAL)
    for ring in rings:
        assert len(set(ring)) == len(ring)
        assert max(ring) < lm.FACE
    for upper, lower in zip(lm.UPPER_LIP, lm.LOWER_LIP, strict=True):
        assert (upper[0], upper[-1]) == (lower[0], lower[-1])


def test_a_face_is_found(face: Face, hopper: Picture) -> None:
    height, width = hopper.pixels.shape[:2]
    left, top, right, bottom = face.box
    assert 0 < left < right < width
    assert 0 < top < bottom < height
    assert face.landmarks.shape == (lm.LANDMARKS, 3)
    assert not face.landmarks.flags.writeable
    assert face.score > 0.99
    for iris, corners in (
        (lm.RIGHT_IRIS, lm.RIGHT_EYE_CORNERS),
        (lm.LEFT_IRIS, lm.LEFT_EYE_CORNERS),
    ):
        x = face.landmarks[list(corners), 0]
        assert x.min() < face.landmarks[iris, 0] < x.max()
    assert face.landmarks[lm.RIGHT_IRIS, 0] < face.landmarks[lm.LEFT_IRIS, 0]


@pytest.mark.parametrize("degrees", [-35, 20])
def test_a_tilted_face_is_the_same_face(face: Face, hopper: Picture, degrees: float) -> None:
    pixels, matrix = turned(hopper.pixels, degrees)
    (tilted,) = find_faces(Picture(0, pixels))
    expected = face.landmarks[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    off = np.linalg.norm(tilted.landmarks[:, :2] - expected, axis=1)
    eyes = np.linalg.norm(expected[lm.LEFT_IRIS] - expected[lm.RIGHT_IRIS])
    assert off[: lm.FACE].mean() < 0.05 * eyes


def test_a_tight_crop_is_found(face: Face, hopper: Picture) -> None:
    left, top, right, bottom = (round(v) for v in face.box)
    tight = np.ascontiguousarray(hopper.pixels[top - 4 : bottom + 4, left - 4 : right + 4])
    assert len(find_faces(Picture(0, tight))) == 1


def test_two_faces_come_largest_first(hopper: Picture) -> None:
    small = cv2.resize(hopper.pixels, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    both = np.full((hopper.pixels.shape[0], hopper.pixels.shape[1] * 2, 3), 128, np.uint8)
    both[: small.shape[0], : small.shape[1]] = small
    both[:, hopper.pixels.shape[1] :] = hopper.pixels
    first, second = find_faces(Picture(0, both))
    assert first.height > second.height
    assert first.box[0] > second.box[0]


def test_no_face_in_noise() -> None:
    try:
        noise = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
        assert find_faces(Picture(0, noise)) == ()
    except WeightsMissing as missing:
        pytest.skip(str(missing))


def slid(pixels: Pixels, count: int) -> Iterator[Picture]:
    for i in range(count):
        moved = np.roll(pixels, 3 * i, axis=1)
        yield Picture(i * SECOND // 25, np.ascontiguousarray(moved))


def test_the_tracker_follows(face: Face, hopper: Picture) -> None:
    sightings = list(over(FaceTracker(), slid(hopper.pixels, 5)))
    assert [one.at for one in sightings] == [i * SECOND // 25 for i in range(5)]
    for i, one in enumerate(sightings):
        assert one.face is not None
        off = one.face.landmarks[: lm.FACE, :2] - face.landmarks[: lm.FACE, :2] - (3 * i, 0)
        assert np.abs(off).mean() < 1.5


def test_the_tracker_loses_and_finds_again(hopper: Picture) -> None:
    tracker = FaceTracker()
    nothing = Picture(1, np.full_like(hopper.pixels, 90))
    seen = [next(iter(tracker.push(p))).face for p in (hopper, nothing, hopper)]
    assert [face is not None for face in seen] == [True, False, True]
    assert list(tracker.flush()) == []


def test_the_person_is_told_from_the_scene(face: Face, hopper: Picture) -> None:
    matte = segment_person(hopper)
    assert matte.shape == hopper.pixels.shape[:2]
    assert not matte.flags.writeable
    x, y = face.landmarks[lm.NOSE_TIP, :2].astype(int)
    assert matte[y, x] > 0.9
    assert 0 <= matte.min() < 0.1


def test_people_are_human(face: Face, hopper: Picture) -> None:
    assert is_human(hopper, face)


@pytest.mark.media
@pytest.mark.parametrize("number", ["001", "013", "025", "038", "047"])
def test_portraits_have_one_human_face(media: Path, number: str) -> None:
    picture = read_photo(media / "portraits" / f"fictional-{number}.jpg")
    (found,) = find_faces(picture)
    assert found.height > 300
    assert mirror_difference(picture, found) < 0.05


@pytest.mark.media
@pytest.mark.parametrize("name", ["kwaivgi-s32.jpg", "kwaivgi-s33.jpg", "kwaivgi-s36.jpg"])
def test_animals_are_not_human(media: Path, name: str) -> None:
    picture = read_photo(media / "portraits" / name)
    assert not any(is_human(picture, found) for found in find_faces(picture))
