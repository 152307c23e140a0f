"""Calls of some seconds, frame by frame, what a relay does to them, and how the seal must look."""

import random
from typing import Any

from receipt_vectors import CONSENT, MS, PICTURES, SOUND

from bonaface.marks.receipts.match import Arrived
from bonaface.marks.receipts.reader import Taken
from bonaface.marks.receipts.receipt import Frame, Look, Receipt, Track, read, write
from bonaface.marks.receipts.tally import Tally

OFFSET = 2**32 - 50_000  # of a receiver's RTP time: it wraps on the way


class Call:
    """A made-up call of some seconds, frame by frame, and what a relay does to it."""

    def __init__(self, seconds: int, *, silent: bool = True) -> None:
        self._draw = random.Random(1)
        self.seconds = seconds
        self.sent = {
            PICTURES: [self._frame(3600 * i) for i in range(25 * seconds)],
            SOUND: [self._frame(960 * i, silent=silent and i > 20) for i in range(50 * seconds)],
        }
        self.arrivals: list[Arrived] = [
            Arrived(track.kind, (frame.pts + OFFSET) % 2**32, frame.digest, self._at(track, frame))
            for track, frames in self.sent.items()
            for frame in frames
        ]

    def _frame(self, pts: int, *, silent: bool = False) -> Frame:
        """Silence is coded alike each time."""
        return Frame(pts, b"silence..." if silent else self._draw.randbytes(10))

    @staticmethod
    def _at(track: Track, frame: Frame) -> int:
        return MS + frame.pts * 1000 // (90_000 if track.kind == "video" else 48_000) + 80

    def receipt(self, second: int) -> dict[str, Any]:
        sent = tuple(
            (one, tuple(frames[second * rate : (second + 1) * rate]))
            for (one, frames), rate in zip(self.sent.items(), (25, 50), strict=True)
        )
        issued, span = MS + 1000 * (second + 1), (1000 * second, 1000 * second + 1000)
        look = (Look(1000 * second, "00ff00ff00ff00ff"),)
        return write(Receipt("a" * 16, second, issued, span, CONSENT, "f" * 16, None, sent, look))

    def events(self, left_out: tuple[int, ...] = (), until: int | None = None) -> list[list[Any]]:
        """Frames and receipts in the order in which they come."""
        came: list[tuple[int, list[Any]]] = [
            (one.at, ["frame", one.kind, one.rtp, one.digest.hex(), one.at])
            for one in self.arrivals
        ]
        missing = 0
        for second in range(until or self.seconds):
            if second in left_out:
                missing += 1
                continue
            at = MS + 1000 * (second + 1) + 60
            came.append((at, ["receipt", self.receipt(second), missing, at]))
            missing = 0
        return [event for _, event in sorted(came, key=lambda one: (one[0], one[1][0]))]

    def pictures(self) -> list[int]:
        return [i for i, one in enumerate(self.arrivals) if one.kind == "video"]


def tally_cases() -> list[dict[str, Any]]:
    """What a relay may do, and how the seal must look at the end."""
    cases = [
        ("forwarded", Call(6).events(), 6, "green good"),
        ("no receipts", Call(6).events()[:0], 6, "grey waiting"),
        ("receipts stop", Call(12).events(until=6), 12, "grey stopped"),
        ("a receipt is missing", Call(8).events(left_out=(3,)), 8, "grey missing"),
        ("missing long ago", Call(20).events(left_out=(3,)), 20, "green good"),
        ("forwarded late", late(3), 15, "green good"),
        ("one in twenty is lost", lossy(), 20, "green good"),
        ("coded again", coded_again(), 6, "red strange"),
        ("one picture put in", put_in(), 8, "red strange"),
        ("two swapped", swapped_pictures(), 8, "red strange"),
        ("swapped again and again", swapped_neighbours(), 12, "red strange"),
        ("a late key picture", behind(), 8, "green good"),
        ("a second shown again", shown_again(), 12, "red strange"),
        ("another begin of RTP time", moved(), 10, "green good"),
        (
            "nothing comes",
            [one for one in Call(9).events() if one[0] == "receipt"],
            9,
            "grey unchecked",
        ),
        ("a forged receipt", [*Call(6).events(), ["refuse", "signature"]], 6, "red signature"),
        ("a receipt twice", [*Call(6).events(), ["refuse", "replayed"]], 6, "green good"),
        ("seen, not decoded", looks("00ff00ff00ff00fe"), 6, "green good"),
        ("another picture seen", looks("ff00ff00ff00ff00"), 6, "red unlike"),
    ]
    return [
        {"name": name, "events": events, "at": MS + 1000 * at + 100, "seal": seal}
        for name, events, at, seal in cases
    ]


