"""Faces against faces: how often is somebody else taken for the enrolled person, group by group?

Each picture is enrolled, and up to PARTNERS others try to be let in: people of the same labels and
tone (the fair test, and the hard one), and people drawn from all. The same photo, found by its
hash, is nobody else; who is in two different photos is, unless the table says so: rates are upper
bounds. Nothing is kept when the audit ends.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bonaface.consent.portrait import SAME_WITHIN, hash_seen
from bonaface.core import Picture
from bonaface.face.find import Face, look_again
from bonaface.face.identity import embed_face
from bonaface.face.region import Floats
from bonaface.fairness.rates import Audit, sum_up
from bonaface.fairness.table import Table
from bonaface.forensics.reference.crowd import crowd_limit
from bonaface.forensics.reference.likeness import UNCLEAR, WEIGH, is_clear, score_face

PARTNERS: Final = 20
ALIKE: Final = "face match, same group"
ANYBODY: Final = "face match, anybody"
OWN: Final = "face match, own pictures"
MATCHES: Final = (ALIKE, ANYBODY)  # what every table of pictures tells
LET_IN: Final = "others taken for the person"


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    point: Floats
    seen: NDArray[np.uint8]  # bits of the photo's hash
    groups: dict[str, str]
    who: str


class Gallery:
    """The faces of an audit."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def add(self, picture: Picture, face: Face, groups: dict[str, str], who: str = "") -> None:
        """Keep where a face lies, if the inspector of references would look at it."""
        if not is_clear(picture, face):
            return
        bits = np.unpackbits(np.frombuffer(bytes.fromhex(hash_seen(picture)), np.uint8))
        point = embed_face(picture, face.landmarks)
        self._entries.append(_Entry(point, bits, groups, who))

    def compare(self) -> list[Audit]:
        """Let others try. Own pictures are compared where somebody has several."""
        if len(self._entries) < 2:
            return []
        alike, anybody, own = Table(), Table(), Table()
        dice = np.random.default_rng(0)
        points = np.array([one.point for one in self._entries])
        seen = np.array([one.seen for one in self._entries])
        cells: dict[tuple[tuple[str, str], ...], list[int]] = {}
        people: dict[str, list[int]] = {}
        for i, one in enumerate(self._entries):
            cells.setdefault(tuple(sorted(one.groups.items())), []).append(i)
            people.setdefault(one.who, []).append(i)
        for i, one in enumerate(self._entries):
            far = np.linalg.norm(points - points[i], axis=1)
            another = (seen != seen[i]).sum(1) > SAME_WITHIN
            mine = people[one.who] if one.who else []
            others = another.copy()
            others[mine] = False
            cell = [k for k in cells[tuple(sorted(one.groups.items()))] if others[k]]
            _tell(alike, one, far[dice.permutation(cell)[:PARTNERS].astype(int)], own=False)
            drawn = dice.permutation(np.flatnonzero(others))[:PARTNERS]
            _tell(anybody, one, far[drawn], own=False)
            _tell(own, one, far[[k for k in mine if another[k]]], own=True)
        found = [sum_up(ALIKE, LET_IN, alike), sum_up(ANYBODY, LET_IN, anybody)]
        return found + ([sum_up(OWN, "people called another", own)] if own.scores else [])


def relit(picture: Picture, face: Face | None) -> float | None:
    """The chance that a face is another's when light falls from one side, small and compressed.

    The larger of both sides'. The same picture stays easier than another one of the same person:
    what fails here fails outside, what passes may not.
    """
    if face is None or not is_clear(picture, face):
        return None
    point = embed_face(picture, face.landmarks)
    return max(_moved(picture, face, point, side) for side in (-1, 1))


def _moved(picture: Picture, face: Face, point: Floats, side: int) -> float:
    wide = picture.pixels.shape[1]
    across = (np.arange(wide) - face.landmarks[:468, 0].mean()) / face.height
    light = np.clip(0.55 + side * 0.9 * across, 0.15, 1.1)[None, :, None]  # of codes, not of light
    lit = np.clip(picture.pixels * light, 0, 255).astype(np.uint8)
    share = 96 / face.height
    small = cv2.resize(lit, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 30])
    seen = Picture(0, np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8))
    again = look_again(seen, face.landmarks * np.float32(share))
    return WEIGH.score(float(np.linalg.norm(embed_face(seen, again.landmarks) - point)))


def _tell(table: Table, one: _Entry, far: Floats, *, own: bool) -> None:
    """The share of those at these distances who are let in, or of `own` called another's."""
    limit = crowd_limit(one.point)
    said = [score_face(float(each), limit) for each in far]
    wrong = [score > UNCLEAR if own else score < UNCLEAR for score in said]
    why = "No other picture is of the same person." if own else "Nobody else has the same labels."
    table.tell_tries(wrong, one.groups, one.who, why)
