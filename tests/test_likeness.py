"""Likenesses: what they are made of, what is refused and why, and the file."""

import io
import json
import zipfile
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bonaface import weights
from bonaface.avatar.likeness import build_likeness, load_likeness, save_likeness
from bonaface.avatar.likeness.background import fill_in, paint_background
from bonaface.avatar.likeness.check import check_face, choose_face, yaw
from bonaface.avatar.likeness.contour import _path
from bonaface.avatar.likeness.folds import soften_folds
from bonaface.avatar.likeness.framing import frame_face
from bonaface.avatar.likeness.glasses import rigid_vertices, wears_glasses
from bonaface.avatar.likeness.matte import guided
from bonaface.avatar.likeness.mesh import STEEPEST, VERTICES, skin_triangles
from bonaface.avatar.likeness.mouth import _unlike_lips
from bonaface.avatar.likeness.rest import gauge_smile
from bonaface.avatar.likeness.ruler import Ruler, flatten, measure
from bonaface.avatar.likeness.scene import extend_scene
from bonaface.avatar.likeness.teeth import draw_teeth, draw_tongue
from bonaface.avatar.pose import SHAPES
from bonaface.avatar.rig import HIDDEN, LIPS, Likeness
from bonaface.consent.portrait import hash_pixels
from bonaface.core import Picture
from bonaface.errors import PortraitRefused, UnreadableMedia, UnwritableMedia, WeightsMissing
from bonaface.face import landmarks as lm
from bonaface.face.find import Face, find_faces
from bonaface.media.photos import read_photo


@pytest.fixture(scope="module")
def hopper() -> Picture:
    try:
        weights.find("selfie-segmentation")
        return read_photo(weights.find("portrait-hopper"))
    except WeightsMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def likeness(hopper: Picture) -> Likeness:
    return build_likeness(hopper, (320, 256))


@pytest.fixture(scope="module")
def smile(media: Path) -> Likeness:
    return build_likeness(read_photo(media / "portraits" / "fictional-018.jpg"))


def shape(likeness: Likeness, name: str) -> NDArray[np.float32]:
    return likeness.mesh.basis[:, SHAPES.index(name)].reshape(-1, 3)


def gaps(points: NDArray[np.float32], likeness: Likeness) -> NDArray[np.floating]:
    upper, lower = (list(rings[3]) for rings in (lm.UPPER_LIP, lm.LOWER_LIP))
    return np.asarray((points[lower] - points[upper]) @ likeness.down / likeness.scale)


def test_the_parts_fit_together(likeness: Likeness, hopper: Picture) -> None:
    mesh = likeness.mesh
    assert (likeness.width, likeness.height) == (320, 256)
    assert likeness.portrait == hash_pixels(hopper)
    assert mesh.vertices.shape == (VERTICES, 3)
    assert mesh.basis.shape == (VERTICES * 3, len(SHAPES))
    assert mesh.triangles.max() < VERTICES
    assert likeness.layer.shape == (256, 320, 4)
    assert likeness.background.shape == (256, 320, 3)
    for part in (mesh.vertices, mesh.rest, mesh.basis, mesh.head, mesh.texture):
        assert part.dtype == np.float32
        assert np.isfinite(part).all()


def test_the_mesh_covers_the_canvas_from_back_to_front(likeness: Likeness) -> None:
    covered = np.zeros((256, 320), np.uint8)
    for triangle in likeness.mesh.triangles:
        corners = np.round(likeness.mesh.vertices[triangle, :2]).astype(np.int32)
        cv2.fillConvexPoly(covered, corners, 1)
    assert covered.all()
    shown = likeness.mesh.kinds
    assert set(np.flatnonzero(shown == LIPS)) == set(range(720, 720 + (shown == LIPS).sum()))
    assert (shown == HIDDEN).any()


def test_the_face_is_the_heads_and_the_shoulders_are_not(likeness: Likeness) -> None:
    head = likeness.mesh.head
    face = likeness.mesh.vertices[: lm.FACE, 1] < likeness.mesh.vertices[lm.CHIN, 1]
    assert (head[: lm.FACE][face] > 0.99).all()
    assert head[likeness.mesh.vertices[:, 1] > 254].max() < 0.2


