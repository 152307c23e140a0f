"""One round of challenges in an order drawn by lot, and what they say together. Start here.

A nonce answers one challenge, once and in time. What the checks say is summed as log odds; each is
bounded, so no single one turns a seal green. A round has no answer until all that were asked are
answered, and the caller may decline: then nothing was looked at, and nothing is said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from random import Random
from typing import Literal, TypeAlias

from bonaface.core import SECOND, Finding, Time
from bonaface.errors import RequestRefused
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness import digits, hand
from bonaface.forensics.liveness.camera import Camera
from bonaface.forensics.liveness.challenge import Challenge, Check
from bonaface.forensics.liveness.colour import Colour
from bonaface.forensics.liveness.digits import Digits
from bonaface.forensics.liveness.hand import Hand
from bonaface.forensics.liveness.turn import Turn

Make: TypeAlias = Callable[[Random], Check]
Colouring: TypeAlias = Literal["grey", "green", "amber", "red"]
PATIENCE: Time = 60 * SECOND  # until an issued challenge has begun, or one that is over is answered
FEWEST = 4  # challenges, where some of them may be asked again
# Two turns say at most -4: a driven made face turns too, so turns alone never make a seal green.
PASSED, FAILED = -4.5, 2.0  # summed log odds


@dataclass(frozen=True, slots=True)
class Seal:
    """What the host is shown: a colour, a word that says the same, and reasons."""

    colour: Colouring
    word: str
    reasons: tuple[str, ...] = ()


class Round:
    """The challenges of one caller, one after the other."""

    def __init__(
        self, random: Random, *, flashes: bool = True, speaks: bool = True, moves: bool = True
    ) -> None:
        """Draw the order.

        Without `flashes` (who is sensitive to light) no colours, unless the caller `speaks` no
        digits, unless they `move` neither turns nor hands: others are asked again instead.
        """
        kinds = draw_kinds(flashes=flashes, speaks=speaks, moves=moves)
        random.shuffle(kinds)
        self._waiting = [kind(random) for kind in kinds]
        self._asked = len(kinds)
        self._now: Check | None = None
        self._until: Time = 0  # when patience ends
        self._declined = False
        self.findings: tuple[Finding, ...] = ()

    def issue(self, at: Time) -> Challenge | None:
        """Give the next challenge; None when there is none. One that is open is given up."""
        self._close()
        if self._declined or not self._waiting:
            return None
        self._now, self._until = self._waiting.pop(0), at + PATIENCE
        self._began = False
        return self._now.challenge

    def begin(self, nonce: str, at: Time) -> None:
        """The page shows the challenge. Raises RequestRefused (409) for a wrong nonce."""
        late = self.overdue(at)
        if self._now is None or self._began or late or nonce != self._now.challenge.nonce:
            raise RequestRefused(
                409, "This challenge is over.", "Ask for the next one.", "challenge"
            )
        self._began, self._until = True, at + self._now.challenge.lasts + PATIENCE
        self._now.begin(at)

    def push(self, item: Seen) -> None:
        """Look or listen: only while a challenge runs."""
        if self._now is not None and self._began:
            self._now.push(item)

    def note(self, report: Mapping[str, object]) -> None:
        """Take what the page says of its camera; nothing of it is believed."""
        if isinstance(self._now, Camera) and self._began:
            self._now.note(report)

    def decline(self) -> None:
        """The caller says no: forget all."""
        self._declined, self._now, self._waiting, self.findings = True, None, [], ()

    def seal(self) -> Seal:
        """Say how it stands."""
        if self._declined:
            return Seal("grey", "Not checked: declined")
        if not self.findings:
            return Seal("grey", "Not checked")
        return judge(self.findings, self._asked)

    def overdue(self, at: Time) -> bool:
        """Whether the caller keeps everybody waiting."""
        return self._now is not None and at > self._until

    def finish(self) -> Seal:
        """Nothing more is asked: how it stands."""
        self._close()
        self._waiting = []
        return self.seal()

    def _close(self) -> None:
        if self._now is not None:
            self.findings = (*self.findings, self._now.answer())
            self._now = None


def draw_kinds(*, flashes: bool, speaks: bool, moves: bool) -> list[Make]:
    """What can be asked of a caller, with the models that are here, 40 s in all.

    What cannot be asked is made up for by asking again what can.
    """
    able: list[Make] = [
        *([Colour] * flashes),
        *([Turn] * moves),
        *([Digits] * (speaks and digits.ready())),
        *([Hand] * (moves and hand.ready())),
    ]
    return [*able, *able[: max(0, FEWEST - 1 - len(able))], Camera]


def judge(findings: Sequence[Finding], asked: int) -> Seal:
    """Sum the log odds. Green needs every challenge judged, and each in favour of the caller."""
    told = [one for one in findings if one.score is not None]
    odds = sum(log(one.score / (1 - one.score)) for one in told if one.score)
    passed = sum(1 for one in told if one.score is not None and one.score < 0.5)
    reasons = tuple(one.reason for one in findings)
    if odds >= FAILED:
        return Seal("red", f"Failed: {passed} of {asked} challenges", reasons)
    if passed == asked and odds <= PASSED:
        return Seal("green", f"Checked: {passed} of {asked} challenges", reasons)
    return Seal("amber", f"Unclear: {passed} of {asked} challenges", reasons)
