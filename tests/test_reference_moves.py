"""Motion in the file of a reference: kept, read again, refused; and whose consent covers it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from moving_faces import film, known, lively, windows

from bonaface import enrol as enrolling
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import ConsentRecord, Terms, grant
from bonaface.core import Picture
from bonaface.enrol import LEAST_WINDOWS, enrol
from bonaface.errors import UnreadableMedia
from bonaface.face.find import find_faces
from bonaface.face.identity import embed_face
from bonaface.forensics.reference.file import Reference, load_reference, save_reference
from bonaface.forensics.reference.inspect import compare_with
from bonaface.forensics.reference.motion import following
from bonaface.forensics.reference.motion.inspector import NAME
from bonaface.forensics.reference.motion.moves import Moves, read_moves, write_moves

pytestmark = pytest.mark.usefixtures("home", "sharp")
NOW, UNTIL = datetime.now(UTC), date(2099, 12, 31)


@pytest.fixture
def sharp(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn landmarks have no picture that could be sharp."""
    monkeypatch.setattr(following, "is_clear", lambda *_: True)


def made(record: ConsentRecord, moves: Moves | None) -> Reference:
    ids = (record.record_id, record.digest, UNTIL)
    return Reference(*ids, NOW.replace(microsecond=0), None, None, moves)


def agree(photo: Picture) -> ConsentRecord:
    portrait = hash_portrait(b"photo", photo)
    return grant(portrait, Terms("Ada", "self", ("reference",), UNTIL), NOW)


def full() -> Moves:
    return replace(known(), shapes={"closed": (np.arange(5.0), 3)})


def test_motion_is_kept(photo: Picture, tmp_path: Path) -> None:
    record, moves = agree(photo), full()
    save_reference(made(record, moves), tmp_path / "ada.reference")
    reference = load_reference(tmp_path / "ada.reference")
    assert reference.motion is not None
    assert reference.motion.centre == pytest.approx(moves.centre, abs=1e-3)
    assert reference.motion.seconds == 30
    assert reference.motion.shapes["closed"][1] == 3
    assert [one.name for one in compare_with(reference)] == [NAME]


def test_file_of_before_is_readable(photo: Picture, tmp_path: Path) -> None:
    path = tmp_path / "ada.reference"
    save_reference(made(agree(photo), None), path)
    said = json.loads(path.read_text())
    del said["motion"]
    path.write_text(json.dumps(said | {"version": 1}))
    assert load_reference(path).motion is None
    path.write_text(json.dumps(said))
    with pytest.raises(UnreadableMedia):
        load_reference(path)


@pytest.mark.parametrize(
    "spoil",
    [
        {"centre": [0.0]},
        {"centre": [float("nan")] * 19},
        {"centre": "none"},
        {"spread": [-1.0] * 19},
        {"spread": [1e9] * 19},
        {"windows": 0},
        {"windows": 2.5},
        {"windows": True},
        {"rate": 0},
        {"rate": float("inf")},
        {"height": -1},
        {"height": None},
        {"shapes": []},
        {"shapes": {"other": {"mean": [0.0] * 5, "count": 2}}},
        {"shapes": {"open": {"mean": [0.0] * 4, "count": 2}}},
        {"shapes": {"open": {"mean": [0.0] * 5}}},
    ],
)
def test_spoilt_motion_is_refused(spoil: dict[str, Any], photo: Picture, tmp_path: Path) -> None:
    path = tmp_path / "ada.reference"
    save_reference(made(agree(photo), full()), path)
    said = json.loads(path.read_text())
    said["motion"] |= spoil
    path.write_text(json.dumps(said))
    with pytest.raises(UnreadableMedia, match="no reference"):
        load_reference(path)


def test_moves_are_frozen_and_survive_json() -> None:
    moves = full()
    with pytest.raises(ValueError, match="read-only"):
        moves.centre[0] = 1
    again = read_moves(json.loads(json.dumps(write_moves(moves))))
    assert again.rate == moves.rate
    assert again.shapes["closed"][0] == pytest.approx(np.arange(5.0))


# Enrolment


def enrolled(
    photo: Picture, record: ConsentRecord, count: int, monkeypatch: pytest.MonkeyPatch
) -> Reference:
    own = embed_face(photo, find_faces(photo)[0].landmarks)
    seen = windows(list(film(lively(), seconds=2.5 * count + 0.5)))
    assert len(seen) == count
    monkeypatch.setattr(enrolling, "_measure", lambda _: [(own, None, 0.0)] * 6)
    monkeypatch.setattr(enrolling, "_follow", lambda _: (seen, []))
    return enrol([Path("ada.mp4")], record, photo)


def test_ten_seconds_of_talking_are_enrolled(
    photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = enrolled(photo, agree(photo), LEAST_WINDOWS - 1, monkeypatch)
    enough = enrolled(photo, agree(photo), LEAST_WINDOWS, monkeypatch)
    assert few.motion is None
    assert enough.motion is not None
    assert enough.motion.seconds == 10


def test_consent_of_before_enrols_no_motion(
    photo: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bonaface.consent import records  # noqa: PLC0415

    old = "I am the adult in this portrait. I agree that my voice and my face are measured."
    monkeypatch.setitem(records.MEASURED, "self", old)
    record = agree(photo)
    assert not record.measures_motion
    assert enrolled(photo, record, LEAST_WINDOWS, monkeypatch).motion is None
