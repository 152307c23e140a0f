"""Follow one track, segment by segment, and name what is wrong with it (C2PA 2.3, section 19.7)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bonaface.marks.live.beginning_reader import KnownBeginning, read_beginning
from bonaface.marks.live.segment_reader import Broken, Info, Problem, check_segment, read_info

STALE: Final = timedelta(minutes=2)  # a live segment is never older
_CLOCKS_DIFFER: Final = timedelta(minutes=1)
_REMEMBERED: Final = 4096  # sequence numbers
SENTENCES: Final[dict[Problem, str]] = {
    "cut-short": "It is cut short.",
    "unsigned": "It carries no signature.",
    "changed": "It was changed after it was signed.",
    "foreign": "It belongs to another stream.",
    "unknown-key": "It is signed with a key that the stream does not name for it.",
    "ended-key": "It is signed at a time at which its key was not in force.",
    "unproven": "The beginning of the stream does not hold, so nothing vouches for it.",
    "gap": "Before it, segments are missing.",
    "swapped": "It comes later than it should.",
    "replayed": "It has been here before.",
    "stale": "It was not signed just now, as a live segment is.",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """One part of a track that was looked at. `problem` is None where it is as it was signed."""

    name: str
    problem: Problem | None = None
    text: str = ""
    number: int | None = None  # sequence number, where one could be read
    at: datetime | None = None  # when it was signed, by the signer's own clock


class Follower:
    """Holds the beginnings of one track and which segments came.

    With a `clock` the stream must be live: signed just now.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.beginnings: dict[str, KnownBeginning] = {}
        self.first: KnownBeginning | None = None
        self.refused: KnownBeginning | None = None  # the last that did not hold
        self.missing: set[int] = set()
        self._clock = clock
        self._seen: set[int] = set()
        self._last: int | None = None

    def begin(self, name: str, data: bytes) -> Seen:
        """Take an initialization segment: the first, or one that goes on with the same track."""
        known = read_beginning(data)
        if known.keys is None:
            self.refused = known
            return Seen(name, "unproven", known.trouble or "")
        first = self.first = self.first or known
        if (known.stream, known.track) != (first.stream, first.track):
            return Seen(name, "foreign", SENTENCES["foreign"])
        self.beginnings[known.manifest] = known
        return Seen(name)

    def follow(self, name: str, segment: bytes) -> Seen:
        """Take the next segment."""
        number = at = None
        try:
            info = read_info(segment)
            number, at = info.number, info.at
            if not self.beginnings:
                raise Broken("unproven")  # noqa: TRY301 one way out
            check_segment(segment, info, self.beginnings)
            self._require_live(info)
            missing = self._place(info.number)
        except Broken as broken:
            return Seen(name, broken.problem, SENTENCES[broken.problem], number, at)
        if missing:
            text = f"{SENTENCES['gap']} Numbers {missing.start} to {missing.stop - 1}."
            return Seen(name, "gap", text, number, at)
        return Seen(name, None, "", number, at)

    def _require_live(self, info: Info) -> None:
        if self._clock is None:
            return
        age = self._clock() - info.at
        if not -_CLOCKS_DIFFER < age < STALE:
            raise Broken("stale")

    def _place(self, number: int) -> range:
        """Which numbers are missing before this one. Raises Broken where it is out of order."""
        last = self._last
        if number in self._seen:
            raise Broken("replayed")
        self._seen.add(number)
        self._seen.discard(number - _REMEMBERED)
        if last is not None and number < last:
            self.missing.discard(number)
            raise Broken("swapped")
        self._last = number
        missing = range(0) if last is None else range(last + 1, number)
        self.missing.update(missing[-_REMEMBERED:])
        return missing
