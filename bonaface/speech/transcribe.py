"""Speech to captions while somebody speaks: English, words with their times.

Its input is what the microphone heard. Never denoise it first: that costs words (word error rate
8 to 12 % at 10 dB, 29 to 35 % at 0 dB).
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np

from bonaface.core import SECOND, Caption, Sound, Time, Word
from bonaface.speech.narrow import JUMP, Narrow
from bonaface.speech.whisper import RATE, Floats, Guess, Whisper, open_whisper

EVERY: Final = 3 * SECOND // 10  # between two guesses
LONGEST: Final = 14 * RATE  # samples kept; a longer turn is cut between two words
CUT: Final = (6 * RATE, 12 * RATE)  # where
BEAM: Final = 5  # for what is final
FIRST: Final = (
    17 * RATE // 20
)  # samples before the first guess: half a second is from before speech
SHORTEST: Final = RATE // 5  # less is no word
GAP: Final = 2 * SECOND  # of sound that never came: longer, and the turn is over
REMEMBERED: Final = 60  # tokens
FRAME: Final = RATE // 50  # samples whose loudness says whether a word has begun
FAINT: Final = 0.003  # of the power of the loudest: a pause between words


class Transcriber:
    """Stage: the sounds of one turn after another, in; captions out.

    Push the sound of a turn, from about half a second before its first voiced frame: what
    activity calls silence need not be pushed. Every `every` of sound gives a caption that is not
    final and has the `at` of the turn. `flush` ends the turn and gives its final caption, if
    anything was said. A turn of more than 14 s is cut between words: `push` then gives a
    final caption of the part before, and what follows has an `at` of its own.

    Memory and the work of one step are bounded. What was said before (60 tokens) helps to
    understand what follows; `reset` forgets it.
    """

    def __init__(self, every: Time = EVERY, whisper: Whisper | None = None) -> None:
        self._whisper = whisper or open_whisper()
        self._step = max(1, every * RATE // SECOND)
        self._narrow = Narrow()
        self.reset()

    def reset(self) -> None:
        """Forget the turn and all that was said before."""
        self._narrow.reset()
        self._before: tuple[int, ...] = ()
        self.words: tuple[Word, ...] = ()  # of the last final caption
        self._begin()

    def _begin(self) -> None:
        self._kept: Floats = np.zeros(0, np.float32)
        self._at: Time | None = None  # of the turn's first sample
        self._dropped = 0  # samples of this turn that a final caption has covered
        self._fresh = min(0, self._step - FIRST)  # samples since the last guess
        self._last = Guess()

    def push(self, item: Sound) -> Iterator[Caption]:
        """Take the next sound of the turn; give the captions that are due."""
        for sound in self._narrow.push(item):
            yield from self._follow(sound.at)
            samples = sound.samples
            while len(samples):
                piece = samples[: self._step - self._fresh]
                samples = samples[len(piece) :]
                self._keep(piece)
                if self._fresh >= self._step:
                    yield from self._listen()

    def flush(self) -> Iterator[Caption]:
        """The turn is over: give its final caption, unless nothing was said."""
        guess = self._settle() if len(self._kept) >= SHORTEST else Guess()
        if not guess.junk:
            self.words = self._words(guess)
            self._remember(guess.ids)
            yield self._caption(guess.text, self._time(len(self._kept)), final=True)
        self._begin()

    def _follow(self, at: Time) -> Iterator[Caption]:
        """Begin a turn, or go on with it: sound that never came is silence, unless it is long."""
        gap = 0 if self._at is None else at - self._time(len(self._kept))
        if not -JUMP <= gap <= GAP:
            yield from self.flush()
        elif gap > JUMP:
            self._keep(np.zeros(gap * RATE // SECOND, np.float32))
        if self._at is None:
            self._at = at

    def _keep(self, piece: Floats) -> None:
        self._kept = np.concatenate([self._kept, piece])
        self._fresh += len(piece)

    def _listen(self) -> Iterator[Caption]:
        self._fresh = 0
        if len(self._kept) >= LONGEST:
            yield from self._cut()
        if self._paused():
            return
        guess = self._whisper.guess(self._kept, self._before)
        if not guess.junk:
            yield self._caption(guess.text, self._time(len(self._kept)), final=False)

    def _paused(self) -> bool:
        """Whether nothing was said since the guess before the last: this one would be the same."""
        power = _powers(self._kept)
        recent = power[-2 * self._step // FRAME :]
        return bool(recent.max(initial=0.0) < FAINT * power.max(initial=0.0))

    def _settle(self) -> Guess:
        """The best guess; once more without what was said before, if that led it astray."""
        guess = self._whisper.guess(self._kept, self._before, BEAM)
        if guess.junk and self._before and guess.pieces:
            guess = self._whisper.guess(self._kept, (), BEAM)
        return guess

    def _cut(self) -> Iterator[Caption]:
        """Make what was said first final, up to the quietest place between two words."""
        guess = self._settle()
        if guess.junk:
            self._drop(CUT[0])
            return
        begins = self._whisper.times(self._kept, guess)
        places = [
            (_loudness(self._kept, place), token, place)
            for token, place in enumerate(begins[:-1])
            if guess.pieces[token].startswith(" ") and CUT[0] <= place <= CUT[1]
        ]
        if not places:
            self._drop(CUT[1])
            return
        _, token, place = min(places)
        first = Guess(guess.ids[:token], guess.pieces[:token], guess.score, guess.no_speech)
        self.words = self._spread(first, [*begins[:token], place])
        self._remember(first.ids)
        yield self._caption(first.text, self._time(place), final=True)
        self._drop(place)

    def _drop(self, count: int) -> None:
        self._kept = self._kept[count:].copy()
        self._dropped += count

    def _remember(self, ids: tuple[int, ...]) -> None:
        self._before = (*self._before, *ids)[-REMEMBERED:]

    def _time(self, sample: int) -> Time:
        return (self._at or 0) + (self._dropped + sample) * SECOND // RATE

    def _caption(self, text: str, until: Time, *, final: bool) -> Caption:
        return Caption(self._time(0), until, text, "en", final=final)

    def _words(self, guess: Guess) -> tuple[Word, ...]:
        return self._spread(guess, self._whisper.times(self._kept, guess))

    def _spread(self, guess: Guess, begins: list[int]) -> tuple[Word, ...]:
        """Words of tokens: each begins with the token that has a space before it."""
        firsts = [n for n, piece in enumerate(guess.pieces) if n == 0 or piece.startswith(" ")]
        words = []
        for first, following in pairwise([*firsts, len(guess.pieces)]):
            text = "".join(guess.pieces[first:following]).strip()
            begin, end = _tighten(self._kept, begins[first], begins[following])
            if text:
                words.append(Word(self._time(begin), self._time(end), text))
        return tuple(words)


def _tighten(samples: Floats, begin: int, end: int) -> tuple[int, int]:
    """A word's place without the pauses around it, which attention gives to either word."""
    power = _powers(samples)
    loud = np.flatnonzero(power[begin // FRAME : end // FRAME] > FAINT * power.max(initial=0.0))
    if not len(loud):
        return begin, end
    first = begin // FRAME
    return max(begin, int(first + loud[0]) * FRAME), min(end, int(first + loud[-1] + 1) * FRAME)


def _powers(samples: Floats) -> Floats:
    """Mean power of each 20 ms."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    return np.asarray(np.square(frames).mean(axis=1), np.float32)


def _loudness(samples: Floats, place: int) -> float:
    """Power around a place, over a tenth of a second."""
    around = samples[max(0, place - RATE // 20) : place + RATE // 20]
    return float(np.square(around).mean()) if len(around) else 0.0
