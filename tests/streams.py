"""Signed tracks for tests of live credentials, made without an encoder: a real beginning, noise."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import av
import numpy as np
from films import make_statement

from bonaface.marks.credentials.manifest import Statement
from bonaface.marks.live.follow import Follower, Seen
from bonaface.marks.live.said import Said, Shown
from bonaface.marks.live.segment import Place
from bonaface.marks.live.segment_reader import Problem
from bonaface.marks.live.track import TrackSigner
from bonaface.media.broadcast.fragments import Sample, write_segment
from bonaface.media.broadcast.hls import HEADER, Hls

TICKS = 48_000


@cache
def beginning() -> bytes:
    """An unsigned initialization segment of AAC."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4", options=dict(HEADER)) as container:
        container.add_stream("aac", rate=TICKS, layout="mono")
        container.start_encoding()
        return file.getvalue()


def segment(number: int) -> bytes:
    """Two seconds of it, unsigned."""
    noise = np.random.default_rng(number).bytes(3000)
    samples = [Sample(noise[:2000], (2 * number - 2) * TICKS, True)]
    samples.append(Sample(noise[2000:], (2 * number - 1) * TICKS, True))
    return write_segment(number, samples, 2 * number * TICKS)


@dataclass
class Day:
    """A clock that tests move."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class Made:
    """One track as it was signed; needs a home of the test's own."""

    statement: Statement = field(default_factory=lambda: make_statement()[0])
    stream: str = "one"
    track: str = "sound"
    day: Day = field(default_factory=Day)
    beginnings: list[bytes] = field(default_factory=list)
    segments: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        said = Said(self.statement, self.stream, self.track)
        self.signer = TrackSigner(beginning(), said, self.day)

    def go_on(self, count: int = 1, shown: Shown = "face") -> "Made":
        """Sign so many more segments, two seconds apart."""
        for _ in range(count):
            number = len(self.segments) + 1
            place = Place(number, 2 * TICKS, TICKS)
            sealed = self.signer.sign(segment(number), place, shown)
            if sealed.begin.data not in self.beginnings:
                self.beginnings.append(sealed.begin.data)
            self.segments.append(sealed.data)
            self.day.pass_(seconds=2)
        return self


def follow(beginnings: Iterable[bytes], segments: Iterable[bytes]) -> list[Seen]:
    """What is seen of segments after these beginnings."""
    follower = Follower()
    for data in beginnings:
        follower.begin("begin", data)
    return [follower.follow(f"segment {i}", data) for i, data in enumerate(segments, 1)]


def fetch(hls: Hls, name: str) -> bytes:
    found = hls.find(name)
    assert found is not None, name
    return found.data


def save(hls: Hls, folder: Path) -> Path:
    """All that a player would fetch, as files."""
    for name in ("index.m3u8", "picture.m3u8", "sound.m3u8"):
        text = fetch(hls, name).decode()
        (folder / name).write_text(text)
        for pair in re.findall(r'^(?!#)(\S+\.m4s)$|URI="(\S+\.mp4)"', text, re.MULTILINE):
            (folder / "".join(pair)).write_bytes(fetch(hls, "".join(pair)))
    return folder / "index.m3u8"


def problems(seen: Iterable[Seen]) -> list[Problem | None]:
    """What is wrong with each."""
    return [one.problem for one in seen]


def flip(data: bytes, at: int) -> bytes:
    """The same with one bit changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
