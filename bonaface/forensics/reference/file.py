"""The `.reference` file: how one person sounds, looks and moves, and the consent to keep it.

One JSON object of at most LARGEST bytes that only its owner may read. It holds no sound, no picture
and no name; the consent record is named by its id and salted digest, and asked on each use. Version
1 knew no motion.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bonaface import vault
from bonaface.consent import ledger
from bonaface.consent.records import REFERENCE
from bonaface.errors import ConsentDenied, UnreadableMedia
from bonaface.forensics.reference.motion.moves import Moves, read_moves, write_moves

VERSION: Final = 2
READABLE: Final = (1, 2)
PURPOSE: Final = REFERENCE
LARGEST: Final = 1_000_000
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Likely:
    """Where the points of one person lie."""

    centre: Floats  # (any,)
    usual: float  # mean distance of the person's own points from it
    spread: float  # and its standard deviation
    seconds: float  # of material

    def distance(self, point: Floats) -> float:
        """How far a point (any,) is from the centre."""
        return float(np.linalg.norm(self.centre - point))


def gather(points: Floats, seconds: float) -> Likely:
    """Say where points (n, any) lie."""
    centre = np.asarray(points.mean(0), np.float32)
    away = np.linalg.norm(points - centre, axis=1)
    return Likely(centre, float(away.mean()), float(away.std()), seconds)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """An enrolled person."""

    record_id: str
    digest: str  # of the consent record, hex
    until: date  # the last day, as the consent says
    made_at: datetime
    voice: Likely | None
    face: Likely | None
    motion: Moves | None = None

    def check(self, now: datetime) -> None:
        """Raise ConsentDenied when the consent is over or was taken back."""
        state = ledger.status(self.record_id, self.digest, now)
        if state == "active":
            return
        said = {
            "revoked": "was revoked",
            "expired": f"ended on {self.until}",
        }.get(state, "is not known to this installation")
        raise ConsentDenied(
            f"The consent for this reference {said}, so nothing is compared with it.",
            "Delete it (bonaface reference delete), or ask the person and enrol again.",
        )


def save_reference(reference: Reference, path: Path) -> None:
    """Write it, readable by its owner only, whole or not at all. Raises KeysError."""
    document = {
        "version": VERSION,
        "kind": "bonaface-reference",
        "record_id": reference.record_id,
        "digest": reference.digest,
        "until": reference.until.isoformat(),
        "made_at": reference.made_at.isoformat(),
        "voice": _fields(reference.voice),
        "face": _fields(reference.face),
        "motion": None if reference.motion is None else write_moves(reference.motion),
    }
    vault.replace_private(path.absolute(), json.dumps(document).encode())


def load_reference(path: Path) -> Reference:
    """Read it.

    Raises UnreadableMedia for what is no reference, KeysError for what others may read.
    """
    return parse_reference(vault.read_private(path), path.name)


def parse_reference(data: bytes, name: str) -> Reference:
    """Read one from the bytes of its file, called `name`. Raises UnreadableMedia."""
    try:
        return _parse(data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as cause:
        remedy = "Make one with: bonaface reference make"
        raise UnreadableMedia(f"{name} is no reference of this version.", remedy) from cause


def _parse(data: bytes) -> Reference:
    said = json.loads(data) if len(data) <= LARGEST else {}
    if said["version"] not in READABLE or said["kind"] != "bonaface-reference":
        raise ValueError("of another kind")
    motion = said["motion"] if said["version"] > 1 else None
    return Reference(
        record_id=str(said["record_id"]),
        digest=str(said["digest"]),
        until=date.fromisoformat(said["until"]),
        made_at=datetime.fromisoformat(said["made_at"]).astimezone(UTC),
        voice=_likely(said["voice"]),
        face=_likely(said["face"]),
        motion=None if motion is None else read_moves(motion),
    )


def _fields(likely: Likely | None) -> dict[str, Any] | None:
    if likely is None:
        return None
    return {
        "centre": [round(float(value), 6) for value in likely.centre],
        "usual": likely.usual,
        "spread": likely.spread,
        "seconds": likely.seconds,
    }


def _likely(said: dict[str, Any] | None) -> Likely | None:
    if said is None:
        return None
    centre = np.array(said["centre"], np.float32)
    numbers = (float(said["usual"]), float(said["spread"]), float(said["seconds"]))
    sound = centre.ndim == 1 and 16 <= len(centre) <= 4096 and 0.3 < np.linalg.norm(centre) < 3
    if not sound or not np.isfinite(numbers).all():
        raise ValueError("no place of points")
    return Likely(centre, *numbers)