def test_depth_is_never_steep(likeness: Likeness) -> None:
    vertices = likeness.mesh.vertices.astype(np.float64)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        step = vertices[skin_triangles()[:, a]] - vertices[skin_triangles()[:, b]]
        flat = np.hypot(step[:, 0], step[:, 1])
        assert (np.abs(step[:, 2]) <= STEEPEST * flat + 0.05).all()


def test_shapes_do_what_they_are_called(likeness: Likeness) -> None:
    down = likeness.down / likeness.scale  # mm
    assert shape(likeness, "jawOpen")[lm.CHIN] @ down > 9
    assert abs(shape(likeness, "jawOpen")[lm.NOSE_BRIDGE] @ down) < 0.5
    corner = likeness.right / likeness.scale
    assert shape(likeness, "stretch")[308] @ corner > 4
    assert shape(likeness, "pucker")[308] @ corner < -5
    assert shape(likeness, "smileL")[308] @ down < -3
    assert abs(shape(likeness, "smileL")[78] @ down) < 1
    assert shape(likeness, "browInnerUp")[107] @ down < -2
    assert shape(likeness, "pucker")[13, 2] < 0


def test_a_blink_closes_the_eye(likeness: Likeness) -> None:
    for name, eye in (("blinkR", likeness.eyes[0]), ("blinkL", likeness.eyes[1])):
        vertices = likeness.mesh.vertices
        before = (vertices[eye.lower] - vertices[eye.upper])[1:-1] @ likeness.down
        closed = vertices + shape(likeness, name)
        after = (closed[eye.lower] - closed[eye.upper])[1:-1] @ likeness.down
        assert np.abs(after).max() < 0.05 * before.max()


def test_an_eyeball_times_its_shadow_is_the_photo(likeness: Likeness) -> None:
    for eye in likeness.eyes:
        x, y = (round(place - start) for place, start in zip(eye.iris, eye.origin, strict=True))
        made = (eye.ball[y, x] + 6.0) * eye.shadow[y, x] - 6
        seen = likeness.layer[y + eye.origin[1], x + eye.origin[0], :3]
        assert made == pytest.approx(seen, abs=4)


def test_closed_lips_meet_at_rest(likeness: Likeness) -> None:
    calm = likeness.mesh.vertices + likeness.mesh.rest
    assert np.abs(gaps(calm, likeness)).max() < 0.05


@pytest.mark.media
def test_a_smile_comes_to_rest(smile: Likeness) -> None:
    mesh = smile.mesh
    calm = mesh.vertices + mesh.rest
    right, down = smile.right.astype(np.float64), smile.down.astype(np.float64)
    ruler = Ruler(smile.scale, right, down)
    assert gauge_smile(mesh.vertices.astype(np.float64), ruler).strength > 0.9
    assert gaps(mesh.vertices, smile).max() > 5
    assert np.abs(gaps(calm, smile)).max() < 0.05
    both = (np.linalg.norm(points[308] - points[78]) for points in (mesh.vertices, calm))
    broad, narrow = (float(width) / smile.scale for width in both)
    assert broad > 57
    assert 46 < narrow < 54
    assert smile.mouth.photo is not None


@pytest.mark.media
def test_no_tooth_sticks_to_a_lip(smile: Likeness) -> None:
    middle = (smile.mesh.vertices[13] + smile.mesh.vertices[14]) / 2
    x, y = np.round(middle[:2]).astype(int)
    red, green, blue = smile.layer[y - 3 : y + 4, x - 20 : x + 20, :3].reshape(-1, 3).mean(0)
    assert red > 1.15 * green
    assert red > 1.15 * blue


