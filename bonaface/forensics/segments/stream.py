"""Is a stream what was signed, segment by segment? Evidence, verdict and report."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bonaface.forensics.origin.standing import Consent, look_up_consent
from bonaface.forensics.segments.parts import Part, read_tracks
from bonaface.forensics.verdict import Verdict, Word
from bonaface.marks.credentials.files import Credentials
from bonaface.marks.live.follow import Follower, Seen

_NONE = Credentials("none")
_WORST = ("invalid", "none", "valid", "trusted")


@dataclass(slots=True)
class TrackRecord:
    """What came of one track."""

    name: str
    follower: Follower
    segments: int = 0
    intact: int = 0  # of them
    broken: list[Seen] = field(default_factory=list)

    def take(self, part: Part) -> Seen:
        """Look at the next part."""
        if part.kind == "begin":
            seen = self.follower.begin(part.name, part.data)
        else:
            seen = self.follower.follow(part.name, part.data)
            self.segments += 1
            self.intact += seen.problem in {None, "gap"}
        if seen.problem is not None:
            self.broken.append(seen)
        return seen

    @property
    def credentials(self) -> Credentials:
        """Those of the first beginning that holds, or else of one that does not."""
        begin = self.follower.first or self.follower.refused
        return begin.credentials if begin else _NONE


@dataclass(frozen=True, slots=True)
class StreamReport:
    """A stream, what was found, and what follows."""

    stream: str  # as the user named it
    tracks: tuple[TrackRecord, ...]

    @property
    def credentials(self) -> Credentials:
        """The worst of any track: they belong together."""
        found = [one.credentials for one in self.tracks]
        return min(found, key=lambda one: _WORST.index(one.state), default=_NONE)

    @property
    def consent(self) -> Consent:
        """What is known here of the consent that the stream names."""
        return look_up_consent(self.credentials, datetime.now(UTC))

    @property
    def verdict(self) -> Verdict:
        """One word, and why."""
        broken = [seen for track in self.tracks for seen in track.broken]
        word = _word(self.credentials, [seen.problem or "" for seen in broken])
        return Verdict(word, None, tuple(_reasons(self, broken)), ())


def check_stream(path: Path) -> StreamReport:
    """Check a playlist, a folder of segments, or one file that holds them all.

    Nothing is sent or fetched. Raises UnreadableMedia.
    """
    records = []
    for track in read_tracks(path):
        record = TrackRecord(track.name, Follower())
        for part in track.parts:
            record.take(part)
        records.append(record)
    return StreamReport(str(path), tuple(records))


def _word(credentials: Credentials, problems: Iterable[str]) -> Word:
    signed = credentials.state in {"trusted", "valid"}
    if credentials.altered or (signed and any(problems)):
        return "manipulated"
    return "made-by-ai" if signed and credentials.said.ai else "cannot-tell"


def _reasons(report: StreamReport, broken: list[Seen]) -> Iterable[str]:
    credentials = report.credentials
    intact = sum(one.intact for one in report.tracks)
    count = sum(one.segments for one in report.tracks)
    name = credentials.said.issuer or "somebody without a name"
    if credentials.state in {"trusted", "valid"}:
        known = "trusted" if credentials.state == "trusted" else "unknown"
        made = "and says that AI made it" if credentials.said.ai else "and does not say how"
        yield f"The stream is signed by “{name}”, who is {known} here, {made}."
        yield f"{intact} of {count} segments are as they were signed."
    for text, count in Counter(seen.text for seen in broken).items():
        first = next(seen.name for seen in broken if seen.text == text)
        more = f" and {count - 1} more" if count > 1 else ""
        yield f"{first}{more}: {text}"
    ended = [b for t in report.tracks for b in t.follower.beginnings.values() if b.consent_ended]
    if ended:
        yield "The consent ended while it ran; from then on it shows a card that says so."


def to_text(report: StreamReport) -> str:
    """Write a page for a terminal, the verdict first."""
    verdict = report.verdict
    head = {"made-by-ai": "MADE BY AI", "manipulated": "CHANGED AFTER SIGNING"}
    lines = [f"{head.get(verdict.word, 'CANNOT TELL')}  {_clean(report.stream)}", "", "Why"]
    lines += [f"  - {_clean(reason)}" for reason in verdict.reasons]
    lines += ["", "What was read", f"  {'Credentials':<14}{report.credentials.state}"]
    lines.append(f"  {'Consent':<14}{report.consent}")
    for track in report.tracks:
        missing = f", {len(track.follower.missing)} missing" if track.follower.missing else ""
        lines.append(f"  {_clean(track.name):<14}{track.intact} segments intact{missing}")
    return "\n".join(lines)


def to_json(report: StreamReport) -> str:
    """Write one JSON object."""
    return json.dumps(_fields(report), indent=2, ensure_ascii=False)


def _fields(report: StreamReport) -> dict[str, Any]:
    verdict, credentials = report.verdict, report.credentials
    return {
        "stream": report.stream,
        "verdict": verdict.word,
        "reasons": list(verdict.reasons),
        "credentials": {
            "state": credentials.state,
            "ai": credentials.said.ai,
            "issuer": credentials.said.issuer,
            "consent": report.consent,
        },
        "tracks": [_track_fields(track) for track in report.tracks],
    }


def _track_fields(track: TrackRecord) -> dict[str, Any]:
    return {
        "name": track.name,
        "intact": track.intact,
        "missing": sorted(track.follower.missing),
        "problems": [
            {"part": seen.name, "number": seen.number, "problem": seen.problem, "text": seen.text}
            for seen in track.broken
        ],
    }


def _clean(text: str) -> str:
    """Keep hostile names from steering the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
