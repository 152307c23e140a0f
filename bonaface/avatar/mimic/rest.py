"""The viewer's own face at rest, learnt in the first second and adapted ever after.

Everybody's lids, brows and lips rest elsewhere, and cameras stand beside screens. Middles are
medians of the first second; later they drift towards what is seen with bounded steps, which is a
running median, so that neither a blink nor a long laugh moves them much.
"""

import numpy as np

from bonaface.avatar.mimic.measures import GAP, WIDTH, Measures
from bonaface.avatar.mimic.view import Floats

LEARN = 1.0  # s in which all that is seen counts the same
SLOW, SLOWER = 20.0, 40.0  # s in which a middle would follow a lasting change; sooner at first
MOVED = 6.0  # s, the same for where the head is: people lean, and cameras are nudged
STEP = 1.0  # mm of a place, and
TILT = 3.0  # degrees of the head beyond which a difference counts as just that much
FRONTAL = 18.0  # degrees from rest within which a face is well measured
BLINK = 0.72  # of the lids' gap at rest: less says nothing about rest
SELDOM = 0.08  # of the time lips are closer than when they count as closed
CREEP = 0.4  # mm/s by which that is sought
CLOSED = (-2.5, 3.5)  # mm between closed lips, as the mesh model sees them; more is an open mouth
BROAD = 3.5  # mm wider than a mean mouth: this is a smile and no rest
CALM = 1.5  # mm of opening at which a mouth may still be at rest


class Rest:
    """How a face looks when it does nothing."""

    def __init__(self, jaw: Floats, smile: Floats, width: float) -> None:
        """`jaw` and `smile` (COUNT,) are what they do to places, `width` mm a mean mouth's."""
        self._jaw = jaw / jaw[GAP]  # by mm of gap
        self._smile = smile / smile[WIDTH]  # by mm of width
        self._broad = width + BROAD
        self._first: list[Measures] = []
        self.age = 0.0  # s of face seen
        self.lids: Floats = np.ones(2)
        self.iris: Floats = np.zeros(2)
        self.turn: Floats = np.zeros(3)
        self.neck: Floats = np.zeros(2)
        self.scale, self.closed = 1.0, 0.0
        self._middle: Floats = np.zeros_like(jaw)

    @property
    def places(self) -> Floats:
        """(COUNT,) mm with the mouth shut and no smile, even if they were never seen so."""
        open_by = max(0.0, float(self._middle[GAP]) - self.closed)
        shut = self._middle - self._jaw * open_by
        return np.asarray(shut - self._smile * max(0.0, float(shut[WIDTH]) - self._broad))

    def learn(self, seen: Measures, length: float) -> None:
        """Take what was measured `length` s after the last."""
        self.age += length
        if self.age <= LEARN or not self._first:
            self._first.append(seen)
            self._begin(self._first)
        else:
            self._drift(seen, length)

    def _begin(self, seen: list[Measures]) -> None:
        self._middle = np.median([one.places for one in seen], 0)
        self.lids = np.maximum(np.quantile([one.lids for one in seen], 0.6, 0), 1.0)
        self.iris = np.median([one.iris for one in seen], 0)
        self.turn = np.median([one.turn for one in seen], 0)
        self.neck = np.median([one.neck for one in seen], 0)
        self.scale = float(np.median([one.scale for one in seen]))
        self.closed = _sound(float(np.quantile([one.gap for one in seen], SELDOM)))

    def _drift(self, seen: Measures, length: float) -> None:
        share = length / min(SLOW, self.age)
        away = seen.turn - self.turn
        self.neck = self.neck + (seen.neck - self.neck) * min(1.0, length / MOVED)
        self.scale += (seen.scale - self.scale) * min(1.0, length / MOVED)
        self.turn = self.turn + np.clip(away, -TILT, TILT) * length / min(SLOWER, 10 * self.age)
        if np.abs(away).max() > FRONTAL:
            return
        self.closed = _sound(self.closed + CREEP * length * (SELDOM - (seen.gap < self.closed)))
        if (seen.lids > BLINK * self.lids).all():
            self.lids = self.lids + np.clip(seen.lids - self.lids, -STEP, STEP) * share
            self.iris = self.iris + np.clip(seen.iris - self.iris, -STEP, STEP) * share
        if seen.gap < self.closed + CALM:
            step = np.clip(seen.places - self._middle, -STEP, STEP)
            self._middle = self._middle + step * length / min(SLOWER, self.age)


def _sound(closed: float) -> float:
    return float(np.clip(closed, *CLOSED))
