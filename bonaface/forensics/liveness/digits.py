"""Rows of random digits to read aloud: are they read, and do these lips say them?

A recording does not know the rows. A voice that is not of this mouth has lips that stand still or
move to other words. A made face that is driven by the caller, or by the caller's voice, reads what
the caller reads: this challenge does not stop it. English only.
"""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, TypeAlias

import numpy as np

from bonaface.core import SECOND, Finding, Sound
from bonaface.errors import WeightsMissing
from bonaface.forensics.inspector import Seen
from bonaface.forensics.lipsync.asked import STEPS, Asked, ask
from bonaface.forensics.lipsync.inspector import STILL, refuse
from bonaface.forensics.lipsync.odds import open_odds
from bonaface.forensics.lipsync.profile import NEAR, OFFSETS, Profile, compare, only_fast
from bonaface.forensics.lipsync.window import Window as Run
from bonaface.forensics.liveness.challenge import Challenge, Step, Window, chance, make_nonce
from bonaface.forensics.look import Look
from bonaface.speech.transcribe import Transcriber
from bonaface.speech.whisper import FILES
from bonaface.weights import place, weight

NAME = "liveness-digits"
ROWS, COUNT, EACH, REST = 2, 4, 4.5, 1.0  # rows, digits of one, s of one, s after the last
READ: Final = 0.6  # share of digits from which the rows were read
SPOKEN: Final = 1.0  # s of speech, less is not reading
RIGHT, WRONG = -1.0, 2.0  # log odds of rows that were read, and of other words
LIPS: Final = 2.5  # log odds that lips may add
Hear: TypeAlias = Callable[[Sequence[Sound]], str]
# What the recogniser writes for a digit when it expects a sentence.
_WORDS: Final = {
    **{str(n): str(n) for n in range(10)},
    **dict.fromkeys(("zero", "oh", "o"), "0"),
    **dict.fromkeys(("one", "won"), "1"),
    **dict.fromkeys(("two", "to", "too"), "2"),
    **dict.fromkeys(("three", "free", "tree"), "3"),
    **dict.fromkeys(("four", "for", "fore"), "4"),
    **dict.fromkeys(("five", "fife"), "5"),
    **dict.fromkeys(("six", "sicks"), "6"),
    "seven": "7",
    **dict.fromkeys(("eight", "ate"), "8"),
    **dict.fromkeys(("nine", "niner"), "9"),
}


class Digits:
    """Check: digits read aloud. `answer` transcribes: seconds of work."""

    def __init__(self, random: Random, hear: Hear | None = None) -> None:
        self._rows = tuple(draw_row(random) for _ in range(ROWS))
        steps = tuple(
            Step(int(i * EACH * SECOND), " ".join(row)) for i, row in enumerate(self._rows)
        )
        lasts = int((ROWS * EACH + REST) * SECOND)
        words = "Look at the camera and read the digits aloud, one by one, as they appear."
        self.challenge = Challenge("digits", make_nonce(random), words, steps, lasts)
        self._hear = hear or transcribe
        self._window, self._run = Window(lasts), Run()
        self._sounds: list[Sound] = []

    def begin(self, at: int) -> None:
        """The first row is shown at `at`."""
        self._window.began = at

    def push(self, item: Seen) -> None:
        """Keep the sound, and what the mouth does."""
        if self._window.find(item.at) is None:
            return
        if isinstance(item, Look):
            self._run.see(item)
        else:
            self._sounds.append(item)
            self._run.hear(item)

    def answer(self) -> Finding:
        """Compare the words with the rows, and the sound with the lips."""
        began, until = self._window.span
        heard = ask(self._run.join()) if self._sounds else None
        if heard is None or (heard.speech > 0.5).sum() < SPOKEN * STEPS:
            why = "Nothing was heard, or too little to be reading."
            return Finding(began, until, NAME, None, why, whole=True, quality=0.0)
        try:
            said = read_digits(self._hear(self._sounds))
        except WeightsMissing as missing:
            return Finding(began, until, NAME, None, str(missing), whole=True, quality=0.0)
        share = agree("".join(self._rows), said)
        lips, manner = weigh_lips(self._run, heard)
        if lips is None and share >= READ:
            return Finding(began, until, NAME, None, manner, whole=True, quality=0.2)
        read = "were read" if share >= READ else "were not read"
        why = f"The digits that were shown {read} (agreement {share:.2f}). {manner}"
        return Finding(began, until, NAME, chance(weigh(share, lips or 0.0)), why, whole=True)


def draw_row(random: Random) -> str:
    """A row of digits of which none follows itself."""
    row = random.choice("0123456789")
    while len(row) < COUNT:
        row += random.choice([one for one in "0123456789" if one != row[-1]])
    return row


def read_digits(text: str) -> str:
    """The digits in a transcript: "Four, too, 71, oh" is 42710."""
    return "".join(
        _WORDS.get(word, "") for word in re.findall(r"\d|[a-z]+", text.lower().replace("'", ""))
    )


def agree(shown: str, said: str) -> float:
    """1 less the edit distance (Levenshtein 1966) over the longer of both; chance is about .25."""
    above = list(range(len(said) + 1))
    for i, one in enumerate(shown, 1):
        row = [i]
        for j, other in enumerate(said, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (one != other)))
        above = row
    return 1 - above[-1] / max(len(shown), len(said), 1)


def weigh(share: float, lips: float) -> float:
    """Log odds of an attack, of both; lips that fit other words are those of a film."""
    return RIGHT + lips if share >= READ else WRONG + max(0.0, lips)


def transcribe(sounds: Sequence[Sound]) -> str:
    """The words of at most 14 s. Raises WeightsMissing."""
    stage = Transcriber(every=60 * SECOND)
    captions = [caption for sound in sounds for caption in stage.push(sound)]
    return " ".join(one.text for one in (*captions, *stage.flush()) if one.final)


def ready() -> bool:
    """Whether the recogniser is here."""
    return all(place(weight(name)).is_file() for name in FILES)


def weigh_lips(run: Run, heard: Asked) -> tuple[float | None, str]:
    """Log odds that the lips do not say what is heard, None: not known; and a sentence."""
    if why := refuse(run):
        return None, f"The lips could not be compared with the sound. {why}"
    seen = run.trace(len(heard.opening))
    if float(only_fast(seen).std()) < STILL:
        return LIPS, "The lips did not move."
    profile = compare(seen, heard.opening)
    best = near(profile)
    odds = open_odds().weigh(Profile(np.full(len(OFFSETS), best), profile.seconds))
    fit = "fit" if odds < 0 else "do not fit"
    why = f"The lips {fit} the sound (agreement {best:.2f})."
    return float(np.clip(odds, -LIPS, LIPS)), why


def near(profile: Profile) -> float:
    """The best agreement within 120 ms: sound and picture of a call are never quite in step."""
    return float(profile.together[np.abs(OFFSETS) <= NEAR].max())
