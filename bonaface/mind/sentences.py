"""Sentences out of a text that is still being written."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

END: Final = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bMrs)[.!?\u2026]+[\"'\u201d\u2019)]*\s+|\n+"
)
LONGEST: Final = 300  # characters; a longer one is cut after a comma or between words
CLAUSE: Final = re.compile(r"[,;:\u2014]\s")


def split_sentences(pieces: Iterable[str]) -> Iterator[str]:
    """Each sentence as soon as it is known to be over; the rest when the pieces end."""
    held = ""
    for piece in pieces:
        held += piece
        while True:
            found = END.search(held.lstrip() and held)
            cut = found.end() if found else _clause(held) if len(held) > LONGEST else 0
            if not cut:
                break
            sentence, held = held[:cut].strip(), held[cut:]
            if sentence:
                yield sentence
    if held.strip():
        yield held.strip()


def _clause(text: str) -> int:
    """Where to cut what is too long for one breath."""
    head = text[:LONGEST]
    clause = max((found.end() for found in CLAUSE.finditer(head)), default=0)
    return clause or head.rfind(" ") + 1 or LONGEST
