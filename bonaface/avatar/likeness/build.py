"""Build a likeness from one photo."""

from dataclasses import dataclass

import numpy as np

from bonaface.avatar.likeness.background import paint_background
from bonaface.avatar.likeness.basis import make_basis
from bonaface.avatar.likeness.check import check_face, choose_face
from bonaface.avatar.likeness.contour import snap_lips
from bonaface.avatar.likeness.eyes import make_eyes
from bonaface.avatar.likeness.field import Field
from bonaface.avatar.likeness.folds import soften_folds
from bonaface.avatar.likeness.framing import Framed, frame_face
from bonaface.avatar.likeness.glasses import rigid_vertices, wears_glasses
from bonaface.avatar.likeness.jaw import swing_jaw
from bonaface.avatar.likeness.lining import line_lips
from bonaface.avatar.likeness.matte import cut_out
from bonaface.avatar.likeness.mesh import (
    head_weights,
    make_triangles,
    place_vertices,
    skin_triangles,
)
from bonaface.avatar.likeness.mouth import OwnTeeth, find_teeth, make_mouth, take_tones
from bonaface.avatar.likeness.rest import gauge_smile, relax
from bonaface.avatar.likeness.ruler import Places, Ruler, flatten, measure
from bonaface.avatar.likeness.scene import Stage, extend_scene
from bonaface.avatar.rig import Bytes, Eye, Likeness, Mesh
from bonaface.consent.portrait import hash_pixels
from bonaface.core import Picture
from bonaface.errors import PortraitRefused
from bonaface.face import landmarks as lm
from bonaface.face.find import LEAST, look_again
from bonaface.face.segment import segment_person

SMALLEST, LARGEST = 128, 4096  # px, sides of a canvas
FOCAL = 3.2  # face heights: a portrait lens


@dataclass(frozen=True, slots=True, eq=False)
class _Subject:
    """The face on its canvas, measured and cut out."""

    stage: Stage
    landmarks: Places  # (478, 3) px of the canvas, lips snapped to their edges
    ruler: Ruler
    parted: bool  # lips
    teeth: OwnTeeth | None
    glasses: bool

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.stage.canvas.shape[:2]
        return width, height


def build_likeness(
    picture: Picture, size: tuple[int, int] = (512, 512), face: int | None = None
) -> Likeness:
    """Make a likeness for a canvas of `size` (width, height) px.

    `face` counts from 1, from left to right, and is needed when there are several of like size.
    Raises PortraitRefused with what to do about it, WeightsMissing, and ValueError for a size
    outside of 128 to 4096.
    """
    if not all(SMALLEST <= side <= LARGEST for side in size):
        raise ValueError(f"A canvas is {SMALLEST} to {LARGEST} px a side, not {size}.")
    found = choose_face(picture, face)
    check_face(found, picture.pixels)
    subject = _measure(frame_face(picture.pixels, found, size))
    return _assemble(hash_pixels(picture), subject)


def _measure(framed: Framed) -> _Subject:
    shown = Picture(0, framed.picture)
    again = look_again(shown, framed.landmarks)
    if again.score < LEAST:
        raise PortraitRefused(
            "The face could not be measured.", "Use a photo that shows all of it, from the front."
        )
    landmarks = flatten(again.landmarks)
    ruler = measure(landmarks)
    cutout = cut_out(framed.picture, segment_person(shown), landmarks, ruler)
    background = paint_background(framed.picture, cutout.scene, ruler.scale)
    stage = extend_scene(framed.picture, cutout.layer, background, framed.box, framed.size)
    landmarks, parted = snap_lips(landmarks + np.array([*framed.box[:2], 0]), stage.canvas, ruler)
    return _Subject(
        stage=stage,
        landmarks=landmarks,
        ruler=ruler,
        parted=parted,
        teeth=find_teeth(stage.canvas, landmarks, ruler) if parted else None,
        glasses=wears_glasses(stage.canvas, landmarks, ruler),
    )


