"""The other side is listened to: whether somebody speaks, what they say, and whose turn it is."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from itertools import count

import numpy as np

from bonaface.core import SECOND, Caption, Clock, Sound, Time
from bonaface.errors import BonafaceError
from bonaface.speech.activity import Activity, Voiced
from bonaface.speech.echo import Echo
from bonaface.speech.transcribe import Transcriber
from bonaface.speech.turns import Began, Decision, Ended, Hold, Moment, Resume, State, Turns
from bonaface.stream.lane import Lane
from bonaface.stream.workers import Worker

MICROPHONE = 50  # runs of sound that may wait to be judged
SPEECH = 1500  # and to be recognised: half a minute, for a machine that is busy
BEFORE: Time = SECOND // 2  # of sound before the first voiced window
LOST: Time = SECOND // 4  # without sound: the microphone is silent
UNHEARD: Time = 10 * SECOND  # of a microphone that gives nothing but silence, before we say so
MUTE = 0.001  # peak of a run below which it is no microphone in a room
TICK: Time = SECOND // 10


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told, and what is asked."""

    speaking: Callable[[], bool]  # whether the face speaks just now
    decide: Callable[[Decision], None]  # whose turn it is
    caption: Callable[[Caption], None]  # what was heard, as far as it is known
    answer: Callable[[str], None]  # the words of a turn that has ended
    aside: Callable[[str], None]  # words over the face that did not stop it
    complain: Callable[[BonafaceError], None]
    silent: Callable[[], None]  # a microphone that hears the face gives nothing at all


class Stop(Enum):
    """Why the recogniser need not listen any longer."""

    ENDED = 0  # a turn: somebody waits for an answer
    NOTHING = 1  # it was nothing that asks for one


class Hearing:
    """Listens to one microphone; `deaf`, only whether somebody speaks."""

    def __init__(self, clock: Clock, ears: Worker, recogniser: Worker, told: Listeners) -> None:
        self.deaf: BonafaceError | None = None  # why no words are understood
        self._clock, self._ears, self._recogniser, self._told = clock, ears, recogniser, told
        self._sounds: Lane[Sound] = Lane(MICROPHONE, "newest")
        self._speech: Lane[Sound | Stop] = Lane(SPEECH, "newest")
        self._echo: Echo | None = None  # made for the first microphone that hears the face
        self._turns = Turns()
        self._before: deque[Sound] = deque()
        self._open = False  # the recogniser is listening
        self.reads = False  # a turn has ended, and its words are not all known
        self._heard = ""  # of the speech that is going on, or was the last
        self._final: list[str] = []  # parts of it that will not change any more
        self._owed: list[str] = []  # turns that wait for their answer: the other went on speaking
        self._last: Time = 0
        self._loud: Time | None = None  # when the microphone last gave more than silence

    @property
    def turn(self) -> bool:
        """Whether the other side has the word."""
        return self._turns.state is State.TURN

    @property
    def dropped(self) -> int:
        """Runs of sound that nobody had time for."""
        return self._sounds.count.dropped + self._speech.count.dropped

    def hear(self, sound: Sound, *, echoes: bool = False) -> None:
        """Take sound of any rate; one that `echoes` has the face's own voice in it."""
        if echoes and self._echo is None:
            self._echo = Echo()
        if echoes:
            self._mind_silence(sound)
        self._sounds.offer(sound)

    def play(self, sound: Sound) -> None:
        """Take what the face said, at the moment it leaves."""
        if self._echo is not None:
            self._echo.play(sound)

    def _mind_silence(self, sound: Sound) -> None:
        """Say once when a sender's microphone is mute. Browsers' are: their pages look after it."""
        now = self._clock.now()
        if self._loud is None or float(np.abs(sound.samples).max(initial=0)) > MUTE:
            self._loud = now
        elif self._loud + UNHEARD < now:
            self._loud = now + SECOND * 3600
            self._told.silent()

    async def listen(self) -> None:
        """Judge sounds until cancelled. Without its model nobody is heard."""
        try:
            activity = await self._ears.run(Activity)
        except BonafaceError as error:
            self.deaf = error
            self._told.complain(error)
            return
        async for sound in self._sounds:
            self._last = self._clock.now()
            for clean in await self._clean(sound):
                for voiced in await self._ears.push(activity, clean):
                    self._judge(voiced)
                self._pass(clean)

    async def watch(self) -> None:
        """Let time pass when the microphone gives nothing: what is held must go on."""
        for tick in count(1):
            at = tick * TICK
            await self._clock.reach(at)
            if self._clock.now() - self._last > LOST:
                self._judge(Voiced(at - TICK, at, 0.0))

    async def recognise(self) -> None:
        """Turn speech into captions until cancelled. Without its model there are none."""
        try:
            stage = await self._recogniser.run(Transcriber)
        except BonafaceError as error:
            self.deaf = error
            self._open = False
            self._told.complain(error)
            return
        async for item in self._speech:
            if isinstance(item, Stop):
                self._note(await self._recogniser.flush(stage))
                self._finish(item)
            else:
                self._note(await self._recogniser.push(stage, item))

    def _finish(self, stop: Stop) -> None:
        """Have a turn answered; one whose speaker has gone on meanwhile, together with the rest."""
        if stop is Stop.ENDED:
            self._owed += self._final
        elif self._final:
            self._told.aside(" ".join(self._final))
        self._final = []
        self.reads = self._open and self.reads
        if self._owed and not self._open:
            words, self._owed = " ".join(self._owed), []
            self._told.answer(words)

    async def _clean(self, sound: Sound) -> list[Sound]:
        return [sound] if self._echo is None else await self._ears.push(self._echo, sound)

    def _judge(self, voiced: Voiced) -> None:
        for decision in self._turns.push(Moment(voiced, self._told.speaking(), self._heard)):
            self._follow(decision)
            self._told.decide(decision)

    def _follow(self, decision: Decision) -> None:
        """Open the recogniser when somebody speaks, and close it when they have finished."""
        if isinstance(decision, Hold | Began) and not self._open and self.deaf is None:
            self._open, self._heard = True, ""
            for sound in self._before:
                self._speech.offer(sound)
        elif isinstance(decision, Resume | Ended) and self._open:
            self._open, self.reads = False, isinstance(decision, Ended)
            self._speech.offer(Stop.ENDED if self.reads else Stop.NOTHING)

    def _pass(self, sound: Sound) -> None:
        if self._open:
            self._speech.offer(sound)
        self._before.append(sound)
        while self._before[-1].until - self._before[0].until > BEFORE:
            self._before.popleft()

    def _note(self, captions: list[Caption]) -> None:
        for caption in captions:
            self._heard = " ".join([*self._final, caption.text])
            if caption.final:
                self._final.append(caption.text)
            self._told.caption(caption)
