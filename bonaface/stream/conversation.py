"""Who speaks when: texts and answers become turns, and speaking over the face stops it."""

from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from typing import Any

from bonaface.core import Caption, Clock, Sound, Time
from bonaface.errors import BonafaceError, SpeechError, WeightsError
from bonaface.mind.mind import Mind
from bonaface.speech.turns import Began, Decision, Ended, Hold, Resume, Yield
from bonaface.stream.events import Board, Doing, Interrupted, Notice, Said, State
from bonaface.stream.gauge import Gauge
from bonaface.stream.hearing import Hearing, Listeners
from bonaface.stream.prompter import Drive, Prompter
from bonaface.stream.speaker import Speaker
from bonaface.stream.step import STEP, Step
from bonaface.stream.thinker import Thinker
from bonaface.stream.turn import Piece, Turn
from bonaface.stream.workers import Crew

LACKS = {  # what a missing model means
    "hearing": "What you say is not understood here.",
    "speech": "The face cannot speak here.",
    "voice": "A voice cannot move the lips here.",
    "camera": "A camera cannot move the face here.",
}
LONGEST_TEXT = 20_000  # characters in one go


class Conversation:
    """The two sides of one session. `take` gives what the face does next."""

    def __init__(
        self, voice: str, clock: Clock, crew: Crew, board: Board, mind: Mind | None
    ) -> None:
        self.gauge = Gauge()
        self._clock, self._board = clock, board
        self._prompter = Prompter()
        self._speaker = Speaker(voice, clock, crew.voice)
        told = Listeners(
            self._talks,
            self._decide,
            self._caption,
            self._answer,
            self._take_aside,
            lambda _: self._mind_words(),
            self._tell_silent,
        )
        self._hearing = Hearing(clock, crew.ears, crew.recogniser, told)
        self._thinker = Thinker(mind, clock, crew.mind) if mind else None
        self._own_voice = True
        self._greets = False  # the mind has not greeted anybody yet
        self._state: str = ""
        self._spoke: Time = 0  # when either side was last heard

    @property
    def drive(self) -> Drive:
        """What drives the face."""
        return self._prompter.drive

    def parts(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Its tasks."""
        parts: tuple[Coroutine[Any, Any, None], ...] = (
            self._speaker.run(partial(self.complain, "speech")),
            self._hearing.listen(),
            self._hearing.watch(),
            self._hearing.recognise(),
        )
        if self._thinker is None:
            return parts
        return (
            *parts,
            self._thinker.run(self._begin, partial(self.complain, "mind")),
            self._thinker.wait(lambda: self._clock.now() - self._spoke),
        )

    @property
    def lost(self) -> int:
        """Runs of the microphone that nobody had time for."""
        return self._hearing.dropped + self._prompter.lost

    @property
    def passes_on(self) -> bool:
        """Whether the call hears the microphone itself."""
        return self.drive in {"voice", "face"} and self._own_voice

    def choose(self, drive: Drive, *, own_voice: bool = True) -> None:
        """Let something else drive the face from now on. Raises SpeechError without a mind.

        A mind that begins greets those whom it will `meet`.
        """
        if drive == "mind" and self._thinker is None:
            raise SpeechError("This session has no mind.", "Begin one with a scenario.")
        begins = drive == "mind" != self._prompter.drive
        self._prompter.drive, self._own_voice = drive, own_voice
        self._prompter.voice.clear()
        self._greets = begins
        self._mind_words()
        self._tell()

    def meet(self) -> None:
        """Somebody watches: a mind that has not greeted yet does so now, and is heard."""
        if self._greets and self._thinker:
            self._greets = False
            self._thinker.greet()

    def say(self, text: str) -> None:
        """Have a text said after what is being said. Raises SpeechError for none or too much."""
        turn = Turn()
        turn.texts.offer(_spoken(text))
        turn.texts.close()
        if not self._prompter.turns:  # or the wait would be for what is said before it
            self.gauge.ask(self._clock.now())
        self._begin(turn)

    def ask(self, text: str) -> None:
        """Have the mind answer a text, as if it had been spoken. Raises SpeechError without one."""
        if self._thinker is None or self.drive != "mind":
            raise SpeechError("Nobody answers here.", "Let a mind drive the face, or use say.")
        words = _spoken(text)
        self.interrupt()
        now = self._clock.now()
        self._board.post(Said(Caption(now, now, words, "en", "you", final=True)))
        self._spoke = now
        self._answer(words)

    def interrupt(self) -> None:
        """Stop what is being said, and all that waits to be."""
        if not self._prompter.turns:
            return
        heard, unheard = self._prompter.drop()
        self._board.post(Interrupted(heard, unheard))
        if self._thinker:
            self._thinker.cut(heard)
        self._tell()

    def hear(self, sound: Sound, *, echoes: bool) -> None:
        """Listen to the other side."""
        self._hearing.hear(sound, echoes=echoes)

    def play(self, sound: Sound) -> None:
        """Take what the face said, at the moment it leaves."""
        self.gauge.left(sound, self._clock.now())
        self._hearing.play(sound)

    def follow(self, step: Step) -> None:
        """Take a step of an own voice, to be given when its turn comes."""
        self._prompter.hear(step)

    def take(self, at: Time) -> Step:
        """Give what is said and done at a moment, and tell of what begins with it."""
        step = self._prompter.take()
        if self._prompter.begun:
            self._announce(at, self._prompter.begun)
        if self._prompter.speaking:
            self._spoke = at
        self._tell()
        self.gauge.heard(at, step)
        return step

    def complain(self, code: str, error: BonafaceError) -> None:
        """Tell of trouble that does not end the session. What a missing model means stands."""
        if isinstance(error, WeightsError):
            text = f"{LACKS[code]} {error}" if code in LACKS else str(error)
            self._board.stand(Notice("warning", code, text))
        else:
            self._board.post(Notice("warning", code, str(error)))

    def _mind_words(self, *, spoken: bool = False) -> None:
        """Say that words are not understood, once that matters: typing works without."""
        error = self._hearing.deaf
        matters = self.drive == "mind" or (self.drive != "text" and not self._own_voice)
        if error is not None and (matters or spoken):
            self.complain("hearing", error)

    def _tell_silent(self) -> None:
        if self.drive != "text":
            text = "Nothing comes from the microphone but silence. Is it muted, or another one?"
            self._board.post(Notice("warning", "microphone-silent", text))

    def _begin(self, turn: Turn) -> None:
        self._prompter.turns.append(turn)
        self._speaker.offer(turn)

    def _talks(self) -> bool:
        """Whether there is something to interrupt: a microphone that is the voice never is."""
        listens = self.drive in {"text", "mind"}
        return listens and bool(self._prompter.turns) and self._prompter.speaking

    def _decide(self, decision: Decision) -> None:
        match decision:
            case Hold():
                self._prompter.hold()
                self.gauge.hold(decision.since)
            case Resume():
                self._prompter.resume()
            case Yield():
                self.interrupt()
            case Began():
                self._mind_words(spoken=True)
                self._tell()
            case Ended():
                self._spoke = decision.since
                self._tell()

    def _caption(self, caption: Caption) -> None:
        self._board.post(Said(replace(caption, speaker="you")))

    def _answer(self, heard: str) -> None:
        """What was said is for the mind, or for the face to say again in its own voice."""
        if self.drive == "mind" and self._thinker:
            self.gauge.ask(self._spoke, answer=True)
            self._thinker.hear(heard)
        elif self.drive in {"voice", "face"} and not self._own_voice:
            self.say(heard)

    def _take_aside(self, heard: str) -> None:
        """A "yes" over the last words of a question is its answer, and comes when it is asked."""
        if self._prompter.asks:
            self._answer(heard)

    def _announce(self, at: Time, piece: Piece) -> None:
        if not piece.text:
            return
        until = at + len(piece.steps) * STEP
        words = tuple(replace(w, at=w.at + at, until=w.until + at) for w in piece.words)
        self._board.post(Said(Caption(at, until, piece.text, "en", "face", final=True), words))

    def _answers(self) -> bool:
        """Whether something was said that will be answered, and is not yet."""
        thinking = self._thinker is not None and self._thinker.thinking
        return thinking or bool(self._prompter.turns) or self._hearing.reads

    def _tell(self) -> None:
        """Tell what the face is doing, when that changed."""
        now: Doing = "idle"
        if self._prompter.speaking:
            now = "speaking"
        elif self._hearing.turn or self._prompter.held:
            now = "listening"
        elif self.drive == "mind" and self._answers():
            now = "thinking"
        told = f"{now} {self.drive}"
        if told != self._state:
            self._state = told
            self._board.post(State(now, self.drive))


def _spoken(text: str) -> str:
    """Give a text that is neither empty nor endless. Raises SpeechError."""
    if not text.strip():
        raise SpeechError("There is no text to say.", "Give it a sentence.")
    if len(text) > LONGEST_TEXT:
        remedy = f"Send at most {LONGEST_TEXT} characters at a time."
        raise SpeechError(f"{len(text)} characters are too many at once.", remedy)
    return text
