"""Which words were heard: the times of the words of an utterance, as they are written.

What is written and what is said differ ("$5 million", "five million dollars"). The sentence is read
and pronounced again as the synthesizer did, so every phone belongs to a word that is said; those
are matched with the written words, each read on its own (Ratcliff & Obershelp 1988), and where
the two differ they are shared out by length.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import accumulate
from typing import Final

from bonaface.core import Phone, Time, Word
from bonaface.speech.pronounce import pronounce
from bonaface.speech.reading import read
from bonaface.speech.script import keep_spoken
from bonaface.speech.segments import IPA, LENGTH, STRESS
from bonaface.speech.sentences import break_words
from bonaface.speech.synthesize import Utterance

RHOTIC: Final = re.compile("[ɚɝ]")  # some alphabets write two letters for it
MARKS: Final = frozenset((*STRESS, LENGTH))


def word_times(utterance: Utterance) -> tuple[Word, ...]:
    """When each word of `utterance.text` is heard: all of them, in order, never overlapping.

    What is written and not said (a dash, a pictograph) takes no time, at the end of the word
    before. Empty for an utterance that goes on with the text of the one before.
    """
    written = utterance.text.split()
    if not written:
        return ()
    said = say(utterance.text)
    owners = match_words([tokens(say(word)) for word in written], tokens(said))
    spans = find_spans(count_letters(said), utterance)
    return tuple(lay_words(written, owners, spans, utterance.sound.at))


def split_heard(words: Iterable[Word], until: Time) -> tuple[str, str]:
    """The text that was heard by `until`, and the rest; a word cut short is not heard."""
    words = tuple(words)
    heard = [word.text for word in words if word.until <= until]
    return " ".join(heard), " ".join(word.text for word in words[len(heard) :])


def say(text: str) -> str:
    """The words that are said for a text."""
    return break_words(read(keep_spoken(text)[0]))


def tokens(text: str) -> list[str]:
    """Words without their punctuation, in small letters; "" for what is punctuation only."""
    return ["".join(filter(str.isalnum, word)).lower() for word in text.split()]


def count_letters(said: str) -> list[int]:
    """How many phonetic letters have been heard after each word that is said."""
    groups = pronounce(said, british=False).split()
    if len(groups) != len(said.split()):
        groups = [pronounce(word, british=False) for word in said.split()]
    letters = ([c for c in group if c.isalpha() and c not in MARKS] for group in groups)
    return list(accumulate(sum(len(IPA.get(c, c)) for c in word) for word in letters))


def find_spans(edges: list[int], utterance: Utterance) -> list[tuple[Time, Time]]:
    """First and last moment of each word that is said.

    `edges`: phonetic letters heard after each. Another English or another alphabet may have some
    more or less than were counted; then the words share the phones in proportion.
    """
    phones = [phone for phone in utterance.phones if phone.symbol]
    heard = list(accumulate(len(RHOTIC.sub("əɹ", phone.symbol).rstrip(LENGTH)) for phone in phones))
    factor = heard[-1] / max(1, edges[-1])
    ends = [bisect_left(heard, edge * factor - 0.5) + 1 if edge else 0 for edge in edges]
    return [span(phones, *pair) for pair in zip([0, *ends[:-1]], ends, strict=True)]


def span(phones: Sequence[Phone], first: int, end: int) -> tuple[Time, Time]:
    """From the first phone to the one before `end`; no time where there is none."""
    if end > first:
        return phones[first].at, phones[end - 1].until
    at = phones[first - 1].until if first else phones[0].at
    return at, at


def match_words(expected: list[list[str]], said: list[str]) -> list[int]:
    """The written word to which each word that is said belongs; the numbers never fall.

    `expected`: what each written word would be on its own.
    """
    flat = [(token, owner) for owner, many in enumerate(expected) for token in many or [""]]
    matcher = SequenceMatcher(None, [token for token, _ in flat], said, autojunk=False)
    owners: list[int] = []
    for kind, a, until, b, end in matcher.get_opcodes():
        if kind == "equal":
            owners += [owner for _, owner in flat[a:until]]
        elif kind == "replace":
            owners += share(flat[a:until], said[b:end])
        elif kind == "insert":
            owners += [flat[max(0, a - 1)][1]] * (end - b)
    return owners


def share(tokens: list[tuple[str, int]], said: list[str]) -> Iterator[int]:
    """Give each word that is said to the token at the same part of the way, by letters."""
    edges = list(accumulate(max(1, len(token)) for token, _ in tokens))
    total = sum(max(1, len(word)) for word in said)
    done = 0.0
    for word in said:
        middle = (done + max(1, len(word)) / 2) * edges[-1] / total
        done += max(1, len(word))
        yield tokens[min(bisect_left(edges, middle), len(edges) - 1)][1]


def lay_words(
    written: list[str], owners: list[int], spans: list[tuple[Time, Time]], first: Time
) -> Iterator[Word]:
    """Give each written word the time of the words that are said for it."""
    last = spans[0][0] if spans else first
    for number, text in enumerate(written):
        mine = [spans[k] for k, owner in enumerate(owners) if owner == number]
        at = max(last, mine[0][0]) if mine else last
        last = max(at, mine[-1][1]) if mine else last
        yield Word(at, last, text)
