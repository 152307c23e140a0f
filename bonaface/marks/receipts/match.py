"""Finds the frames that arrived in the receipts of what was sent. server/page/match.js does, too.

A frame is known by its digest, and by its place: RTP time and the session's time run alike, so they
differ by one offset, whoever passed the frames on. It is learnt from three frames that agree.
A frame that is shown again or in another's place has another offset. It may be a little late: the
first picture of another rate is, where its encoder began behind the one before. Who changes the
order of frames must bring one of them forward, and that is seen.
"""

from bisect import bisect, insort
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bonaface.marks.receipts.receipt import TICKS, Frame, Kind, Receipt, Track

SETTLED = 3000  # ms after which a frame that came is in a receipt, if it ever is
KEPT = 8000  # ms for which a frame that was sent may still come
AGREE = 3  # frames that teach an offset
MOVES = 3  # times that a relay may change it
TOLERANCE = 10  # ms: pictures are 16 ms apart or more, sound 20
BEHIND = 250  # ms
PENDING = 2000  # frames that wait for their receipt, at most
_WRAP = 2**32  # RTP time has 32 bits (RFC 3550, section 5.1)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A coded frame as it came. `at` is the sender's time, as well as it is known."""

    kind: Kind
    rtp: int
    digest: bytes
    at: int  # ms since 1970


@dataclass(slots=True)
class _Expected:
    """A frame that was sent."""

    track: Track
    frame: Frame
    issued: int  # ms
    found: bool = False


@dataclass(slots=True)
class Counts:
    """Frames of one kind."""

    checked: int = 0
    lost: int = 0  # in a receipt, between others that came
    strange: int = 0  # came, and are in no receipt, or not at this place
    untold: int = 0  # came while receipts were missing
    last: int | None = None  # when the last one was found, ms
    listed: int | None = None  # when the last receipt that has any was written, ms


@dataclass(slots=True)
class Match:
    """The frames of one kind."""

    kind: Kind
    counts: Counts = field(default_factory=Counts)
    _offset: int | None = None
    _moves: int = 0
    _expected: dict[bytes, list[_Expected]] = field(default_factory=dict)
    _order: deque[_Expected] = field(default_factory=deque)
    _pending: list[Arrived] = field(default_factory=list)
    _votes: deque[tuple[bytes, int]] = field(default_factory=lambda: deque(maxlen=16))
    _found: list[tuple[int, str]] = field(default_factory=list)  # pts, and the track's name
    _excused: int = 0  # ms until which a frame may be in a receipt that never came

    def arrive(self, frame: Arrived) -> None:
        """Take a frame that came."""
        if not self._find(frame):
            self._pending.append(frame)
            del self._pending[:-PENDING]

    def expect(self, receipt: Receipt, *, first: bool, missing: int) -> None:
        """Take a receipt that holds."""
        for track, frames in receipt.sent:
            if track.kind == self.kind:
                self._add(track, frames, receipt.issued)
                self.counts.listed = receipt.issued
        if first or missing:
            self._excused = receipt.issued + SETTLED * (missing > 0)
        self._settle(receipt.issued)
        self._judge(receipt.issued)
        self._forget(receipt.issued)

    def _add(self, track: Track, frames: Iterable[Frame], issued: int) -> None:
        for frame in frames:
            one = _Expected(track, frame, issued)
            self._expected.setdefault(frame.digest, []).append(one)
            self._order.append(one)

    def _settle(self, issued: int) -> None:
        """Look again for those that wait, as often as that teaches another offset."""
        moves = -1
        while moves != self._moves:
            moves = self._moves
            self._pending = [frame for frame in self._pending if not self._find(frame, issued)]

    def _find(self, frame: Arrived, issued: int | None = None) -> bool:
        """Find a frame; it votes as it comes, or with the receipt `issued` now that lists it."""
        open_ = [one for one in self._expected.get(frame.digest, ()) if not one.found]
        one = self._place(frame, open_)
        if one is not None and self._offset is not None:
            self._votes.clear()  # the offset holds: who is elsewhere is not at its place
        elif len(open_) == 1 and issued in {None, open_[0].issued}:
            self._vote(frame.digest, frame.rtp - open_[0].frame.pts)
            one = self._place(frame, open_)
        if one is None:
            return False
        one.found = True
        self.counts.checked += 1
        self.counts.last = max(self.counts.last or 0, frame.at)
        insort(self._found, (one.frame.pts, _name(one.track)))
        return True

    def _place(self, frame: Arrived, open_: list[_Expected]) -> _Expected | None:
        """The one of several alike whose place in time is this frame's."""
        if self._offset is None:
            return open_[0] if open_ else None
        late = [(self._apart(frame.rtp - one.frame.pts, self._offset), one) for one in open_]
        fits = [(abs(by), one) for by, one in late if -TOLERANCE <= by <= BEHIND]
        return min(fits, key=lambda fit: fit[0])[1] if fits else None

    def _apart(self, one: int, other: int) -> float:
        """From one offset to another, ms."""
        ticks = (one - other + _WRAP // 2) % _WRAP - _WRAP // 2
        return ticks * 1000 / TICKS[self.kind]

    def _vote(self, digest: bytes, offset: int) -> None:
        if (digest, offset) not in self._votes:
            self._votes.append((digest, offset))
        agreeing = {
            name for name, other in self._votes if abs(self._apart(offset, other)) <= TOLERANCE
        }
        if len(agreeing) >= AGREE and self._moves <= MOVES:
            self._offset = offset
            self._moves += 1
            self._votes.clear()

    def _judge(self, issued: int) -> None:
        """Those that came long before this receipt was written should have been in one."""
        over = [frame for frame in self._pending if frame.at + SETTLED < issued]
        untold = sum(frame.at <= self._excused for frame in over)
        self.counts.untold += untold
        self.counts.strange += len(over) - untold
        self._pending = [frame for frame in self._pending if frame.at + SETTLED >= issued]

    def _forget(self, issued: int) -> None:
        while self._order and self._order[0].issued + KEPT < issued:
            one = self._order.popleft()
            same = self._expected[one.frame.digest]
            same.remove(one)
            if not same:
                del self._expected[one.frame.digest]
            self.counts.lost += not one.found and self._between(one)
        if self._order:
            oldest = self._order[0].frame.pts - KEPT * TICKS[self.kind] // 1000
            del self._found[: bisect(self._found, (oldest, ""))]

    def _between(self, one: _Expected) -> bool:
        """Whether the frames that came before and after it are of the same track."""
        place = bisect(self._found, (one.frame.pts, ""))
        around = self._found[max(0, place - 1) : place + 1]
        return len(around) == 2 and all(name == _name(one.track) for _, name in around)


def _name(track: Track) -> str:
    return f"{track.codec} {track.bits}"
