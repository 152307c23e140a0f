"""The manifests of this installation, each under the ids of its hidden marks.

What was stripped from a file is found again by what is hidden in it: the C2PA calls such content
credentials durable.

Signing keeps the manifest before the signed file appears, and fails if it cannot: whatever is out
there has its entry in the log. A live session has one from the moment it begins.
"""

from bonaface.consent.policy import Permit
from bonaface.errors import CredentialsError
from bonaface.log import store
from bonaface.log.entry import Content, Entry
from bonaface.marks.archive import jumbf
from bonaface.marks.credentials.manifest import PICTURE_ALGORITHM, SOUND_ALGORITHM, Statement
from bonaface.marks.reading_key import SOUND_ID_BITS, sound_id, write_id

ALGORITHMS = (PICTURE_ALGORITHM, SOUND_ALGORITHM)


def keep(manifest_store: bytes, statement: Statement) -> Entry:
    """Keep the manifest store (JUMBF) of something that is about to leave.

    Raises KeysError when the log does not take it, CredentialsError for what is no store.
    """
    try:
        name = jumbf.name_of(manifest_store)
    except ValueError as error:
        raise CredentialsError(f"The manifest store cannot be kept: {error}.") from error
    record, digest = _consent(statement.permit)
    content = Content(manifest=name, record=record, digest=digest, body=manifest_store)
    return store.append("manifest", content, statement.marks)


def note_session(mark_id: int, permit: Permit) -> Entry:
    """Write down that a live session begins, before anybody sees it. Raises KeysError."""
    record, digest = _consent(permit)
    marks = (
        (PICTURE_ALGORITHM, write_id(mark_id)),
        (SOUND_ALGORITHM, write_id(sound_id(mark_id), SOUND_ID_BITS)),
    )
    return store.append("session", Content(record=record, digest=digest), marks)


def find(mark: str) -> tuple[Entry, ...]:
    """The entries of a hidden mark, as its reader writes it: the newest first. Raises KeysError."""
    return store.find_mark(mark)


def _consent(permit: Permit | None) -> tuple[str, str]:
    return ("", "") if permit is None else (permit.record_id, permit.digest)
