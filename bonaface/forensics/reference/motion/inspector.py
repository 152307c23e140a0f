"""Does the face move as the enrolled one does when it speaks?

A face that was drawn from a picture of the enrolled person, or swapped in, looks like them; how it
moves is whoever's moves it, as far as the program that draws it follows. Shown, and decides
nothing: genuine films of one person from two days were never measured (docs/reference.md).
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from bonaface.core import SECOND, Finding, Time
from bonaface.forensics.inspector import Seen
from bonaface.forensics.reference.motion.apart import (
    join_apart,
    shapes_apart,
    tell_parts,
    window_apart,
)
from bonaface.forensics.reference.motion.bars import draw_bars
from bonaface.forensics.reference.motion.following import Moved
from bonaface.forensics.reference.motion.moves import Moves
from bonaface.forensics.reference.motion.shapes import gather_shapes
from bonaface.forensics.reference.motion.talking import Talker
from bonaface.forensics.reference.weigh import Weigh, tell_spans

NAME: Final = "reference-motion"
# Chosen, not fitted: `bench/reference_motion.py --fit` says 1.07 and 6.6 for windows, 1.08 and 12
# for recordings of two or more, of one session each. Another day may move a face further, so these
# are laxer than all 28 windows (to 1.40) and 10 recordings (to 1.02) that they were chosen by.
WINDOW_WEIGH: Final = Weigh(middle=1.45, steep=7.0)
WHOLE_WEIGH: Final = Weigh(middle=1.3, steep=9.0)
MOST: Final = 0.9  # the highest score: by itself it calls no live caller another person
LEAST: Final = 2  # windows, 5 s of a talking face
ENOUGH: Final = 4  # windows, for full quality
RATES: Final = 1.8  # times by which the films' pictures a second may differ
SIZES: Final = 4.0  # times by which the sizes of the faces may differ
OTHER_SHAPES: Final = 2.2  # of distance, from which it is told that the mouth's shapes are others
AGAIN: Final = 10 * SECOND  # between two moments that say why nothing is compared
OTHERWISE: Final = (
    "The face does not move as in the enrolled film: it was drawn by a program from a picture, is "
    "driven by somebody else, or was filmed very differently; motion does not tell which, and "
    "decides nothing by itself."
)
FITS: Final = (
    "The face moves as in the enrolled film. That proves little: of drawn faces that somebody else "
    "drives, many fit as well."
)


class MotionReference:
    """Inspector: compares how the largest face moves with how the enrolled one does."""

    name = NAME

    def __init__(self, enrolled: Moves) -> None:
        self._enrolled = enrolled
        self._talker = Talker()
        self.reset()

    def reset(self) -> None:
        """Forget what was seen and heard."""
        self._talker.reset()
        self._seen: list[Moved] = []
        self._moments: list[Finding] = []
        self._told: Time | None = None

    def push(self, item: Seen) -> Iterator[Finding]:
        """Look at a picture, or hear a run of sound."""
        before = self._talker.why.total()
        yield from map(self._judged, self._talker.push(item))
        if self._talker.why.total() > before and self._is_due(item.at):
            self._told = item.at
            yield Finding(item.at, item.at, NAME, None, self._excuse(), quality=0.0)

    def flush(self) -> Iterator[Finding]:
        """Judge the rest, and sum up."""
        yield from map(self._judged, self._talker.flush())
        yield self._sum()

    def _is_due(self, at: Time) -> bool:
        return self._told is None or not 0 <= at - self._told < AGAIN

    def _judged(self, moved: Moved) -> Finding:
        self._seen.append(moved)
        span = moved.at, moved.until, NAME
        if reason := self._differs([moved]):
            return Finding(*span, None, reason, quality=0.0)
        score = min(MOST, WINDOW_WEIGH.score(window_apart(self._enrolled, moved.features)))
        words = "does not move" if score >= 0.5 else "moves"
        finding = Finding(*span, score, f"The face {words} as in the enrolled film.")
        self._moments.append(finding)
        return finding

    def _sum(self) -> Finding:
        if len(self._seen) < LEAST:
            return Finding(0, 0, NAME, None, self._excuse(), whole=True, quality=0.0)
        span = self._seen[0].at, self._seen[-1].until, NAME
        if reason := self._differs(self._seen):
            return Finding(*span, None, reason, whole=True, quality=0.0)
        features = [one.features for one in self._seen]
        shapes = shapes_apart(self._enrolled.shapes, gather_shapes(self._talker.shapes))
        far = join_apart([window_apart(self._enrolled, one) for one in features], shapes)
        score = min(MOST, WHOLE_WEIGH.score(far))
        alien = [one for one in self._moments if (one.score or 0) >= 0.5]
        parts = [f"About {len(features) * 2.5:.0f} seconds of a talking face were compared."]
        parts += ["The mouth takes other shapes for the same sounds."] if _differ(shapes) else []
        parts += [tell_spans("Not as in the enrolled film", alien)] if score >= 0.5 else []
        parts += [OTHERWISE, tell_parts(self._enrolled, features)] if score >= 0.5 else [FITS]
        reason = " ".join(part for part in parts if part)
        quality = min(1.0, len(features) / ENOUGH)
        shown = (draw_bars(self._enrolled.centre, np.mean(features, axis=0)),)
        return Finding(*span, score, reason, True, quality, shown)

    def _excuse(self) -> str:
        """Why too little could be compared."""
        least = "How the face moves could not be compared"
        common = self._talker.why.most_common(1)
        why = common[0][0] if common else "no face that talks was seen for long enough"
        return f"{least}: {why}."

    def _differs(self, seen: list[Moved]) -> str | None:
        """Why these films cannot be compared."""
        rate = float(np.median([one.rate for one in seen])) / self._enrolled.rate
        size = float(np.median([one.height for one in seen])) / self._enrolled.height
        what = None
        if max(rate, 1 / rate) > RATES:
            what = "pictures a second"
        elif max(size, 1 / size) > SIZES:
            what = "size of the face"
        if what is None:
            return None
        return f"How the face moves could not be compared: the enrolled film has another {what}."


def _differ(shapes: float | None) -> bool:
    return shapes is not None and shapes > OTHER_SHAPES
