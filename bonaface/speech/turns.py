"""Whose turn it is: when to fall silent, when to go on, when the user has finished.

A state machine driven by the times in its inputs: no clock, no loop, the same inputs give the same
decisions. It falls silent on the faintest sign of speech, because a word more hurts more than a
short pause, and then finds out whether it was meant:

    idle --speech over the face--> held --0.5 s of it, or "stop"--> turn
    held --silence, or "mhm"------> idle (Resume)
    idle --speech, face silent----> turn --silence----------------> idle (Ended)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from bonaface.core import SECOND, Time
from bonaface.errors import SettingsError
from bonaface.speech.activity import Voiced
from bonaface.speech.cues import Cue, Ending, read_cue, read_ending

SHORTEST_END, LONGEST_END = 0.5, 3.0  # s of silence that may end a turn


@dataclass(frozen=True, slots=True)
class Hold:
    """The user, since `since`, speaks over the face: fall silent now."""

    at: Time
    since: Time


@dataclass(frozen=True, slots=True)
class Resume:
    """It was a cough, a click or a "mhm": go on from the word where it stopped."""

    at: Time


@dataclass(frozen=True, slots=True)
class Yield:
    """It was meant: the face's turn is over. A Began follows at once."""

    at: Time
    since: Time


@dataclass(frozen=True, slots=True)
class Began:
    """The user's turn began; the first of it was heard at `since`."""

    at: Time
    since: Time


@dataclass(frozen=True, slots=True)
class Ended:
    """The user's turn ended; the last of it was heard at `since`."""

    at: Time
    since: Time


Decision: TypeAlias = Hold | Resume | Yield | Began | Ended


@dataclass(frozen=True, slots=True)
class Moment:
    """What is known when a window of the microphone has been judged."""

    voiced: Voiced
    speaking: bool  # whether the face speaks; not looked at from Hold to Resume or Yield
    heard: str = ""  # what a recogniser has of the speech since the last Hold or Began


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the machine is, in seconds. Raises SettingsError for ends beyond 0.5 to 3 s."""

    chance: float = 0.5  # of a voiced window
    over: float = 0.4  # and of one that stops the face: no noise tried came beyond 0.25
    begin: float = 0.2  # speech that begins a turn while the face is silent
    claim: float = 0.5  # speech over the face that is an interruption
    claim_with_words: float = 0.25  # the same when words were understood
    encourage: float = 1.2  # the same when all words are back-channels
    click: float = 0.12  # speech that is shorter is no speech
    pause: float = 0.2  # silence that parts two sounds
    doubt: float = 0.7  # silence after which the face goes on, while no words are known
    regret: float = 2.0  # s after Resume in which late words may still take the turn
    end: float = 0.8  # silence that ends a turn
    end_finished: float = 0.5  # the same after words that sound finished
    end_open: float = 1.8  # the same after "and", "um", a comma

    def __post_init__(self) -> None:
        for name in ("end", "end_finished", "end_open"):
            if not SHORTEST_END <= getattr(self, name) <= LONGEST_END:
                remedy = f"Take one from {SHORTEST_END} to {LONGEST_END} s."
                raise SettingsError(f"{name} = {getattr(self, name)} s is no end of turn.", remedy)

    def silence(self, heard: str) -> float:
        """Seconds of silence that end a turn of these words."""
        ends = {Ending.FINISHED: self.end_finished, Ending.OPEN: self.end_open}
        return ends.get(read_ending(heard), self.end)


class State(Enum):
    """Where a conversation is."""

    IDLE = 0  # the user is silent, or only clicks
    HELD = 1  # the face has stopped and waits
    TURN = 2  # the user's


DEFAULT: Final = Pace()


class Turns:
    """Stage: moments, in; decisions, out. Windows may overlap; those of the past are left out.

    Time passes only with moments: a session whose microphone falls silent pushes windows of
    chance 0, or the face stays held.
    """

    def __init__(self, pace: Pace = DEFAULT) -> None:
        self.pace = pace
        self.reset()

    def reset(self) -> None:
        """Forget the conversation: idle."""
        self.state = State.IDLE
        self._now: Time = -SECOND
        self._resumed: Time | None = None
        self._spoken = 0.0  # s of speech in this run of sounds
        self._since = self._last = self._now  # its first and last

    def flush(self) -> Iterator[Decision]:
        """The microphone is gone: what was held goes on, what was said has ended."""
        if self.state is State.HELD:
            yield Resume(self._now)
        elif self.state is State.TURN:
            yield Ended(self._now, self._last)
        self.reset()

    def push(self, item: Moment) -> Iterator[Decision]:
        """Take a judged window; give what follows from it."""
        new = min(item.voiced.until - self._now, item.voiced.until - item.voiced.at)
        if new <= 0:
            return
        self._now = item.voiced.until
        stops = item.speaking and self.state is State.IDLE
        on = item.voiced.chance >= (self.pace.over if stops else self.pace.chance)
        if on:
            self._hear(item.voiced.at, new)
        match self.state:
            case State.IDLE:
                yield from self._listen(item, on)
            case State.HELD:
                yield from self._doubt(item.heard)
            case State.TURN:
                yield from self._wait(item.heard)

    def _hear(self, at: Time, new: Time) -> None:
        if not self._spoken:
            self._since = at
        self._spoken += new / SECOND
        self._last = self._now

    @property
    def _quiet(self) -> float:
        return (self._now - self._last) / SECOND

    def _listen(self, item: Moment, on: bool) -> Iterator[Decision]:
        if item.speaking and on:
            self.state, self._resumed = State.HELD, None
            yield Hold(self._now, self._since)
        elif item.speaking and self._regrets(item.heard):
            yield from self._give_way()
        elif not item.speaking and self._spoken >= self.pace.begin:
            yield self._begin()
        elif self._quiet > self.pace.pause:
            self._spoken = 0.0

    def _regrets(self, heard: str) -> bool:
        """Whether the words for which the face resumed turn out to have been meant."""
        if self._resumed is None:
            return False
        if (self._now - self._resumed) / SECOND > self.pace.regret:
            self._resumed = None
            return False
        return read_cue(heard) is Cue.CLAIM

    def _doubt(self, heard: str) -> Iterator[Decision]:
        cue, pace = read_cue(heard), self.pace
        enough = {Cue.BACK_CHANNEL: pace.encourage, Cue.WORDS: pace.claim_with_words}
        trifle = self._spoken < pace.click or cue is Cue.BACK_CHANNEL
        if cue is Cue.CLAIM or self._spoken >= enough.get(cue, pace.claim):
            yield from self._give_way()
        elif self._quiet >= (pace.pause if trifle else pace.doubt):
            self.state, self._resumed, self._spoken = State.IDLE, self._now, 0.0
            yield Resume(self._now)

    def _give_way(self) -> Iterator[Decision]:
        yield Yield(self._now, self._since)
        yield self._begin()

    def _begin(self) -> Began:
        self.state, self._resumed = State.TURN, None
        return Began(self._now, self._since)

    def _wait(self, heard: str) -> Iterator[Decision]:
        if self._quiet >= self.pace.silence(heard):
            self.state, self._spoken = State.IDLE, 0.0
            yield Ended(self._now, self._last)
