"""Follow one face through a film."""

from collections.abc import Iterable
from dataclasses import dataclass

from bonaface.core import Picture, Time
from bonaface.face.find import LEAST, Face, find_faces, look_again


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """The face in the picture shown at `at`, or None while there is none."""

    at: Time
    face: Face | None


class FaceTracker:
    """Stage[Picture, Sighting]: one sighting for each picture, at once.

    Looks where the face was, and over the whole picture when it is no longer there; it then takes
    the largest face. Landmarks are those of the single picture, not smoothed.
    """

    def __init__(self) -> None:
        self._last: Face | None = None

    def push(self, item: Picture) -> Iterable[Sighting]:
        """Find the face in the next picture."""
        face = look_again(item, self._last.landmarks) if self._last else None
        if face is None or face.score < LEAST:
            face = next(iter(find_faces(item)), None)
        self._last = face
        return (Sighting(item.at, face),)

    def flush(self) -> Iterable[Sighting]:
        """Nothing is held back."""
        return ()

    def reset(self) -> None:
        """Forget where the face was."""
        self._last = None
