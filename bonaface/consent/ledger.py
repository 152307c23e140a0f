"""What became of each record granted here: one signed note per event, no names, no pictures.

A note is a file of its own, written once, so that no crash can tear it and no two processes can
fight over it. A grant without its note counts as unknown: losing the ledger denies, never allows.
A revocation stands in the log besides, so that it outlives its note.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from bonaface import vault
from bonaface.config import settings
from bonaface.consent import keys
from bonaface.consent.canonical import canonical
from bonaface.errors import KeysError
from bonaface.log import store
from bonaface.log.entry import Content

LOGGED = "consent"  # under which a record is found in the log, beside the hidden marks
Status: TypeAlias = Literal["active", "expired", "revoked", "unknown"]


@dataclass(frozen=True, slots=True)
class Note:
    """One event in the life of a record."""

    record_id: str
    digest: str  # salted hash of the record
    event: Literal["granted", "revoked"]
    at: datetime
    valid_until: date | None = None  # of a grant


def note_grant(record_id: str, digest: str, valid_until: date, at: datetime) -> None:
    """Write down that a record was granted. Raises KeysError."""
    _write(Note(record_id, digest, "granted", at, valid_until))


def note_revocation(record_id: str, digest: str, at: datetime) -> None:
    """Write down that a record was revoked; again is no error. Raises KeysError."""
    _write(Note(record_id, digest, "revoked", at))
    if not store.has_mark(record_id, LOGGED):
        store.append("revoked", Content(digest=digest), ((LOGGED, record_id),))


def is_revoked(record_id: str) -> bool:
    """Tell whether a note of revocation exists, or an entry in the log; either is enough.

    Raises KeysError when the log cannot be read: then nobody knows.
    """
    return _path(record_id, "revoked").exists() or store.has_mark(record_id, LOGGED)


def status(record_id: str, digest: str, now: datetime) -> Status:
    """What this installation knows of a record that a file names by id and salted hash."""
    note = _grant(record_id)
    if note is None or note.digest != digest or note.valid_until is None:
        return "unknown"
    try:
        if is_revoked(record_id):
            return "revoked"
    except KeysError:
        return "unknown"
    return "active" if now.astimezone(UTC).date() <= note.valid_until else "expired"


def _grant(record_id: str) -> Note | None:
    """Read the note of a grant; None if there is none that this installation signed."""
    if not record_id.replace("-", "").isalnum():
        return None  # ids come from files of strangers: no path may be built from them
    path = _path(record_id, "granted")
    try:
        whole = json.loads(vault.read_private(path))
        signature = base64.b64decode(whole.pop("signature"))
        own = keys.own_public()
        if own is None or not keys.verifies(own, signature, canonical(whole)):
            return None
        until = date.fromisoformat(whole["valid_until"])
        at = datetime.fromisoformat(whole["at"])
        found = Note(whole["record_id"], whole["digest"], "granted", at, until)
    except (KeysError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if found.record_id == record_id else None


def _write(note: Note) -> None:
    body: dict[str, Any] = {
        "record_id": note.record_id,
        "digest": note.digest,
        "event": note.event,
        "at": note.at.isoformat(),
        "valid_until": str(note.valid_until) if note.valid_until else None,
    }
    signature = base64.b64encode(keys.private_key().sign(canonical(body))).decode()
    text = json.dumps(body | {"signature": signature}, indent=2)
    vault.create_private(_path(note.record_id, note.event), text.encode() + b"\n")


def _path(record_id: str, event: str) -> Path:
    return settings().home / "consent" / f"{record_id}.{event}.json"
