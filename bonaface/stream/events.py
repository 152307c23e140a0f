"""What a session tells those who follow it, and the same as JSON for pages and programs."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from bonaface.core import SECOND, Caption, Word
from bonaface.stream.figures import Figures
from bonaface.stream.lane import Lane

WAITING = 256  # events that a slow follower may owe us
MILLISECOND = SECOND // 1000
Doing: TypeAlias = Literal["idle", "speaking", "listening", "thinking"]


@dataclass(frozen=True, slots=True)
class Said:
    """A caption: what the face says, or what was heard of the other side."""

    caption: Caption
    words: tuple[Word, ...] = ()  # on the session's timeline, where their times are known


@dataclass(frozen=True, slots=True)
class State:
    """What the face is doing, and what drives it."""

    state: Doing
    drive: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The face was cut short: what the audience had heard by then, and what not."""

    heard: str
    unheard: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know."""

    level: Literal["info", "warning", "error"]
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Receipted:
    """What was sent lately, or the key that says so: a signed text of `marks/receipts`."""

    jws: str


Event: TypeAlias = Said | State | Interrupted | Notice | Receipted | Figures
KINDS: dict[type, str] = {
    State: "state",
    Interrupted: "interrupted",
    Notice: "notice",
    Receipted: "receipt",
    Figures: "figures",
}


def to_json(event: Event) -> dict[str, Any]:
    """Give an event as the page and the data channel know it; times in ms."""
    if isinstance(event, Said):
        return _caption(event)
    return {"type": KINDS[type(event)], **asdict(event)}


def _caption(said: Said) -> dict[str, Any]:
    one = said.caption
    return {
        "type": "caption",
        "at": one.at // MILLISECOND,
        "until": one.until // MILLISECOND,
        "text": one.text,
        "language": one.language,
        "speaker": one.speaker,
        "final": one.final,
        "words": [[w.text, w.at // MILLISECOND, w.until // MILLISECOND] for w in said.words],
    }


@dataclass(slots=True)
class Board:
    """Where events are posted; a follower who is too slow loses the oldest."""

    _lanes: list[Lane[Event]] = field(default_factory=list)
    _standing: dict[str, Notice] = field(default_factory=dict)  # by code
    _closed: bool = False

    def post(self, event: Event) -> None:
        """Tell everybody."""
        for lane in self._lanes:
            lane.offer(event)

    def stand(self, notice: Notice) -> None:
        """Tell everybody, once, and those who come later, too."""
        if self._standing.get(notice.code) != notice:
            self._standing[notice.code] = notice
            self.post(notice)

    async def follow(self) -> AsyncIterator[Event]:
        """Give what stands, and every event from now on, until the session is over."""
        lane: Lane[Event] = Lane(WAITING, "newest")
        if self._closed:
            return
        for notice in self._standing.values():
            lane.offer(notice)
        self._lanes.append(lane)
        try:
            async with aclosing(aiter(lane)) as events:  # type: ignore[type-var]
                async for event in events:
                    yield event
        finally:
            self._lanes.remove(lane)

    def close(self) -> None:
        """Let every follower come to an end."""
        self._closed = True
        for lane in self._lanes:
            lane.close()
