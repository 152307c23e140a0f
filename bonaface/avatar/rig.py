"""The likeness: everything that is needed to make a face move, built once from one photo.

Made by `avatar/likeness`, read by `avatar/render`; kept in a `.likeness` file. Colours are RGB,
places are pixels of the canvas (x right, y down, z away from the viewer), lengths of the face
millimetres, where the distance between the irises counts as 63 mm.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Bytes: TypeAlias = NDArray[np.uint8]
Indices: TypeAlias = NDArray[np.int32]

HIDDEN, OPAQUE, BLEND, LIPS = 0, 1, 2, 3  # what a triangle shows: background, skin, edge, mouth


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Face landmarks (0 to 467) and rings around them out to the border of the canvas."""

    vertices: Floats  # (n, 3) px, as in the portrait
    rest: Floats  # (n, 3) px, added to bring an open or smiling mouth to rest
    basis: Floats  # (n * 3, len(SHAPES)) px
    head: Floats  # (n,) 1 turns with the head, 0 stays with the shoulders
    texture: Floats  # (n, 2) px, where each vertex looks into `layer`
    triangles: Indices  # (m, 3), back to front
    kinds: Bytes  # (m,) HIDDEN, OPAQUE, BLEND or LIPS


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """One eyeball behind its lids."""

    upper: Indices  # (9,) vertices of the upper lid, outer corner to inner
    lower: Indices  # (9,) of the lower lid
    iris: tuple[float, float]  # centre, px of the canvas
    radius: float  # of the iris, px
    origin: tuple[int, int]  # left, top of the textures on the canvas
    ball: Bytes  # (h, w, 3) the eyeball as if the lids were away
    shadow: Floats  # (h, w, 3) what lids and lashes take of its light, at rest
    # Of eyes behind glasses only, premultiplied RGBA: (h, w, 4) the upper lid as a blink shows it,
    # columns along `upper`, rows from the crease (the next ring up) to the edge of the lid;
    lid: Floats | None = None
    # and (h, w, 4) rims and reflections, which lie over it and stay, px of the canvas from `origin`
    glare: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Mouth:
    """What is behind the lips. Textures are premultiplied RGBA, x -26..26 mm, y -14..14 mm."""

    scale: float  # texture px per mm
    upper: Floats  # (h, w, 4) upper teeth, edge at y = 0
    lower: Floats  # (h, w, 4) lower teeth
    tongue: Floats  # (h, w, 4)
    cavity: tuple[float, float, float]
    curve: float  # 1/mm, how the lip line bends; the teeth bend with it
    photo: Floats | None  # (h, w, 4) the portrait's own teeth, px of the canvas, where they show
    photo_origin: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """A portrait that can move."""

    portrait: str  # consent.portrait.hash_pixels of the upright photo: what a Permit names
    width: int
    height: int
    scale: float  # px per mm
    right: Floats  # (3,) unit vector along the eyes
    down: Floats  # (3,) unit vector down the face
    pivot: Floats  # (3,) px, where the neck turns
    focal: float  # px
    jaw: Floats  # (3,) px, how far the lower teeth go when the jaw is open
    mesh: Mesh
    layer: Bytes  # (height, width, 4) the person, alpha is the matte
    background: Bytes  # (height, width, 3) the scene without the person
    eyes: tuple[Eye, Eye]  # image left (the subject's right), image right
    mouth: Mouth
    skin: tuple[float, float, float]
    lips: tuple[float, float, float]
    glasses: bool
