"""Follow one face before a camera, and nobody else's."""

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.core import SECOND, Picture, Time
from bonaface.face.find import LEAST, Face, find_faces, look_again
from bonaface.face.track import Sighting

LARGEST = 960  # px, the longer side of what is looked at
AGAIN: Time = SECOND // 6  # between two searches of the whole picture, which cost several looks
FAITH: Time = 4 * SECOND  # how long a lost face is waited for before another may take its place
NEAR = 1.2  # face heights, how far from its last place a lost face comes back
ALIKE = (0.6, 1.7)  # times its last height
DARK, BRIGHT = (
    70.0,
    110.0,
)  # levels of a face that is too dark to measure, and that it is brought to
LIFT = 8.0  # times, at most


class Follower:
    """Stage[Picture, Sighting]: one sighting for each picture, of the face seen first.

    Landmarks are px of the picture made smaller to LARGEST. `strangers` counts how often the one
    who is followed was given up for another.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget whom it followed."""
        self._last: Face | None = None
        self._seen: Time | None = None  # when `_last` was
        self._searched: Time | None = None
        self._here = False
        self.strangers = 0

    def push(self, item: Picture) -> Iterable[Sighting]:
        """Find the face in the next picture."""
        small = Picture(item.at, shrink(item.pixels, LARGEST))
        if self._last is not None:
            small = Picture(item.at, light_up(small.pixels, self._last.box))
        face = self._look(small) if self._here else None
        if face is None:
            face = self._search(small)
        self._here = face is not None
        if face is not None:
            self._last, self._seen = face, item.at
        return (Sighting(item.at, face),)

    def flush(self) -> Iterable[Sighting]:
        """Nothing is held back."""
        return ()

    def _look(self, picture: Picture) -> Face | None:
        assert self._last is not None  # noqa: S101 - it is here, so it was seen
        face = look_again(picture, self._last.landmarks)
        return face if face.score >= LEAST and self._same(face) else None

    def _search(self, picture: Picture) -> Face | None:
        if self._searched is not None and 0 <= picture.at - self._searched < AGAIN:
            return None
        self._searched = picture.at
        faces = find_faces(picture)
        if self._last is None or self._seen is None:
            return next(iter(faces), None)
        known = next((face for face in faces if self._same(face)), None)
        if known is None and faces and not 0 <= picture.at - self._seen < FAITH:
            self.strangers += 1
            return faces[0]
        return known

    def _same(self, face: Face) -> bool:
        """Tell whether this can be the face that was there."""
        last = self._last
        if last is None:
            return True
        away = np.subtract(_middle(face), _middle(last))
        near = float(np.hypot(*away)) < NEAR * max(face.height, last.height)
        return near and ALIKE[0] < face.height / max(last.height, 1.0) < ALIKE[1]


def _middle(face: Face) -> tuple[float, float]:
    left, top, right, bottom = face.box
    return (left + right) / 2, (top + bottom) / 2


def shrink(pixels: NDArray[np.uint8], largest: int) -> NDArray[np.uint8]:
    """A picture whose longer side is at most `largest` px."""
    height, width = pixels.shape[:2]
    ratio = largest / max(height, width)
    if ratio >= 1:
        return pixels
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    small: NDArray[np.uint8] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return small


def light_up(
    pixels: NDArray[np.uint8], box: tuple[float, float, float, float]
) -> NDArray[np.uint8]:
    """A picture in which the face in `box` is not too dark to be measured."""
    left, top, right, bottom = (int(max(0, side)) for side in box)
    face = pixels[top:bottom:4, left:right:4]
    level = float(face.mean()) if face.size else BRIGHT
    if level >= DARK:
        return pixels
    gain = min(BRIGHT / max(level, 1.0), LIFT)
    lit: NDArray[np.uint8] = cv2.convertScaleAbs(pixels, alpha=gain)
    return lit
