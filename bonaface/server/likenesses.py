"""The likenesses of this installation: photo, consent record, rigs and a signed thumbnail.

Each has a folder of its own under BONAFACE_HOME, with a random name; nothing of a user's file name
is ever used. The photo is kept as a PNG that was written here, so that bytes of strangers are
decoded once, in a child process, and never again.
"""

import io
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from bonaface import vault
from bonaface.avatar.likeness import build_likeness, load_likeness, save_likeness
from bonaface.avatar.pose import SHAPES, Pose
from bonaface.avatar.render.renderer import Renderer
from bonaface.avatar.rig import Likeness
from bonaface.consent import ledger
from bonaface.consent.policy import Permit, permit
from bonaface.consent.records import ConsentRecord, load_record, save_record
from bonaface.core import Picture
from bonaface.errors import (
    BonafaceError,
    ConsentError,
    ConsentInvalid,
    ConsentMissing,
    RequestRefused,
)
from bonaface.marks.credentials.files import Statement, sign_media
from bonaface.marks.picture.mark import StillMark
from bonaface.marks.reading_key import draw_mark_id, write_id
from bonaface.media.fingerprints import fingerprint_file

THUMBNAIL: Final = (384, 384)  # px
MOST_RIGS: Final = 6  # sizes kept of one likeness
_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One likeness, and what the consent for it says today."""

    id: str
    name: str
    basis: str
    purposes: tuple[str, ...]
    contexts: tuple[str, ...]  # where: "live", "recorded" or both
    valid_from: str
    valid_until: str
    status: ledger.Status
    record_id: str


@dataclass(frozen=True, slots=True)
class Given:
    """What a likeness is made from."""

    picture: Picture
    record: ConsentRecord
    name: str = ""  # what to call it; the subject of the consent when empty


class LikenessStore:
    """The likenesses in one folder. Synchronous: its callers give it a worker thread.

    Faces are found and rigs built on the calling thread, 0.4 s for a portrait that is new.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._folder, self._most = folder, most

    def list(self, now: datetime | None = None) -> tuple[Entry, ...]:
        """Every likeness that can be read, the oldest first."""
        moment = now or datetime.now(UTC)
        folders = sorted(self._folders(), key=lambda one: one.stat().st_mtime_ns)
        found = []
        for folder in folders:
            with suppress(
                ConsentError, OSError, ValueError, KeyError
            ):  # a damaged one is not shown
                found.append(_describe(folder, moment))
        return tuple(found)

    def find(self, likeness_id: str) -> Entry:
        """One of them. Raises RequestRefused (404)."""
        return _describe(self._place(likeness_id), datetime.now(UTC))

    def add(self, given: Given) -> Entry:
        """Keep a portrait whose consent holds now.

        Raises ConsentError, PortraitRefused, WeightsMissing, RequestRefused (507) when there are
        too many, CredentialsError, and KeysError when the disk refuses.
        """
        if sum(1 for _ in self._folders()) >= self._most:
            raise RequestRefused(507, f"There are {self._most} likenesses.", "Delete some.", "full")
        leave = permit(given.record, given.picture, given.record.terms.purposes[0], _now())
        likeness = build_likeness(given.picture, THUMBNAIL)
        place = self._folder / secrets.token_hex(8)
        name = given.name or given.record.terms.subject
        portrait = _to_png(given.picture)
        try:
            place.mkdir(mode=0o700, parents=True)
            save_record(given.record, place / "record.json")
            vault.create_private(place / "portrait.png", portrait)
            _make_thumbnail(place / "thumbnail.jpg", likeness, leave, portrait)
            about = json.dumps({"name": name}).encode()
            vault.create_private(place / "about.json", about)  # last: it makes the folder count
        except (OSError, BonafaceError):
            shutil.rmtree(place, ignore_errors=True)
            raise
        return _describe(place, _now())

    def remove(self, likeness_id: str) -> None:
        """Forget a likeness, its photo included. Raises RequestRefused (404)."""
        shutil.rmtree(self._place(likeness_id), ignore_errors=True)

    def record(self, likeness_id: str) -> ConsentRecord:
        """The consent record of a likeness. Raises RequestRefused (404) or ConsentError."""
        return load_record(self._place(likeness_id) / "record.json")

    def portrait(self, likeness_id: str) -> bytes:
        """The photo, as a PNG. Raises RequestRefused (404)."""
        return (self._place(likeness_id) / "portrait.png").read_bytes()

    def thumbnail(self, likeness_id: str) -> bytes:
        """A signed JPEG of the likeness at rest. Raises RequestRefused (404)."""
        return (self._place(likeness_id) / "thumbnail.jpg").read_bytes()

    def open(
        self, likeness_id: str, size: tuple[int, int], purpose: str | None
    ) -> tuple[Likeness, Permit]:
        """A rig of `size` (width, height) px, and leave to show it now.

        Raises RequestRefused (404), ConsentError, or PortraitRefused.
        """
        place = self._place(likeness_id)
        picture = _from_png(place / "portrait.png")
        leave = permit(load_record(place / "record.json"), picture, purpose, _now())
        leave.require("live")
        return self._rig(place, picture, size), leave

    def _rig(self, place: Path, picture: Picture, size: tuple[int, int]) -> Likeness:
        path = place / f"{size[0]}x{size[1]}.likeness"
        if path.is_file():
            return load_likeness(path)
        likeness = build_likeness(picture, size)
        kept = sorted(place.glob("*.likeness"), key=lambda one: one.stat().st_mtime_ns)
        for oldest in kept[: max(0, len(kept) + 1 - MOST_RIGS)]:
            oldest.unlink(missing_ok=True)
        save_likeness(likeness, path)
        return likeness

    def _folders(self) -> Iterator[Path]:
        for place in self._folder.glob("*/about.json"):
            if _ID.fullmatch(place.parent.name):
                yield place.parent

    def _place(self, likeness_id: str) -> Path:
        """The folder of a likeness; ids come from strangers, and only random ones lead anywhere."""
        if _ID.fullmatch(likeness_id) and (self._folder / likeness_id / "about.json").is_file():
            return self._folder / likeness_id
        raise RequestRefused(
            404, "There is no likeness of that id.", "GET /api/likenesses has all."
        )


