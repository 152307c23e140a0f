"""One round of challenges in an order drawn by lot, and what they say together. Start here.

A nonce answers one challenge, once and in time. What the checks say is summed as log odds; each is
bounded, so no single one turns a seal green. A round has no answer until all that were asked are
answered, and the caller may decline: then nothing was looked at, and nothing is said.

An unclear round may be followed up once: what did not pass is asked again, and both answers to a
challenge are summed. So a plain failure is not undone by a later pass.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from random import Random
from typing import Literal, TypeAlias

from bonaface.core import SECOND, Finding, Time
from bonaface.errors import RequestRefused
from bonaface.forensics.inspector import Seen
from bonaface.forensics.liveness import digits, hand
from bonaface.forensics.liveness.camera import Camera
from bonaface.forensics.liveness.challenge import SURE, Challenge, Check
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
FRESH: Time = 600 * SECOND  # after which a round is too old to be followed up


@dataclass(frozen=True, slots=True)
class Seal:
    """What the host is shown: a colour, a word that says the same, and reasons."""

    colour: Colouring
    word: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One challenge of a round, and the answers to it."""

    make: Make
    answers: tuple[Finding, ...] = ()

    @property
    def odds(self) -> float | None:
        """Log odds of an attack, no surer than one answer may be; None where none was judged."""
        told = [log(one.score / (1 - one.score)) for one in self.answers if one.score]
        return max(-SURE, min(SURE, sum(told))) if told else None

    @property
    def passed(self) -> bool:
        """Whether the answers speak for the caller."""
        return self.odds is not None and self.odds < 0


class Round:
    """The challenges of one caller, one after the other."""

    def __init__(self, random: Random, parts: Sequence[Part], *, again: bool = False) -> None:
        """Draw the order of what has not passed; see `draw_parts`."""
        self._parts, self._again = list(parts), again
        self._waiting = [(i, one.make(random)) for i, one in enumerate(parts) if not one.passed]
        random.shuffle(self._waiting)
        self._now: Check | None = None
        self._place = 0  # of what is asked now, among the parts
        self._until: Time = 0  # when patience ends
        self._over: Time | None = None  # when nothing was left to ask
        self._declined = False

    def follow_up(self, random: Random, at: Time) -> "Round | None":
        """A round that asks what did not pass; None unless this one has just ended unclear.

        Nothing that passed is asked twice: turns alone would add up to green.
        """
        fresh = self._over is not None and 0 <= at - self._over <= FRESH
        left = not all(part.passed for part in self._parts)
        if self._again or not fresh or not left or self.seal().colour != "amber":
            return None
        return Round(random, self._parts, again=True)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All answers."""
        return tuple(answer for part in self._parts for answer in part.answers)

    def issue(self, at: Time) -> Challenge | None:
        """Give the next challenge; None when there is none. One that is open is given up."""
        self._close()
        if self._declined or not self._waiting:
            self._over = at if self._over is None else self._over
            return None
        (self._place, self._now), self._until = self._waiting.pop(0), at + PATIENCE
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
        self._declined, self._now, self._waiting, self._parts = True, None, [], []

    def seal(self) -> Seal:
        """Say how it stands."""
        if self._declined:
            return Seal("grey", "Not checked: declined")
        if not self.findings:
            return Seal("grey", "Not checked")
        seal = judge(self._parts)
        asked_twice = self._again and self._over is not None and seal.colour == "amber"
        return replace(seal, word=f"Still {seal.word.lower()}") if asked_twice else seal

    def overdue(self, at: Time) -> bool:
        """Whether the caller keeps everybody waiting."""
        return self._now is not None and at > self._until

    def finish(self, at: Time) -> Seal:
        """Nothing more is asked: how it stands."""
        self._close()
        self._waiting, self._over = [], at
        return self.seal()

    def _close(self) -> None:
        if self._now is not None:
            part = self._parts[self._place]
            self._parts[self._place] = replace(part, answers=(*part.answers, self._now.answer()))
            self._now = None


def draw_parts(
    *, flashes: bool = True, speaks: bool = True, moves: bool = True
) -> tuple[Part, ...]:
    """What can be asked of a caller, with the models that are here, 40 s in all.

    Without `flashes` (who is sensitive to light) no colours, unless the caller `speaks` no digits,
    unless they `move` neither turns nor hands: what can be asked is asked again instead.
    """
    able: list[Make] = [
        *([Colour] * flashes),
        *([Turn] * moves),
        *([Digits] * (speaks and digits.ready())),
        *([Hand] * (moves and hand.ready())),
    ]
    kinds = [*able, *able[: max(0, FEWEST - 1 - len(able))], Camera]
    return tuple(Part(kind) for kind in kinds)


def judge(parts: Sequence[Part]) -> Seal:
    """Sum the log odds. Green needs every challenge judged, and each in favour of the caller."""
    odds = sum(part.odds or 0.0 for part in parts)
    asked, passed = len(parts), sum(part.passed for part in parts)
    reasons = tuple(answer.reason for part in parts for answer in part.answers)
    if odds >= FAILED:
        return Seal("red", f"Failed: {passed} of {asked} challenges", reasons)
    if passed == asked and odds <= PASSED:
        return Seal("green", f"Checked: {passed} of {asked} challenges", reasons)
    word = "Too weak" if passed == asked else "Unclear"
    return Seal("amber", f"{word}: {passed} of {asked} challenges", reasons)
