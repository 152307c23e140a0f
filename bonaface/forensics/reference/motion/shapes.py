"""What shape a mouth takes for which sounds: closed for "b", round for "u", each in its own way.

Phones are those that `speech/recognise.py` hears in English speech; of other languages, of songs
and of silence there are none. Shapes are MOUTH traits (moving.py), each a mean over a phone.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np

from bonaface.core import SECOND, Phone, Time
from bonaface.forensics.reference.motion.moving import MOUTH, RATE
from bonaface.forensics.reference.motion.steady import Floats

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)
CLASSES: Final[dict[str, frozenset[str]]] = {
    "closed": frozenset("bmp"),
    "on the teeth": frozenset("fv"),
    "open": frozenset("ɑæaʌɐ"),
    "round": frozenset("uʊoɔwɹɝɜ"),
    "spread": frozenset("iɪeɛ"),
    "narrow": frozenset("sztdnlðθʃʒ"),
}
FEATURES: Final = MOUTH.stop - MOUTH.start
LEAST: Final = 2  # phones of a class
Shape: TypeAlias = tuple[str, Floats]  # class, and shape (FEATURES,)
Shapes: TypeAlias = dict[str, tuple[Floats, int]]  # class: mean shape (FEATURES,), of how many


def shape_phones(traits: Floats, first: Time, phones: Sequence[Phone]) -> list[Shape]:
    """Class and shape of each phone seen whole; `traits` (m, 19) at RATE from `first` on."""
    found = []
    for phone in phones:
        begin = round((phone.at - first) * RATE / SECOND)
        end = max(begin + 1, round((phone.until - first) * RATE / SECOND))
        name = next((name for name, some in CLASSES.items() if phone.symbol in some), None)
        if name is not None and begin >= 0 and end <= len(traits):
            found.append((name, np.asarray(traits[begin:end, MOUTH].mean(0))))
    return found


def gather_shapes(seen: Sequence[Shape]) -> Shapes:
    """Means by class, of those that were seen LEAST times."""
    found: Shapes = {}
    for name in CLASSES:
        rows = [shape for each, shape in seen if each == name]
        if len(rows) >= LEAST:
            found[name] = (np.mean(rows, axis=0), len(rows))
    return found
