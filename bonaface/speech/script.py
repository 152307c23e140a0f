"""What of a text an English voice can say at all, and what it must leave out.

Letters of other scripts, pictographs and control characters are taken out and named to the caller;
a lone Greek letter is a name in English and stays one.
"""

import re
import unicodedata
from functools import cache
from typing import Final

from bonaface.speech import words

PLAIN: Final = frozenset(
    "".join((*words.SIGNS, *words.GLYPHS, *(sign for sign in words.MONEY if len(sign) == 1)))
)
SPOKEN, SPACE, DROPPED, FOREIGN = "a", " ", "-", "x"
GREEK: Final = re.compile(r"(?<!\w)[\u0391-\u03c9](?!\w)")


@cache
def kind(letter: str) -> str:
    """SPOKEN, SPACE, DROPPED (joiners, accents on their own) or FOREIGN."""
    category = unicodedata.category(letter)
    if letter.isascii():
        return SPACE if letter.isspace() or category == "Cc" else SPOKEN
    if category in {"Mn", "Me", "Cf"}:
        return DROPPED
    if category.startswith("Z"):
        return SPACE
    if letter in PLAIN or category in {"Pd", "Pi", "Pf"}:
        return SPOKEN
    folded = unicodedata.normalize("NFKC", letter)
    if folded.isascii() and folded.isprintable():
        return SPOKEN
    return SPOKEN if unicodedata.name(letter, "").startswith("LATIN ") else FOREIGN


def name_greek(found: re.Match[str]) -> str:
    """Give the name of a letter: alpha."""
    return unicodedata.name(found[0]).split()[3].lower() if found[0] != "ς" else "sigma"


def keep_spoken(text: str) -> tuple[str, tuple[str, ...]]:
    """Give what of a text can be said, and the runs that were left out."""
    text = GREEK.sub(name_greek, unicodedata.normalize("NFC", text))
    kept: list[str] = []
    skipped: list[str] = []
    run = ""
    for letter in text:
        what = kind(letter)
        if what == FOREIGN or (run and what == DROPPED):
            run += letter
            continue
        if run:
            skipped.append(run)
            kept.append(" ")
            run = ""
        if what != DROPPED:
            kept.append(" " if what == SPACE else letter)
    if run:
        skipped.append(run)
    return "".join(kept), tuple(skipped)
