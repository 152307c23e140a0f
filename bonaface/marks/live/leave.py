"""What may still be shown of a live face: asked about every segment, for both tracks at once."""

from typing import Final, Literal, TypeAlias

from bonaface.consent.policy import Permit
from bonaface.core import SECOND, Time
from bonaface.errors import ConsentError
from bonaface.marks.live.track import Now, now

Judgement: TypeAlias = Literal["face", "held", "card"]
ASK_AGAIN: Time = SECOND // 2
LATE: Final[Time] = 3 * SECOND // 4  # by which the face may go on: who draws it asks as often
_REMEMBERED = 8  # segments


class Leave:
    """Times are those of the stream. Owned by one thread.

    `waiting` is how much may lie between those who draw the face and this.
    """

    def __init__(self, permit: Permit, waiting: Time = 0, clock: Now = now) -> None:
        self._permit, self._clock = permit, clock
        self._late = LATE + waiting
        self._asked: Time | None = None
        self._ended: Time | None = None  # when the consent was first seen to be gone
        self._judged: dict[int | None, Judgement] = {}

    def ask(self, at: Time) -> None:
        """Ask whether the consent still holds, at most twice a second."""
        if self._asked is None or at - self._asked >= ASK_AGAIN:
            self._ask(at)

    def judge(self, cut: int | None, begin: Time, end: Time) -> Judgement:
        """Decide about a segment: it shows the face, or the card, or it is held back.

        `cut` names the place where it was cut off, the same for both tracks. Held back is what may
        still show the face of somebody whose consent is gone.
        """
        if cut not in self._judged:
            self._ask(end)
            self._judged[cut] = self._decide(begin)
            if len(self._judged) > _REMEMBERED:
                self._judged.pop(next(iter(self._judged)))
        return self._judged[cut]

    def _decide(self, begin: Time) -> Judgement:
        if self._ended is None:
            return "face"
        return "held" if begin < self._ended + self._late else "card"

    def _ask(self, at: Time) -> None:
        self._asked = at
        if self._ended is not None:
            return
        try:
            self._permit.check(self._clock())
        except ConsentError:
            self._ended = at
