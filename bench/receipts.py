"""What receipts of a live call cost, and what they find: `python bench/receipts.py [--calls 20]`.

"cost": CPU ms for a second of a session of 25 pictures (at the bits a second of a rung) and 50
sounds: noting each frame and a look, signing once, reading it on the other side; bytes a second.
"found": made-up calls of 20 s, frame by frame with digests drawn at random, through a relay that
begins after 8: how many turn red, how many seconds later, and what is counted as lost (what is
gone and not yet lost may still come). No network and no codec is in
these; tests/test_seal.py and tests/test_relay.py have those.

--json: {"cost": [{"encoders", "bits", "note_ms", "sign_ms", "read_ms", "core_percent",
"bytes_a_second"}], "found": [{"relay", "calls", "red", "seconds_p50", "seconds_max", "lost",
"gone"}]}
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np

from bonaface import weights
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import Terms, grant
from bonaface.core import SECOND
from bonaface.marks.receipts.match import Arrived
from bonaface.marks.receipts.notary import Notary
from bonaface.marks.receipts.reader import ReceiptReader, Taken
from bonaface.marks.receipts.receipt import Consent, Frame, Kind, Receipt, Track
from bonaface.marks.receipts.tally import Tally
from bonaface.media.photos import read_bytes, read_photo

SECONDS, BEGUN = 20, 8  # of a call; when the relay begins
FIRST = (BEGUN + 1) * 1000  # ms: what it does once, it does within a second
SOUND = Track("audio", "OPUS", 48_000)
RUNGS = (700_000, 1_500_000)
Change = Callable[[list[Arrived], random.Random], list[Arrived]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BONAFACE_HOME"] = folder
        leave = make_permit()
        cost = [measure_cost(leave, n, bits, asked.seconds) for n in (1, 3) for bits in RUNGS]
    found = [measure_found(name, change, asked.calls) for name, change in RELAYS.items()]
    if asked.json:
        print(json.dumps({"cost": cost, "found": found}))
        return
    for row in cost:
        print("cost ", "  ".join(f"{name} {value}" for name, value in row.items()))
    for row in found:
        print("found", "  ".join(f"{name} {value}" for name, value in row.items()))


def make_permit() -> Permit:
    """Leave to show the demo's portrait."""
    path, now = weights.find("portrait-hopper"), datetime.now(UTC)
    picture, until = read_photo(Path(path)), (now + timedelta(days=1)).date()
    terms = Terms("Grace M. Hopper", "public-domain-historical", ("bench",), until)
    return permit(grant(hash_portrait(read_bytes(path), picture), terms, now), picture, None, now)


