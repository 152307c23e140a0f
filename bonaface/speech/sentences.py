"""A text cut into what is said in one breath: sentences, and clauses of very long ones."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bonaface.speech.reading import is_short

LONGEST: Final = 240  # characters said at once: about 16 s
LONGEST_WORD: Final = 40  # a run without spaces beyond that is broken
WRAPPED: Final = 60  # a line longer than this goes on in the next
AFTER_SENTENCE, AFTER_PARAGRAPH, AFTER_CLAUSE = 0.34, 0.60, 0.08  # s of silence
END: Final = re.compile(r"[.!?\u2026]+[\"'\u201d\u2019)\]]*(?=\s|$)|\n\s*")
CLAUSE: Final = re.compile(r"[,;:\u2014)]\s|\s[\u2013\u2014-]\s")


@dataclass(frozen=True, slots=True)
class Breath:
    """A run of text that is said at once, and the silence after it."""

    text: str
    pause: float  # s


def split_sentences(text: str) -> Iterator[Breath]:
    """Give the sentences of a text one by one; none is blank or longer than LONGEST."""
    begin = 0
    for found in END.finditer(text):
        if not ends_sentence(text, begin, found):
            continue
        lines = found[0].count("\n")
        pause = AFTER_PARAGRAPH if lines > 1 else AFTER_SENTENCE
        yield from split_clauses(text[begin : found.end()], pause)
        begin = found.end()
    yield from split_clauses(text[begin:], AFTER_SENTENCE)


def ends_sentence(text: str, begin: int, found: re.Match[str]) -> bool:
    """Whether a sentence that began at `begin` ends with what was found."""
    if "\n" in found[0]:
        line = found.start() - max(begin, text.rfind("\n", begin, found.start()))
        return found[0].count("\n") > 1 or line < WRAPPED
    following = text[found.end() : found.end() + 20].lstrip()
    if found[0] != ".":
        return not following[:1].islower()
    word = text[max(begin, text.rfind(" ", begin, found.start()) + 1) : found.end()].split()
    return not (word and is_short(word[-1], following))


def split_clauses(sentence: str, pause: float) -> Iterator[Breath]:
    """Cut a sentence that is too long after a comma, else between words."""
    rest = " ".join(sentence.split())
    while len(rest) > LONGEST:
        head = rest[:LONGEST]
        cut = max((found.end() for found in CLAUSE.finditer(head)), default=0)
        if cut < LONGEST // 3:
            cut = head.rfind(" ")
        if cut <= 0:
            cut = LONGEST
        yield Breath(rest[:cut].strip(), AFTER_CLAUSE)
        rest = rest[cut:].strip()
    if rest:
        yield Breath(rest, pause)


def break_words(text: str) -> str:
    """Put spaces into runs of letters that nobody could say as one word."""
    return re.sub(rf"(\w{{{LONGEST_WORD}}})(?=\w)", r"\1 ", text)
