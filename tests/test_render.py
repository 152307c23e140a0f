"""The renderer, on the face of somebody who does not exist or died long ago."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface.avatar.likeness.build import build_likeness
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.opening import fill, open_between
from bonaface.avatar.render.posing import Skeleton
from bonaface.avatar.render.raster import FINE, draw, make_sheets, refine
from bonaface.avatar.render.renderer import Renderer
from bonaface.avatar.rig import BLEND, OPAQUE, Likeness, Mesh
from bonaface.config import settings
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import ConsentRecord, Terms, grant, revoke
from bonaface.core import SECOND, Picture, Stage
from bonaface.errors import ConsentDenied, ConsentMissing
from bonaface.face import landmarks as lm

SIZE = (256, 256)


def posed(at: int = 0, shapes: dict[str, float] | None = None, **rest: object) -> Pose:
    weighed = np.zeros(len(SHAPES), np.float32)
    for name, weight in (shapes or {}).items():
        weighed[SHAPES.index(name)] = weight
    return Pose(at, weighed, **rest)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def likeness(photo: Picture) -> Likeness:
    return build_likeness(photo, SIZE)


@pytest.fixture(scope="module")
def skeleton(likeness: Likeness) -> Skeleton:
    return Skeleton(likeness)


@pytest.fixture(scope="module")
def consent(
    photo: Picture, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[ConsentRecord, Permit]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONAFACE_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield _granted(photo)
    settings.cache_clear()


def _granted(photo: Picture) -> tuple[ConsentRecord, Permit]:
    now = datetime.now(UTC)
    terms = Terms("Rear Admiral Hopper", "public-domain-historical", ("test",), date(2999, 1, 1))
    record = grant(hash_portrait(photo.pixels.tobytes(), photo), terms, now)
    return record, permit(record, photo, "test", now)


@pytest.fixture(scope="module")
def renderer(likeness: Likeness, consent: tuple[ConsentRecord, Permit]) -> Renderer:
    return Renderer(likeness, consent[1])


def lip_gaps(skeleton: Skeleton, likeness: Likeness, pose: Pose) -> NDArray[np.float32]:
    solid = skeleton.bend(pose)
    upper, lower = solid[list(lm.UPPER_LIP[3])], solid[list(lm.LOWER_LIP[3])]
    return np.asarray((lower - upper) @ likeness.down, np.float32)


def test_a_picture_has_the_size_of_the_canvas_and_is_read_only(renderer: Renderer) -> None:
    picture = renderer.draw(posed())
    assert picture.shape == (*SIZE[::-1], 3)
    assert picture.dtype == np.uint8
    assert not picture.flags.writeable


def test_rest_shows_the_photo(renderer: Renderer, likeness: Likeness) -> None:
    alpha = likeness.layer[..., 3:].astype(np.float32) / 255
    photo = likeness.layer[..., :3] * alpha + likeness.background * (1 - alpha)
    eyes_up = slice(0, int(likeness.mesh.vertices[lm.NOSE_BRIDGE, 1]))  # the mouth may relax
    off = np.abs(renderer.draw(posed())[eyes_up] - photo[eyes_up])
    assert off.mean() < 1
    assert np.percentile(off, 99) <= 6


def test_the_same_pose_gives_the_same_picture(renderer: Renderer) -> None:
    pose = posed(shapes={"jawOpen": 0.5, "blinkL": 0.3}, turn=(2.0, 1.0, -1.0))
    first = renderer.draw(pose)
    renderer.draw(posed(shapes={"smileL": 1.0}, turn=(-5.0, 0.0, 0.0), gaze=(2.0, 0.0)))
    assert np.array_equal(first, renderer.draw(pose))


def test_scene_beside_the_person_stays(
    photo: Picture, consent: tuple[ConsentRecord, Permit]
) -> None:
    wide = build_likeness(photo, (512, 256))
    columns = np.flatnonzero(wide.layer[..., 3].max(0))
    beside = np.ones(512, np.bool_)
    beside[max(0, columns.min() - 16) : columns.max() + 17] = False
    assert beside.sum() > 40
    pose = posed(shapes={"jawOpen": 1.0}, turn=(4.0, 2.0, 2.0), breath=1.0)
    picture = Renderer(wide, consent[1]).draw(pose)
    assert np.array_equal(picture[:, beside], wide.background[:, beside])


@pytest.mark.parametrize("jaw", [0.0, 0.3, 1.0])
def test_closure_brings_the_lips_together(
    skeleton: Skeleton, likeness: Likeness, jaw: float
) -> None:
    shapes = {"jawOpen": jaw, "lowerDown": jaw / 2, "upperUp": jaw / 3}
    gaps = lip_gaps(skeleton, likeness, posed(shapes=shapes, closure=1.0))
    assert np.abs(gaps).max() < 0.02


def test_lips_never_cross(skeleton: Skeleton, likeness: Likeness) -> None:
    dice = np.random.default_rng(5)
    for _ in range(50):
        some = {name: dice.uniform(0, 1) for name in dice.choice(SHAPES, 5)}
        assert lip_gaps(skeleton, likeness, posed(shapes=some)).min() > -0.02


def test_a_jaw_opens_the_mouth(renderer: Renderer, skeleton: Skeleton, likeness: Likeness) -> None:
    wide = posed(shapes={"jawOpen": 0.8})
    assert lip_gaps(skeleton, likeness, wide).max() > 6 * likeness.scale
    points = skeleton.pose(wide).points
    x, y = ((points[13] + points[14]) / 2).astype(int)
    assert renderer.draw(wide)[y, x].mean() < 0.6 * np.mean(likeness.lips)


@pytest.mark.parametrize("side", [0, 1])
def test_a_blink_covers_the_eye(renderer: Renderer, likeness: Likeness, side: int) -> None:
    eye = likeness.eyes[side]
    shape = ("blinkR", "blinkL")[side]

    def uncovered(amount: float) -> float:
        points = renderer.skeleton.pose(posed(shapes={shape: amount})).points
        upper, lower = (points[rows] for rows in (eye.upper, eye.lower))
        if upper[0, 0] > upper[-1, 0]:
            upper, lower = upper[::-1], lower[::-1]
        opening = open_between(upper, lower, SIZE)
        return 0.0 if opening is None else float(opening.cover.sum())

    open_, half, shut = (uncovered(amount) for amount in (0.0, 0.5, 1.0))
    assert shut < 0.08 * open_ < half
    assert 0.3 * open_ < half < 0.7 * open_


def test_an_iris_follows_the_gaze(renderer: Renderer, likeness: Likeness) -> None:
    eye = likeness.eyes[0]
    far = round(1.2 * eye.radius)
    x, y = round(eye.iris[0]), round(eye.iris[1])
    window = (slice(y - 2, y + 3), slice(x - 2 * far, x + 2 * far + 1))

    def darkest(gaze: float) -> float:
        light = renderer.draw(posed(gaze=(gaze, 0.0)))[window].mean((0, 2))
        dark = np.clip(np.percentile(light, 60) - light, 0, None)
        return float((dark * np.arange(len(dark))).sum() / dark.sum())

    assert darkest(-2.0) + likeness.scale < darkest(0.0) < darkest(2.0) - likeness.scale


def test_a_turning_head_has_no_holes(
    likeness: Likeness, consent: tuple[ConsentRecord, Permit]
) -> None:
    magenta = np.zeros_like(likeness.background) + np.array([255, 0, 255], np.uint8)
    kinds = np.where(likeness.mesh.kinds == BLEND, OPAQUE, likeness.mesh.kinds).astype(np.uint8)
    solid = replace(likeness, background=magenta, mesh=replace(likeness.mesh, kinds=kinds))
    renderer = Renderer(solid, consent[1])
    for yaw in (-8.0, -3.0, 5.0, 8.0):
        pose = posed(shapes={"jawOpen": 0.4}, turn=(yaw, 3.0, -2.0))
        points = renderer.skeleton.pose(pose).points[: lm.FACE]
        inner = points.mean(0) + (points - points.mean(0)) * 0.95
        x, y = np.clip(np.rint(inner), 0, SIZE[0] - 1).astype(int).T
        picture = renderer.draw(pose)
        box = picture[y.min() : y.max(), x.min() : x.max()]
        middle = box[box.shape[0] // 6 : -box.shape[0] // 6, box.shape[1] // 6 : -box.shape[1] // 6]
        assert not (middle == magenta[0, 0]).all(-1).any()


def test_a_pose_must_be_finite(renderer: Renderer) -> None:
    for pose in (posed(shapes={"jawOpen": np.nan}), posed(shapes={"smileL": np.inf})):
        with pytest.raises(ValueError, match="finite"):
            renderer.draw(pose)


def test_it_is_a_stage(renderer: Renderer) -> None:
    stage: Stage[Pose, Picture] = renderer
    pose = posed(at=7 * SECOND)
    (picture,) = stage.push(pose)
    assert picture.at == 7 * SECOND
    assert list(stage.flush()) == []
    stage.reset()
    (again,) = stage.push(pose)
    assert np.array_equal(picture.pixels, again.pixels)


def test_no_face_without_a_permit(
    likeness: Likeness, consent: tuple[ConsentRecord, Permit]
) -> None:
    with pytest.raises(ConsentMissing):
        Renderer(likeness, None)  # type: ignore[arg-type]
    with pytest.raises(ConsentDenied):
        Renderer(replace(likeness, portrait="0" * 64), consent[1])


def test_a_revoked_consent_ends_the_stream(photo: Picture, likeness: Likeness, home: Path) -> None:
    assert not home.exists()
    record, leave = _granted(photo)
    renderer = Renderer(likeness, leave)
    list(renderer.push(posed()))
    revoke(record, datetime.now(UTC))
    list(renderer.push(posed(at=5 * SECOND)))  # not asked at every picture
    with pytest.raises(ConsentDenied):
        renderer.push(posed(at=11 * SECOND))


def test_fill_measures_areas() -> None:
    square = np.array([[2.25, 1.5], [6.5, 1.5], [6.5, 4.0], [2.25, 4.0]], np.float32)
    cover = np.zeros((8, 10), np.float32)
    fill(square, cover)
    assert cover.sum() == pytest.approx(4.25 * 2.5, rel=0.02)
    assert cover[3, 4] == 1
    assert cover[:, 8:].max() == 0
    backwards = np.zeros((8, 10), np.float32)
    fill(np.ascontiguousarray(square[::-1]), backwards)
    assert backwards.max() == 0  # lids that crossed are closed


def test_raster_keeps_what_it_does_not_move() -> None:
    dice = np.random.default_rng(1)
    layer = dice.integers(0, 256, (20, 24, 4), np.uint8)
    layer[..., 3] = 255
    corners = np.array([[-1, -1, 0], [25, -1, 0], [25, 21, 0], [-1, 21, 0]], np.float32)
    mesh = Mesh(
        vertices=corners,
        rest=np.zeros_like(corners),
        basis=np.zeros((12, len(SHAPES)), np.float32),
        head=np.ones(4, np.float32),
        texture=np.clip(corners[:, :2], 0, (23, 19)),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        kinds=np.array([OPAQUE, BLEND], np.uint8),
    )
    mesh = replace(mesh, texture=np.ascontiguousarray(corners[:, :2]))
    frame = np.zeros((20, 24), np.uint32)
    _, face = make_sheets(mesh, layer)
    draw(corners[:, :2].copy(), face, frame)
    drawn = frame.view(np.uint8).reshape(20, 24, 4)
    assert np.abs(drawn[1:-1, 1:-1].astype(int) - layer[1:-1, 1:-1]).max() <= 1


def test_motion_costs_little_sharpness(
    photo: Picture, consent: tuple[ConsentRecord, Permit]
) -> None:
    likeness = build_likeness(photo, (512, 512))
    renderer = Renderer(likeness, consent[1])
    x, y = likeness.mesh.vertices[[lm.FOREHEAD, lm.CHIN, *lm.OVAL], :2].T.astype(int)
    face = (slice(y.min() + 20, y.max() - 20), slice(x.min() + 20, x.max() - 20))

    def detail(pose: Pose) -> float:
        light = renderer.draw(pose)[face].mean(-1)
        return float(np.square(np.diff(light, 2, axis=0)).mean())

    still = detail(posed())
    kept = [detail(posed(turn=(t, 1 - t, 0.3), shift=(t / 3, t / 7))) for t in (0.3, 0.9, 1.7)]
    assert 0.75 < np.mean(kept) / still < 1.15


def test_refining_keeps_the_texels() -> None:
    layer = np.random.default_rng(2).integers(0, 256, (9, 11, 4), np.uint8)
    assert np.array_equal(refine(layer)[::FINE, ::FINE], layer)


def extreme(dice: np.random.Generator) -> Pose:
    """A pose far beyond what a face does."""
    shapes = dict(zip(SHAPES, dice.normal(0, 3, len(SHAPES)), strict=True))
    return posed(
        shapes=shapes,
        turn=tuple(dice.normal(0, 60, 3)),
        shift=tuple(dice.normal(0, 200, 2)),
        gaze=tuple(dice.normal(0, 20, 2)),
        tongue=float(dice.normal(0, 2)),
        closure=float(dice.normal(0, 2)),
        breath=float(dice.normal(0, 50)),
    )


def test_extreme_poses_stay_in_the_frame(renderer: Renderer) -> None:
    dice = np.random.default_rng(3)
    for _ in range(40):
        assert renderer.draw(extreme(dice)).shape == (*SIZE[::-1], 3)


@pytest.mark.slow
def test_no_kernel_reaches_beyond_its_arrays(tmp_path: Path) -> None:
    """The same extreme poses, with the kernels compiled to check every index."""
    checked = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    tests = f"{__file__}::test_extreme_poses_stay_in_the_frame"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", tests],
        env=checked,
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
