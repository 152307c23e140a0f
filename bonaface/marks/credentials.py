"""C2PA credentials: signed statements about a file, put into it and read back.

The signature is checked against this installation's own authority and against those that its owner
chose to trust (`keys.trust`). Nothing is fetched from the network,
neither a manifest that lies elsewhere nor a revocation list.
"""

import io
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from c2pa import Builder, C2paError, C2paSignerInfo, Context, Reader, Settings, Signer

from bonaface.errors import CredentialsError, UnreadableMedia, UnwritableMedia
from bonaface.marks import archive, claims, keys
from bonaface.marks.claims import Claims
from bonaface.marks.container import sniff, sniff_file
from bonaface.marks.manifest import (
    Statement,
    parent_ingredient,
    portrait_ingredient,
    require_leave,
    write_manifest,
)

__all__ = ["Credentials", "Statement", "read_credentials", "sign_media"]

_USES = "1.3.6.1.5.5.7.3.4\n1.3.6.1.4.1.62558.2.1\n"  # emailProtection, and C2PA's own
_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}
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
    someone unknown here, so that every word may be theirs alone. invalid: it does not hold.
    """

    state: State
    said: Claims = claims.NOTHING
    altered: bool = False  # invalid because content or statements changed after signing
    problems: tuple[str, ...] = ()  # sentences
    limits: tuple[str, ...] = ()  # sentences: what could not be read


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
    signing = keys.signing_keys(datetime.now(UTC))
    with _context(signing.root.decode(), leaf) as context:
        builder = Builder(write_manifest(statement), context=context)
        if statement.portrait is not None:
            _add_portrait(builder, statement.portrait)
        if statement.parent is not None:
            _add_parent(builder, statement.parent)
        with path_in.open("rb") as source, half.open("w+b") as target:
            with Signer.from_info(_signer(signing)) as signer:
                store: bytes = builder.sign(signer, mime, source, target)
            target.seek(0)
            return store if _read(mime, target).state == "trusted" else None


def _signer(signing: keys.SigningKeys) -> C2paSignerInfo:
    return C2paSignerInfo(
        alg=b"es256", sign_cert=signing.chain, private_key=signing.key, ta_url=None
    )


def _add_portrait(builder: Builder, portrait: bytes) -> None:
    mime = sniff(portrait)
    if mime is None:
        raise CredentialsError(
            "The portrait is of a kind that credentials cannot name.", "Use JPEG, PNG or WebP."
        )
    builder.add_ingredient(portrait_ingredient(), mime, io.BytesIO(portrait))


def _add_parent(builder: Builder, parent: Path) -> None:
    mime = sniff_file(parent)
    if mime is None:
        raise CredentialsError("The original is of a kind that credentials cannot name.")
    with parent.open("rb") as stream:
        builder.add_ingredient(parent_ingredient(), mime, stream)


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
            _context(keys.trust_anchors()) as context,
            Reader("application/c2pa", io.BytesIO(store), context=context) as reader,
        ):
            results = reader.get_validation_results()
            said = json.loads(reader.json())
    except (C2paError, ValueError) as error:
        return Credentials("none", limits=(_unread(error),))
    return _judged(*claims.without_content(results), said)


def _read(mime: str, stream: io.BufferedIOBase) -> Credentials:
    try:
        with (
            _context(keys.trust_anchors()) as context,
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
    """Weigh the codes of C2PA 2.4, section 15.2, for the active manifest alone; change is first."""
    failures = sorted(claims.failures(results), key=lambda code: code not in claims.CHANGED)
    said = claims.read_claims(store)
    problems = tuple(dict.fromkeys(claims.sentence(code) for code in failures))
    if state == "Trusted":
        return Credentials("trusted", said, problems=problems)
    if claims.SIGNER_UNKNOWN.issuperset(failures):
        return Credentials("valid", said, problems=problems)
    altered = not claims.CHANGED.isdisjoint(failures)
    return Credentials("invalid", said, altered=altered, problems=problems)


def _context(anchors: str, leaf: int = 0) -> Context:
    leaves = {"merkle_tree_chunk_size_in_kb": leaf} if leaf else {}
    chosen: dict[str, Any] = {
        "builder": {"thumbnail": {"enabled": False}},
        "core": {"backing_store_memory_threshold_in_mb": _IN_MEMORY, **leaves},
        "verify": {"verify_trust": True, **_OFFLINE},
        "trust": {"trust_config": _USES},
    }
    if anchors:
        chosen["trust"]["trust_anchors"] = anchors
    return Context(settings=Settings.from_dict(chosen))


def _unread(error: Exception) -> str:
    """Say why nothing could be read; the error may quote the file, so only a little is kept."""
    text = "".join(letter if letter.isprintable() else " " for letter in str(error)[:120])
    if text.startswith("Remote"):
        return "This file says that its credentials lie on a server; they were not fetched."
    return f"The credentials, if there are any, could not be read ({text.strip()})."
