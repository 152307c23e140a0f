"""The mark of TrustMark (Bui et al., 2023, arXiv 2311.18297), which some makers hide in pictures.

Its decoder answers 100 numbers, whose signs are bits: data, the check bits of a BCH code, and four
bits that name the code. The weak codes also fit bits that mean nothing (one word in 12 for BCH_3),
so a mark counts as found only where so many bits fit that chance alone does it once in ten thousand
words. Anybody can write the mark with the published encoder, so it is told and weighs nothing. Of a
film the numbers of several pictures are summed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bonaface import weights
from bonaface.core import Picture
from bonaface.errors import WeightsDamaged
from bonaface.forensics.origin.bch import mend

Variant: TypeAlias = Literal["Q", "P"]
SIDES: Final[dict[Variant, int]] = {"Q": 256, "P": 224}  # px that the decoders take
WEIGHTS: Final[dict[Variant, str]] = {"Q": "trustmark-q", "P": "trustmark-p"}
SCHEMAS: Final = (("BCH_SUPER", 40, 8), ("BCH_5", 61, 5), ("BCH_4", 68, 4), ("BCH_3", 75, 3))
BITS, CODED = 100, 96
LONG: Final = 2.0  # sides to each other, from which only the middle square carries the mark
RARE: Final = 1e-4  # how often chance alone may look like a mark
ABSENT: Final = (
    "TrustMark, a hidden mark in the pictures of other makers, was not looked for: its reader is "
    f"not on this machine. “bonaface models fetch {WEIGHTS['Q']} {WEIGHTS['P']}” brings it."
)


@dataclass(frozen=True, slots=True)
class PictureMark:
    """What the reader of a published mark found in a picture, or in the pictures of a film."""

    name: str
    schema: str = ""  # of the code; empty where no word was read
    message: str = ""  # letters 0 and 1
    mended: int = 0  # bits
    chance: float = 1.0  # how often bits that mean nothing fit as well

    @property
    def found(self) -> bool:
        """Whether the mark is there, beyond what chance does."""
        return self.chance <= RARE


class TrustMark:
    """Stage: pictures in; one PictureMark at flush, out."""

    def __init__(self, path: Path, variant: Variant) -> None:
        self._decoder: Any = weights.open_onnx(path)
        self._variant = variant
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._sums = np.zeros(BITS)
        self._count = 0

    def push(self, item: Picture) -> Iterator[PictureMark]:
        """Look at a picture. Raises WeightsDamaged where the decoder answers as no such does."""
        fed = fit(item.pixels, self._variant)
        (answer,) = self._decoder.run(["output"], {"image": fed})
        if answer.shape != (1, BITS):
            raise WeightsDamaged("The reader of TrustMark does not answer as it should.")
        self._sums += answer[0]
        self._count += 1
        return iter(())

    def flush(self) -> Iterator[PictureMark]:
        """Give what was found in all, or nothing where nothing was seen."""
        if self._count:
            yield read_word(tuple(int(total > 0) for total in self._sums), self._variant)
        self.reset()


def fit(pixels: NDArray[np.uint8], variant: Variant) -> NDArray[np.float32]:
    """A picture as the decoder takes it: (1, 3, side, side), -1 to 1."""
    height, width = pixels.shape[:2]
    if variant == "P" or max(height, width) > LONG * min(height, width):
        least = min(height, width)
        top, left = (height - least) // 2, (width - least) // 2
        pixels = pixels[top : top + least, left : left + least]
    side = SIDES[variant]
    small = Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR)
    scaled = np.asarray(small, np.float32) / 127.5 - 1.0
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def read_word(bits: tuple[int, ...], variant: Variant = "Q") -> PictureMark:
    """What 100 bits say."""
    name = f"TrustMark {variant}"
    number = int("".join(map(str, bits[CODED:])), 2)
    if number >= len(SCHEMAS):
        return PictureMark(name)
    schema, size, mends = SCHEMAS[number]
    filled = [0] * (-size % 8)  # whole bytes were coded; zeros alone are a word of every code
    read = mend([*bits[:size], *filled, *bits[size:CODED]], mends)
    if read is None or any(read[0][size : size + len(filled)]) or not any(read[0]):
        return PictureMark(name)
    word, mended = read
    return PictureMark(
        name, schema, "".join(map(str, word[:size])), mended, chance(CODED - size, mended)
    )


def chance(checks: int, mended: int) -> float:
    """The share of words without meaning that are no further from a word of the code."""
    return float(sum(comb(CODED, wrong) for wrong in range(mended + 1)) / 2.0**checks)


def open_trustmark() -> tuple[TrustMark, ...]:
    """Open the decoders that were fetched; a mark is read only by its own variant's."""
    found = {variant: weights.place(weights.weight(name)) for variant, name in WEIGHTS.items()}
    return tuple(TrustMark(path, variant) for variant, path in found.items() if path.is_file())


def describe_picture_mark(mark: PictureMark) -> str:
    """Say it in a sentence or two."""
    if mark.found:
        return (
            f"The picture carries the hidden mark of {mark.name} (message {_in_hex(mark.message)}, "
            f"{mark.mended} of {CODED} bits mended): some makers write it, as do honest archives. "
            "Anybody can write it into any picture."
        )
    if mark.schema:
        return (
            f"Bits that may be a hidden mark of {mark.name} were read, but with {mark.mended} of "
            f"them mended: chance alone does that in {mark.chance:.1%} of pictures."
        )
    return f"The hidden mark of {mark.name} was not found in the picture."


def _in_hex(message: str) -> str:
    return f"{int(message, 2):0{-(-len(message) // 4)}x}"