def late(seconds: int) -> list[list[Any]]:
    """Through a relay that holds everything for a while; receipts come another way."""
    call = Call(12)
    call.arrivals = [
        Arrived(one.kind, one.rtp, one.digest, one.at + 1000 * seconds) for one in call.arrivals
    ]
    return call.events()


def lossy() -> list[list[Any]]:
    call, draw = Call(20), random.Random(5)
    call.arrivals = [one for one in call.arrivals if draw.random() > 0.05]
    return call.events()


def coded_again() -> list[list[Any]]:
    call, draw = Call(6), random.Random(6)
    for i in call.pictures():
        one = call.arrivals[i]
        call.arrivals[i] = Arrived(one.kind, one.rtp, draw.randbytes(10), one.at)
    return call.events()


def put_in() -> list[list[Any]]:
    call = Call(8)
    one = call.arrivals[60]
    call.arrivals.append(Arrived("video", (one.rtp + 1800) % 2**32, b"0123456789", one.at + 20))
    return call.events()


def swapped_pictures() -> list[list[Any]]:
    call = Call(8)
    one, other = call.arrivals[60], call.arrivals[63]
    call.arrivals[60] = Arrived(one.kind, one.rtp, other.digest, one.at)
    call.arrivals[63] = Arrived(other.kind, other.rtp, one.digest, other.at)
    return call.events()


def swapped_neighbours() -> list[list[Any]]:
    """One in twenty takes the place of the next, so that many are early by the same time."""
    call = Call(12)
    for i in call.pictures()[40::20]:
        one, other = call.arrivals[i], call.arrivals[i + 1]
        call.arrivals[i] = Arrived(one.kind, one.rtp, other.digest, one.at)
        call.arrivals[i + 1] = Arrived(other.kind, other.rtp, one.digest, other.at)
    return call.events()


def behind() -> list[list[Any]]:
    """The first picture of another rate is a tick after the one that should have followed it."""
    call = Call(8)
    one = call.arrivals[60]
    call.arrivals[60] = Arrived(one.kind, (one.rtp + 3601) % 2**32, one.digest, one.at + 40)
    return call.events()


def shown_again() -> list[list[Any]]:
    """The second second's pictures take the place of the sixth's."""
    call = Call(12)
    for i in range(25):
        one = call.arrivals[125 + i]
        call.arrivals[125 + i] = Arrived(one.kind, one.rtp, call.arrivals[25 + i].digest, one.at)
    return call.events()


def moved() -> list[list[Any]]:
    """A relay that begins RTP time anew, once. (In silence nobody could tell that from a fraud.)"""
    call = Call(10, silent=False)
    for i, one in enumerate(call.arrivals):
        if one.at > MS + 5000:
            call.arrivals[i] = Arrived(one.kind, (one.rtp + 777_777) % 2**32, one.digest, one.at)
    return call.events()


def looks(seen: str) -> list[list[Any]]:
    receipts = [one for one in Call(6).events() if one[0] == "receipt"]
    shown = [["look", seen, MS + 1000 * second + 500] for second in range(1, 6)]
    return sorted([*receipts, *shown], key=lambda one: int(one[-1]))


def play(case: dict[str, Any]) -> Tally:
    """Let Python's tally hear a case."""
    tally = Tally()
    for kind, *what in case["events"]:
        if kind == "frame":
            tally.arrive(Arrived(what[0], what[1], bytes.fromhex(what[2]), what[3]))
        elif kind == "receipt":
            tally.take(Taken(read(what[0]), what[1]), what[2])
        elif kind == "look":
            tally.see(*what)
        else:
            tally.refuse(*what)
    return tally


def counted(tally: Tally) -> dict[str, Any]:
    """What both sides must agree on."""
    counts = {
        kind: [match.counts.checked, match.counts.lost, match.counts.strange, match.counts.untold]
        for kind, match in tally.frames.items()
    }
    return counts | {"receipts": tally.receipts, "missing": tally.missing, "late": tally.late}
