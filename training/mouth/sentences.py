"""What the training voices say: commands, everyday sentences and shuffled dictionary words."""

# ruff: noqa: SIM905 (lists of words read better as sentences)

import gzip
import json
from pathlib import Path

import hibari
import numpy as np

# Commands in the grammar of the GRID corpus (Cooke et al. 2006): verb colour preposition letter
# digit adverb.
_GRID = (
    "bin lay place set".split(),
    "blue green red white".split(),
    "at by in with".split(),
    list("ABCDEFGHIJKLMNOPQRSTUVXYZ"),
    "zero one two three four five six seven eight nine".split(),
    "again now please soon".split(),
)
_WHO = (
    "my brother|the old woman|a young doctor|our neighbour|the whole family|every student|she|he|"
    "they|we|I|you|the teacher|a man from Boston|the company|some people|nobody here|the captain"
).split("|")
_DID = (
    "bought|moved|opened|painted|would never give up|wants to keep|talked about|found|followed|"
    "remembered|could not see|put away|always loved|carefully washed|might have broken|gave me|"
    "threw out|brought back|makes|thought of|heard about|should have fixed|will show us"
).split("|")
_WHAT = (
    "the blue paper boxes|a big farm|five fresh apples|the movie about bees|a warm brown coat|"
    "the map of the valley|more popcorn|a very small boat|his favourite song|the broken window|"
    "a thousand pounds|her mother's photographs|the whole thing|an empty room|good food|"
    "two purple mushrooms|those heavy bags|the first page|a cup of coffee|that awful noise"
).split("|")
_WHEN = (
    "over the weekend|before the meeting|on a cold morning|in the middle of the night|last summer|"
    "when the rain stopped|above the brown table|by the sea shore|for about an hour|at home|"
    "because of the weather|with his father|after all these years|every Wednesday|far too quickly|"
    "if you want to know|without a word|up the hill|in January of twenty fifteen"
).split("|")
_ASIDES = (
    "Well,|Of course,|You know,|Oh, maybe|And so,|But then|I mean,|Hello, and|Thank you.|No!|"
    "Um, yes,|What a pity:|Believe me,|Actually,|My goodness,|As far as we know,"
).split("|")


def _lexicon() -> list[str]:
    path = Path(hibari.__file__).parent / "assets" / "lexicon_us_gold.json.gz"
    words = json.loads(gzip.decompress(path.read_bytes()))
    return sorted(
        w for w in words if w.isascii() and w.isalpha() and w.islower() and 2 < len(w) < 11
    )


def compose_sentences(count: int, seed: int) -> list[str]:
    """Compose `count` sentences: a third commands, a third everyday, a third shuffled words."""
    rng = np.random.default_rng(seed)
    words = _lexicon()
    out: list[str] = []
    for _ in range(count):
        kind = rng.integers(10)
        if kind < 3:
            out.append(" ".join(str(rng.choice(part)) for part in _GRID) + ".")
        elif kind < 7:
            parts = [str(rng.choice(part)) for part in (_WHO, _DID, _WHAT, _WHEN)]
            if rng.random() < 0.3:
                parts.insert(0, str(rng.choice(_ASIDES)))
            sentence = " ".join(parts) + str(rng.choice([".", ".", "?", "!"]))
            out.append(sentence[0].upper() + sentence[1:])
        else:
            out.append(" ".join(rng.choice(words, rng.integers(4, 9))) + ".")
    return out
