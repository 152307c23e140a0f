"""Which way up a picture is: a telephone held sideways, a photograph that was scanned upside down.

By quarters, which lose nothing. The detector of faces learnt from upright ones, so it is surest of
them the right way up.
"""

from typing import Final, TypeAlias

import cv2
import numpy as np

from bonaface.core import Picture
from bonaface.face.find import Face, find_faces

Faces: TypeAlias = tuple[Face, ...]
LYING: Final = 45  # degrees of tilt, from which a quarter turn stands a face upright
SURE: Final = 0.75  # of the detector, from which no other way up is tried
CLEARLY: Final = 0.05  # surer than of the way that the picture came
SIDE: Final = 960  # px of the longer side, at which that is found out


def stand(picture: Picture, quarters: int, seen: Faces, most: int) -> tuple[int, Faces]:
    """By how many quarters to turn a picture, and the faces, at most `most`, that are in it then.

    `seen` are those that were found when it was turned by `quarters`.
    """
    best, chance = quarters, _surest(seen)
    if chance >= SURE:
        return quarters, seen
    little = _shrunk(picture)
    for more in (1, 3, 2):
        other = (quarters + more) % 4
        sure = _surest(find_faces(turn(little, other), most=1))
        if sure > chance + CLEARLY:
            best, chance = other, sure
    if best == quarters:
        return quarters, seen
    return best, find_faces(turn(picture, best), most=most)


def turn(picture: Picture, quarters: int) -> Picture:
    """The picture, turned against the clock."""
    if not quarters:
        return picture
    return Picture(picture.at, np.ascontiguousarray(np.rot90(picture.pixels, quarters)))


def _surest(faces: Faces) -> float:
    """How sure the detector is of an upright one."""
    return max((face.detected for face in faces if abs(face.tilt) <= LYING), default=0.0)


def _shrunk(picture: Picture) -> Picture:
    """Small enough to be searched quickly."""
    by = SIDE / max(picture.pixels.shape[:2])
    if by >= 1:
        return picture
    little = cv2.resize(picture.pixels, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    return Picture(picture.at, np.asarray(little, np.uint8))
