"""What lips do for each speech sound: a viseme for every letter of the phonetic alphabet.

Vowels follow from three features (open, front, rounded), consonants from their place, so that
the sounds of any language move the mouth. Which channels a sound commands, and which it leaves to
its neighbours, follows Cohen & Massaro, "Modeling coarticulation in synthetic visual speech"
(1993), and Edwards et al., "JALI" (2016): lips and jaw are moved apart, tongue sounds leave the
lips alone, sounds made with the lips start early and end late.
"""

# ruff: noqa: RUF001 (the letters of the phonetic alphabet are meant)

import unicodedata
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.pose import LIPS
from bonaface.core import frozen

Row = NDArray[np.float32]
CHANNEL = {name: i for i, name in enumerate(LIPS)}
INHALED = "↓"  # air drawn in, as the extensions to the IPA write it
ROUND = ("pucker", "funnel")
SPREAD = ("stretch", "smile")
ROLL = ("rollUpper", "rollLower")
OPEN = ("jawOpen", "upperUp", "lowerDown")
OPENING = tuple(CHANNEL[name] for name in OPEN)


@dataclass(frozen=True, slots=True, eq=False)
class Viseme:
    """Where one sound wants the lips, and how much it insists."""

    target: Row  # (len(LIPS),) 0 to 1
    pull: Row  # (len(LIPS),) dominance, 1 for a full vowel
    early: Row  # (len(LIPS),) s, how long before the sound its command rises
    late: Row  # (len(LIPS),) s, how long after it its command falls
    vowel: bool = False
    bilabial: bool = False

    def __post_init__(self) -> None:
        for array in (self.target, self.pull, self.early, self.late):
            frozen(array)


def row(rest: float = 0.0, **channels: float) -> Row:
    """One value a channel, `rest` where none is given."""
    out = np.full(len(LIPS), rest, np.float32)
    for name, value in channels.items():
        out[CHANNEL[name]] = value
    return out


def spans(jaw: float, lips: float) -> Row:
    """Seconds of reach: one for what the jaw and tongue do, one for the lips."""
    return row(jaw, **dict.fromkeys((*ROUND, *SPREAD, *ROLL, "FF", "closure"), lips))


def vowel(openness: float, front: float, rounded: float, pull: float = 1.0) -> Viseme:
    """Give a vowel by its features, each 0 to 1 (`front`: 0 back, 1 front)."""
    spread = front * (1 - rounded)
    target = row(
        jawOpen=0.10 + 0.50 * openness,
        lowerDown=0.12 + 0.24 * spread - 0.07 * rounded,
        upperUp=0.04 + 0.16 * spread,
        stretch=spread * (0.48 - 0.16 * openness),
        smile=0.15 * spread * (1 - openness),
        pucker=rounded * 0.9 * (1 - openness) ** 1.5,
        funnel=rounded * (0.12 + 0.40 * min(1.0, 1.6 * openness)),
    )
    insist = row(pull, closure=0.6 * pull, **dict.fromkeys(ROUND, pull * (1 + 2 * rounded)))
    early, late = spans(0.078, 0.078 + 0.02 * rounded), spans(0.047, 0.047 + 0.01 * rounded)
    return Viseme(target, insist, early, late, vowel=True)


def tongue(jaw_pull: float = 0.5, lip_pull: float = 0.14, **channels: float) -> Viseme:
    """A consonant that the tongue makes: the lips are left to the neighbours."""
    pull = row(0.6, jawOpen=jaw_pull, **dict.fromkeys((*ROUND, *SPREAD), lip_pull))
    return Viseme(row(**channels), pull, spans(0.065, 0.065), spans(0.058, 0.058))


def labial(insist: dict[str, float], reach: tuple[float, float], **channels: float) -> Viseme:
    """A consonant that the lips make: `insist` on some channels, `reach` s before and after."""
    pull = row(0.7, **insist)
    early, late = spans(0.060, reach[0]), spans(0.055, reach[1])
    return Viseme(row(**channels), pull, early, late)


