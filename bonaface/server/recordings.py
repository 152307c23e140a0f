"""The recordings of this installation: signed videos under random names, and whose they are."""

import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bonaface import vault
from bonaface.errors import RequestRefused
from bonaface.server.tokens import Caller

LEAST_FREE: Final = 500_000_000  # bytes of disk, below which nothing is begun
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Take:
    """One recording: a session's, from when to when it was asked for."""

    id: str
    owner: str  # the name of the token it was made with
    session: str
    begun: str  # ISO 8601, UTC


class RecordingStore:
    """The recordings in one folder that is private to the user."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most

    def clean(self) -> None:
        """Remove the drafts that a killed server left behind, and notes without a video."""
        for draft in self._folder.glob(".*.mp4"):
            draft.unlink(missing_ok=True)
        for note in self._folder.glob("*.json"):
            if not note.with_suffix(".mp4").exists():
                note.unlink(missing_ok=True)

    def begin(self, owner: str, session: str) -> Take:
        """Make room for one more. Raises RequestRefused (507), or KeysError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if sum(1 for _ in self._folder.glob("*.json")) >= self._most:
            raise RequestRefused(507, f"There are {self._most} recordings.", "Delete some.", "full")
        if shutil.disk_usage(self._folder).free < LEAST_FREE:
            raise RequestRefused(507, "The disk is almost full.", "Make room.", "full")
        begun = datetime.now(UTC).isoformat(timespec="seconds")
        take = Take(secrets.token_hex(16), owner, session, begun)
        vault.create_private(self._note(take.id), json.dumps(asdict(take)).encode())
        return take

    def file(self, take: Take) -> Path:
        """Where its video is, or will be."""
        return self._folder / f"{take.id}.mp4"

    def find(self, take_id: str, caller: Caller | None = None) -> Take:
        """A recording; a caller finds their own, admin all. Raises RequestRefused (404)."""
        take = self._read(self._note(take_id)) if _ID.fullmatch(take_id) else None
        if take is None or (caller and caller.name != take.owner and not caller.may("admin")):
            raise RequestRefused(404, "There is no recording of that id.", "", "unknown")
        return take

    def list(self, caller: Caller) -> Iterator[Take]:
        """Those that the caller may see, the oldest first."""
        takes = filter(None, map(self._read, self._folder.glob("*.json")))
        for take in sorted(takes, key=lambda one: one.begun):
            if take.owner == caller.name or caller.may("admin"):
                yield take

    def remove(self, take: Take) -> None:
        """Delete it."""
        self.file(take).unlink(missing_ok=True)
        self._note(take.id).unlink(missing_ok=True)

    def _note(self, take_id: str) -> Path:
        return self._folder / f"{take_id}.json"

    def _read(self, note: Path) -> Take | None:
        with suppress(OSError, ValueError, TypeError):
            return Take(**json.loads(note.read_bytes()))
        return None
