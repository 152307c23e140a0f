"""One live face: what drives it, who watches, and every task in between."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine
from functools import partial
from itertools import count
from typing import Any, Protocol

from bonaface.avatar.backdrop import Kind
from bonaface.core import SECOND, Clock, Picture, Sound, Time
from bonaface.errors import BonafaceError, WeightsError
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.mind.mind import Mind
from bonaface.stream.camera import Camera
from bonaface.stream.conversation import Conversation
from bonaface.stream.events import Board, Event, Notice
from bonaface.stream.figures import Figures
from bonaface.stream.lane import Lane
from bonaface.stream.own_voice import OwnVoice
from bonaface.stream.performer import Cast, Marked, Performer
from bonaface.stream.playout import Playout
from bonaface.stream.prompter import Drive
from bonaface.stream.scenery import Scenery
from bonaface.stream.step import STEP, Block
from bonaface.stream.strain import Strain
from bonaface.stream.workers import Workers

LOG = logging.getLogger("bonaface.session")
ASLEEP: Time = 2 * SECOND  # late by more: the machine slept, and what was missed is a gap
AT_ONCE = 5  # steps that are made in one go when they are overdue
PAIR = 2  # and when they are not
MICROPHONE = 50  # runs of 20 ms that may wait


class Exit(Protocol):
    """Where made media leaves: a peer, a broadcast, a recording. Neither method may block."""

    def show(self, picture: MarkedPicture) -> None:
        """Take a picture at the moment it is due."""
        ...

    def hear(self, sound: MarkedSound) -> None:
        """Take the next run of sound; runs follow each other without gaps."""
        ...


class Session:
    """One live face. `run` it, then talk to it from the same event loop.

    Making one raises ConsentError when the permit does not hold, and WeightsError when a model is
    missing. Trouble on the way is told as a Notice, and the call stays.
    """

    def __init__(
        self, cast: Cast, clock: Clock, workers: Workers, mind: Mind | None = None
    ) -> None:
        self.cast = cast
        self._clock = clock
        self._period = SECOND * cast.rate.denominator // cast.rate.numerator
        self._board = Board()
        self._performer = Performer(cast)
        self._crew = crew = workers.hire()
        self._playout = Playout(clock, self._release)
        self._talk = Conversation(cast.voice, clock, crew, self._board, mind)
        self._camera = Camera(clock, crew.sight)
        self._scenery = Scenery(cast.likeness, crew.sight)
        self._own: Lane[Sound] = Lane(MICROPHONE, "newest")
        self._exits: list[Exit] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._ended = self._refused = False
        self._first: Time = 0  # step since the beginning, or since a gap

    @property
    def mark_id(self) -> int:
        """The id of the hidden marks in all that leaves."""
        return self._performer.mark_id

    @property
    def figures(self) -> Figures:
        """What was counted so far."""
        gauge = self._talk.gauge
        gauge.camera_dropped = self._camera.dropped
        gauge.microphone_dropped = self._talk.lost + self._own.count.dropped
        return gauge.read(self._clock.now(), self._playout, self._performer)

    async def run(self) -> None:
        """Live until `end`, or until the flow breaks: then everybody is told, and it returns."""
        try:
            async with asyncio.TaskGroup() as group:
                self._tasks = [group.create_task(part) for part in self._parts()]
                if self._ended:
                    self.end()
        except* Exception as broken:
            LOG.exception("the session broke")
            self._board.post(Notice("error", "session-broken", _explain(broken)))
        finally:
            self._ended = True
            self._board.close()
            self._crew.dismiss()

    def end(self) -> None:
        """End the session; again is no error."""
        if not self._ended:
            self._board.post(Notice("info", "session-ended", "This session has ended."))
        self._ended = True
        for task in self._tasks:
            task.cancel()

    def follow(self) -> AsyncIterator[Event]:
        """Give every event from now on; a slow follower loses the oldest."""
        return self._board.follow()

    def tell(self, event: Event) -> None:
        """Tell those who follow something from outside: how a broadcast goes."""
        self._board.post(event)

    def add(self, exit_: Exit) -> None:
        """Let another watch, from now on; again is no error."""
        if exit_ not in self._exits:
            self._exits.append(exit_)
        self._talk.meet()

    def remove(self, exit_: Exit) -> None:
        """Let somebody go; unknown ones are no error."""
        if exit_ in self._exits:
            self._exits.remove(exit_)

    def say(self, text: str) -> None:
        """Have a text said after what is being said. Raises SpeechError for none or too much."""
        self._talk.say(text)

    def ask(self, text: str) -> None:
        """Have the mind answer a text, as if it had been spoken. Raises SpeechError without one."""
        self._talk.ask(text)

    def interrupt(self) -> None:
        """Stop what is being said, and all that waits to be."""
        self._talk.interrupt()

    def drive(self, mode: Drive, *, own_voice: bool = True) -> None:
        """Choose what drives the face from now on. Raises SpeechError for a mind it has not.

        Without `own_voice` the call hears the words of a microphone in the face's voice, a
        sentence late.
        """
        self._talk.choose(mode, own_voice=own_voice)
        if self._exits:
            self._talk.meet()
        self._camera.wanted = mode == "face"

    def place(self, kind: Kind, picture: Picture | None = None) -> None:
        """Choose what is behind the person. Raises SettingsError for a picture not given."""
        self._scenery.choose(kind, picture)

    def hear(self, sound: Sound, *, echoes: bool = False) -> None:
        """Take sound of the microphone, of any rate, stamped with the session's time.

        `echoes` says that nobody took the face's own voice out of it, as browsers do.
        """
        self._talk.hear(sound, echoes=echoes)
        if self._talk.passes_on:
            self._own.offer(sound)

    def see(self, picture: Picture) -> None:
        """Take a picture of the camera, stamped with the session's time."""
        self._camera.see(picture)
        self._scenery.see(picture)

    def _parts(self) -> tuple[Coroutine[Any, Any, None], ...]:
        return (
            self._perform(),
            self._playout.run(),
            self._follow_voice(),
            self._camera.run(partial(self._talk.complain, "camera")),
            self._scenery.make(self._performer.place),
            self._scenery.learn(self._performer.place, partial(self._talk.complain, "camera")),
            self._report(),
            *self._talk.parts(),
        )

    async def _perform(self) -> None:
        """Make each moment a little before it is due."""
        gauge = self._talk.gauge
        at = -(-(self._clock.now() + gauge.lead.time) // STEP) * STEP  # the first that is in time
        self._first = at
        while True:
            gauge.lead.share(self._crew.vision.users)
            await self._clock.reach(at - gauge.lead.time)
            begun = self._clock.now()
            if begun - at > ASLEEP:
                at = self._skip(at, begun)
                continue
            blocks, dropped = self._due(at, begun), self._performer.dropped
            made = await self._crew.vision.push(self._performer, *blocks)
            dropped = self._performer.dropped - dropped
            gauge.made(made, begun, self._clock.now(), dropped)
            await self._playout.put(made)
            self._mind_consent()
            at += len(blocks) * STEP

    def _due(self, at: Time, now: Time) -> list[Block]:
        """Give the step at `at`, and with it those that share its way to the thread and back.

        That way costs a wait on a busy machine. So a step with a picture and the next, which at 25
        a second has none, go together, but for a voice that comes in: it would wait for the second.
        What is overdue goes too. Only so many pictures are drawn, the newest, as leave the first
        sound in time.
        """
        lead = self._talk.gauge.lead
        count = min(AT_ONCE, 1 + max(0, now + lead.time - at) // STEP)
        if not self._talk.passes_on:
            count = max(count, PAIR - (at - self._first) // STEP % PAIR)
        drawn = -(-lead.fits(at, now) * self._period // STEP)  # steps, rounded up
        return [self._block(at + i * STEP, draw=i >= count - drawn) for i in range(count)]

    def _block(self, at: Time, *, draw: bool) -> Block:
        pose, share = self._camera.pose()
        return Block(at, self._talk.take(at), pose, share, draw)

    def _skip(self, at: Time, now: Time) -> Time:
        """Give the next step after a time in which the machine stood still, and tell of the gap."""
        missed = (now - at) // STEP
        self._talk.gauge.gaps += missed
        text = f"The machine stood still for {missed * STEP / SECOND:.0f} s; it goes on from here."
        self._board.post(Notice("warning", "stood-still", text))
        self._first = at + missed * STEP
        return self._first

    def _mind_consent(self) -> None:
        """Fall silent and say so once the consent is gone; the call stays."""
        refusal = self._performer.refusal
        if refusal and not self._refused:
            self._refused = True
            self._talk.interrupt()
            self._board.stand(Notice("error", "consent-ended", str(refusal)))

    async def _follow_voice(self) -> None:
        """Let an own voice move the lips."""
        try:
            stage = await self._crew.vision.run(OwnVoice)
        except WeightsError as error:
            self._talk.complain("voice", error)
            return
        async for sound in self._own:
            for step in await self._crew.vision.push(stage, sound):
                self._talk.follow(step)

    async def _report(self) -> None:
        """Tell the figures once a second."""
        strain = Strain()
        for second in count(1):
            await self._clock.reach(second * SECOND)
            figures = self.figures
            self._board.post(figures)
            if notice := strain.look(figures):
                self._board.post(notice)

    def _release(self, item: Marked) -> None:
        if isinstance(item, MarkedSound):
            self._talk.play(item.sound)
        for exit_ in tuple(self._exits):
            try:
                exit_.show(item) if isinstance(item, MarkedPicture) else exit_.hear(item)
            except Exception:
                LOG.exception("an exit broke, and is let go")
                self.remove(exit_)
                text = "Somebody who watched had to be let go."
                self._board.post(Notice("warning", "exit-broken", text))


def _explain(broken: BaseExceptionGroup[Exception]) -> str:
    """Give the first cause in words; what we raise ourselves says what to do."""
    first: BaseException = broken
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return (
        str(first) if isinstance(first, BonafaceError) else "Something broke inside; see the log."
    )