def _assemble(portrait: str, subject: _Subject) -> Likeness:
    stage, landmarks, ruler = subject.stage, subject.landmarks, subject.ruler
    mesh, jaw = _make_mesh(subject)
    eyes = make_eyes(stage.canvas, landmarks, ruler, glasses=subject.glasses)
    tones = take_tones(stage.canvas, landmarks, _white(eyes), subject.teeth)
    calm = np.asarray(mesh.vertices + mesh.rest, np.float64)
    return Likeness(
        portrait=portrait,
        width=subject.size[0],
        height=subject.size[1],
        scale=ruler.scale,
        right=ruler.right.astype(np.float32),
        down=ruler.down.astype(np.float32),
        pivot=_neck(landmarks).astype(np.float32),
        focal=FOCAL * _tall(landmarks),
        jaw=jaw[14].astype(np.float32),
        mesh=mesh,
        layer=_skin(subject),
        background=stage.background,
        eyes=eyes,
        mouth=make_mouth(calm, ruler, tones, subject.teeth),
        skin=_triple(tones.skin),
        lips=_triple(tones.lips),
        glasses=subject.glasses,
    )


def _skin(subject: _Subject) -> Bytes:
    """The person as the mesh shows them: at rest, so without open lips and folds of a smile."""
    layer, landmarks, ruler = subject.stage.layer, subject.landmarks, subject.ruler
    if subject.parted:
        layer = line_lips(layer, landmarks, ruler)
    return soften_folds(layer, landmarks, ruler, gauge_smile(landmarks, ruler).strength)


def _make_mesh(subject: _Subject) -> tuple[Mesh, Places]:
    """The mesh, and the motion (n, 3) px of the jaw's bone."""
    landmarks, ruler = subject.landmarks, subject.ruler
    vertices = place_vertices(landmarks, subject.size)
    triangles, kinds = make_triangles(vertices, subject.stage.layer[..., 3])
    field = Field(vertices, skin_triangles(), ruler.scale)
    rigid = rigid_vertices(landmarks, ruler) if subject.glasses else frozenset()
    jaw = swing_jaw(vertices, ruler, field)
    pinned = _pinned(subject.stage.layer[..., 3], landmarks)
    mesh = Mesh(
        vertices=vertices.astype(np.float32),
        rest=relax(vertices, ruler, field, rigid).astype(np.float32),
        basis=make_basis(vertices, ruler, field, jaw, rigid),
        head=head_weights(vertices, subject.size, pinned).astype(np.float32),
        texture=np.ascontiguousarray(vertices[:, :2], np.float32),
        triangles=triangles,
        kinds=kinds,
    )
    return mesh, jaw.rigid


def _pinned(alpha: Bytes, landmarks: Places) -> tuple[bool, bool, bool]:
    """Whether the head is cut off at the left, the top and the right border."""
    chin = int(np.clip(landmarks[lm.CHIN, 1], 1, alpha.shape[0]))
    left, top, right = (
        bool((edge > 64).mean() > 0.02)
        for edge in (alpha[:chin, :3].max(1), alpha[:3].max(0), alpha[:chin, -3:].max(1))
    )
    return left, top, right


def _white(eyes: tuple[Eye, Eye]) -> Places:
    """The colour (3,) of the whites of both eyes, where they are brightest."""
    pixels = np.concatenate([eye.ball.reshape(-1, 3) for eye in eyes]).astype(np.float64)
    light = pixels.mean(1)
    white: Places = pixels[light >= np.percentile(light, 70)].mean(0)
    return white


def _tall(landmarks: Places) -> float:
    return float(np.linalg.norm((landmarks[lm.CHIN] - landmarks[lm.FOREHEAD])[:2]))


def _neck(landmarks: Places) -> Places:
    """Where the head turns: under the chin and behind it, px."""
    oval = landmarks[list(lm.OVAL)]
    tall = _tall(landmarks)
    x, depth = oval[:, 0].mean(), oval[:, 2].mean()
    return np.array([x, landmarks[lm.CHIN, 1] + 0.1 * tall, depth + 0.1 * tall])


def _triple(colour: Places) -> tuple[float, float, float]:
    return float(colour[0]), float(colour[1]), float(colour[2])
