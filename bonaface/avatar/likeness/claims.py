"""What a likeness file may claim: sizes before an array is read, shapes and numbers after."""

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.pose import SHAPES
from bonaface.avatar.rig import LIPS, Eye, Likeness, Mesh, Mouth
from bonaface.errors import UnreadableMedia

_REMEDY = "Make it again from the photo."
_KINDS = {"f4", "u1", "i4"}
MOST = 100_000  # vertices or triangles


def check_claims(file: Any, size: int) -> None:
    """Raise UnreadableMedia unless an array's head fits the `size` bytes it takes in the file."""
    version = np.lib.format.read_magic(file)
    if version != (1, 0):
        raise UnreadableMedia("An array in the likeness is of another format.", _REMEDY)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a head that NumPy finds odd was not written by us
        shape, _, kind = np.lib.format.read_array_header_1_0(file)
    if kind.str[1:] not in _KINDS or kind.str[0] == ">":
        raise UnreadableMedia(f"An array in the likeness holds {kind}.", _REMEDY)
    if file.tell() + math.prod(shape) * kind.itemsize != size:
        raise UnreadableMedia("An array in the likeness is cut short.", _REMEDY)


def check_likeness(likeness: Likeness) -> None:
    """Raise UnreadableMedia unless all arrays fit together and hold finite numbers."""
    width, height = likeness.width, likeness.height
    _hold(isinstance(width, int) and isinstance(height, int), "size")
    _hold(16 <= width <= 8192 and 16 <= height <= 8192, "size")
    _shaped(likeness.layer, (height, width, 4), "u1")
    _shaped(likeness.background, (height, width, 3), "u1")
    for vector in (likeness.right, likeness.down, likeness.pivot, likeness.jaw):
        _shaped(vector, (3,), "f4")
    _numbers(likeness.scale, likeness.focal, *likeness.skin, *likeness.lips)
    _hold(likeness.scale > 0 and likeness.focal > 0, "scale")
    _hold(isinstance(likeness.portrait, str) and isinstance(likeness.glasses, bool), "record")
    _check_mesh(likeness.mesh)
    for eye in likeness.eyes:
        _check_eye(eye, len(likeness.mesh.vertices))
    _check_mouth(likeness.mouth)


def _check_mesh(mesh: Mesh) -> None:
    count, faces = len(mesh.vertices), len(mesh.triangles)
    _hold(468 <= count <= MOST and faces <= MOST, "mesh")
    _shaped(mesh.vertices, (count, 3), "f4")
    _shaped(mesh.rest, (count, 3), "f4")
    _shaped(mesh.basis, (count * 3, len(SHAPES)), "f4")
    _shaped(mesh.head, (count,), "f4")
    _shaped(mesh.texture, (count, 2), "f4")
    _shaped(mesh.triangles, (faces, 3), "i4")
    _shaped(mesh.kinds, (faces,), "u1")
    _within(mesh.triangles, count)
    _hold(bool((mesh.kinds <= LIPS).all()), "triangles")


def _check_eye(eye: Eye, vertices: int) -> None:
    for lid in (eye.upper, eye.lower):
        _shaped(lid, (9,), "i4")
        _within(lid, vertices)
    high, wide = eye.ball.shape[:2]
    _shaped(eye.ball, (high, wide, 3), "u1")
    _shaped(eye.shadow, (high, wide, 3), "f4")
    _numbers(*eye.iris, eye.radius, *eye.origin)
    _hold(eye.radius > 0 and len(eye.iris) == len(eye.origin) == 2, "eye")
    if eye.lid is not None:
        _shaped(eye.lid, (*eye.lid.shape[:2], 4), "f4")
    if eye.glare is not None:
        _shaped(eye.glare, (high, wide, 4), "f4")


def _check_mouth(mouth: Mouth) -> None:
    high, wide = mouth.upper.shape[:2]
    for texture in (mouth.upper, mouth.lower, mouth.tongue):
        _shaped(texture, (high, wide, 4), "f4")
    if mouth.photo is not None:
        _shaped(mouth.photo, (*mouth.photo.shape[:2], 4), "f4")
    _numbers(mouth.scale, mouth.curve, *mouth.cavity, *mouth.photo_origin)
    _hold(mouth.scale > 0 and len(mouth.cavity) == 3, "mouth")


def _hold(sound: bool, what: str) -> None:
    if not sound:
        raise UnreadableMedia(f"The {what} in the likeness makes no sense.", _REMEDY)


def _shaped(array: NDArray[np.generic], shape: tuple[int, ...], kind: str) -> None:
    _hold(isinstance(array, np.ndarray) and array.shape == shape, "shape of an array")
    _hold(array.dtype.str[1:] == kind and bool(np.isfinite(array).all()), "content of an array")


def _within(numbers: NDArray[np.int32], count: int) -> None:
    _hold(bool(((numbers >= 0) & (numbers < count)).all()), "numbering")


def _numbers(*values: float) -> None:
    sound = all(isinstance(v, int | float) and math.isfinite(v) for v in values)
    _hold(sound, "numbers")