LOOSE = dict.fromkeys((*ROUND, *SPREAD), 0.25)
BILABIAL = replace(
    labial(
        {**LOOSE, **dict.fromkeys((*ROLL, "closure"), 6.0), "jawOpen": 1.4},
        (0.030, 0.028),
        jawOpen=0.06,
        rollUpper=0.45,
        rollLower=0.5,
        closure=1.0,
    ),
    bilabial=True,
)
LABIODENTAL = labial(
    {**LOOSE, "FF": 5.0, **dict.fromkeys(OPEN, 3.6)}, (0.045, 0.040),
    jawOpen=0.02, FF=0.95, upperUp=0.04,
)  # fmt: skip
NARROW = labial({"jawOpen": 1.0}, (0.05, 0.05), jawOpen=0.08, pucker=0.25, lowerDown=0.08)
GLIDE = labial(
    {**dict.fromkeys(ROUND, 2.5), **dict.fromkeys(OPEN, 2.2)},
    (0.085, 0.06),
    jawOpen=0.0,
    pucker=0.9,
)
RHOTIC = labial(
    {**dict.fromkeys(ROUND, 1.2), **dict.fromkeys(OPEN, 1.6)},
    (0.07, 0.055),
    jawOpen=0.04,
    pucker=0.36,
    funnel=0.08,
    lowerDown=0.04,
)
HUSH = labial(
    {**dict.fromkeys(ROUND, 2.5), "jawOpen": 1.2}, (0.085, 0.06), jawOpen=0.07, funnel=0.46,
    pucker=0.42, lowerDown=0.2, upperUp=0.14,
)  # fmt: skip
DENTAL = tongue(jawOpen=0.06, lowerDown=0.15, upperUp=0.05, tongue=0.8)
ALVEOLAR = tongue(jawOpen=0.08, lowerDown=0.22, upperUp=0.10, stretch=0.12, tongue=0.35)
LATERAL = tongue(jawOpen=0.27, lowerDown=0.24, upperUp=0.10, tongue=0.7)
HISS = tongue(1.3, 0.16, jawOpen=0.07, lowerDown=0.38, upperUp=0.18, stretch=0.25)
SOFT_HUSH = tongue(1.1, 0.5, jawOpen=0.06, lowerDown=0.34, upperUp=0.18, stretch=0.2, funnel=0.1)
PALATAL = tongue(0.6, 0.6, jawOpen=0.08, stretch=0.3, lowerDown=0.2, upperUp=0.08)
VELAR = tongue(jawOpen=0.22, lowerDown=0.18, upperUp=0.07)
UVULAR = tongue(jawOpen=0.24, lowerDown=0.14)
GLOTTAL = tongue(0.15, 0.1, jawOpen=0.24, lowerDown=0.12)
REST = replace(
    labial({}, (0.05, 0.06)), pull=row(1.0), early=spans(0.046, 0.046), late=spans(0.06, 0.06)
)
BREATH = replace(
    labial({}, (0.12, 0.06), jawOpen=0.18, lowerDown=0.06, upperUp=0.02),
    pull=row(1.0),
    early=spans(0.12, 0.12),
)
UNKNOWN = tongue(0.5, 0.2, jawOpen=0.2, lowerDown=0.14)

