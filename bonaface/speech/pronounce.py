"""Words to phonemes: hibari's lexicon, tagger and guesser of unknown words (Apache-2.0)."""

from functools import cache

from hibari.g2p import G2P

CLAUSE_ENDS = ",;:—"


@cache
def _english(british: bool) -> G2P:
    return G2P(british=british)


def pronounce(text: str, british: bool) -> str:
    """Give the phonemes of a sentence in the misaki alphabet, stress and punctuation included."""
    phonemes: str = _english(british)(text)
    return phonemes


def split_phonemes(phonemes: str, longest: int) -> list[str]:
    """Cut a phoneme string where it breathes, or between words: at most `longest` letters."""
    pieces = []
    while len(phonemes) > longest:
        head = phonemes[:longest]
        cut = max(head.rfind(f"{mark} ") for mark in CLAUSE_ENDS) + 1
        if cut < longest // 3:
            cut = head.rfind(" ")
        if cut <= 0:
            cut = longest
        pieces.append(phonemes[:cut].strip())
        phonemes = phonemes[cut:].strip()
    return [piece for piece in (*pieces, phonemes) if piece]
