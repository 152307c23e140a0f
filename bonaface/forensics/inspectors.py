"""Which inspectors look at what kind of file."""

from collections.abc import Callable
from typing import Literal, TypeAlias

from bonaface.errors import WeightsMissing
from bonaface.forensics.inspector import Inspector

Kind: TypeAlias = Literal["video", "image", "audio", "live"]


def open_inspectors(kind: Kind) -> tuple[tuple[Inspector, ...], tuple[str, ...]]:
    """Open those that apply; what is missing becomes a sentence that says how to get it."""
    opened: list[Inspector] = []
    limits: list[str] = []
    for kinds, open_one in _ALL:
        if kind in kinds:
            try:
                opened.append(open_one())
            except WeightsMissing as missing:
                limits.append(f"One inspector was left out. {missing}")
    return tuple(opened), tuple(limits)


def _artefacts() -> Inspector:
    from bonaface.forensics.artefacts.inspector import Artefacts  # noqa: PLC0415  opened when it is wanted

    return Artefacts()


def _lipsync() -> Inspector:
    from bonaface.forensics.lipsync.inspector import Lipsync  # noqa: PLC0415  the same

    return Lipsync()


def _spectrum() -> Inspector:
    from bonaface.forensics.spectrum.inspector import Spectrum  # noqa: PLC0415  the same

    return Spectrum()


def _pulse() -> Inspector:
    from bonaface.forensics.pulse import Pulse  # noqa: PLC0415  the same

    return Pulse()


def _spoof() -> Inspector:
    from bonaface.forensics.spoof.inspector import Spoof  # noqa: PLC0415  the same

    return Spoof()


_ALL: tuple[tuple[frozenset[Kind], Callable[[], Inspector]], ...] = (
    (frozenset({"video", "image", "live"}), _artefacts),
    (frozenset({"video"}), _lipsync),
    (frozenset({"video", "image"}), _spectrum),
    (frozenset({"video"}), _pulse),
    (frozenset({"video", "audio"}), _spoof),
)
