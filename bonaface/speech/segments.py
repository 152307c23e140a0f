"""A take's symbols as speech sounds: which is one, where it lies, how it is stressed.

The voices count a stress mark, a length mark and the space between words as symbols that last;
here their time goes to the sound they belong to.
"""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

from dataclasses import dataclass, replace
from typing import Final

from bonaface.speech.take import PAD, PAUSES, Take

STRESS: Final = {"ˈ": 1, "ˌ": 2}
LENGTH: Final = "ː"
GAP: Final = " "  # between words; most often nothing is heard of it
SILENCE: Final = ""
IPA: Final = {  # letters of the misaki alphabet that stand for something longer or plainer
    "A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "Q": "əʊ", "T": "ɾ", "ʤ": "dʒ",
    "ʧ": "tʃ", "ᵊ": "ə", "ᵻ": "ɪ",
}  # fmt: skip
STOPS: Final = frozenset("pbtdkɡʧʤ")
VOWELS: Final = frozenset("AIOQWYaæɑɐɒɔəɛɜɪiuʊʌᵊᵻeoøœɚɝ")


@dataclass(frozen=True, slots=True)
class Segment:
    """One letter of the voice's alphabet from sample `begin` to before sample `end`."""

    letter: str  # SILENCE, GAP, or a sound
    begin: int
    end: int
    stress: int = 0
    long: bool = False

    @property
    def symbol(self) -> str:
        """The sound in the international phonetic alphabet; "" for silence."""
        letter = IPA.get(self.letter, self.letter).strip()
        return letter + LENGTH if self.long else letter


def cut_segments(take: Take) -> list[Segment]:
    """Give the sounds, gaps and silences of a take, end to end from 0 to its last sample."""
    found: list[Segment] = []
    begin, stress = 0, 0
    place = 0
    for symbol, length in zip(take.symbols, take.lengths.tolist(), strict=True):
        place += length
        if symbol in STRESS:
            stress = STRESS[symbol]
        elif symbol == LENGTH and found:
            found[-1] = replace(found[-1], end=place, long=True)
            begin = place
        else:
            letter = SILENCE if symbol == PAD or symbol in PAUSES else symbol
            accent = stress if letter in VOWELS else 0
            add(found, Segment(letter, begin, place, accent))
            begin, stress = place, 0 if letter.strip() else stress
    return found


def add(found: list[Segment], new: Segment) -> None:
    """Add a segment; silences and gaps that meet become one silence."""
    if found and not new.letter.strip() and not found[-1].letter.strip():
        both = {new.letter, found[-1].letter}
        letter = GAP if both == {GAP} else SILENCE
        found[-1] = Segment(letter, found[-1].begin, new.end)
    else:
        found.append(new)