def parse_record(data: bytes, folder: Path) -> ConsentRecord:
    """Read a consent record that was sent. Raises ConsentMissing or ConsentInvalid.

    `folder` is private and takes the bytes for a moment, under a random name.
    """
    path = folder / f".{secrets.token_hex(8)}.json"
    if not data:
        raise ConsentMissing("No consent record was given.", "Send one as the field `consent`.")
    try:
        vault.create_private(path, data[: vault.LARGEST + 1])
        return load_record(path)
    except ConsentInvalid as cause:
        raise ConsentInvalid(
            "This is not a consent record that this version can read.",
            "Send the file that `bonaface consent grant` made.",
        ) from cause
    finally:
        path.unlink(missing_ok=True)


def _describe(folder: Path, now: datetime) -> Entry:
    record = load_record(folder / "record.json")
    about = json.loads((folder / "about.json").read_bytes())
    terms = record.terms
    return Entry(
        id=folder.name,
        name=str(about["name"]),
        basis=terms.basis,
        purposes=terms.purposes,
        contexts=terms.contexts,
        valid_from=str(terms.valid_from),
        valid_until=str(terms.valid_until),
        status=ledger.status(record.record_id, record.digest, now),
        record_id=record.record_id,
    )


def _make_thumbnail(path: Path, likeness: Likeness, leave: Permit, portrait: bytes) -> None:
    """The face as it will appear: at rest, drawn with leave, labelled, marked and signed.

    Signing enters its mark into the log, as of all that is made.
    """
    rest = Pose(0, np.zeros(len(SHAPES), np.float32))
    drawn = next(iter(Renderer(likeness, leave).push(rest)))
    marked = next(iter(StillMark(draw_mark_id()).push(drawn)))
    file = io.BytesIO()
    Image.fromarray(marked.pixels).save(file, "JPEG", quality=88)
    half = path.with_suffix(".unsigned")
    vault.create_private(half, file.getvalue())
    seen = fingerprint_file(half)
    mark = write_id(marked.mark_id)
    statement = Statement(_now(), leave, portrait, mark, seen=seen)
    sign_media(half, path, "image/jpeg", statement)
    half.unlink()


def _to_png(picture: Picture) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _from_png(path: Path) -> Picture:
    """Read back what `_to_png` wrote: the very pixels that the permit names."""
    with Image.open(path, formats=("PNG",)) as image:
        return Picture(0, np.array(image, np.uint8))


def _now() -> datetime:
    return datetime.now(UTC)
