"""Open a reference, and make the inspectors that compare with it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bonaface.core import SECOND, Finding, Time
from bonaface.forensics.inspector import Inspector, Seen
from bonaface.forensics.reference.file import Reference, load_reference
from bonaface.forensics.reference.likeness import FaceReference
from bonaface.forensics.reference.motion.inspector import MotionReference
from bonaface.forensics.reference.voice import VoiceReference

AGAIN: Final = 10 * SECOND  # of material, after which the consent is asked again


def open_reference(path: Path) -> tuple[Inspector, ...]:
    """The inspectors of an enrolled person: voice, face and motion, as far as enrolled.

    Raises UnreadableMedia, KeysError, and ConsentDenied when the consent is over or taken back.
    """
    return compare_with(load_reference(path))


def compare_with(reference: Reference) -> tuple[Inspector, ...]:
    """The inspectors of a reference that was read. Raises ConsentDenied."""
    reference.check(datetime.now(UTC))
    inspectors: list[Inspector] = []
    if reference.voice is not None:
        inspectors.append(Permitted(VoiceReference(reference.voice), reference))
    if reference.face is not None:
        inspectors.append(Permitted(FaceReference(reference.face), reference))
    if reference.motion is not None:
        inspectors.append(Permitted(MotionReference(reference.motion), reference))
    return tuple(inspectors)


class Permitted:
    """An inspector that stops when the person it knows takes the consent back."""

    def __init__(self, inner: Inspector, reference: Reference) -> None:
        self._inner, self._reference = inner, reference
        self._asked: Time | None = None

    @property
    def name(self) -> str:
        """The inner inspector's."""
        return self._inner.name

    def push(self, item: Seen) -> Iterator[Finding]:
        """Compare, while it is allowed. Raises ConsentDenied."""
        if self._asked is None or not 0 <= item.at - self._asked < AGAIN:
            self._asked = item.at
            self._reference.check(datetime.now(UTC))
        yield from self._inner.push(item)

    def flush(self) -> Iterator[Finding]:
        """Sum up. Raises ConsentDenied."""
        self._reference.check(datetime.now(UTC))
        yield from self._inner.flush()

    def reset(self) -> None:
        """Forget what was seen and heard."""
        self._inner.reset()