@pytest.mark.media
@pytest.mark.parametrize(("number", "wears"), [("035", True), ("038", True), ("018", False)])
def test_glasses_hold_still(media: Path, number: str, wears: bool) -> None:
    made = build_likeness(read_photo(media / "portraits" / f"fictional-{number}.jpg"))
    assert made.glasses == wears
    if wears:
        points = made.mesh.vertices.astype(np.float64)
        bridge = [lm.NOSE_BRIDGE, 6]
        for name in ("browDown", "squint", "noseSneer"):
            assert np.abs(shape(made, name)[bridge]).max() < 1e-4
        assert np.abs(made.mesh.rest[bridge]).max() < 1e-4
        assert len(points) == VERTICES
        assert made.eyes[0].glare is not None


@pytest.mark.media
@pytest.mark.parametrize("size", [(512, 512), (1280, 720), (720, 1280)])
def test_the_head_fits_any_canvas(media: Path, size: tuple[int, int]) -> None:
    made = build_likeness(read_photo(media / "portraits" / "fictional-002.jpg"), size)
    face = made.mesh.vertices[: lm.FACE]
    assert 0 < face[:, 0].min() < face[:, 0].max() < size[0]
    assert 0.1 * size[1] < face[:, 1].min() < face[:, 1].max() < 0.98 * size[1]
    assert face[:, 0].mean() == pytest.approx(size[0] / 2, abs=0.12 * size[0])


@pytest.mark.parametrize("side", [64, 5000])
def test_a_canvas_has_bounds(hopper: Picture, side: int) -> None:
    with pytest.raises(ValueError, match="canvas"):
        build_likeness(hopper, (side, 512))


def test_a_photo_with_room_is_cropped_about_the_face(hopper: Picture) -> None:
    (face,) = find_faces(hopper)
    framed = frame_face(hopper.pixels, face, (256, 256))
    assert framed.box == (0, 0, 256, 256)
    x, y = framed.landmarks[lm.NOSE_TIP, :2]
    there = face.landmarks[lm.NOSE_TIP, :2].astype(int)
    assert framed.picture[int(y), int(x)] == pytest.approx(
        hopper.pixels[there[1], there[0]], abs=40
    )


def test_a_scene_goes_on_without_a_seam() -> None:
    ramp = np.linspace(40, 200, 90, dtype=np.float32)
    scene = np.repeat(np.tile(ramp[None, :, None], (80, 1, 3)), 1, 0).astype(np.uint8)
    layer = np.zeros((80, 90, 4), np.uint8)
    layer[60:, :, 0] = layer[60:, :, 3] = 255
    stage = extend_scene(scene, layer, scene, (35, 0, 125, 80), (160, 80))
    assert stage.canvas.shape == (80, 160, 3)
    assert (stage.background[:, 40:120] == scene[:, 5:85]).all()
    steps = np.abs(np.diff(stage.background[20].astype(int), axis=0)).max(1)
    assert steps.max() <= 3
    assert (stage.layer[70, [0, 159], 3] == 0).all()
    assert stage.layer[70, 80, 3] == 255


def test_holes_are_filled_from_around() -> None:
    picture = np.zeros((64, 64, 3), np.float32)
    picture[:, :32], picture[:, 32:] = 50, 150
    known = np.ones((64, 64), np.float32)
    known[20:44, 20:44] = 0
    filled = fill_in(picture * known[..., None], known)
    assert filled[known > 0] == pytest.approx(picture[known > 0], abs=1e-3)
    assert 49 <= filled[32, 21].mean() < filled[32, 42].mean() <= 151


def test_no_ghost_of_the_person_stays() -> None:
    canvas = np.full((200, 200, 3), 120, np.uint8)
    cv2.circle(canvas, (100, 110), 60, (255, 0, 0), -1)
    cv2.circle(canvas, (100, 110), 63, (190, 60, 60), 3)
    scene = np.ones((200, 200), bool)
    scene[(canvas != 120).any(-1)] = False
    painted = paint_background(canvas, scene, 1.5)
    assert np.abs(painted.astype(int) - 120).max() <= 1


def test_a_guided_mask_follows_edges() -> None:
    guide = np.zeros((60, 60, 3), np.float32)
    guide[:, 30:] = 0.8
    mask = np.zeros((60, 60), np.float32)
    mask[:, 33:] = 1  # three columns off
    sharp = guided(guide, mask, 8, 1e-4)
    assert sharp[30, 32] > 0.6
    assert sharp[30, 27] < 0.25


