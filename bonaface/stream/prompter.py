"""The prompter: decides, step by step, what the face says next."""

from collections import deque
from dataclasses import replace
from typing import Final, Literal, TypeAlias

import numpy as np

from bonaface.stream.step import IDLE, Step, fade_out
from bonaface.stream.turn import Piece, Turn

Drive: TypeAlias = Literal["text", "voice", "face", "mind"]
SETTLE: Final = 5  # steps in which the lips find from what they did to what they do now
BACKLOG: Final = 2  # steps of an own voice that may wait; beyond, its pauses are shortened
LOOK: Final = 250  # takes in which a step that always waited was one too many: 5 s
FULL: Final = 25  # and beyond this, sound is lost, and counted
SILENT: Final = 0.003  # peak of a step that nobody misses,
FAINT: Final = 0.05  # and its share of the voice's own peak, which is forgotten
FORGET: Final = 0.995  # by this a step


class Prompter:
    """Holds the turns that wait to be said and the voice that comes in; gives a step every 20 ms.

    A turn goes before an own voice. Held, it gives silence and forgets nothing; the word that was
    cut off is said again on `resume`.
    """

    def __init__(self) -> None:
        self.drive: Drive = "text"
        self.turns = deque[Turn]()
        self.voice: deque[Step] = deque()
        self.lost = 0  # steps of the voice
        self.held = False
        self.begun: Piece | None = None  # the piece whose first step was just given
        self.speaking = False
        self._peak = 0.0  # of the voice
        self._looked, self._least, self._spare = 0, FULL, 0  # takes, and steps that always waited
        self._cut = False  # the next step fades out
        self._settled = SETTLE
        self._last = IDLE.lips
        self._from = IDLE.lips

    def take(self) -> Step:
        """Give the next step; there always is one."""
        before = self.speaking
        self.begun = None
        step, self.speaking = self._choose()
        if self.speaking != before:
            self._settled, self._from = 0, self._last
        step = self._settle(step)
        self._last = step.lips
        return step

    def hold(self) -> None:
        """Fall silent within 10 ms of sound, for now."""
        self._cut = self._cut or (self.speaking and not self.held)
        self.held = True

    def resume(self) -> None:
        """Go on from the word that was cut off."""
        if self.held and self.turns:
            self.turns[0].rewind()
        self.held = self._cut = False

    def drop(self) -> tuple[str, str]:
        """Give up all turns; answers what was heard of the first, and all that was not."""
        heard, unheard = "", []
        for number, turn in enumerate(self.turns):
            said, rest = turn.stop()
            heard = said if number == 0 else heard
            unheard.append(rest)
        self._cut = self._cut or (self.speaking and not self.held)
        self.held = False
        if not self._cut:
            self.turns.clear()
        return heard, " ".join(filter(None, unheard))

    @property
    def asks(self) -> bool:
        """Whether what is being said is the end of a question."""
        return len(self.turns) == 1 and self.turns[0].asks

    def hear(self, step: Step) -> None:
        """Take a step of an own voice."""
        peak = float(np.abs(step.samples).max())
        self._peak = max(peak, self._peak * FORGET)
        quiet = peak < max(SILENT, FAINT * self._peak)
        if quiet and (self._spare or len(self.voice) >= BACKLOG):
            self._spare = 0
            return
        if len(self.voice) >= FULL:
            self.voice.popleft()
            self.lost += 1
        self.voice.append(step)

    def _choose(self) -> tuple[Step, bool]:
        if self._cut:
            return self._end()
        if not self.held and (step := self._say()):
            return step, True
        if self.drive in {"voice", "face"} and self.voice:
            return self._pass_on(), True
        self._looked, self._least = 0, FULL
        return IDLE, False

    def _pass_on(self) -> Step:
        """Give the voice's next step, and see how many wait behind it at any time."""
        step = self.voice.popleft()
        self._least = min(self._least, len(self.voice))
        self._looked += 1
        if self._looked == LOOK:
            self._spare, self._looked, self._least = self._least, 0, FULL
        return step

    def _say(self) -> Step | None:
        while self.turns:
            turn = self.turns[0]
            self.begun = turn.begun
            if step := turn.take():
                return step
            if not turn.said:
                return None
            self.turns.popleft()
        return None

    def _end(self) -> tuple[Step, bool]:
        """Give the last step before silence, fading out."""
        self._cut = False
        step = self.turns[0].take() if self.turns else None
        while self.turns and self.turns[0].over:
            self.turns.popleft()
        return (Step(fade_out(step.samples), step.lips), True) if step else (IDLE, False)

    def _settle(self, step: Step) -> Step:
        """Lead the lips from where they were into a new source, within SETTLE steps."""
        if self._settled >= SETTLE:
            return step
        self._settled += 1
        share = np.float32(self._settled / (SETTLE + 1))
        weights = self._from.weights * (1 - share) + step.lips.weights * share
        return Step(step.samples, replace(step.lips, weights=weights))
