"""Bearer tokens (RFC 6750): who may do what. Only their hashes are kept.

A token is 256 random bits, so a plain SHA-256 of it is enough: there is nothing to guess. The file
is read again when it changes, so that a revoked token is refused at once.
"""

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bonaface.errors import KeysError, SettingsError
from bonaface.vault import read_private, replace_private

SCOPES: Final = ("make", "check", "consent", "admin")
ALL: Final = frozenset(SCOPES)
PREFIX: Final = "bf_"  # so that scanners of repositories and logs can find a lost one
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}")


@dataclass(frozen=True, slots=True)
class TokenNote:
    """What is kept of a token."""

    name: str
    scopes: tuple[str, ...]
    made: str  # ISO 8601
    digest: str  # SHA-256, hex


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what they may do; `admin` may do everything."""

    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether this caller has a scope."""
        return scope in self.scopes or "admin" in self.scopes


OWNER: Final = Caller("owner", ALL)  # at this very machine, where no token is needed


class TokenBook:
    """The tokens of this installation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None  # when and how large the file was, as read
        self._notes: tuple[TokenNote, ...] = ()

    def make(self, name: str, scopes: Iterable[str], now: datetime | None = None) -> str:
        """Make a token and answer it, the only time it is seen. Raises SettingsError, KeysError."""
        wanted = tuple(scope for scope in SCOPES if scope in set(scopes))
        unknown = sorted(set(scopes) - ALL)
        if unknown or not wanted:
            which = f"There is no scope {unknown[0]!r}." if unknown else "A token needs a scope."
            raise SettingsError(which, f"Scopes are {', '.join(SCOPES)}.")
        if not _NAME.fullmatch(name):
            raise SettingsError(f"{name!r} is no name for a token.", "Use letters and digits.")
        if any(note.name == name for note in self.notes()):
            raise SettingsError(
                f"There is a token named {name!r}.", "Revoke it, or use another name."
            )
        token = PREFIX + secrets.token_urlsafe(32)
        made = (now or datetime.now(UTC)).isoformat(timespec="seconds")
        self._write((*self.notes(), TokenNote(name, wanted, made, _digest(token))))
        return token

    def revoke(self, name: str) -> None:
        """Forget a token. Raises SettingsError when there is none of that name."""
        notes = self.notes()
        left = tuple(note for note in notes if note.name != name)
        if len(left) == len(notes):
            raise SettingsError(f"There is no token named {name!r}.", "See: bonaface tokens list")
        self._write(left)

    def notes(self) -> tuple[TokenNote, ...]:
        """Every token's name and scopes. Raises KeysError when the file was tampered with."""
        try:
            state = self._path.stat()
        except OSError:
            self._seen, self._notes = None, ()
            return ()
        seen = (state.st_mtime_ns, state.st_size)
        if seen != self._seen:
            self._notes, self._seen = _parse(read_private(self._path), self._path), seen
        return self._notes

    def find(self, token: str) -> Caller | None:
        """Who holds this token; every hash is compared, each in constant time."""
        digest, found = _digest(token), None
        for note in self.notes():
            if hmac.compare_digest(digest, note.digest):
                found = Caller(note.name, frozenset(note.scopes))
        return found

    def _write(self, notes: tuple[TokenNote, ...]) -> None:
        text = json.dumps([asdict(note) for note in notes], indent=2)
        replace_private(self._path, text.encode() + b"\n")
        self._seen = None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _parse(data: bytes, path: Path) -> tuple[TokenNote, ...]:
    try:
        return tuple(
            TokenNote(str(n["name"]), tuple(n["scopes"]), str(n["made"]), str(n["digest"]))
            for n in json.loads(data)
        )
    except (ValueError, KeyError, TypeError) as cause:
        raise KeysError(
            f"{path} holds no tokens that can be read.", "Move it away, and make tokens again."
        ) from cause
