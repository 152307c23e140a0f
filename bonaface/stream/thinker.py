"""A mind answers what was heard, and its first sentence is spoken while it thinks on."""

from collections.abc import Callable, Iterator

from bonaface.core import SECOND, Clock, Time
from bonaface.errors import BonafaceError
from bonaface.mind.mind import Mind
from bonaface.stream.lane import Lane
from bonaface.stream.turn import Turn
from bonaface.stream.workers import Worker

WAITING = 4  # things heard that a slow mind may owe an answer to
TICK: Time = SECOND // 5


class Thinker:
    """Asks a mind, and fills turns with what it says."""

    def __init__(self, mind: Mind, clock: Clock, worker: Worker) -> None:
        self._mind, self._clock, self._worker = mind, clock, worker
        self._heard: Lane[str | None] = Lane(WAITING, "newest")  # None: greet
        self._turn: Turn | None = None
        self.thinking = False
        self._cut: str | None = None

    def hear(self, text: str) -> None:
        """Have the mind answer; "" says that nothing was heard for long."""
        self._heard.offer(text)

    def greet(self) -> None:
        """Let the mind speak first, if it likes to."""
        self._heard.offer(None)

    async def run(
        self, begin: Callable[[Turn], None], complain: Callable[[BonafaceError], None]
    ) -> None:
        """Answer until cancelled. `begin` takes each turn before its first word is thought."""
        async for heard in self._heard:
            self._turn = turn = Turn()
            begin(turn)
            self.thinking = True
            try:
                await self._answer(turn, heard)
            except BonafaceError as error:
                complain(error)
            finally:
                turn.texts.close()
                self.thinking = False

    async def wait(self, quiet: Callable[[], Time]) -> None:
        """Push the mind when nobody has said anything for as long as it has patience."""
        pushed: Turn | None = None
        while True:
            await self._clock.reach(self._clock.now() + TICK)
            patience = self._mind.patience
            if patience is None or self._turn is None or self._turn is pushed:
                continue
            if not self.thinking and self._turn.said and quiet() >= patience * SECOND:
                pushed = self._turn
                self.hear("")

    async def _answer(self, turn: Turn, heard: str | None) -> None:
        if self._cut is not None:
            cut, self._cut = self._cut, None
            await self._worker.run(self._mind.told, cut)
        thoughts = self._mind.greet() if heard is None else self._mind.push(heard)
        try:
            while not turn.over:
                sentence = await self._worker.run(next, thoughts, None)
                if sentence is None:
                    return
                await turn.texts.put(sentence)
        finally:
            await self._worker.run(_close, thoughts)

    def cut(self, heard: str) -> None:
        """Only `heard` of the answer was; the mind is told before it hears more."""
        self._cut = heard


def _close(thoughts: Iterator[str]) -> None:
    """Let a mind that is cut short stop thinking."""
    close = getattr(thoughts, "close", None)
    if close is not None:
        close()
