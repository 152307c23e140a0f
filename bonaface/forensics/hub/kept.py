"""Fetch a published detector once, and pin its bytes: later ones must be the same.

What came is noted in BONAFACE_HOME/detectors by SHA-256; the files lie with the other models. A
model is a program for the runtime: fetch only those whose maker you trust.
"""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

from bonaface import weights
from bonaface.catalogue import HubPart, Weight
from bonaface.config import settings
from bonaface.errors import (
    DetectorRefused,
    FetchFailed,
    SettingsError,
    WeightsDamaged,
    WeightsMissing,
)
from bonaface.forensics.hub.detector import CONFIG, MODEL, PREPARATION, Detector
from bonaface.forensics.hub.name import HubName, read_name
from bonaface.remote import read_hub_part
from bonaface.vault import read_private, replace_private

LARGEST: Final = {CONFIG: 1 << 20, PREPARATION: 1 << 20, MODEL: 1 << 30}  # bytes
PLACES: Final = {  # on the hub, the first that is there
    CONFIG: (CONFIG,),
    PREPARATION: (PREPARATION,),
    MODEL: ("onnx/model.onnx", MODEL),
}
FOLDER: Final = "detectors"  # in BONAFACE_HOME
LICENCE: Final = "its maker's: read the model card"
_GONE: Final = 404


def fetch_detector(name: HubName, report: weights.Report | None = None) -> Path:
    """Fetch, try and pin a detector; what is pinned already must come as it was.

    Answers its model's file. Raises FetchFailed, DetectorRefused or WeightsDamaged.
    """
    if noted(name):
        return [weights.fetch_weight(entry, report) for entry in entries(name)][-1]
    try:
        with tempfile.TemporaryDirectory() as folder:
            pins = {file: _take(name, file, Path(folder), report) for file in PLACES}
            files = {file: Path(folder) / file for file in PLACES}
            Detector(files)
            note = json.dumps({"name": str(name), "files": pins}, indent=1).encode()
            for entry in _entries(name, pins):
                place = weights.place(entry)
                place.parent.mkdir(parents=True, exist_ok=True)
                half = place.with_suffix(".part")
                half.write_bytes(files[entry.file].read_bytes())
                half.replace(place)
    except FetchFailed:
        raise
    except OSError as cause:
        raise FetchFailed(f"Could not keep {name}: {cause.strerror}.", "Make room.") from cause
    replace_private(_note(name), note)
    return weights.place(entries(name)[-1])


def list_detectors() -> list[HubName]:
    """Those whose bytes are pinned here. Raises DetectorRefused for a damaged note."""
    files = sorted((settings().home / FOLDER).glob("*.json"))
    try:
        return [read_name(json.loads(read_private(file))["name"]) for file in files]
    except (ValueError, KeyError, TypeError, AttributeError, SettingsError) as cause:
        remedy = f"Delete what is damaged in {settings().home / FOLDER} and fetch it again."
        raise DetectorRefused("What is noted of a detector is damaged.", remedy) from cause


def verify_detector(name: HubName) -> bool | None:
    """Whether its files are what was pinned; None where one is not here."""
    places = [(weights.place(entry), entry.sha256) for entry in entries(name)]
    if not all(place.is_file() for place, _ in places):
        return None
    return all(weights.digest(place) == sha256 for place, sha256 in places)


def open_detector(name: HubName) -> Detector:
    """Open a fetched detector. Raises WeightsMissing, WeightsDamaged or DetectorRefused."""
    if not noted(name):
        raise WeightsMissing(str(name))
    files = {}
    for entry in entries(name):
        path = weights.place(entry)
        if not path.is_file():
            raise WeightsMissing(str(name))
        if weights.digest(path) != entry.sha256:
            remedy = f"Delete {path} and run: bonaface models fetch {name}"
            raise WeightsDamaged(f"{entry.file} of {name} is not what was pinned.", remedy)
        files[entry.file] = path
    return Detector(files)


def noted(name: HubName) -> bool:
    """Whether its bytes are pinned here."""
    return _note(name).is_file()


def entries(name: HubName) -> tuple[Weight, ...]:
    """Its files as they were pinned. Raises DetectorRefused for a damaged note."""
    try:
        pins = json.loads(read_private(_note(name)))["files"]
        return _entries(name, pins)
    except (ValueError, KeyError, TypeError) as cause:
        remedy = f"Delete {_note(name)} and fetch it again."
        raise DetectorRefused(f"What is noted of {name} is damaged.", remedy) from cause


def _entries(name: HubName, pins: dict[str, list[str | int]]) -> tuple[Weight, ...]:
    made = []
    for file in PLACES:
        path, sha256, size = pins[file]
        part = HubPart(name.repository, name.revision, str(path))
        purpose = f"{file} of a published detector"
        made.append(
            Weight(str(name), file, str(sha256), int(size), LICENCE, purpose, (part,), needed=False)
        )
    return tuple(made)


def _note(name: HubName) -> Path:
    return settings().home / FOLDER / name.file


def _take(name: HubName, file: str, folder: Path, report: weights.Report | None) -> list[str | int]:
    """Fetch one file; where it lay, its hash and size."""
    *firsts, last = PLACES[file]
    for path in (*firsts, last):
        part, hashed, size = HubPart(name.repository, name.revision, path), hashlib.sha256(), 0
        try:
            with (folder / file).open("wb") as out:
                for block in read_hub_part(part):
                    size += len(block)
                    if size > LARGEST[file]:
                        raise DetectorRefused(f"{path} of {name} is larger than is read here.")
                    hashed.update(block)
                    out.write(block)
                    if report:
                        report(len(block))
        except FetchFailed as error:
            if path != last and _is_gone(error):
                continue
            if _is_gone(error):
                remedy = "A detector needs config.json, preprocessor_config.json and an ONNX model."
                raise FetchFailed(f"{name} has no {path}.", remedy) from error
            raise
        return [path, hashed.hexdigest(), size]
    raise AssertionError


def _is_gone(error: FetchFailed) -> bool:
    return isinstance(error.__cause__, HTTPError) and error.__cause__.code == _GONE