def measure_cost(leave: Permit, encoders: int, bits: int, seconds: int) -> dict[str, Any]:
    """Note, sign and read so many seconds of a session."""
    draw, now = random.Random(1), datetime.now(UTC)
    notary = Notary(leave, 7, lambda: now)
    reader = ReceiptReader(notary.root, notary.naming.session)
    tracks = [Track("video", "H264", bits + i) for i in range(encoders)]
    pictures = [b"\0\0\0\1\x41" + draw.randbytes(bits // 200) for _ in range(25)]
    sounds = [draw.randbytes(120) for _ in range(50)]
    scene = np.random.default_rng(1).integers(0, 255, (512, 512, 3)).astype(np.uint8)
    spent, size = {"note": 0.0, "sign": 0.0, "read": 0.0}, 0
    for second in range(seconds):
        begun = time.thread_time()
        for track in tracks:
            for i, data in enumerate(pictures):
                notary.note(track, data, 90_000 * second + 3600 * i)
        notary.look(SECOND * second, scene)
        for i, data in enumerate(sounds):
            notary.note(SOUND, data, 48_000 * second + 960 * i)
        noted = time.thread_time()
        texts = notary.write(SECOND * (second + 1))
        signed = time.thread_time()
        for text in texts:
            reader.take(text, int(now.timestamp() * 1000))
        size += sum(map(len, texts))
        read = time.thread_time()
        for name, by in (
            ("note", noted - begun),
            ("sign", signed - noted),
            ("read", read - signed),
        ):
            spent[name] += by * 1000 / seconds
        now += timedelta(seconds=1)
    return {
        "encoders": encoders,
        "bits": bits,
        **{f"{name}_ms": round(by, 2) for name, by in spent.items()},
        "core_percent": round((spent["note"] + spent["sign"]) / 10, 3),
        "bytes_a_second": size // seconds,
    }


def measure_found(name: str, change: Change, calls: int) -> dict[str, Any]:
    """Let a relay change so many calls, and say when the seal turns red."""
    times: list[float] = []
    lost = gone = 0
    for seed in range(calls):
        red, tally, sent = call(change, random.Random(seed))
        if red is not None:
            times.append(red)
        counts = [match.counts for match in tally.frames.values()]
        lost += sum(one.lost for one in counts)
        gone += sent - sum(one.checked for one in counts)
    return {
        "relay": name,
        "calls": calls,
        "red": len(times),
        "seconds_p50": round(median(times), 1) if times else None,
        "seconds_max": round(max(times), 1) if times else None,
        "lost": lost,
        "gone": gone,
    }


def call(change: Change, draw: random.Random) -> tuple[float | None, Tally, int]:
    """One call; answers how many seconds after the relay's begin the seal was red, if it was."""
    picture = Track("video", "H264", 700_000)
    sent = {
        track: [Frame(step * i, draw.randbytes(10)) for i in range(rate * SECONDS)]
        for track, step, rate in ((picture, 3600, 25), (SOUND, 960, 50))
    }
    came = [
        Arrived(track.kind, (frame.pts + 2**31) % 2**32, frame.digest, when(track.kind, frame.pts))
        for track, frames in sent.items()
        for frame in frames
    ]
    early = [one for one in came if one.at < BEGUN * 1000]
    frames = sorted(
        early + change([one for one in came if one.at >= BEGUN * 1000], draw),
        key=lambda one: one.at,
    )
    tally = Tally()
    for second in range(SECONDS):
        now = 1000 * (second + 1)
        while frames and frames[0].at < now:
            tally.arrive(frames.pop(0))
        tally.take(Taken(receipt(second, sent), 0), now)
        if tally.seal(now).colour == "red":
            return second + 1 - BEGUN, tally, 75 * (second + 1)
    return None, tally, 75 * SECONDS


def when(kind: Kind, pts: int) -> int:
    """When a frame comes, ms."""
    return pts // (90 if kind == "video" else 48) + 60


def receipt(second: int, sent: dict[Track, list[Frame]]) -> Receipt:
    """The receipt of a second."""
    parts = tuple(
        (track, tuple(frames[second * rate : (second + 1) * rate]))
        for (track, frames), rate in zip(sent.items(), (25, 50), strict=True)
    )
    span = (1000 * second, 1000 * second + 1000)
    return Receipt("", second, 1000 * (second + 1), span, Consent("", ""), "", None, parts)


def lose(share: float) -> Change:
    """A network that loses frames."""
    return lambda frames, draw: [one for one in frames if draw.random() >= share]


def recode(frames: list[Arrived], draw: random.Random) -> list[Arrived]:
    """Every picture in other bytes."""
    return [
        replace(one, digest=draw.randbytes(10)) if one.kind == "video" else one for one in frames
    ]


def change_one(kind: Kind) -> Change:
    """One frame in other bytes."""

    def change(frames: list[Arrived], draw: random.Random) -> list[Arrived]:
        place = draw.choice(
            [i for i, one in enumerate(frames) if one.kind == kind and one.at < FIRST]
        )
        other = replace(frames[place], digest=draw.randbytes(10))
        return [*frames[:place], other, *frames[place + 1 :]]

    return change


def swap(frames: list[Arrived], draw: random.Random) -> list[Arrived]:
    """Two neighbouring pictures in each other's place."""
    frames = list(frames)
    i = draw.randrange(24)
    one, other = frames[i], frames[i + 1]
    frames[i], frames[i + 1] = (
        replace(one, digest=other.digest),
        replace(other, digest=one.digest),
    )
    return frames


def replay(frames: list[Arrived], _: random.Random) -> list[Arrived]:
    """The first second of pictures shown again two seconds after it ended."""
    frames = list(frames)
    for k in range(25):
        frames[k + 75] = replace(frames[k + 75], digest=frames[k].digest)
    return frames


RELAYS: dict[str, Change] = {
    "forwards": lose(0),
    "loses 5 %": lose(0.05),
    "loses 20 %": lose(0.2),
    "codes again": recode,
    "changes one picture": change_one("video"),
    "changes one sound": change_one("audio"),
    "swaps two pictures": swap,
    "shows a second again": replay,
}


if __name__ == "__main__":
    main()
