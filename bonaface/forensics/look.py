"""Pictures with the faces that are in them: what all inspectors of faces look at.

Faces are found once for all inspectors. Small ones are looked for in the first picture, and where
no other is followed. Each keeps its number for as long as it is followed; after
a cut it has another. Where nobody is upright the picture is turned by quarters, which loses nothing
(a telephone held sideways), and everybody looks at the turned one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np

from bonaface.core import SECOND, Picture, Time
from bonaface.face.detector import SAME, overlap
from bonaface.face.find import LEAST, Face, find_faces, look_again
from bonaface.face.human import is_human

Faces: TypeAlias = tuple[Face, ...]
MOST: Final = 4  # faces that are followed, the largest
AGAIN: Final = SECOND  # how often the whole picture is searched for new faces
LYING: Final = 45  # degrees of tilt, from which a quarter turn stands a face upright
SURE: Final = 0.75  # of the detector, from which a picture is not tried in other ways up
TRIED: Final = 960  # px of the longer side, at which that is found out
CLEARLY: Final = 0.05  # surer than the way that it came


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """One face in one picture."""

    number: int  # the same for as long as the face is followed
    face: Face  # its eyes look straight ahead: irises are not looked for
    human: bool = True  # and no animal's


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One picture and the faces in it, largest first."""

    picture: Picture
    sights: tuple[Sight, ...]
    crowded: bool = False  # there are more faces, which are not followed
    turns: int = 0  # quarters, against the clock, by which the picture was turned upright

    @property
    def at(self) -> Time:
        """When it is shown."""
        return self.picture.at


class Looker:
    """Stage[Picture, Look]: one look for each picture, at once.

    `stands` turns pictures upright in which everybody lies.
    """

    def __init__(self, *, stands: bool = False) -> None:
        self._stands = stands
        self.reset()

    def reset(self) -> None:
        """Forget the faces, and number anew."""
        self._sights: tuple[Sight, ...] = ()
        self._searched: Time | None = None
        self._crowded = False
        self._turns = 0
        self._next = 0

    def push(self, item: Picture) -> Iterable[Look]:
        """Follow the known faces, and now and then search for others."""
        shown = turn(item, self._turns)
        kept: list[Sight] = []
        for old in self._sights:
            face = look_again(shown, old.face.landmarks, irises=False)
            if face.score >= LEAST and _is_new(face, kept):
                kept.append(Sight(old.number, face, old.human))
        lost = len(kept) < len(self._sights)
        if lost or self._searched is None or item.at - self._searched >= AGAIN:
            small = self._searched is None or not kept
            self._searched = item.at
            seen = find_faces(shown, small=small, most=MOST + 1)
            if self._stands and not kept:
                seen = self._stand(item, seen)
                shown = turn(item, self._turns)
            self._crowded = len(seen) > MOST
            found = [face for face in seen if _is_new(face, kept)]
            kept += [self._numbered(shown, face) for face in found[:MOST]]
        kept.sort(key=lambda sight: -sight.face.height)
        self._sights = tuple(kept[:MOST])
        return (Look(shown, self._sights, self._crowded, self._turns),)

    def _stand(self, item: Picture, seen: Faces) -> Faces:
        """Turn it by the quarters in which the detector is surest, where it has doubts."""
        best, chance = self._turns, _surest(seen)
        if chance >= SURE:
            return seen
        little = _shrunk(item)
        for turns in (1, 3, 2):
            other = (self._turns + turns) % 4
            sure = _surest(find_faces(turn(little, other), most=1))
            if sure > chance + CLEARLY:
                best, chance = other, sure
        if best == self._turns:
            return seen
        self._turns = best
        return find_faces(turn(item, best), most=MOST + 1)

    def flush(self) -> Iterable[Look]:
        """Nothing is held back."""
        return ()

    def _numbered(self, picture: Picture, face: Face) -> Sight:
        self._next += 1
        return Sight(self._next - 1, face, is_human(picture, face))


def _surest(faces: Faces) -> float:
    """How sure the detector is of an upright one."""
    return max((face.detected for face in faces if abs(face.tilt) <= LYING), default=0.0)


def _shrunk(picture: Picture) -> Picture:
    """Small enough to be searched quickly."""
    by = TRIED / max(picture.pixels.shape[:2])
    if by >= 1:
        return picture
    little = cv2.resize(picture.pixels, None, fx=by, fy=by, interpolation=cv2.INTER_AREA)
    return Picture(picture.at, np.asarray(little, np.uint8))


def turn(picture: Picture, quarters: int) -> Picture:
    """The picture, turned against the clock."""
    if not quarters:
        return picture
    return Picture(picture.at, np.ascontiguousarray(np.rot90(picture.pixels, quarters)))


def _is_new(face: Face, known: list[Sight]) -> bool:
    box = np.array(face.box, np.float32)
    return all(overlap(box, np.array(other.face.box, np.float32)) <= SAME for other in known)
