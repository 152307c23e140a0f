"""The `.likeness` file: a zip of NumPy arrays and one JSON of the rest; it holds no code.

`likeness.json` holds the version and all plain values; each array is a member `<path>.npy`, as in
`mesh/basis.npy` and `eyes/0/ball.npy`. A reader checks every size before it reads and every number
after, so that a hostile file is refused and cannot fill the memory.
"""

import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonaface.avatar.likeness.claims import check_claims, check_likeness
from bonaface.avatar.rig import Eye, Likeness, Mesh, Mouth
from bonaface.core import frozen
from bonaface.errors import UnreadableMedia, UnwritableMedia

VERSION = 1
LARGEST = 400_000_000  # bytes unpacked; a 4096 x 4096 canvas needs 170 MB
MOST = 64  # members
HEAD = "likeness.json"
_AGAIN = "Make it again from the photo."

# All that zip, zlib, JSON, NumPy and a dataclass raise when they are fed what they did not write
_UNSOUND = (
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    UserWarning,
    ValueError,
)

Plain = dict[str, Any]
Arrays = dict[str, NDArray[np.generic]]


def save_likeness(likeness: Likeness, path: Path) -> None:
    """Write a likeness; the file appears whole or not at all. Raises UnwritableMedia."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        half = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                _write(likeness, file)
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
    except OSError as cause:
        why = cause.strerror or str(cause)
        raise UnwritableMedia(
            f"Could not write {path}: {why}.", "Choose a folder that can be written to."
        ) from cause


def _write(likeness: Likeness, file: Any) -> None:
    plain, arrays = _taken_apart(likeness, "")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(HEAD, json.dumps({"version": VERSION} | plain))
        for name, array in arrays.items():
            block = io.BytesIO()
            np.save(block, array, allow_pickle=False)
            archive.writestr(f"{name}.npy", block.getvalue())


def _taken_apart(part: Any, path: str) -> tuple[Plain, Arrays]:
    """Plain values by field name and arrays by path."""
    plain: Plain = {}
    arrays: Arrays = {}
    for field in fields(part):
        value, name = getattr(part, field.name), f"{path}{field.name}"
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif isinstance(value, Mesh | Mouth):
            plain[field.name], inner = _taken_apart(value, f"{name}/")
            arrays |= inner
        elif field.name == "eyes":
            pairs = [_taken_apart(eye, f"{name}/{k}/") for k, eye in enumerate(value)]
            plain[field.name] = [first for first, _ in pairs]
            arrays |= pairs[0][1] | pairs[1][1]
        else:
            plain[field.name] = value
    return plain, arrays


def load_likeness(path: Path) -> Likeness:
    """Read a likeness. Raises UnreadableMedia unless it is whole, sound and of this version."""
    try:
        with zipfile.ZipFile(path) as archive:
            plain = _head(archive)
            likeness = _put_together(plain, _arrays(archive))
        check_likeness(likeness)
    except UnreadableMedia:
        raise
    except OSError as cause:
        raise UnreadableMedia(f"Could not read {path}: {cause.strerror}.", "") from cause
    except _UNSOUND as cause:
        raise UnreadableMedia(f"{path} is not a sound likeness: {cause}.", _AGAIN) from cause
    return likeness


def _head(archive: zipfile.ZipFile) -> Plain:
    members = archive.infolist()
    whole = sum(member.file_size for member in members)
    if len(members) > MOST or whole > LARGEST:
        raise UnreadableMedia(f"The likeness is too large: {whole} bytes unpacked.", _AGAIN)
    if archive.getinfo(HEAD).file_size > 100_000:
        raise UnreadableMedia("The likeness has too large a head.", _AGAIN)
    plain = json.loads(archive.read(HEAD))
    if not isinstance(plain, dict) or plain.pop("version", None) != VERSION:
        raise UnreadableMedia(f"The likeness is not of version {VERSION}.", _AGAIN)
    return plain


def _arrays(archive: zipfile.ZipFile) -> Arrays:
    found: Arrays = {}
    for member in archive.infolist():
        if not member.filename.endswith(".npy"):
            continue
        with archive.open(member) as file:
            check_claims(file, member.file_size)
            file.seek(0)
            found[member.filename.removesuffix(".npy")] = frozen(
                np.lib.format.read_array(file, allow_pickle=False)
            )
    return found


def _put_together(plain: Plain, arrays: Arrays) -> Likeness:
    mesh = Mesh(**_all(plain.pop("mesh"), arrays, "mesh/"))
    mouth = Mouth(**_all(plain.pop("mouth"), arrays, "mouth/"))
    eyes = [Eye(**_all(eye, arrays, f"eyes/{k}/")) for k, eye in enumerate(plain.pop("eyes"))]
    top = {name: array for name, array in arrays.items() if "/" not in name}
    first, second = eyes
    values = {name: _pair(value) for name, value in plain.items()} | top
    return Likeness(**values, mesh=mesh, mouth=mouth, eyes=(first, second))


def _all(plain: Mapping[str, Any], arrays: Arrays, path: str) -> dict[str, Any]:
    mine = {
        name.removeprefix(path): array for name, array in arrays.items() if name.startswith(path)
    }
    return {name: _pair(value) for name, value in plain.items()} | mine


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
