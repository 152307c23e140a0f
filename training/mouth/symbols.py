"""Phone alphabets of the training voices, brought to one: IPA as the default voice writes it.

Diphthongs are one symbol: A (face), I (price), O (goat), W (mouth), Y (choice), Q (British goat);
ʧ and ʤ are one symbol; "" is silence.
"""

# ruff: noqa: RUF001, SIM905 (the letters of the phonetic alphabet are meant)

from dataclasses import dataclass

# Classes the network tells apart while it learns: what is alike on the lips is one class.
CLASSES: tuple[str, ...] = (
    "",
    "pbm",
    "fvʋβɸ",
    "θð",
    "tdnɾɲʈɖɳ",
    "lɫʎɭ",
    "sz",
    "ʃʒʧʤɕʑʂʐ",
    "kɡŋxhχɣɟcʔ",
    "ɹrʁɻɽ",
    "wʍɥ",
    "jç",
    "i",
    "ɪᵻɨɯ",
    "eɛ",
    "æa",
    "ɑɒ",
    "ʌɐɤ",
    "əᵊ",
    "ɔo",
    "ʊ",
    "uʉy",
    "ɜɚɝøœ",
)
# Where a diphthong starts and ends.
GLIDES = {"A": "eɪ", "I": "aɪ", "O": "oʊ", "W": "aʊ", "Y": "ɔɪ", "Q": "əʊ"}
_CLASS_OF = {symbol: index for index, group in enumerate(CLASSES) for symbol in group}

# The CMU alphabet, as flite and festival print it.
_CMU = dict(
    pair.split("=")
    for pair in (
        "aa=ɑ ae=æ ah=ʌ ao=ɔ aw=W ax=ə axr=ɚ ay=I b=b ch=ʧ d=d dh=ð dx=ɾ eh=ɛ el=l em=m en=n "
        "er=ɜ ey=A f=f g=ɡ hh=h hv=h ih=ɪ iy=i jh=ʤ k=k l=l m=m n=n nx=n ng=ŋ ow=O oy=Y p=p r=ɹ "
        "s=s sh=ʃ t=t th=θ uh=ʊ uw=u v=v w=w wh=w y=j z=z zh=ʒ"
    ).split()
)
_JOINED = {
    "eɪ": "A", "aɪ": "I", "ɑɪ": "I", "oʊ": "O", "aʊ": "W", "ɔɪ": "Y", "əʊ": "Q", "tʃ": "ʧ",
    "dʒ": "ʤ", "iə": "i", "ɪə": "ɪ", "eə": "ɛ", "ʊə": "ʊ", "aɪə": "I", "aɪɚ": "I", "n̩": "n",
    "l̩": "l", "əl": "l", "ɛɹ": "ɛ", "ɑːɹ": "ɑ", "ɔːɹ": "ɔ", "oːɹ": "ɔ", "ɪɹ": "ɪ", "ʊɹ": "ʊ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """One phone of a training voice, in seconds."""

    symbol: str
    start: float
    end: float


def lip_class(symbol: str) -> int:
    """Give the class of a single symbol; what is unknown counts as silence."""
    return _CLASS_OF.get(symbol, 0)


def from_cmu(name: str) -> str:
    """Bring a CMU phone name, with or without a stress digit, to our alphabet."""
    return _CMU.get(name.lower().rstrip("012"), "")


def from_ipa(name: str) -> str:
    """Bring an IPA string of a rule-based voice to one symbol of our alphabet."""
    bare = "".join(mark for mark in name if mark not in "ˈˌ'ʰʲ̃͡ː")
    if bare in _JOINED:
        return _JOINED[bare]
    longer = "".join(mark for mark in name if mark not in "ˈˌ'ʰʲ̃͡")
    if longer in _JOINED:
        return _JOINED[longer]
    known = [mark for mark in bare.replace("g", "ɡ") if mark in _CLASS_OF]
    return known[0] if known else ""


def split_glides(spans: list[Span]) -> list[Span]:
    """Cut each diphthong into where it starts and where it ends."""
    out: list[Span] = []
    for span in spans:
        if span.symbol not in GLIDES:
            out.append(span)
            continue
        middle = (span.start + span.end) / 2
        first, second = tuple(GLIDES[span.symbol])
        out += [Span(first, span.start, middle), Span(second, middle, span.end)]
    return out


def close_gaps(spans: list[Span], shortest: float = 0.09) -> list[Span]:
    """Give silences shorter than `shortest` seconds to the phones on both sides."""
    out: list[Span] = []
    for span in spans:
        if not span.symbol and out and not out[-1].symbol:
            out[-1] = Span("", out[-1].start, span.end)
        else:
            out.append(span)
    kept: list[Span] = []
    owed: float | None = None
    for index, span in enumerate(out):
        inner = 0 < index < len(out) - 1
        if not span.symbol and inner and span.end - span.start < shortest:
            owed = (span.start + span.end) / 2
            kept[-1] = Span(kept[-1].symbol, kept[-1].start, owed)
            continue
        kept.append(span if owed is None else Span(span.symbol, owed, span.end))
        owed = None
    return kept
