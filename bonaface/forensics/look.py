"""Pictures with the faces that are in them: what all inspectors of faces look at.

Faces are found once for all inspectors. Small ones are looked for in the first picture, and where
no other is followed. Each keeps its number for as long as it is followed; after
a cut it has another. Where nobody is upright the picture is turned by quarters, which loses nothing
(a telephone held sideways), and everybody looks at the turned one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from bonaface.core import SECOND, Picture, Time
from bonaface.face.detector import SAME, overlap
from bonaface.face.find import LEAST, Face, find_faces, look_again
from bonaface.face.human import is_human
from bonaface.forensics.upright import stand, turn

MOST: Final = 4  # faces that are followed, the largest
AGAIN: Final = SECOND  # how often the whole picture is searched for new faces
TURN: Final = 3 * SECOND  # how often it is turned for a try


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
        self._tried: Time | None = None
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
            if self._stands and not kept and self._is_time(item.at):
                self._turns, seen = stand(item, self._turns, seen, MOST + 1)
                shown = turn(item, self._turns)
            self._crowded = len(seen) > MOST
            found = [face for face in seen if _is_new(face, kept)]
            kept += [self._numbered(shown, face) for face in found[:MOST]]
        kept.sort(key=lambda sight: -sight.face.height)
        self._sights = tuple(kept[:MOST])
        return (Look(shown, self._sights, self._crowded, self._turns),)

    def _is_time(self, at: Time) -> bool:
        """Whether to try it turned."""
        due = self._tried is None or not 0 <= at - self._tried < TURN
        self._tried = at if due else self._tried
        return due

    def flush(self) -> Iterable[Look]:
        """Nothing is held back."""
        return ()

    def _numbered(self, picture: Picture, face: Face) -> Sight:
        self._next += 1
        return Sight(self._next - 1, face, is_human(picture, face))


def _is_new(face: Face, known: list[Sight]) -> bool:
    box = np.array(face.box, np.float32)
    return all(overlap(box, np.array(other.face.box, np.float32)) <= SAME for other in known)
