"""What a scenario listens for: words in what was heard, even if misheard a little.

A pattern is a row of words, `chest pain`. All must be heard, in this order and close together.
  hurt|pain     one of them
  {name}        remembers what is said there, one to three words; {age:number} remembers a number
  *             any words may come between
  yes, no       any usual way to say so
Endings do not matter (hurts, hurting); from five letters on one of them may be misheard, from
eight two, but never the first.
"""

# ruff: noqa: SIM905 (lists as running words)

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

CLOSE: Final = 3  # words between two words of a pattern
LONGEST: Final = 300  # words heard that are looked at
NAME: Final = 3  # words a slot remembers
ALONE: Final = 5  # words heard, at most, when a pattern is nothing but a slot
SLOT: Final = re.compile(r"\{([a-z_]+)(?::(number))?\}")
ALTERNATIVES: Final = re.compile(r"[\w']+(\|[\w']+)*")
TITLES: Final = frozenset({"mr", "mrs", "ms", "dr", "prof", "miss", "doctor", "professor"})
NOT_NAMES: Final = frozenset(
    "a an and are at but can could do for from good have here hello hi how i i'm in is it it's me"
    " my name no not of on or please sir so thank thanks that the this to today um uh was we well"
    " what when where who why with yes yeah you your afternoon morning evening just".split()
)
USUAL: Final[Mapping[str, frozenset[str]]] = {
    "yes": frozenset(
        {"yes", "yeah", "yep", "yup", "sure", "okay", "ok", "right", "correct", "indeed"}
        | {"absolutely", "definitely", "certainly", "course", "exactly", "aye", "fine", "agreed"}
    ),
    "no": frozenset(
        {"no", "nope", "nah", "not", "never", "don't", "doesn't", "didn't", "haven't", "isn't"}
    ),
}
UNITS: Final = {
    word: n
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen".split()
    )
}
TENS: Final = {
    word: 10 * n
    for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One word: plain, as written, and whether a pause follows it."""

    plain: str
    written: str
    pause: bool


@dataclass(frozen=True, slots=True)
class Found:
    """Where a pattern was heard: the better the score, the more was recognised."""

    score: float
    places: frozenset[int]  # which words of what was heard
    slots: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One place of a pattern: one of some words, or a slot."""

    words: frozenset[str]
    slot: str = ""
    number: bool = False
    anywhere: bool = False  # after any words


@dataclass(frozen=True, slots=True)
class Pattern:
    """A row of parts."""

    text: str
    parts: tuple[Part, ...]

    def find(self, heard: Sequence[Heard]) -> Found | None:
        """Where it is heard best, if it is."""
        if all(part.slot and not part.number for part in self.parts) and len(heard) > ALONE:
            return None
        founds = (self._follow(0, start, heard) for start in range(len(heard)))
        return max((f for f in founds if f), key=lambda found: found.score, default=None)

    def _follow(self, part: int, at: int, heard: Sequence[Heard]) -> Found | None:
        """The parts from `part` on, the first of them exactly at `at`."""
        found = _hear(self.parts[part], at, heard)
        if not found or part + 1 == len(self.parts):
            return found
        after = max(found.places) + 1
        reach = len(heard) if self.parts[part + 1].anywhere else after + CLOSE + 1
        for place in range(after, min(reach, len(heard))):
            rest = self._follow(part + 1, place, heard)
            if rest:
                score = found.score + rest.score - 0.01 * (place - after)
                return Found(score, found.places | rest.places, found.slots + rest.slots)
        return None


def read_pattern(text: str, synonyms: Mapping[str, frozenset[str]]) -> Pattern:
    """A pattern as written. Raises ValueError, which says what is wrong with it."""
    parts, anywhere = [], False
    for piece in text.lower().split():
        slot = SLOT.fullmatch(piece)
        if piece == "*":
            anywhere = True
            continue
        if slot:
            parts.append(Part(frozenset(), slot[1], slot[2] == "number", anywhere))
        elif ALTERNATIVES.fullmatch(piece):
            words = {
                same
                for word in piece.split("|")
                for same in synonyms.get(word) or USUAL.get(word) or {word}
            }
            parts.append(Part(frozenset(stem(word) for word in words), anywhere=anywhere))
        else:
            raise ValueError(f"{piece!r} is neither a word, nor words with | between, nor a slot")
        anywhere = False
    if not parts:
        raise ValueError("it has no words")
    return Pattern(text, tuple(parts))


def split_words(text: str) -> tuple[Heard, ...]:
    """The words of what was heard."""
    text = re.sub(r"\b([^\W\d]{1,2})-(?=[^\W\d])", r"\1", text)  # Wi-Fi, X-ray: one word
    found = re.findall(r"([\w'\u2019]+)([^\w'\u2019]*)", text)[:LONGEST]
    words = []
    for written, after in found:
        plain = written.lower().replace("\u2019", "'").strip("'_")
        if plain:
            pause = bool(re.search(r"[.,;:!?]", after)) and plain not in TITLES
            words.append(Heard(plain, written, pause))
    return tuple(words)


def _hear(part: Part, at: int, heard: Sequence[Heard]) -> Found | None:
    if part.number:
        return _hear_number(part.slot, at, heard)
    if part.slot:
        return _hear_name(part.slot, at, heard)
    sure = max((likeness(word, stem(heard[at].plain)) for word in part.words), default=0.0)
    return Found(sure, frozenset({at})) if sure else None


def _hear_name(slot: str, at: int, heard: Sequence[Heard]) -> Found | None:
    taken: list[str] = []
    for word in heard[at : at + NAME + 1]:
        title = word.plain in TITLES and not taken
        if word.plain in NOT_NAMES or len(taken) >= NAME + (taken[:1] != [] and is_title(taken[0])):
            break
        taken.append(word.written[:1].upper() + word.written[1:])
        if word.pause and not title:
            break
    if not taken or (len(taken) == 1 and is_title(taken[0])):
        return None
    places = frozenset(range(at, at + len(taken)))
    return Found(0.5, places, ((slot, " ".join(taken)),))


def is_title(word: str) -> bool:
    """Whether a name follows it."""
    return word.lower() in TITLES


def _hear_number(slot: str, at: int, heard: Sequence[Heard]) -> Found | None:
    value, count = read_number([word.plain for word in heard[at : at + 5]])
    if not count:
        return None
    return Found(0.9, frozenset(range(at, at + count)), ((slot, str(value)),))


def read_number(words: Sequence[str]) -> tuple[int, int]:
    """The whole number at the beginning, to thousands, and how many words it took (0 if none)."""
    if words and re.fullmatch(r"\d{1,12}", words[0]):
        return int(words[0]), 1
    total = group = count = 0
    for n, word in enumerate(words, 1):
        if word in UNITS:
            group += UNITS[word]
        elif word in TENS:
            group += TENS[word]
        elif word == "hundred" and count:
            group *= 100
        elif word == "thousand" and count:
            total, group = total + group * 1000, 0
        elif word == "and" and count and n < len(words) and words[n] in UNITS | TENS:
            continue
        else:
            break
        count = n
    return total + group, count


def stem(word: str) -> str:
    """A word without its ending: enough to compare, not always a word."""
    word = word.removesuffix("'s")
    for ending, kept in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word.removesuffix(ending) + kept
            break
    return word.removesuffix("e") if len(word) > 4 else word


def likeness(word: str, heard: str) -> float:
    """1 for the same stem, less when letters were misheard, 0 for another word."""
    if word == heard:
        return 1.0
    allowed = 2 if len(word) >= 8 else 1 if len(word) >= 5 else 0
    if not allowed or word[0] != heard[:1] or abs(len(word) - len(heard)) > allowed:
        return 0.0
    wrong = _distance(word, heard)
    return 1.0 - 0.2 * wrong if wrong <= allowed else 0.0


def _distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for n, a in enumerate(one, 1):
        previous, row[0] = row[0], n
        for m, b in enumerate(other, 1):
            previous, row[m] = row[m], min(row[m] + 1, row[m - 1] + 1, previous + (a != b))
    return row[-1]


def slots_of(pattern: Pattern) -> Iterator[str]:
    """The slots that a pattern fills."""
    return (part.slot for part in pattern.parts if part.slot)
