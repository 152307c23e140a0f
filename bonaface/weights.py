"""Find a model, fetch it, check its hash, open it on one thread."""

import errno
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from bonaface.catalogue import CATALOGUE, HubPart, WebPart, Weight
from bonaface.config import settings
from bonaface.errors import FetchFailed, SettingsError, WeightsDamaged, WeightsMissing
from bonaface.remote import read_hub_part, read_part, read_web_part

Report = Callable[[int], None]  # told how many bytes came since the last call
_HERE = Path(__file__).parent


def weight(name: str) -> Weight:
    """The catalogue's entry of that name. Raises SettingsError when there is none."""
    for entry in CATALOGUE:
        if entry.name == name:
            return entry
    known = ", ".join(entry.name for entry in CATALOGUE)
    raise SettingsError(f"There is no model named {name!r}.", f"Known are: {known}.")


def place(entry: Weight) -> Path:
    """Where a model's file is kept; its hash is part of the path, so versions never mix."""
    return settings().weights / entry.sha256[:12] / entry.file


def find(name: str) -> Path:
    """The file of a fetched model. Raises WeightsMissing, and names the command that helps."""
    path = place(weight(name))
    if not path.is_file():
        raise WeightsMissing(name)
    return path


def trained(file: str) -> Path:
    """The file of a model that was trained here and came with the program."""
    for folder in (_HERE / "models", _HERE.parent / "models"):
        if (folder / file).is_file():
            return folder / file
    raise WeightsDamaged(f"{file} should have come with bonaface and did not.", "Install it again.")


def fetch(name: str, report: Report | None = None) -> Path:
    """Fetch a model unless it is here, check it, keep it; answers its file.

    Raises FetchFailed (network, disk) or WeightsDamaged (hash); leaves no half file.
    """
    return fetch_weight(weight(name), report)


def fetch_weight(entry: Weight, report: Report | None = None) -> Path:
    """Like `fetch`, for an entry that need not be in the catalogue (a hub voice)."""
    path = place(entry)
    if path.is_file() and digest(path) == entry.sha256:
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _keep(entry, path, report)
    except FetchFailed:
        raise
    except OSError as cause:
        full = cause.errno in {errno.ENOSPC, errno.EDQUOT}
        why = "the disk is full" if full else cause.strerror or str(cause)
        remedy = "Make room, or set BONAFACE_WEIGHTS to another folder, and run it again."
        raise FetchFailed(
            f"Could not keep {entry.name} in {path.parent}: {why}.", remedy
        ) from cause
    return path


def _keep(entry: Weight, path: Path, report: Report | None) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for block in _blocks(entry):
                file.write(block)
                if report:
                    report(len(block))
        if digest(half) != entry.sha256:
            remedy = (
                "Nothing was kept. Check BONAFACE_INDEX or BONAFACE_HUB; do not use that mirror."
            )
            raise WeightsDamaged(f"{entry.name} is not the file that was pinned.", remedy)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)


def _blocks(entry: Weight) -> Iterator[bytes]:
    for part in entry.parts:
        if isinstance(part, WebPart):
            yield from read_web_part(part)
        else:
            yield from read_hub_part(part) if isinstance(part, HubPart) else read_part(part)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(name: str) -> bool | None:
    """Whether a model's bytes are those that were pinned; None when it is not here."""
    entry = weight(name)
    path = place(entry)
    return digest(path) == entry.sha256 if path.is_file() else None


@cache
def open_onnx(path: Path) -> Any:
    """An onnxruntime InferenceSession on one thread; opened once a process."""
    import onnxruntime  # noqa: PLC0415  (heavy)

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def open_tflite(path: Path) -> Any:
    """A LiteRT interpreter on one thread, tensors allocated. It has state: one for each user."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415  (heavy)

    with _hush():
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
    return interpreter


@contextmanager
def _hush() -> Iterator[None]:
    """Keep LiteRT's greeting off standard error; what goes wrong is raised all the same."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
