"""Is this the enrolled face?"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bonaface.core import SECOND, Finding, Picture, Time
from bonaface.face.find import Face
from bonaface.face.identity import embed_face
from bonaface.forensics.artefacts.crop import cut_face, sharpness
from bonaface.forensics.inspector import Seen
from bonaface.forensics.look import Look
from bonaface.forensics.reference.crowd import crowd_limit
from bonaface.forensics.reference.file import Likely
from bonaface.forensics.reference.weigh import Weigh, tell_spans

NAME: Final = "reference-face"
# Of distance. Chosen, not fitted: `bench/reference.py --fit` says .524 and 26.3, from halves of one
# clip each. Another light or year moves a face further, so that this is laxer.
WEIGH: Final = Weigh(middle=0.56, steep=22.0)
UNCLEAR: Final = 0.5  # the chance where others who look alike come as near: it says nothing
EVERY: Final = SECOND
LEAST: Final = 64  # px of a face, forehead to chin
BLURRED: Final = 2.5
SIDE: Final = 160
ENOUGH: Final = 5  # looks, for full quality
CLONE: Final = (
    "A face that was swapped in, or drawn from a photo, would fit as well, and so may relatives "
    "and one to three in a hundred others of the same sex, age and origin."
)


class FaceReference:
    """Inspector: compares the faces in sight with the enrolled one; the nearest counts."""

    name = NAME

    def __init__(self, enrolled: Likely) -> None:
        self._enrolled = enrolled
        self._limit = crowd_limit(enrolled.centre)
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._moments: list[Finding] = []
        self._far: list[float] = []
        self._last: Time | None = None
        self._faces = 0

    def push(self, item: Seen) -> Iterator[Finding]:
        """Look once a second."""
        if not isinstance(item, Look) or not item.sights:
            return
        if self._last is not None and 0 <= item.at - self._last < EVERY:
            return
        self._last = item.at
        self._faces += 1
        far = self._nearest(item)
        if far is None:
            return
        self._far.append(far)
        score = score_face(far, self._limit)
        words = "is not" if score > UNCLEAR else "could be"
        finding = Finding(item.at, item.at + EVERY, NAME, score, f"This {words} the enrolled face.")
        self._moments.append(finding)
        yield finding

    def _nearest(self, look: Look) -> float | None:
        clear = (one for one in look.sights if one.human and is_clear(look.picture, one.face))
        points = (embed_face(look.picture, one.face.landmarks) for one in clear)
        return min(map(self._enrolled.distance, points), default=None)

    def flush(self) -> Iterator[Finding]:
        """Sum up."""
        if not self._far:
            why = "it is too small or blurred" if self._faces else "none was found"
            reason = f"No face could be compared with the enrolled one: {why}."
            yield Finding(0, 0, NAME, None, reason, whole=True, quality=0.0)
            return
        score = score_face(float(np.median(self._far)), self._limit)
        alien = [one for one in self._moments if (one.score or 0) > UNCLEAR]
        if len(alien) > 0.2 * len(self._far):
            score = max(score, score_face(float(np.quantile(self._far, 0.85)), self._limit))
        reason = f"{tell_spans('Not the enrolled face', alien)} {_summed(score)}".strip()
        quality = min(1.0, len(self._far) / ENOUGH)
        first, last = self._moments[0].at, self._moments[-1].until
        yield Finding(first, last, NAME, score, reason, whole=True, quality=quality)


def score_face(far: float, limit: float) -> float:
    """The chance that a face at this distance is somebody else's; UNCLEAR beyond `limit`.

    `limit` is where others who look alike begin (`crowd_limit`).
    """
    score = WEIGH.score(far)
    return max(UNCLEAR, score) if far > limit else score


def _summed(score: float) -> str:
    if score >= 0.9:
        return "The face is not that of the enrolled person."
    if score < UNCLEAR:
        return f"The face fits the enrolled person. {CLONE}"
    if score == UNCLEAR:
        return (
            "The face is near the enrolled person's, but others who look alike come as near, so "
            "that it settles nothing."
        )
    return "The face fits the enrolled person badly, and not so badly as to exclude it."


def is_clear(picture: Picture, face: Face) -> bool:
    """Whether a face is large, whole and sharp enough to be compared."""
    cut = cut_face(picture.pixels, face.landmarks, SIDE, 0.06)
    return face.height >= LEAST and cut is not None and sharpness(cut.pixels) >= BLURRED