def test_the_cheapest_path_is_found() -> None:
    cost = np.ones((80, 41))
    true = 40 + np.round(4 * np.sin(np.linspace(0, 3, 41))).astype(int)
    cost[true, np.arange(41)] = 0
    found = _path(cost, np.full(41, 40.0), 2.0)
    assert np.abs(found - true)[5:-5].max() < 1.1


def test_drawn_teeth_are_brightest_in_the_middle() -> None:
    tone = np.array([220.0, 210.0, 190.0])
    upper = draw_teeth(3.0, tone, upper=True)
    assert upper.shape == (84, 156, 4)
    middle, side = upper[84 // 2 - 6, 156 // 2 + 12], upper[84 // 2 - 9, 156 // 2 + 57]
    assert middle[3] > 0.95
    assert middle[:3].mean() > side[:3].mean() > 0
    assert upper[84 // 2 + 6 :, :, 3].max() == 0
    assert draw_teeth(3.0, tone, upper=False)[: 84 // 2 - 6, :, 3].max() == 0
    assert draw_tongue(3.0, 0.5).max() < draw_tongue(3.0, 1.0).max()


def face_like(landmarks: NDArray[np.float32]) -> Face:
    (left, top), (right, bottom) = landmarks[: lm.FACE, :2].min(0), landmarks[: lm.FACE, :2].max(0)
    return Face((left, top, right, bottom), landmarks, 1.0, 1.0)


def test_profiles_are_refused(hopper: Picture) -> None:
    (face,) = find_faces(hopper)
    check_face(face, hopper.pixels)
    angle = np.deg2rad(50)
    middle = face.landmarks.mean(0)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    away = (face.landmarks - middle) @ turn.T.astype(np.float32) + middle
    assert abs(yaw(away.astype(np.float32))) > 35
    with pytest.raises(PortraitRefused, match="degrees to the side"):
        check_face(face_like(away.astype(np.float32)), hopper.pixels)


def test_small_faces_are_refused(hopper: Picture) -> None:
    (face,) = find_faces(hopper)
    shrink = 80 / (face.box[3] - face.box[1])
    small = cv2.resize(hopper.pixels, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    with pytest.raises(PortraitRefused, match=r"only \d+ pixels"):
        build_likeness(Picture(0, small))


def test_blurred_faces_are_refused(hopper: Picture) -> None:
    (face,) = find_faces(hopper)
    sigma = (face.box[2] - face.box[0]) / 25
    blurred = cv2.GaussianBlur(hopper.pixels, (0, 0), sigma)
    with pytest.raises(PortraitRefused, match="blurred"):
        check_face(face, blurred)


@pytest.mark.parametrize("side", ["left", "right", "bottom"])
def test_faces_that_are_cut_off_are_refused(hopper: Picture, side: str) -> None:
    (face,) = find_faces(hopper)
    y = round(float(face.landmarks[13, 1]))
    eye = round(float(face.landmarks[lm.LEFT_IRIS if side == "right" else lm.RIGHT_IRIS, 0]))
    height, width = hopper.pixels.shape[:2]
    rows, columns = slice(0, y if side == "bottom" else height), slice(0, width)
    if side != "bottom":
        columns = slice(eye, width) if side == "left" else slice(0, eye)
    moved = face.landmarks - np.array([columns.start, 0, 0], np.float32)
    part = np.ascontiguousarray(hopper.pixels[rows, columns])
    with pytest.raises(PortraitRefused, match="cut off"):
        check_face(face_like(moved), part)


def test_nobody_is_refused(hopper: Picture) -> None:
    with pytest.raises(PortraitRefused, match="No human face"):
        build_likeness(Picture(0, np.full_like(hopper.pixels, 128)))


def pair(hopper: Picture, scale: float) -> Picture:
    other = cv2.resize(hopper.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, width = hopper.pixels.shape[:2]
    both = np.full((height, width * 2, 3), 128, np.uint8)
    both[:, :width] = hopper.pixels
    both[: other.shape[0], width : width + other.shape[1]] = other
    return Picture(0, both)


def test_two_faces_want_a_choice(hopper: Picture) -> None:
    both = pair(hopper, 0.9)
    with pytest.raises(PortraitRefused, match="There are 2 faces"):
        choose_face(both, None)
    left, right = choose_face(both, 1), choose_face(both, 2)
    assert left.box[0] < right.box[0]
    with pytest.raises(PortraitRefused, match="--face 3"):
        choose_face(both, 3)


def test_a_bystander_does_not_block(hopper: Picture) -> None:
    both = pair(hopper, 0.35)
    assert choose_face(both, None).box[0] < hopper.pixels.shape[1]


@pytest.mark.media
def test_animals_are_refused(media: Path) -> None:
    for name in ("kwaivgi-s32.jpg", "kwaivgi-s33.jpg", "kwaivgi-s36.jpg"):
        with pytest.raises(PortraitRefused, match="human face"):
            build_likeness(read_photo(media / "portraits" / name))


@pytest.mark.media
@pytest.mark.parametrize(
    "name", ["opentalker-art_11.png", "kwaivgi-s6.jpg", "kwaivgi-s7.jpg", "fictional-047.jpg"]
)
def test_painted_carved_and_drawn_people_are_welcome(media: Path, name: str) -> None:
    assert build_likeness(read_photo(media / "portraits" / name)).scale > 0


def test_rigid_vertices_leave_lids_free(hopper: Picture) -> None:
    (face,) = find_faces(hopper)
    points = flatten(face.landmarks)
    rigid = rigid_vertices(points, measure(points))
    assert lm.NOSE_BRIDGE in rigid
    assert not rigid & set(lm.RIGHT_UPPER_LID[0] + lm.LEFT_LOWER_LID[0] + lm.UPPER_LIP[3])
    assert isinstance(wears_glasses(hopper.pixels, points, measure(points)), bool)


def same(a: object, b: object) -> bool:
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and bool((a == b).all())
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if hasattr(a, "__dataclass_fields__"):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))  # type: ignore[arg-type]
    return a == b


def test_a_likeness_comes_back_from_its_file(likeness: Likeness, tmp_path: Path) -> None:
    path = tmp_path / "ada.likeness"
    save_likeness(likeness, path)
    back = load_likeness(path)
    assert same(likeness, back)
    assert not back.mesh.basis.flags.writeable
    assert [file.name for file in tmp_path.iterdir()] == ["ada.likeness"]


@pytest.mark.media
def test_own_teeth_come_back_too(smile: Likeness, tmp_path: Path) -> None:
    save_likeness(smile, tmp_path / "smile.likeness")
    assert same(smile, load_likeness(tmp_path / "smile.likeness"))


def test_a_folder_that_is_a_file_is_reported(likeness: Likeness, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableMedia, match="Could not write"):
        save_likeness(likeness, tmp_path / "file" / "a.likeness")


@pytest.fixture(scope="module")
def stored(likeness: Likeness, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    path = tmp_path_factory.mktemp("stored") / "a.likeness"
    save_likeness(likeness, path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes], path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def npy(array: NDArray[np.generic], *, pickled: bool = False) -> bytes:
    block = io.BytesIO()
    np.save(block, array, allow_pickle=pickled)
    return block.getvalue()


def head(stored: dict[str, bytes], **changes: object) -> bytes:
    return json.dumps(json.loads(stored["likeness.json"]) | changes).encode()


def hostile(stored: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    vertices = np.load(io.BytesIO(stored["mesh/vertices.npy"]))
    long = io.BytesIO()
    claim = {"descr": "<f4", "fortran_order": False, "shape": (1 << 40, 3)}
    np.lib.format.write_array_header_1_0(long, claim)
    triangles = np.load(io.BytesIO(stored["mesh/triangles.npy"]))
    return {
        "a pickle": {"mesh/head.npy": npy(np.array([{}, []], object), pickled=True)},
        "a claim": {"mesh/vertices.npy": long.getvalue() + bytes(48)},
        "another kind": {"mesh/vertices.npy": npy(vertices.astype(np.float64))},
        "another shape": {"mesh/vertices.npy": npy(vertices[:, :2].copy())},
        "not a number": {"mesh/vertices.npy": npy(vertices * np.float32("nan"))},
        "a far vertex": {"mesh/triangles.npy": npy(triangles + 10_000)},
        "a stranger": {"mesh/secret.npy": npy(vertices)},
        "no array": {"mesh/head.npy": b"hello"},
        "another version": {"likeness.json": head(stored, version=99)},
        "a huge canvas": {"likeness.json": head(stored, width=100_000)},
        "text for a number": {"likeness.json": head(stored, scale="wide")},
        "no json": {"likeness.json": b"{"},
        "a list": {"likeness.json": b"[1]"},
        "a bomb": {"bomb.npy": bytes(500_000_000)},
    }


@pytest.mark.parametrize(
    "what",
    [
        "a pickle",
        "a claim",
        "another kind",
        "another shape",
        "not a number",
        "a far vertex",
        "a stranger",
        "no array",
        "another version",
        "a huge canvas",
        "text for a number",
        "no json",
        "a list",
        "a bomb",
    ],
)
def test_hostile_files_are_refused(stored: dict[str, bytes], tmp_path: Path, what: str) -> None:
    path = packed(stored | hostile(stored)[what], tmp_path / "bad.likeness")
    with pytest.raises(UnreadableMedia):
        load_likeness(path)


def test_broken_and_missing_files_are_refused(stored: dict[str, bytes], tmp_path: Path) -> None:
    whole = packed(stored, tmp_path / "whole.likeness").read_bytes()
    for name, data in (("cut", whole[: len(whole) // 2]), ("empty", b""), ("text", b"no zip")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UnreadableMedia):
            load_likeness(tmp_path / name)
    with pytest.raises(UnreadableMedia, match="Could not read"):
        load_likeness(tmp_path / "absent")
    less = {name: data for name, data in stored.items() if name != "mesh/rest.npy"}
    with pytest.raises(UnreadableMedia):
        load_likeness(packed(less, tmp_path / "less.likeness"))


@pytest.mark.media
def test_a_smiles_folds_get_softer(media: Path) -> None:
    picture = read_photo(media / "portraits" / "fictional-031.jpg")
    (face,) = find_faces(picture)
    points = flatten(face.landmarks)
    ruler = measure(points)
    height, width = picture.pixels.shape[:2]
    layer = np.dstack([picture.pixels, np.full((height, width), 255, np.uint8)])
    softer = soften_folds(layer, points, ruler, 1.0)
    change = softer[..., :3].astype(int) - layer[..., :3]
    assert change.min() >= -1
    assert change.max() > 8
    nose, brow = (points[i, :2].astype(int) for i in (lm.NOSE_TIP, 9))
    assert (change[nose[1], nose[0]] == 0).all()
    assert (change[brow[1], brow[0]] == 0).all()
    assert soften_folds(layer, points, ruler, 0.0) is layer


def test_the_inner_lip_is_no_tooth() -> None:
    lips = np.array([190.0, 110.0, 115.0])
    assert not _unlike_lips(np.full((9, 3), (150, 80, 80), np.float32), lips)
    assert _unlike_lips(np.full((9, 3), (190, 180, 160), np.float32), lips)
    grey = np.array([110.0, 110.0, 110.0])
    assert _unlike_lips(np.full((9, 3), 190, np.float32), grey)


@pytest.mark.media
def test_a_grey_portrait_has_a_grey_mouth(media: Path) -> None:
    mouth = build_likeness(read_photo(media / "portraits" / "fudan-generative-vision-4.jpg")).mouth
    for texture in (mouth.tongue, mouth.upper, mouth.lower):
        assert np.ptp(texture[..., :3], axis=-1).max() < 2
    assert np.ptp(mouth.cavity) < 2
