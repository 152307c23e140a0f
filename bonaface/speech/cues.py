"""What the words of a listener say about turns: encouragement, an interruption, an open end.

English. Back-channels are Yngve's term (1970) for what listeners say without claiming the turn.
"""

# ruff: noqa: SIM905 (lists as running words)

import re
from enum import Enum
from typing import Final

BACK_CHANNELS: Final = frozenset(
    "mhm mm mmm hm hmm uh huh um ah aha oh ooh okay ok yeah yes yep yup right sure wow really "
    "nice great good cool true exactly indeed absolutely definitely alright".split()
)
PHRASES: Final = re.compile(
    r"\b(?:i see|i know|i understand|got it|go on|of course|makes sense|that's right|all right|"
    r"thank you|thanks)\b"
)
CLAIMS: Final = frozenset(
    "stop wait no pause enough quiet hold hang sorry excuse but actually what why however "
    "listen question cancel".split()
)
OPEN: Final = frozenset(
    "and or but so because um uh er erm hmm like the a an to of in on at by with from for about "
    "if when while that which who than as then i you we they he she it's i'm my your our their "
    "is are was were will would can could should do does not very".split()
)
CLOSED: Final = re.compile(r"\b(?:thank|see|are|were|to|for|with|about) you\W*$")
ASIDE: Final = re.compile(r"[\[(*].*?[\])*]|♪")  # (coughs), [music], *laughs*
WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
MOST: Final = 5  # words that are still a back-channel
FIRST: Final = 3  # words among which a claim is looked for


class Cue(Enum):
    """What was said over the face."""

    NOTHING = 0  # not known
    BACK_CHANNEL = 1  # go on
    CLAIM = 2  # be silent
    WORDS = 3  # some other words


class Ending(Enum):
    """How what was said ends."""

    PLAIN = 0
    FINISHED = 1
    OPEN = 2


def split_words(text: str) -> list[str]:
    """The words, in small letters, without asides."""
    return WORD.findall(ASIDE.sub(" ", text).lower().replace("’", "'"))  # noqa: RUF001


def read_cue(text: str) -> Cue:
    """What words over the face mean; a cough written as "(coughs)" is a back-channel."""
    if not text.strip():
        return Cue.NOTHING
    if any(word in CLAIMS for word in split_words(text)[:FIRST]):
        return Cue.CLAIM
    rest = split_words(PHRASES.sub(" ", text.lower()))
    alike = all(word in BACK_CHANNELS for word in rest)
    return Cue.BACK_CHANNEL if alike and len(split_words(text)) <= MOST else Cue.WORDS


def read_ending(text: str) -> Ending:
    """Whether the words sound finished, or as if more came."""
    text = text.rstrip(" \"')\u201d\u2019")
    words = split_words(text)
    if not words:
        return Ending.PLAIN
    if text.endswith((",", ":", ";", "-", "\u2014", "...", "\u2026")):
        return Ending.OPEN
    if text.endswith((".", "?", "!")):
        return Ending.FINISHED
    closed = CLOSED.search(text.lower())
    return Ending.OPEN if words[-1] in OPEN and not closed else Ending.PLAIN
