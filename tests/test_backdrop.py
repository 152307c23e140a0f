"""What is behind the person; photos of somebody long dead, rooms made of numbers."""

from datetime import UTC, date, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from bonaface.avatar import backdrop
from bonaface.avatar.backdrop import Backdrop, Room, cover
from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.likeness.matte import _alone
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.avatar.rig import Bytes, Floats, Likeness
from bonaface.config import settings
from bonaface.consent.policy import permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant
from bonaface.core import SECOND, Picture, Stage
from bonaface.face import landmarks as lm
from bonaface.media.photos import read_photo

REST = Pose(0, np.zeros(len(SHAPES), np.float32))


@pytest.fixture(scope="module")
def likeness(photo: Picture) -> Likeness:
    return build_likeness(photo, (320, 256))


@pytest.fixture
def renderer(
    photo: Picture, likeness: Likeness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Renderer:
    monkeypatch.setenv("BONAFACE_HOME", str(tmp_path))
    settings.cache_clear()
    now = datetime.now(UTC)
    terms = Terms("Rear Admiral Hopper", "public-domain-historical", ("test",), date(2999, 1, 1))
    record = grant(hash_portrait(photo.pixels.tobytes(), photo), terms, now)
    return Renderer(likeness, permit(record, photo, "test", now))


def roughness(pixels: Bytes) -> float:
    light = pixels.astype(np.float64).mean(-1)
    return float(np.abs(np.diff(light, axis=0)).mean() + np.abs(np.diff(light, axis=1)).mean())


def test_all_kinds_fit_the_canvas_and_are_read_only(likeness: Likeness) -> None:
    shown = Picture(0, np.full((90, 40, 3), 77, np.uint8))
    size = (likeness.width, likeness.height)
    for made in (
        backdrop.own(likeness),
        backdrop.blur(likeness),
        backdrop.plain(likeness),
        backdrop.picture(shown, size),
    ):
        assert made.pixels.shape == likeness.background.shape
        assert not made.pixels.flags.writeable


def test_a_blur_is_softer_and_as_bright(likeness: Likeness) -> None:
    soft = backdrop.blur(likeness).pixels
    assert roughness(soft) < 0.7 * roughness(likeness.background)
    assert abs(float(soft.mean()) - float(likeness.background.mean())) < 8


def test_a_wall_is_calm_and_keeps_the_tone(likeness: Likeness) -> None:
    wall = backdrop.plain(likeness).pixels.astype(np.float64)
    steps = np.abs(np.diff(wall, axis=1))
    assert steps.max() <= 3
    assert wall.mean((0, 1)).std() <= np.median(likeness.background, (0, 1)).std() + 8


def test_a_picture_covers_and_keeps_its_middle() -> None:
    tall = np.zeros((300, 100, 3), np.uint8)
    tall[100:200] = 200
    shown = cover(tall, (64, 64))
    assert shown.shape == (64, 64, 3)
    assert (shown > 150).mean() > 0.95
    assert cover(np.full((1, 1, 3), 9, np.uint8), (40, 20)).shape == (20, 40, 3)


def test_a_backdrop_replaces_the_scene_and_not_the_person(
    renderer: Renderer, likeness: Likeness
) -> None:
    before = renderer.draw(REST)
    green = np.zeros_like(likeness.background)
    green[..., 1] = 255
    renderer.place(green)
    after = renderer.draw(REST)
    alpha = likeness.layer[..., 3]
    inside = np.zeros(alpha.shape, np.bool_)
    inside[8:-8, 8:-8] = True
    person = inside & (alpha == 255)
    assert np.abs(after[person].astype(int) - before[person]).mean() < 1
    assert np.abs(after[alpha == 0].astype(int) - green[alpha == 0]).mean() < 6
    renderer.place(None)
    assert np.array_equal(renderer.draw(REST), before)


def test_a_backdrop_of_another_size_is_refused(renderer: Renderer) -> None:
    with pytest.raises(ValueError, match="backdrop"):
        renderer.place(np.zeros((10, 10, 3), np.uint8))


def someone_at(left: int) -> tuple[Bytes, Floats]:
    """A red person before a striped wall, and where they are."""
    room = np.zeros((120, 160, 3), np.uint8)
    room[..., 2] = 60 + 3 * (np.arange(160) // 4)
    person = np.zeros((120, 160), np.float32)
    person[30:, left : left + 40] = 1
    room[person > 0] = (230, 0, 0)
    return room, person


def watch(room: Room, monkeypatch: pytest.MonkeyPatch, lefts: list[int]) -> list[Backdrop]:
    shown = []
    for i, left in enumerate(lefts):
        pixels, person = someone_at(left)
        monkeypatch.setattr(backdrop, "segment_person", lambda _, person=person: person)
        shown += list(room.push(Picture(i * SECOND, pixels)))
    return shown


def test_a_room_never_shows_who_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    still = watch(Room((160, 120)), monkeypatch, [60, 60, 60])
    moved = watch(Room((160, 120)), monkeypatch, [10, 10, 60, 110, 110, 110])
    for made in still + moved:
        assert made.pixels[..., 0].max() < 40
    truth, _ = someone_at(200)
    assert np.abs(moved[-1].pixels[..., 2].astype(int) - truth[..., 2]).mean() < 8


def test_a_room_is_shown_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, person = someone_at(60)
    monkeypatch.setattr(backdrop, "segment_person", lambda _: person)
    room: Stage[Picture, Backdrop] = Room((64, 64))
    given = sum(len(list(room.push(Picture(i * SECOND // 30, pixels)))) for i in range(90))
    assert given == 2  # the first look alone is not trusted
    assert list(room.flush()) == []


@pytest.mark.media
def test_a_real_room_hides_a_real_person(media: Path) -> None:
    photo = read_photo(next(iter(sorted((media / "portraits").glob("fictional-*.jpg")))))
    height, width = photo.pixels.shape[:2]
    scene = np.full((height, 2 * width, 3), (40, 90, 60), np.uint8)
    scene[:, width // 2 : width // 2 + width] = photo.pixels
    room = Room((320, 160))
    shown = [made for i in range(3) for made in room.push(Picture(i * SECOND, scene))]
    skin = photo.pixels[height // 2, width // 2].astype(int)
    if shown:
        middle = shown[-1].pixels[40:120, 140:180].astype(int)
        assert (np.abs(middle - skin).max(-1) < 12).mean() < 0.05


def test_other_people_in_the_photo_are_scene() -> None:
    landmarks = np.zeros((478, 3))
    angles = np.linspace(0, 2 * np.pi, 36, endpoint=False)
    landmarks[list(lm.OVAL), 0] = 80 + 30 * np.sin(angles)
    landmarks[list(lm.OVAL), 1] = 90 - 40 * np.cos(angles)
    chance = np.zeros((200, 300), np.float32)
    cv2.ellipse(chance, (80, 90), (40, 50), 0, 0, 360, 1.0, -1)
    mine = chance > 0
    chance[150:, :150] = 1  # shoulders, apart
    mine |= chance > 0
    cv2.ellipse(chance, (200, 60), (30, 40), 0, 0, 360, 1.0, -1)
    kept = _alone(chance, landmarks, 1.0)
    assert kept[mine].min() == 1
    assert kept[~mine].max() == 0
