"""What tests of live sessions share: a cast with consent, and an exit that remembers."""

from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from bonaface import weights
from bonaface.avatar.likeness import build_likeness
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import ConsentRecord, Terms, grant
from bonaface.core import Clock, Time
from bonaface.marks.marked import MarkedPicture, MarkedSound
from bonaface.media.photos import read_bytes, read_photo
from bonaface.stream.performer import Cast


def make_leave() -> tuple[Permit, ConsentRecord]:
    """Leave to show a photo, and the record of it; needs a BONAFACE_HOME of the test's own."""
    path = weights.find("portrait-hopper")
    picture, now = read_photo(path), datetime.now(UTC)
    terms = Terms(
        subject="Grace M. Hopper (1906-1992)",
        basis="public-domain-historical",
        purposes=("test",),
        valid_until=(now + timedelta(days=9)).date(),
    )
    record = grant(hash_portrait(read_bytes(path), picture), terms, now)
    return permit(record, picture, None, now), record


def make_cast(size: tuple[int, int] = (160, 160)) -> tuple[Cast, ConsentRecord]:
    """A cast with consent, and the record of it; needs a BONAFACE_HOME of the test's own."""
    leave, record = make_leave()
    likeness = build_likeness(read_photo(weights.find("portrait-hopper")), size)
    return Cast(likeness, leave, mark_id=77), record


class Audience:
    """An exit that remembers what it got, and when."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.pictures: list[tuple[Time, MarkedPicture]] = []
        self.sounds: list[tuple[Time, MarkedSound]] = []

    def show(self, picture: MarkedPicture) -> None:
        self.pictures.append((self._clock.now(), picture))

    def hear(self, sound: MarkedSound) -> None:
        self.sounds.append((self._clock.now(), sound))

    @property
    def heard(self) -> NDArray[np.float32]:
        return np.concatenate([sound.samples for _, sound in self.sounds])
