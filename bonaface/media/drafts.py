"""Files on their way out: whole under their final name, or not there at all."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av.error

from bonaface.errors import BonafaceError, UnwritableMedia


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the disk and the encoder raise into one sentence about `path`."""
    try:
        yield
    except (OSError, av.error.FFmpegError) as cause:
        if isinstance(cause, BonafaceError):
            raise
        number = getattr(cause, "errno", None)
        why = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the disk quota is used up",
            errno.EFBIG: "the file grew larger than is allowed here",
            errno.EACCES: "there is no permission",
            errno.EROFS: "the disk is read-only",
            errno.ENOENT: "there is no such folder",
        }.get(number or 0, getattr(cause, "strerror", None) or str(cause))
        remedy = "Nothing was left behind. Choose another place with -o, and run it again."
        raise UnwritableMedia(f"Cannot write {path}: {why}.", remedy) from cause


@contextmanager
def draft(path: Path, suffix: str = "") -> Iterator[Path]:
    """A hidden file beside `path` to write into, readable as files usually are; gone afterwards."""
    with writing(path):
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=suffix, dir=path.parent)
        os.close(handle)
        half = Path(name)
        mask = os.umask(0)
        os.umask(mask)
        try:
            half.chmod(0o666 & ~mask)
            yield half
        except UnwritableMedia as error:  # the draft is nobody's business
            error.args = (str(error.args[0]).replace(str(half), str(path)),)
            raise
        finally:
            half.unlink(missing_ok=True)
