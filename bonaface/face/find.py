"""Find faces in one picture: boxes, landmarks, irises."""

import threading
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture, frozen
from bonaface.face import landmarks as lm
from bonaface.face.detector import SAME, Detection, Detector, overlap
from bonaface.face.mesh import GROW, MeshModel, face_region
from bonaface.face.region import Floats, Region

LEAST = 0.5  # how sure the mesh model must be that it sees a face
PART = 700  # px of a large picture that are searched together: the detector sees faces from 6 %
MARGINS = (0.25, 0.6)  # empty room tried around a picture in which no face was found


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one picture."""

    box: tuple[float, float, float, float]  # left, top, right, bottom of the landmarks, px
    landmarks: Floats  # (478, 3) px, z away from the viewer; numbered in face/landmarks.py
    score: float  # how sure the mesh model is, 0 to 1
    detected: float  # how sure the detector was, 0 to 1

    def __post_init__(self) -> None:
        frozen(self.landmarks)

    @property
    def height(self) -> float:
        """From forehead to chin, px."""
        top, chin = self.landmarks[lm.FOREHEAD], self.landmarks[lm.CHIN]
        return float(np.linalg.norm(top - chin))

    @property
    def tilt(self) -> float:
        """How far the forehead leans to the right of the picture, degrees; 180 is upside down."""
        across, down = (self.landmarks[lm.FOREHEAD] - self.landmarks[lm.CHIN])[:2]
        return float(np.degrees(np.arctan2(across, -down)))


class FaceModels:
    """The detectors and the mesh model. They hold state: one for each thread."""

    def __init__(self) -> None:
        self.near = Detector("face-detector")
        self.far = Detector("face-detector-far")
        self.mesh = MeshModel()


_here = threading.local()


def face_models() -> FaceModels:
    """Open the models on the first use in a thread. Raises WeightsMissing."""
    if not hasattr(_here, "models"):
        _here.models = FaceModels()
    models: FaceModels = _here.models
    return models


def find_faces(picture: Picture, *, small: bool = False, most: int = 40) -> tuple[Face, ...]:
    """All faces up to `most`, largest first; none found is an empty tuple. Raises WeightsMissing.

    Faces smaller than 6 % of a large picture are found only where `small` asks for them: then it
    is searched part by part, too, some 5 ms each.

    Faces that fill the picture, as in tight crops and paintings, are looked for again with empty
    room around them, because the detector learned from faces with surroundings.
    """
    models = face_models()
    seen = _detected(models, picture.pixels, 0.0)
    if small:
        _add_small(models, picture.pixels, seen)
    seen.sort(key=lambda one: -_size(one))
    faces = _meshed(models, picture.pixels, seen, most)
    for margin in MARGINS:
        if faces:
            break
        faces = _meshed(models, picture.pixels, _detected(models, picture.pixels, margin), most)
    return tuple(sorted(faces, key=lambda face: -face.height))


def look_again(picture: Picture, landmarks: Floats, *, irises: bool = True) -> Face:
    """The face near where `landmarks` (478, 3) were; its `score` says whether it is still there."""
    region = face_region(landmarks)
    found, score = face_models().mesh.look(picture.pixels, region, irises=irises)
    return Face(bound(found), found, score, score)


def _detected(models: FaceModels, pixels: NDArray[np.uint8], margin: float) -> list[Detection]:
    found = models.near.find(pixels, margin)
    for other in models.far.find(pixels, margin):
        _add_new(other, found)
    return found


def _add_new(one: Detection, found: list[Detection]) -> None:
    if all(overlap(one.box, known.box) <= SAME for known in found):
        found.append(one)


def _add_small(models: FaceModels, pixels: NDArray[np.uint8], found: list[Detection]) -> None:
    """Search a large picture part by part; the parts overlap by a quarter."""
    rows, columns = (_begin_parts(side) for side in pixels.shape[:2])
    if len(rows) * len(columns) == 1:
        return
    for top, left in product(rows, columns):
        part = np.ascontiguousarray(pixels[top : top + PART, left : left + PART])
        at = np.array([left, top], np.float32)
        for one in models.far.find(part):
            moved = Detection(one.box + np.tile(at, 2), one.points + at, one.score)
            _add_new(moved, found)


def _begin_parts(side: int) -> list[int]:
    """Where parts of a side begin, px."""
    count = max(1, -(-(side - PART // 4) // (PART - PART // 4)))
    return [round(i * (side - PART) / max(1, count - 1)) for i in range(count)]


def _size(detection: Detection) -> float:
    return float((detection.box[2:] - detection.box[:2]).max())


def _meshed(
    models: FaceModels, pixels: NDArray[np.uint8], detections: list[Detection], most: int
) -> list[Face]:
    faces: list[Face] = []
    for detection in detections:
        if len(faces) == most:
            break
        rough, _ = models.mesh.look(pixels, _region(detection))
        points, score = models.mesh.look(pixels, face_region(rough))
        face = Face(bound(points), points, score, detection.score)
        if score >= LEAST and all(_apart(face, known) for known in faces):
            faces.append(face)
    return faces


def _apart(face: Face, other: Face) -> bool:
    return overlap(np.array(face.box, np.float32), np.array(other.box, np.float32)) <= SAME


def _region(detection: Detection) -> Region:
    right, left = detection.points[0], detection.points[1]
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    low, high = detection.box[:2], detection.box[2:]
    x, y = (low + high) / 2
    return Region(float(x), float(y), _size(detection) * GROW, angle)


def bound(points: Floats) -> tuple[float, float, float, float]:
    """The box (left, top, right, bottom) around landmarks (478, 3), irises left out."""
    face = points[: lm.FACE, :2]
    (left, top), (right, bottom) = face.min(0), face.max(0)
    return float(left), float(top), float(right), float(bottom)
