"""A drawn face is held before the camera: what was drawn must be read."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface import weights
from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.manner.stage import build_pose
from bonaface.avatar.mimic import Mimic
from bonaface.avatar.mimic.measures import measure
from bonaface.avatar.mimic.reading import Reader, read_lids, soft
from bonaface.avatar.mimic.sight import FAITH, Follower, shrink
from bonaface.avatar.mimic.smoothing import OneEuro
from bonaface.avatar.mimic.stage import GAZES, SHIFTS, TURNS, read_row
from bonaface.avatar.mimic.view import load_fit, view
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.config import settings
from bonaface.consent.policy import permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant
from bonaface.core import SECOND, Picture, Stage
from bonaface.errors import WeightsMissing
from bonaface.media.photos import read_photo

RATE = 25
Bytes = NDArray[np.uint8]
SILENT = np.zeros(len(SHAPES), np.float32)


@pytest.fixture(scope="module")
def actor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    """Draws Rear Admiral Hopper, who is held before the camera."""
    try:
        photo = read_photo(weights.find("portrait-hopper"))
        weights.find("iris")
    except WeightsMissing as missing:
        pytest.skip(str(missing))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONAFACE_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        now = datetime.now(UTC)
        terms = Terms("Rear Admiral Hopper", "public-domain-historical", ("t",), date(2999, 1, 1))
        record = grant(hash_portrait(photo.pixels.tobytes(), photo), terms, now)
        leave = permit(record, photo, "t", now)
        yield Renderer(build_likeness(photo, (320, 320)), leave)
    settings.cache_clear()


def posed(shapes: dict[str, float] | None = None, **rest: object) -> Pose:
    weighed = SILENT.copy()
    for name, weight in (shapes or {}).items():
        weighed[SHAPES.index(name)] = weight
    return Pose(0, weighed, **rest)  # type: ignore[arg-type]


def shape(pose: Pose, name: str) -> float:
    return float(pose.shapes[SHAPES.index(name)])


def follow(mimic: Mimic, pictures: Sequence[Bytes], first: int = 0) -> list[Pose]:
    """The poses of pictures at RATE from picture `first` on."""
    found = []
    for i, pixels in enumerate(pictures):
        found += list(mimic.push(Picture((first + i) * SECOND // RATE, pixels)))
    return found


def settled(pixels: Bytes, **how: bool) -> Mimic:
    """A mimic that has learnt a face at rest."""
    mimic = Mimic(**how)  # type: ignore[arg-type]
    follow(mimic, [pixels] * RATE)
    return mimic


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("jawOpen", ()),
        ("blinkL", ("blinkR",)),
        ("blinkR", ("blinkL",)),
        ("smileL", ()),
        ("smileR", ()),
    ],
)
def test_a_shape_is_read_back(actor: Renderer, name: str, others: tuple[str, ...]) -> None:
    mimic = settled(actor.draw(posed()))
    pose = follow(mimic, [actor.draw(posed({name: 0.9}))] * 4, RATE)[-1]
    assert shape(pose, name) > 0.25
    for other in others:
        assert shape(pose, other) < 0.6 * shape(pose, name)


@pytest.mark.parametrize(
    ("part", "axis", "amount"),
    [("turn", 0, 7.0), ("turn", 0, -7.0), ("turn", 1, 5.0), ("turn", 2, -6.0), ("shift", 0, 4.0),
     ("gaze", 0, 1.8), ("gaze", 0, -1.8)],
)  # fmt: skip
def test_head_and_eyes_are_read_back(actor: Renderer, part: str, axis: int, amount: float) -> None:
    mimic = settled(actor.draw(posed()))
    moved = [0.0, 0.0, 0.0] if part == "turn" else [0.0, 0.0]
    moved[axis] = amount
    pose = follow(mimic, [actor.draw(posed(**{part: tuple(moved)}))] * 5, RATE)[-1]  # type: ignore[arg-type]
    assert 0.4 < getattr(pose, part)[axis] / amount < 1.6


def test_lips_that_touch_are_closed_at_once(actor: Renderer) -> None:
    open_, shut = actor.draw(posed({"jawOpen": 0.7})), actor.draw(posed())
    mimic = settled(shut)
    assert follow(mimic, [open_] * 3, RATE)[-1].closure == 0
    (touch,) = follow(mimic, [shut], RATE + 3)
    assert touch.closure > 0.9


def test_motion_is_at_most_one_picture_late(actor: Renderer) -> None:
    open_, rest = actor.draw(posed({"jawOpen": 0.8, "blinkL": 1, "blinkR": 1})), actor.draw(posed())
    mimic = settled(rest)
    poses = follow(mimic, [open_] * 5, RATE)
    for name in ("jawOpen", "blinkL"):
        assert shape(poses[1], name) > 0.8 * shape(poses[4], name)


def test_a_lost_face_goes_on_living(actor: Renderer) -> None:
    mimic = settled(actor.draw(posed()))
    follow(mimic, [actor.draw(posed({"jawOpen": 0.8}, turn=(8.0, 0.0, 0.0)))] * 5, RATE)
    empty = np.full((320, 320, 3), 90, np.uint8)
    poses = follow(mimic, [empty] * 250, RATE + 5)
    assert abs(poses[RATE // 2].turn[0]) < 3.5
    assert shape(poses[RATE // 2], "jawOpen") < 0.02
    later = poses[RATE:]
    assert max(shape(pose, "blinkL") for pose in later) > 0.9
    for before, after in zip(later, later[3:], strict=False):
        assert (before.turn, before.gaze, before.breath) != (after.turn, after.gaze, after.breath)
    back = follow(mimic, [actor.draw(posed({"jawOpen": 0.8}))] * 15, RATE + 255)
    assert shape(back[-1], "jawOpen") > 0.4


def test_a_camera_that_stops_leaves_no_frozen_face(actor: Renderer) -> None:
    mimic = settled(actor.draw(posed()))
    follow(mimic, [actor.draw(posed({"jawOpen": 0.8}))] * 5, RATE)
    poses = [mimic.pose((RATE + 5 + i) * SECOND // RATE) for i in range(100)]
    assert shape(poses[2], "jawOpen") > 0.3  # a camera may skip a picture
    assert shape(poses[-1], "jawOpen") < 0.02
    assert len({pose.turn for pose in poses[30:]}) > 60


def test_a_life_without_any_face() -> None:
    mimic = Mimic()
    first = mimic.pose(0)
    assert np.isfinite(first.shapes).all()
    assert mimic.pose(SECOND).turn != first.turn


def beside(left: Bytes | None, right: Bytes | None, scale: float) -> Bytes:
    """Two faces in one room, the right one larger."""
    room = np.full((460, 840, 3), 120, np.uint8)
    if left is not None:
        room[100:420, 20:340] = left
    if right is not None:
        size = round(320 * scale)
        room[20 : 20 + size, 380 : 380 + size] = cv2.resize(right, (size, size))
    return room


def test_it_keeps_to_whom_it_saw_first(actor: Renderer) -> None:
    me, still = actor.draw(posed({"jawOpen": 0.8})), actor.draw(posed())
    mimic = settled(beside(still, None, 1.3))
    both = follow(mimic, [beside(me, still, 1.3)] * 4, RATE)
    assert shape(both[-1], "jawOpen") > 0.35
    other = follow(mimic, [beside(None, me, 1.3)] * RATE, RATE + 4)
    assert shape(other[-1], "jawOpen") < 0.05
    mine = follow(mimic, [beside(me, still, 1.3)] * 15, 2 * RATE + 4)
    assert shape(mine[-1], "jawOpen") > 0.35


def test_another_takes_over_after_a_while(actor: Renderer) -> None:
    still = actor.draw(posed())
    follower = Follower()
    follower.push(Picture(0, beside(still, None, 1.3)))
    other = beside(None, still, 1.3)
    (soon,) = follower.push(Picture(SECOND, other))
    assert soon.face is None
    (late,) = follower.push(Picture(FAITH + SECOND, other))
    assert late.face is not None
    assert follower.strangers == 1


def test_a_hand_over_the_face_does_no_harm(actor: Renderer) -> None:
    covered = actor.draw(posed()).copy()
    mimic = settled(actor.draw(posed()))
    cv2.ellipse(covered, (160, 150), (110, 130), 0, 0, 360, (170, 130, 115), -1)
    poses = follow(mimic, [covered] * RATE, RATE)
    for pose in poses:
        assert np.isfinite(pose.shapes).all()
        assert np.abs(pose.shapes).max() <= 1
        assert abs(pose.turn[0]) <= TURNS[0]
    back = follow(mimic, [actor.draw(posed())] * 15, 2 * RATE)[-1]
    assert shape(back, "jawOpen") < 0.1


def test_a_dark_room(actor: Renderer) -> None:
    dice = np.random.default_rng(2)

    def dim(pixels: Bytes) -> Bytes:
        grain = dice.normal(0, 1, pixels.shape)
        return np.clip(pixels * 0.12 + grain, 0, 255).astype(np.uint8)

    mimic = settled(dim(actor.draw(posed())))
    pose = follow(mimic, [dim(actor.draw(posed({"jawOpen": 0.8})))] * 5, RATE)[-1]
    assert shape(pose, "jawOpen") > 0.3


def test_large_and_upright_pictures_read_alike(actor: Renderer) -> None:
    found = []
    for size in ((320, 320), (2160, 3840), (960, 540)):

        def held(pixels: Bytes, size: tuple[int, int] = size) -> Bytes:
            room = np.full((*size, 3), 100, np.uint8)
            side = min(size)
            top, left = (size[0] - side) // 2, (size[1] - side) // 2
            room[top : top + side, left : left + side] = cv2.resize(pixels, (side, side))
            return room

        mimic = settled(held(actor.draw(posed())))
        pose = follow(mimic, [held(actor.draw(posed({"jawOpen": 0.7})))] * 3, RATE)[-1]
        found.append(shape(pose, "jawOpen"))
    assert min(found) > 0.3
    assert max(found) - min(found) < 0.25


def test_a_mirrored_camera(actor: Renderer) -> None:
    rest = actor.draw(posed())
    pictures = [actor.draw(posed({"blinkL": 1.0}, turn=(6.0, 0.0, 0.0)))] * 4
    plain = follow(settled(rest), pictures, RATE)[-1]
    flipped = [np.ascontiguousarray(picture[:, ::-1]) for picture in (rest, pictures[0])]
    turned = follow(settled(flipped[0], mirrored=True), flipped[1:] * 4, RATE)[-1]
    assert turned.turn == pytest.approx(plain.turn, abs=1.0)
    assert shape(turned, "blinkL") == pytest.approx(shape(plain, "blinkL"), abs=0.15)


def test_reset_forgets(actor: Renderer) -> None:
    pictures = [actor.draw(posed()), actor.draw(posed({"jawOpen": 0.5}))] * 3
    mimic: Stage[Picture, Pose] = Mimic(seed=3)
    first = follow(mimic, pictures)  # type: ignore[arg-type]
    assert list(mimic.flush()) == []
    mimic.reset()
    again = follow(mimic, pictures)  # type: ignore[arg-type]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.shapes, other.shapes)
        assert one.turn == other.turn


def test_no_pose_leaves_its_limits() -> None:
    dice = np.random.default_rng(4)
    reader = Reader()
    mean = load_fit()["mean"]
    rest = reader.begin_rest()
    rest.learn(measure(view(mean * 3)), 0.1)
    for _ in range(100):
        angle = dice.uniform(-1, 1)
        turn = np.array(
            [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
        )
        wild = (mean + dice.normal(0, 8, mean.shape)) @ turn * dice.uniform(1, 9) + dice.uniform(
            0, 900, 3
        )
        pose = build_pose(0, read_row(measure(view(wild)), rest, reader))
        assert np.abs(pose.shapes).max() <= 1
        assert (np.abs(pose.turn) <= TURNS).all()
        assert (np.abs(pose.shift) <= SHIFTS).all()
        assert (np.abs(pose.gaze) <= GAZES).all()
        assert 0 <= pose.closure <= 1


def test_a_view_undoes_the_head() -> None:
    mean = load_fit()["mean"]
    turn = cv2.Rodrigues(np.array([0.1, -0.2, 0.05]))[0]
    seen = view((mean @ turn.T * 2.5 + 100) / (1, 1, 0.85))
    assert np.abs(seen.face - mean).max() < 1e-6
    assert seen.scale == pytest.approx(2.5)


def test_a_mouth_never_seen_shut_is_known_to_open() -> None:
    reader = Reader()
    mean = load_fit()["mean"]
    rest = reader.begin_rest()
    seen = measure(view(mean))
    jaw = seen.places + 0.7 * reader.response[:, 0]
    opened = type(seen)(jaw, seen.lids, seen.iris, seen.turn, seen.neck, seen.scale, seen.misfit)
    for _ in range(30):
        rest.learn(opened, 0.04)
    assert reader.read(opened.places - rest.places, np.zeros(3))[0] > 0.3


def test_one_blink_is_no_wink() -> None:
    both, _ = read_lids(np.array([0.5, 0.6]))
    assert both[0] == pytest.approx(both[1])
    wink, _ = read_lids(np.array([0.45, 1.0]))
    assert wink[0] > 0.95
    assert wink[1] < 0.1


def test_soft_limits() -> None:
    limits = np.array([12.0, 8.0])
    assert soft(np.array([0.5, 0.0]), limits)[0] == pytest.approx(0.5, abs=0.01)
    assert np.linalg.norm(soft(np.array([90.0, -70.0]), limits) / limits) <= 1


def test_a_filter_stills_tremor_and_keeps_leaps() -> None:
    dice = np.random.default_rng(1)
    quiet = OneEuro(np.array([1.0]), np.array([5.0]))
    tremor = [quiet.follow(dice.normal(0, 0.01, 1), 0.04)[0] for _ in range(200)]
    assert np.std(tremor[20:]) < 0.006
    assert quiet.follow(np.array([1.0]), 0.04)[0] > 0.8


def test_pictures_get_no_larger() -> None:
    assert shrink(np.zeros((100, 50, 3), np.uint8), 960).shape == (100, 50, 3)
    assert shrink(np.zeros((2160, 3840, 3), np.uint8), 960).shape == (540, 960, 3)
