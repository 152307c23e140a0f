"""The pass over a file in which inspectors look and listen.

Pictures and sound are decoded once, side by side; faces are found once for all inspectors. Of long
files only stretches are looked at, spread over the whole.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bonaface.core import SECOND, Finding, Picture
from bonaface.errors import UnreadableMedia
from bonaface.forensics.inspector import Inspector, Seen
from bonaface.forensics.look import Looker
from bonaface.forensics.words import clock
from bonaface.media.excerpt import read_excerpt
from bonaface.media.files import Media, read_pictures

STRETCH: Final = 10.0  # s that are looked at together
STRETCHES: Final = 9  # of a file, at most
Span = tuple[float, float | None]  # seconds; None: to the end


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found, and what could not be looked at."""

    findings: tuple[Finding, ...]
    limits: tuple[str, ...] = ()


def examine(
    media: Media,
    inspectors: tuple[Inspector, ...],
    tell: Callable[[float], None] = lambda _: None,
) -> Examined:
    """Let the inspectors look at a file; `tell` hears the share that is done, 0 to 1."""
    limits: list[str] = []
    spans = plan(media.seconds)
    if len(spans) > 1:
        whole = clock(int((media.seconds or 0) * SECOND))
        limits.append(
            f"Of {whole}, {len(spans)} stretches of {STRETCH:.0f} seconds were looked at, spread "
            "over the whole; what happens between them was not."
        )
    findings: list[Finding] = []
    for seen in _moments(media, spans, limits, tell):
        for inspector in inspectors:
            findings.extend(inspector.push(seen))
    for inspector in inspectors:
        findings.extend(inspector.flush())
    tell(1.0)
    return Examined(tuple(findings), tuple(dict.fromkeys(limits)))


def plan(seconds: float | None) -> tuple[Span, ...]:
    """Which stretches of a file are looked at."""
    most = STRETCH * STRETCHES
    if seconds is None or seconds <= most * 1.1:
        return ((0.0, most * 1.2),)
    step = (seconds - STRETCH) / (STRETCHES - 1)
    return tuple((step * i, step * i + STRETCH) for i in range(STRETCHES))


def _moments(
    media: Media, spans: tuple[Span, ...], limits: list[str], tell: Callable[[float], None]
) -> Iterator[Seen]:
    looker = Looker(stands=True)
    if media.kind == "image":
        for picture in read_pictures(media.path):
            yield from looker.push(Picture(0, picture.pixels))
            return

    def damaged(error: UnreadableMedia) -> None:
        limits.append(f"A part of the file is damaged and was passed over. {error}")

    for i, (first, until) in enumerate(spans):
        length = min(until or STRETCH, media.seconds or STRETCH) - first
        for moment in read_excerpt(media.path, first, until, damaged):
            tell(min(0.99, (i + (moment.at / SECOND - first) / length) / len(spans)))
            if isinstance(moment, Picture):
                yield from looker.push(moment)
            else:
                yield moment
