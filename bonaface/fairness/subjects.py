"""What is audited: anything that answers about one photo of a face."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np

from bonaface import weights
from bonaface.avatar.likeness import build_likeness
from bonaface.core import Picture
from bonaface.errors import PortraitRefused, WeightsError
from bonaface.face import landmarks as lm
from bonaface.face.find import Face, find_faces
from bonaface.forensics.fusion import decides
from bonaface.forensics.inspector import Inspector
from bonaface.forensics.inspectors import open_inspectors
from bonaface.forensics.look import Look, Sight

_PAIRS: Final = ((33, 263), (133, 362), (61, 291), (1, 1), (152, 152), (10, 10))  # mirrored
UNSTEADY: Final = 0.05  # of the distance between the eyes
_FINDER: Final = ("face-detector", "face-detector-far", "face-mesh")


class Photo:
    """A picture, and the faces in it, found once for all subjects."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    @cached_property
    def faces(self) -> tuple[Face, ...]:
        """Largest first."""
        return find_faces(self.picture)


Ask: TypeAlias = Callable[[Photo], float | None]


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can wrong a person."""

    name: str
    harm: str  # what an alarm means: "the face is not found"
    ask: Ask  # higher is worse; None: it cannot tell
    limit: float  # from which it is an alarm
    models: tuple[str, ...]  # of the catalogue, or files of models/
    learnt: bool = False  # from the media of this project: only those that judge may audit it
    slow: bool = False  # seconds a photo

    def hashes(self) -> dict[str, str]:
        """SHA-256 of its models. Raises WeightsError where one did not come along."""
        return {name: hash_model(name) for name in self.models}


def hash_model(name: str) -> str:
    """SHA-256 of a file of models/, or as the catalogue pins it."""
    if "." in name:
        return weights.digest(weights.trained(name))
    return weights.weight(name).sha256


def open_subjects() -> tuple[tuple[Subject, ...], tuple[str, ...]]:
    """All that are here, and sentences on what is not."""
    subjects = [FINDER, STEADY, LIKENESS]
    try:
        inspectors, limits = open_inspectors("image")
    except WeightsError as error:
        return tuple(subjects), (f"No inspector of photos was audited. {error}",)
    for inspector in inspectors:
        limit = decides(inspector.name)
        files = tuple(
            f"{inspector.name}{end}" for end in (".onnx", ".npz") if _came(inspector, end)
        )
        subjects.append(
            Subject(
                inspector.name,
                "a genuine face is held for forged",
                _asking(inspector),
                limit,
                (*_FINDER, *files),
                learnt=True,
            )
        )
    return tuple(subjects), limits


def _came(inspector: Inspector, end: str) -> bool:
    try:
        return weights.trained(f"{inspector.name}{end}").is_file()
    except WeightsError:
        return False


def _asking(inspector: Inspector) -> Ask:
    def ask(photo: Photo) -> float | None:
        inspector.reset()
        sights = tuple(Sight(i, face) for i, face in enumerate(photo.faces[:1]))
        findings = [*inspector.push(Look(photo.picture, sights)), *inspector.flush()]
        return findings[-1].score

    return ask


def _lost(photo: Photo) -> float:
    return 0.0 if photo.faces else 1.0


def _unsteady(photo: Photo) -> float | None:
    """How far landmarks move when the photo is mirrored, over the distance between the eyes."""
    if not photo.faces:
        return None
    mirrored = find_faces(Picture(0, np.ascontiguousarray(photo.picture.pixels[:, ::-1])))
    if not mirrored:
        return 1.0
    points, other = photo.faces[0].landmarks, mirrored[0].landmarks
    back = other[[b for _, b in _PAIRS], :2] * (-1, 1) + (photo.picture.pixels.shape[1] - 1, 0)
    eyes = float(np.linalg.norm(points[lm.RIGHT_IRIS, :2] - points[lm.LEFT_IRIS, :2]))
    apart = np.linalg.norm(points[[a for a, _ in _PAIRS], :2] - back, axis=1).mean()
    return float(apart / max(eyes, 1.0))


def _refused(photo: Photo) -> float:
    try:
        build_likeness(photo.picture)
    except PortraitRefused:
        return 1.0
    return 0.0


FINDER: Final = Subject("face finder", "the face is not found", _lost, 0.5, _FINDER)
STEADY: Final = Subject(
    "landmarks",
    f"landmarks move by over {UNSTEADY:.0%} of the eyes' distance when the photo is mirrored",
    _unsteady,
    UNSTEADY,
    (*_FINDER, "iris"),
)
LIKENESS: Final = Subject(
    "likeness", "no likeness is built", _refused, 0.5, (*_FINDER, "iris"), slow=True
)
