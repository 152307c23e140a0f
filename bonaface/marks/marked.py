"""The gate: pictures and sounds that carry a mark, as types of their own.

Only the rooms of `bonaface.marks` make them. Every exit for made media takes these types, so the
type checker refuses an unmarked frame, and calls `require_marked`, so that at run time anything
else ends in `Unmarked` before a byte is written.
"""

from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from bonaface.core import Picture, Sound, Time
from bonaface.errors import Unmarked

_SEAL: Final = object()  # held by bonaface.marks alone
REMEDY = "Send it through PictureMark or SoundMark first."


@dataclass(frozen=True, slots=True, eq=False)
class MarkedPicture:
    """A picture with a visible label and a hidden mark. Made by `PictureMark`, nowhere else."""

    picture: Picture
    mark_id: int
    _seal: object = field(repr=False)

    def __post_init__(self) -> None:
        _check_seal(self._seal)

    @property
    def at(self) -> Time:
        """When it is shown."""
        return self.picture.at

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3) RGB, read-only."""
        return self.picture.pixels


@dataclass(frozen=True, slots=True, eq=False)
class MarkedSound:
    """A run of sound with a hidden mark. Made by `SoundMark`, nowhere else."""

    sound: Sound
    mark_id: int
    _seal: object = field(repr=False)

    def __post_init__(self) -> None:
        _check_seal(self._seal)

    @property
    def at(self) -> Time:
        """When its first sample is heard."""
        return self.sound.at

    @property
    def samples(self) -> NDArray[np.float32]:
        """(count,) in -1..1, read-only, mono."""
        return self.sound.samples

    @property
    def rate(self) -> int:
        """Samples a second."""
        return self.sound.rate


Marked = TypeVar("Marked", MarkedPicture, MarkedSound)


def seal_picture(picture: Picture, mark_id: int) -> MarkedPicture:
    """Vouch that `picture` was marked. For `bonaface.marks` only; a test holds that."""
    return MarkedPicture(picture, mark_id, _SEAL)


def seal_sound(sound: Sound, mark_id: int) -> MarkedSound:
    """Vouch that `sound` was marked. For `bonaface.marks` only; a test holds that."""
    return MarkedSound(sound, mark_id, _SEAL)


def require_marked(item: Marked) -> Marked:
    """Answer `item` if it carries a mark; raise `Unmarked` otherwise, whatever it is."""
    if type(item) not in {MarkedPicture, MarkedSound}:
        raise Unmarked(f"A {type(item).__name__} carries no mark and stays here.", REMEDY)
    _check_seal(getattr(item, "_seal", None))
    return item


def _check_seal(seal: object) -> None:
    if seal is not _SEAL:
        raise Unmarked("Only bonaface.marks can say that something is marked.", REMEDY)
