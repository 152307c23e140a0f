"""Small files that must be whole: private keys, records, the ledger.

A file appears under its final name complete or not at all, whatever dies in between, and when two
processes make the same file at the same time both end up with the bytes of one of them.
"""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from bonaface.errors import KeysError, UnwritableMedia

PRIVATE = 0o600
LARGEST = 1 << 20  # bytes; nothing kept here is larger


def keep(path: Path, make: Callable[[], bytes]) -> bytes:
    """Answer the bytes of a private file; the first caller makes them. Raises KeysError."""
    try:
        _shut(path.parent)
        if not path.exists():
            _create(path, make())
        return read_private(path)
    except OSError as error:
        raise _refused(path, error) from error


def read_private(path: Path) -> bytes:
    """Read a file that only its owner may read. Raises KeysError."""
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise KeysError(f"Others on this machine may read {path}.", f"Run: chmod 600 {path}")
        return path.read_bytes()
    except OSError as error:
        raise _refused(path, error) from error


def replace_private(path: Path, data: bytes) -> None:
    """Put new bytes in the place of a private file, in one step. Raises KeysError."""
    try:
        _shut(path.parent)
        draft = _draft(path, data, PRIVATE)
        draft.replace(path)
    except OSError as error:
        raise _refused(path, error) from error


def create_private(path: Path, data: bytes) -> bool:
    """Write a private file that must not exist yet; False if it did. Raises KeysError."""
    try:
        _shut(path.parent)
        return _create(path, data)
    except OSError as error:
        raise _refused(path, error) from error


def write_whole(path: Path, data: bytes) -> None:
    """Write an ordinary file in one step, over what was there. Raises UnwritableMedia."""
    draft: Path | None = None
    try:
        draft = _draft(path, data, 0o644)
        draft.replace(path)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        reason = error.strerror or "the disk refused"
        raise UnwritableMedia(f"{path} could not be written: {reason}.") from error


def _shut(folder: Path) -> None:
    """Make a folder that only its owner may enter."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def _create(path: Path, data: bytes) -> bool:
    """Link a finished draft to its name: the link fails if the name is taken, so one maker wins."""
    draft = _draft(path, data, PRIVATE)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    return True


def _draft(path: Path, data: bytes, mode: int) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _refused(path: Path, error: OSError) -> KeysError:
    reason = error.strerror or "the disk refused"
    remedy = "Set BONAFACE_HOME to a folder that you may write."
    return KeysError(f"The private file {path} could not be used: {reason}.", remedy)
