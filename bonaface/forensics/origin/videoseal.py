"""The mark of Video Seal (Fernandez et al., 2024, arXiv 2412.09492), hidden in others' films.

Its extractor answers 256 numbers for every picture, whose signs are bits, also where nobody wrote
any. So only who knows a message can tell the mark from chance: messages are named beforehand
(BONAFACE_VIDEOSEAL), and a mark counts as found where so many bits agree that chance alone does it
once in a million files. Anybody can write the mark with the published embedder, so it is told and
weighs nothing. Of a film the numbers of several pictures are summed.

Its makers publish it for PyTorch only, which is an extra: pip install 'bonaface[videoseal]'.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.core import Picture
from bonaface.errors import SettingsError, WeightsDamaged

BITS: Final = 256
NAME: Final = "videoseal"  # in the catalogue
RARE: Final = 1e-6  # how often chance alone may look like a mark
ABSENT: Final = (
    "Video Seal, a hidden mark in the films of other makers, was not looked for: its reader is not "
    f"on this machine. Get it with: pip install 'bonaface[{NAME}]'; bonaface models fetch {NAME}"
)


@dataclass(frozen=True, slots=True)
class KnownMark:
    """How far what was read agrees with the likeliest of the messages that were named."""

    message: str  # 64 hex digits
    agreed: int  # of BITS
    chance: float  # how often bits that mean nothing agree as well with one of the messages

    @property
    def found(self) -> bool:
        """Whether the mark is there."""
        return self.chance <= RARE


class VideoSeal:
    """Stage: pictures in; at flush one KnownMark out."""

    def __init__(self, path: Path, messages: Sequence[str]) -> None:
        self._known = {message.lower(): _bits(message) for message in messages}
        self._extractor = _open(path)
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._sums = np.zeros(BITS)
        self._count = 0

    def push(self, item: Picture) -> Iterator[KnownMark]:
        """Look at a picture. Raises WeightsDamaged where the extractor answers as no such does."""
        self._sums += self._extract(item.pixels)
        self._count += 1
        return iter(())

    def flush(self) -> Iterator[KnownMark]:
        """Give what was found in all, or nothing where nothing was seen."""
        if self._count:
            yield match(self._sums > 0, self._known)
        self.reset()

    def _extract(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        import torch  # noqa: PLC0415  (an extra)

        fed = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])).float() / 255
        with torch.inference_mode():
            answer = np.asarray(self._extractor.detect(fed).numpy(), np.float64)
        if answer.reshape(len(answer), -1).shape != (1, 1 + BITS):  # the first one is not used
            raise WeightsDamaged("The reader of Video Seal does not answer as it should.")
        return answer.reshape(-1)[1:]


def match(read: NDArray[np.bool_], known: dict[str, NDArray[np.bool_]]) -> KnownMark:
    """The likeliest of the messages for what was read (BITS,)."""
    agreed, message = max((int((read == bits).sum()), name) for name, bits in known.items())
    alone = sum(comb(BITS, count) for count in range(agreed, BITS + 1)) / 2**BITS
    return KnownMark(message, agreed, min(1.0, alone * len(known)))


def open_videoseal(messages: Sequence[str]) -> VideoSeal | None:
    """The reader; None where it or PyTorch is not here. Raises SettingsError for no message."""
    for message in messages:
        _bits(message)
    path = weights.place(weights.weight(NAME))
    if not path.is_file():
        return None
    try:
        return VideoSeal(path, messages)
    except ImportError:
        return None


def describe_known_mark(mark: KnownMark) -> str:
    """Say it in a sentence or two."""
    agreed = f"{mark.agreed} of {BITS} bits agree"
    if mark.found:
        return (
            f"The picture carries the hidden mark of Video Seal with the message {mark.message} "
            f"that you named ({agreed}). Anybody can write it into any picture."
        )
    return f"None of the messages that you named was found by Video Seal ({agreed}, as by chance)."


def _bits(message: str) -> NDArray[np.bool_]:
    """The bits of 64 hex digits. Raises SettingsError."""
    try:
        data = bytes.fromhex(message)
    except ValueError:
        data = b""
    if len(data) != BITS // 8:
        remedy = f"Give {BITS // 4} hex digits each in BONAFACE_VIDEOSEAL."
        raise SettingsError(f"“{message[:80]}” is no message of Video Seal.", remedy)
    return np.unpackbits(np.frombuffer(data, np.uint8)).astype(bool)


def _open(path: Path) -> Any:
    import torch  # noqa: PLC0415  (an extra)

    try:
        extractor = torch.jit.load(str(path), map_location="cpu").eval()
    except RuntimeError as cause:
        raise WeightsDamaged("The reader of Video Seal cannot be opened.") from cause
    if not hasattr(extractor, "detect"):
        raise WeightsDamaged("The reader of Video Seal is not what its makers publish.")
    return extractor
