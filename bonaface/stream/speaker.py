"""Turns are made here: text becomes pieces on the voice's thread while the face already speaks."""

from collections.abc import Callable, Iterator

from bonaface.core import Clock
from bonaface.errors import BonafaceError, SpeechError
from bonaface.speech.synthesize import Synthesizer, Utterance, open_voice
from bonaface.stream.lane import Lane
from bonaface.stream.step import STEP
from bonaface.stream.turn import LONGEST_AHEAD, Piece, PieceMaker, Turn
from bonaface.stream.workers import Worker

WAITING = 64  # turns


class Speaker:
    """Makes the pieces of each turn in the order in which they were asked for."""

    def __init__(self, voice: str, clock: Clock, worker: Worker) -> None:
        self._name, self._clock, self._worker = voice, clock, worker
        self._voice: Synthesizer | None = None
        self._maker = PieceMaker()
        self._turns: Lane[Turn] = Lane(WAITING, "all")

    def open(self) -> None:
        """Load the voice, so that the first word need not wait for it. Raises WeightsError."""
        self._voice = open_voice(self._name)

    async def make(self, turn: Turn) -> None:
        """Have a turn made."""
        await self._turns.put(turn)

    def offer(self, turn: Turn) -> None:
        """Have a turn made, without waiting."""
        self._turns.offer(turn)

    async def run(self, complain: Callable[[BonafaceError], None]) -> None:
        """Make turns until cancelled; what cannot be said is complained of, and left out."""
        if self._voice is None:
            try:
                await self._worker.run(self.open)
            except BonafaceError as error:
                complain(error)
        async for turn in self._turns:
            if self._voice is None:
                turn.made = True
                continue
            await self._worker.run(self._maker.reset)
            async for text in turn.texts:
                try:
                    await self._say(turn, text)
                except SpeechError as error:
                    complain(error)
                if turn.over:
                    break
            turn.made = True

    async def _say(self, turn: Turn, text: str) -> None:
        utterances = self._speak(text)
        while not turn.over:
            piece = await self._worker.run(next, utterances, None)
            if piece is None:
                return
            turn.pieces.append(piece)
            while turn.ahead > LONGEST_AHEAD and not turn.over:
                await self._clock.reach(self._clock.now() + 5 * STEP)

    def _speak(self, text: str) -> Iterator[Piece]:
        assert self._voice is not None  # noqa: S101  (run opened it)
        utterance: Utterance
        for utterance in self._voice.push(text):
            yield from self._maker.push(utterance)
