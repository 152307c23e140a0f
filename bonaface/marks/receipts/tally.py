"""How a watched call stands: receipts that held, frames found in them, and a seal's colour.

The same rules as server/page/tally.js; both are held to tests/receipts.json.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from bonaface.marks.receipts.look import ALIKE, distance
from bonaface.marks.receipts.match import Arrived, Match
from bonaface.marks.receipts.reader import Taken
from bonaface.marks.receipts.receipt import Kind, Look

Colour: TypeAlias = Literal["green", "grey", "red"]
SILENCE = 3500  # ms without a receipt: they stopped
GAP = 10_000  # ms for which a missing receipt is held against the seal
UNSEEN = 5000  # ms without a frame that could be checked
LATE = 2000  # ms on the way
LOOKS = 3  # that a shown picture is compared with, and that may differ in a row
# Refusals that no honest network causes. The others leave receipts out, and the seal turns grey.
FORGED = frozenset({"garbled", "root", "chain", "signature", "session", "previous", "ended"})


@dataclass(frozen=True, slots=True)
class Seal:
    """What can be said of a call now. `why` is a slug of docs/receipts.md."""

    colour: Colour
    why: str


@dataclass(slots=True)
class Tally:
    """Counts; all times are ms since 1970 by the sender's clock, as well as it is known."""

    frames: dict[Kind, Match] = field(
        default_factory=lambda: {"video": Match("video"), "audio": Match("audio")}
    )
    receipts: int = 0
    late: int = 0
    missing: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    looks: int = 0  # shown pictures that look like what was sent
    unlike: int = 0
    _row: int = 0  # of unlike ones
    _heard: int = 0  # when the last receipt came
    _gap: int | None = None  # when one was missing
    _seen: int | None = None  # when a look agreed
    _looks: deque[Look] = field(default_factory=lambda: deque(maxlen=LOOKS))

    def arrive(self, frame: Arrived) -> None:
        """Take a coded frame that came."""
        self.frames[frame.kind].arrive(frame)

    def take(self, taken: Taken, at: int) -> None:
        """Take a receipt that holds."""
        for match in self.frames.values():
            match.expect(taken.receipt, first=not self.receipts, missing=taken.missing)
        self._looks.extend(taken.receipt.looks)
        self.receipts += 1
        self.late += at - taken.receipt.issued > LATE
        self.missing += taken.missing
        self._heard = at
        if taken.missing:
            self._gap = at

    def refuse(self, reason: str) -> None:
        """Count a receipt that was refused."""
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def see(self, bits: str, at: int) -> None:
        """Compare a picture as it is shown with what was sent lately."""
        if not self._looks:
            return
        if min(distance(look.bits, bits) for look in self._looks) <= ALIKE:
            self.looks, self._row, self._seen = self.looks + 1, 0, at
        else:
            self.unlike, self._row = self.unlike + 1, self._row + 1

    def seal(self, now: int) -> Seal:
        """Say how it stands."""
        if forged := [reason for reason in self.refused if reason in FORGED]:
            return Seal("red", forged[0])
        if any(match.counts.strange for match in self.frames.values()):
            return Seal("red", "strange")
        if self._row >= LOOKS:
            return Seal("red", "unlike")
        return Seal("grey", why) if (why := self._doubt(now)) else Seal("green", "good")

    def _doubt(self, now: int) -> str:
        if not self.receipts:
            return next(iter(self.refused), "waiting")
        if now - self._heard > SILENCE:
            return "stopped"
        if self._gap is not None and now - self._gap < GAP:
            return "missing"
        return "unchecked" if self._unchecked(now) else ""

    def _unchecked(self, now: int) -> bool:
        """Whether there is nothing to be checked, or nothing was found of what there should be."""
        if self._seen is not None:
            return now - self._seen > UNSEEN
        counts = [match.counts for match in self.frames.values()]
        there = [one for one in counts if now - (one.listed or 0) <= UNSEEN]
        return not there or any(now - (one.last or 0) > UNSEEN for one in there)
