"""C2PA credentials: signed statements about a file, put into it and read back.

The signature is checked against this installation's own authority and against those that its owner
chose to trust (`keys.trust`). Nothing is fetched from the network,
neither a manifest that lies elsewhere nor a revocation list.
"""

import io
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

from c2pa import Builder, C2paError, Context, Reader, Settings

from bonaface.errors import CredentialsError, UnreadableMedia, UnwritableMedia
from bonaface.marks.archive import archive
from bonaface.marks.credentials import claims, timestamp, trust
from bonaface.marks.credentials.claims import Claims
from bonaface.marks.credentials.container import sniff, sniff_file
from bonaface.marks.credentials.manifest import (
    INGREDIENT_LABEL,
    PARENT_ID,
    PORTRAIT_ID,
    Statement,
    ingredients,
    part_files,
    require_leave,
    write_manifest,
)
from bonaface.marks.credentials.store import TRUST
from bonaface.marks.signers.pen import Pen
from bonaface.marks.signers.signer import Signer
from bonaface.marks.signers.signing import open_signer

__all__ = ["Credentials", "Statement", "read_credentials", "sign_media"]

_ANY = "application/octet-stream"  # an ingredient of a kind that is not known here
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
_ONCE = {"verify_after_sign": False}  # what was signed is read back here, as any reader would
_IN_MEMORY = 32  # MB of a file that is being signed; the rest waits on disk
# Without leaves c2pa-rs hashes 256 MB at a time, two of them in memory. With leaves a 585 MB file
# takes 20 MB. But not every layout of MP4 then reads back (fragments do not), and validators do not
# agree on leaves (encypher-c2pa 1.7.1 refuses those of c2pa-rs): so only where it matters.
_LARGE = 64 << 20  # bytes
_LEAF = 8192  # kB
State = Literal["trusted", "valid", "invalid", "none"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the credentials of a file say, and whether that can be believed.

    trusted: intact, and signed by someone this installation trusts. valid: intact, signed by
    someone unknown here, or whose certificate has ended: every word may be theirs alone.
    invalid: it does not hold.
    """

    state: State
    said: Claims = claims.NOTHING
    altered: bool = False  # invalid because content or statements changed after signing
    problems: tuple[str, ...] = ()  # sentences
    limits: tuple[str, ...] = ()  # sentences: what could not be read
    ended: bool = False  # the signer's certificate has, and nothing shows that it was used before


_Written: TypeAlias = tuple[bytes, Credentials]  # the manifest store, and how it reads back


def sign_media(path_in: Path, path_out: Path, mime: str, statement: Statement) -> bytes:
    """Sign a file (MP4, MOV, JPEG, PNG, WebP, WAV, M4A, MP3 or FLAC, as `mime` says).

    Answers the manifest store that is now in it, as JUMBF (C2PA 2.4, section 11). The result is
    read back, its store is kept in the archive, and it appears under `path_out` whole or not at
    all. Raises ConsentMissing, ConsentDenied or Unmarked where there is no leave, CredentialsError,
    KeysError or UnwritableMedia.
    """
    require_leave(statement, mime)
    half = _draft(path_out)
    try:
        large = path_in.stat().st_size > _LARGE
        tries = (_LEAF, 0) if large and mime.endswith(("/mp4", "/quicktime")) else (0,)
        stores = (_sign(path_in, half, mime, statement, leaf) for leaf in tries)
        store = next(filter(None, stores), None)
        if store is None:
            raise CredentialsError("The credentials did not hold when they were read back.")
        archive.keep(store, statement)
        half.chmod(path_in.stat().st_mode & 0o777)
        half.replace(path_out)
    except C2paError as error:
        raise CredentialsError(f"The credentials could not be made: {error}.") from error
    except OSError as error:
        raise _unwritable(path_out, error) from error
    finally:
        half.unlink(missing_ok=True)
    return store


def _draft(path: Path) -> Path:
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
        )
    except OSError as error:
        raise _unwritable(path, error) from error
    os.close(handle)
    return Path(name)


def _unwritable(path: Path, error: OSError) -> UnwritableMedia:
    reason = error.strerror or "the disk refused"
    return UnwritableMedia(f"{path} could not be signed: {reason}.")


def _sign(path_in: Path, half: Path, mime: str, statement: Statement, leaf: int) -> bytes | None:
    """Sign into `half`, and answer the manifest store if it reads back as trusted."""
    signer, address = open_signer(datetime.now(UTC)), timestamp.address()
    write = partial(_write, (path_in, half), mime, statement, leaf)
    store, found = write(Pen(signer)) if address is None else _stamp(write, signer, address)
    return store if found.state == "trusted" else None


def _stamp(write: Callable[[Pen], _Written], signer: Signer, address: str) -> _Written:
    """Sign with a time-stamp; where none is had, without or not at all, as the settings say."""
    from bonaface.marks.credentials.relay import relay  # noqa: PLC0415  httpx, only where it asks

    troubles: list[str] = []
    with suppress(C2paError), relay(address) as way:
        troubles = way.troubles
        written = write(Pen(signer, way.address))
        if written[1].said.stamp != "none":
            timestamp.tell(address, written[1].said.stamp == "trusted")
            return written
    why = (*troubles, timestamp.REFUSED)[0]
    written = write(Pen(signer))  # raises what is wrong with the file or the key, if that was it
    timestamp.lack(address, why)
    return written


def _write(
    paths: tuple[Path, Path], mime: str, statement: Statement, leaf: int, pen: Pen
) -> _Written:
    told = None if statement.parent is None else _told(statement.parent)
    with (
        _context(leaf) as context,
        paths[0].open("rb") as source,
        paths[1].open("w+b") as target,
        pen.native() as signer,
    ):
        builder = Builder(write_manifest(statement, told), context=context)
        _add_ingredients(builder, statement, told)
        try:
            store: bytes = builder.sign(signer, mime, source, target)
        finally:
            pen.complain()
        target.seek(0)
        return store, _read(mime, target)


def _told(parent: Path) -> bool | None:
    before = read_credentials(parent)
    return None if before.state == "none" else before.said.ai is True


def _add_ingredients(builder: Builder, statement: Statement, told: bool | None) -> None:
    described = ingredients(statement, told)
    if statement.portrait is not None:
        mime = sniff(statement.portrait)
        if mime is None:
            raise CredentialsError(
                "The portrait is of a kind that credentials cannot name.", "Use JPEG, PNG or WebP."
            )
        builder.add_ingredient(described[PORTRAIT_ID], mime, io.BytesIO(statement.portrait))
    files = part_files(statement)
    if statement.parent is not None:
        files[PARENT_ID] = statement.parent
    for label, path in files.items():
        with path.open("rb") as stream:
            builder.add_ingredient(described[label], sniff_file(path) or _ANY, stream)


def read_credentials(path: Path) -> Credentials:
    """Read and check the credentials of any file. Raises UnreadableMedia if it cannot be opened.

    A broken or hostile file is answered, never raised: `none` where nothing could be read, with
    the reason among `limits`.
    """
    try:
        mime = sniff_file(path)
        if mime is None or mime not in Reader.get_supported_mime_types():
            limit = "This kind of file carries no credentials that can be read here."
            return Credentials("none", limits=(limit,))
        with path.open("rb") as stream:
            return _read(mime, stream)
    except OSError as error:
        raise UnreadableMedia(f"{path} could not be read: {error.strerror}.") from error


def read_store(store: bytes) -> Credentials:
    """Check a manifest store (JUMBF) apart from any file: all but the hash over a content.

    trusted and valid then say that these are the words of who signed them, and nothing about a
    file. A broken or hostile store is answered, never raised.
    """
    try:
        with (
            _context() as context,
            Reader("application/c2pa", io.BytesIO(store), context=context) as reader,
        ):
            results = reader.get_validation_results()
            said = json.loads(reader.json())
    except (C2paError, ValueError) as error:
        return Credentials("none", limits=(_unread(error),))
    return _judged(None, claims.without_content(results or {}), said)


def _read(mime: str, stream: io.BufferedIOBase) -> Credentials:
    try:
        with (
            _context() as context,
            Reader(mime, stream, context=context) as reader,
        ):
            state = reader.get_validation_state()
            results = reader.get_validation_results()
            store = json.loads(reader.json())
    except C2paError.ManifestNotFound:
        return Credentials("none")
    except (C2paError, ValueError) as error:
        return Credentials("none", limits=(_unread(error),))
    return _judged(state, results, store)


def _judged(state: str | None, results: Any, store: Any) -> Credentials:
    """Weigh the codes of C2PA 2.4, section 15.2; those of change come first."""
    failures = sorted(claims.failures(results), key=lambda code: code not in claims.CHANGED)
    said = claims.read_claims(store)
    problems = tuple(dict.fromkeys(claims.sentence(code) for code in failures))
    if not failures and state != "Invalid" and claims.is_trusted(results):
        return Credentials("trusted", said)
    if TRUST.issuperset(failures) and (failures or state != "Invalid"):
        ended = claims.ENDED in failures
        return Credentials("valid", said, ended=ended, problems=problems)
    altered = not claims.CHANGED.isdisjoint(failures)
    return Credentials("invalid", said, altered=altered, problems=problems)


def _context(leaf: int = 0) -> Context:
    """Nobody is asked for anything, whatever a file says (but for a time-stamp: see `pen`)."""
    leaves = {"merkle_tree_chunk_size_in_kb": leaf} if leaf else {}
    limits = {"allowed_network_hosts": [], **leaves}
    chosen: dict[str, Any] = {
        "builder": {
            "thumbnail": {"enabled": False},
            "created_assertion_labels": [INGREDIENT_LABEL],
        },
        "core": {"backing_store_memory_threshold_in_mb": _IN_MEMORY, **limits},
        "verify": {"verify_trust": True, **_OFFLINE, **_ONCE},
        "trust": trust.trust_settings(),
    }
    return Context(settings=Settings.from_dict(chosen))


def _unread(error: Exception) -> str:
    """Say why nothing could be read; the error may quote the file, so only a little is kept."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(error)[:120])
    if text.startswith("Remote"):
        return "This file says that its credentials lie on a server; they were not fetched."
    return f"The credentials, if there are any, could not be read ({text.strip()})."