CONSONANTS = {
    "pbmɓʙʘᵐ": BILABIAL,
    "fvʋɱⱱ": LABIODENTAL,
    "ɸβ": NARROW,
    "wʍɥ": GLIDE,
    "ɹɻɚɝ": RHOTIC,
    "ʃʒʧʤʂʐ": HUSH,
    "ɕʑʨʥɧ": SOFT_HUSH,
    "θðǀ": DENTAL,
    "tdnɾrʈɖɳɽɗǃ": ALVEOLAR,
    "lɫɭɺʎǁ": LATERAL,
    "szʦʣɬɮꭧ": HISS,
    "jcɟɲçʝǂʄ": PALATAL,
    "kgɡŋxɣɰɠʟ": VELAR,
    "qɢɴχʁʛħʕʀ": UVULAR,
    "hɦʔʡʜʢ": GLOTTAL,
    INHALED: BREATH,
}
VOWELS = {  # open, front, rounded
    "i": (0.12, 1.0, 0.0), "y": (0.08, 1.0, 1.0), "ɨ": (0.15, 0.5, 0.0), "ʉ": (0.08, 0.5, 0.9),
    "ɯ": (0.15, 0.0, 0.0), "u": (0.05, 0.0, 1.0), "ɪ": (0.25, 0.65, 0.0), "ᵻ": (0.25, 0.5, 0.0),
    "ʏ": (0.15, 0.65, 0.8), "ʊ": (0.04, 0.0, 0.7), "e": (0.42, 0.8, 0.0), "ø": (0.3, 0.8, 0.9),
    "ɘ": (0.35, 0.4, 0.0), "ɵ": (0.3, 0.4, 0.7), "ɤ": (0.4, 0.0, 0.0), "o": (0.34, 0.0, 0.9),
    "ɛ": (0.56, 0.5, 0.0), "œ": (0.5, 0.6, 0.7), "ɜ": (0.4, 0.2, 0.2), "ɞ": (0.45, 0.2, 0.6),
    "ʌ": (0.48, 0.1, 0.0), "ɔ": (0.55, 0.0, 0.8), "æ": (0.68, 0.7, 0.0), "ɐ": (0.46, 0.2, 0.0),
    "a": (0.88, 0.4, 0.0), "ɶ": (0.85, 0.6, 0.5), "ɑ": (1.0, 0.0, 0.0), "ɒ": (0.8, 0.0, 0.4),
}  # fmt: skip
WEAK = {"ə": (0.28, 0.2, 0.0), "ᵊ": (0.2, 0.2, 0.0)}  # they give way to what surrounds them
SPELLED = {  # one letter that stands for several sounds, as English synthesizers write them
    "A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "Q": "əʊ", "S": "ʃ", "T": "ɾ",
    "ɚ": "əɹ", "ɝ": "ɜɹ", "ʦ": "ts", "ʣ": "dz",
}  # fmt: skip
TABLE = {
    **{letter: viseme for letters, viseme in CONSONANTS.items() for letter in letters},
    **{letter: vowel(*features) for letter, features in VOWELS.items()},
    **{letter: vowel(*features, pull=0.55) for letter, features in WEAK.items()},
}
ROUNDING = "ʷᵝ"


def rounded(viseme: Viseme) -> Viseme:
    """Give the same sound with the lips rounded besides."""
    target = viseme.target.copy()
    target[CHANNEL["pucker"]] = max(target[CHANNEL["pucker"]], 0.5)
    pull = viseme.pull.copy()
    pull[CHANNEL["pucker"]] = max(pull[CHANNEL["pucker"]], 1.2)
    return replace(viseme, target=target, pull=pull)


def find_visemes(symbol: str) -> tuple[Viseme, ...]:
    """Give the visemes that one IPA symbol passes through; none for a pause.

    Length, stress and tone marks and tie bars count for nothing here; letters that are not in the
    phonetic alphabet move the mouth a little.
    """
    found: list[Viseme] = []
    for letter in "".join(SPELLED.get(letter, letter) for letter in symbol):
        if letter in TABLE:
            found.append(TABLE[letter])
        elif letter in ROUNDING and found:
            found[-1] = rounded(found[-1])
        elif unicodedata.category(letter) in ("Ll", "Lu", "Lo"):
            plain = unicodedata.normalize("NFD", letter)[0]
            found.append(TABLE.get(plain, TABLE.get(plain.lower(), UNKNOWN)))
    return tuple(found)
