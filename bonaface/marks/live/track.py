"""Sign one track as it comes: its beginnings, each with a key of its own, and every segment."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from bonaface.errors import ConsentMissing, CredentialsError
from bonaface.marks.archive import archive, jumbf
from bonaface.marks.credentials.files import read_credentials
from bonaface.marks.live.beginning import sign_beginning
from bonaface.marks.live.said import Said, Shown, write_assertions
from bonaface.marks.live.segment import Place, sign_segment
from bonaface.marks.live.session_key import LABEL, SessionKey, make_session_key
from bonaface.marks.live.signer import open_signer

Now: TypeAlias = Callable[[], datetime]


def now() -> datetime:
    """The time of day, of which tests make their own."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Beginning:
    """A signed initialization segment, and the key that signs what follows it."""

    data: bytes
    manifest: str
    key: SessionKey
    shown: Shown


@dataclass(frozen=True, slots=True)
class Sealed:
    """A signed segment, and the beginning it follows from."""

    data: bytes
    begin: Beginning


class TrackSigner:
    """Owned by one thread. `begin` is the unsigned initialization segment.

    A beginning is good until its key retires, or until something else is shown; then there is
    another, of the same track, whose manifest names the one before.
    """

    def __init__(self, begin: bytes, said: Said, clock: Now = now) -> None:
        self._plain, self._said, self._clock = begin, said, clock
        self._begin: Beginning | None = None

    def sign(self, segment: bytes, place: Place, shown: Shown) -> Sealed:
        """Sign a segment. Raises ConsentError, KeysError or CredentialsError where one may not."""
        at, begin = self._clock(), self._begin
        if begin is None or begin.shown != shown or at >= begin.key.retires:
            begin = self._begin = self._renew(place.number, shown, at)
        return Sealed(sign_segment(segment, place, begin.manifest, begin.key, at), begin)

    def _renew(self, number: int, shown: Shown, at: datetime) -> Beginning:
        if shown == "face":
            self._require_leave(at)
        signer, key = open_signer(at), make_session_key(number, at)
        follows = self._begin.manifest if self._begin else None
        said = replace(self._said, statement=replace(self._said.statement, made_at=at))
        generator, stated = write_assertions(said, shown, follows)
        keys = {"keys": [key.state(signer.chain[0])]}
        data, name = sign_beginning(self._plain, generator, [*stated, (LABEL, keys)], signer)
        _require_trusted(data)
        archive.keep(jumbf.find_in_mp4(data), said.statement)
        return Beginning(data, name, key, shown)

    def _require_leave(self, at: datetime) -> None:
        leave = self._said.statement.permit
        if leave is None:
            raise ConsentMissing("Nothing that shows a face is signed without a permit.")
        leave.require("live")
        leave.check(at)


def _require_trusted(data: bytes) -> None:
    """Read it back, as anybody would: nothing leaves with credentials that do not hold."""
    with tempfile.TemporaryDirectory(prefix="bonaface-") as folder:
        path = Path(folder) / "begin.mp4"
        path.write_bytes(data)
        read = read_credentials(path)
    if read.state != "trusted":
        why = " ".join((*read.problems, *read.limits))
        raise CredentialsError(f"The credentials did not hold when they were read back. {why}")
