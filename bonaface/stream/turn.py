"""A turn: what the face says in one go, as far as it is made and as far as it was said."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bonaface.avatar.mouth.phones import PhoneMouth, Sentence
from bonaface.core import SECOND, Phone, Sound, Time, Word
from bonaface.speech.progress import word_times
from bonaface.speech.resample import resample
from bonaface.speech.synthesize import Utterance
from bonaface.stream.lane import Lane
from bonaface.stream.step import RATE, STEP, Step, cut_steps, fade_in

TEXTS = 256  # pieces of text that may wait to be spoken
AUDIBLE = 0.01  # peak of a step with speech in it
ANTICIPATION = 3  # steps in which the lips get ready for the first sound
NEARLY: Time = 2 * SECOND  # of a question: who answers by then has understood it
LONGEST_AHEAD = 10 * SECOND  # of speech that is made and not said: a turn may be cut short


@dataclass(frozen=True, slots=True)
class Piece:
    """One sentence, ready to be said; times count from its own start."""

    text: str
    steps: tuple[Step, ...]
    words: tuple[Word, ...]


class PieceMaker:
    """Stage: utterances of one turn to pieces, lips joined from one to the next."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin another turn."""
        self._mouth = PhoneMouth()
        self._made: Time = 0

    def push(self, item: Utterance) -> Sequence[Piece]:
        """Make a piece of one sentence."""
        begin = item.sound.at
        sound = _whole_steps(Sound(self._made, item.sound.samples, item.sound.rate))
        phones = tuple(
            Phone(p.at - begin + self._made, p.until - begin + self._made, p.symbol, p.stress)
            for p in item.phones
        )
        lips = tuple(self._mouth.push(Sentence(sound, phones)))
        runs = cut_steps(np.array(resample(sound, RATE).samples))
        steps = tuple(Step(run, one) for run, one in zip(runs, lips, strict=False))
        first = not self._made
        self._made += len(steps) * STEP
        words = tuple(replace(w, at=w.at - begin, until=w.until - begin) for w in word_times(item))
        piece = Piece(item.text, steps, words)
        return (_hurry(piece) if first else piece,)

    def flush(self) -> Sequence[Piece]:
        """Nothing is held back."""
        return ()


class Turn:
    """What the face says in one go: texts come in, pieces are made of them, steps are taken."""

    def __init__(self) -> None:
        self.texts: Lane[str] = Lane(TEXTS, "all")
        self.pieces: list[Piece] = []
        self.made = False  # no more pieces come
        self.over = False  # cut short
        self._piece = 0
        self._step = 0
        self._fresh = False  # sound was cut off before what comes next

    def take(self) -> Step | None:
        """Give the next step; None when none is ready."""
        if self._piece == len(self.pieces):
            return None
        steps = self.pieces[self._piece].steps
        step = steps[self._step]
        self._step += 1
        if self._step == len(steps):
            self._piece, self._step = self._piece + 1, 0
        if self._fresh:
            self._fresh = False
            return Step(fade_in(step.samples), step.lips)
        return step

    @property
    def begun(self) -> Piece | None:
        """The piece whose first step comes next; None in mid-sentence and at the end."""
        if self._step or self._piece == len(self.pieces):
            return None
        return self.pieces[self._piece]

    @property
    def said(self) -> bool:
        """Whether all of it has been taken, or no more will be."""
        return self.over or (self.made and self._piece == len(self.pieces))

    @property
    def ahead(self) -> Time:
        """How much is made and not said."""
        waiting = sum(len(piece.steps) for piece in self.pieces[self._piece :]) - self._step
        return waiting * STEP

    @property
    def asks(self) -> bool:
        """Whether it ends in a question that is nearly said."""
        asked = bool(self.pieces) and self.pieces[-1].text.rstrip().endswith("?")
        return asked and self.made and self.ahead <= NEARLY

    def rewind(self) -> None:
        """Go back to the start of the word that was cut off."""
        self._fresh = True
        if self._step:
            at = self._step * STEP
            begun = [word.at for word in self.pieces[self._piece].words if word.at <= at]
            self._step = max(0, (begun[-1] if begun else 0) // STEP)

    def split(self) -> tuple[str, str]:
        """Give the text that was heard so far, by whole words, and what was not."""
        heard = [piece.text for piece in self.pieces[: self._piece]]
        unheard = [piece.text for piece in self.pieces[self._piece + 1 :]]
        if self._piece < len(self.pieces):
            piece, at = self.pieces[self._piece], self._step * STEP
            heard += [word.text for word in piece.words if word.until <= at]
            unheard = [word.text for word in piece.words if word.until > at] + unheard
        return " ".join(filter(None, heard)), " ".join(filter(None, unheard))

    def stop(self) -> tuple[str, str]:
        """Cut it short for good; answers as `split` does."""
        heard, unheard = self.split()
        self.over = True
        self.texts.close()
        return heard, unheard


def _hurry(piece: Piece) -> Piece:
    """Give a piece with no more silence before its first sound than the lips need to open."""
    loud = [float(np.abs(step.samples).max()) > AUDIBLE for step in piece.steps]
    cut = max(0, loud.index(True) - ANTICIPATION) if any(loud) else 0
    words = tuple(
        replace(w, at=max(0, w.at - cut * STEP), until=max(0, w.until - cut * STEP))
        for w in piece.words
    )
    return Piece(piece.text, piece.steps[cut:], words)


def _whole_steps(sound: Sound) -> Sound:
    """Give a sound with as much silence behind it as makes whole steps."""
    missing = -len(sound.samples) % max(1, sound.rate // 50)
    samples = np.concatenate([sound.samples, np.zeros(missing, np.float32)])
    return Sound(sound.at, samples, sound.rate)
