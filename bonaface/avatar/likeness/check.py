"""Whether a likeness can be made of a photo, and if not, why and what to do."""

import cv2
import numpy as np

from bonaface.avatar.likeness.regions import LID_EDGES, MOUTH
from bonaface.avatar.likeness.ruler import flatten
from bonaface.avatar.rig import Bytes, Floats
from bonaface.core import Picture
from bonaface.errors import PortraitRefused
from bonaface.face import landmarks as lm
from bonaface.face.find import Face, find_faces
from bonaface.face.human import is_human

SMALLEST = 96.0  # px, the longer side of a face
WIDEST = 35.0  # degrees a face may be turned
SHOWN = 0.9  # of the landmarks lie in the photo
BYSTANDER = 0.45  # of the largest face's size, below which another face does not count
SHARPEST = 2.3  # see `sharpness`; sharp portraits have 5 to 20


def choose_face(picture: Picture, wanted: int | None) -> Face:
    """The face to use; `wanted` counts from 1, from left to right. Raises PortraitRefused."""
    found = find_faces(picture)
    # Landmarks of a tiny face say little about it; that it is tiny is reason enough.
    faces = tuple(f for f in found if size(f) < SMALLEST or is_human(picture, f))
    if found and not faces:
        raise PortraitRefused(
            "What was found in this photo does not look like a human face.",
            "Likenesses are made of people only; use a photo of one person from the front.",
        )
    if not faces:
        raise PortraitRefused(
            "No human face was found in this photo.",
            "Use a photo in which one face looks at the camera.",
        )
    if wanted is not None:
        return _counted(faces, wanted)
    rivals = [face for face in faces if size(face) >= BYSTANDER * size(faces[0])]
    if len(rivals) > 1:
        raise PortraitRefused(
            f"There are {len(faces)} faces in this photo.",
            f"Say which one: --face 1 is the leftmost, --face {len(faces)} the rightmost.",
        )
    return faces[0]


def _counted(faces: tuple[Face, ...], wanted: int) -> Face:
    ordered = sorted(faces, key=lambda face: face.box[0] + face.box[2])
    if not 1 <= wanted <= len(ordered):
        some = "There is 1 face" if len(ordered) == 1 else f"There are {len(ordered)} faces"
        raise PortraitRefused(
            f"{some} in this photo, but --face {wanted} was asked for.",
            "Faces count from 1, from left to right.",
        )
    return ordered[wanted - 1]


def check_face(face: Face, pixels: Bytes) -> None:
    """Raise PortraitRefused if this face is too small, cut off, turned too far or blurred."""
    if size(face) < SMALLEST:
        raise PortraitRefused(
            f"The face is only {int(size(face))} pixels high.",
            f"Use a larger photo, in which it has at least {SMALLEST:.0f}.",
        )
    if not _whole(face, pixels):
        raise PortraitRefused(
            "The face is cut off by the edge of the photo.",
            "Use a photo that shows all of it, from forehead to chin.",
        )
    turned = abs(yaw(face.landmarks))
    if turned > WIDEST:
        raise PortraitRefused(
            f"The face is turned {turned:.0f} degrees to the side.",
            f"Use a photo that shows it from the front, turned by at most {WIDEST:.0f}.",
        )
    if sharpness(face, pixels) < SHARPEST:
        raise PortraitRefused(
            "The face is too blurred to move it.", "Use a sharper photo or a larger one."
        )


def _whole(face: Face, pixels: Bytes) -> bool:
    """Whether eyes and mouth are in the photo, and nearly all of the face."""
    points = face.landmarks[:, :2]
    margin = 0.02 * size(face)
    high = np.array([pixels.shape[1], pixels.shape[0]]) - 1
    outside = np.abs(points - high / 2) > high / 2
    features = points[sorted(MOUTH | LID_EDGES)]
    clear = ((features >= margin) & (features <= high - margin)).all()
    return bool(clear and 1 - outside[: lm.FACE].any(1).mean() > SHOWN)


def size(face: Face) -> float:
    """The longer side of a face's box, px."""
    left, top, right, bottom = face.box
    return max(right - left, bottom - top)


def yaw(landmarks: Floats) -> float:
    """Degrees that a face is turned; above 0 its nose points to image right.

    The nose's place between the eyes' outer corners, and the depths of these, are both evidence.
    """
    points = flatten(landmarks)
    right, left = points[lm.RIGHT_EYE_CORNERS[0]], points[lm.LEFT_EYE_CORNERS[0]]
    step = left - right
    return float(np.degrees(np.arctan2(step[2], np.hypot(step[0], step[1]))))


def sharpness(face: Face, pixels: Bytes) -> float:
    """Mean strength of the finest edges of the face at 128 px across; flat or blurred is near 0."""
    left, top, right, bottom = (round(v) for v in face.box)
    inside = pixels[max(top, 0) : max(bottom, 1), max(left, 0) : max(right, 1)]
    if inside.size == 0:
        return 0.0
    small = cv2.resize(inside, (128, 128), interpolation=cv2.INTER_AREA)
    light = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.abs(cv2.Laplacian(light, cv2.CV_32F)).mean())
