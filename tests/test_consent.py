"""The gate: who passes, who does not, and what they are told."""

import dataclasses
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bonaface.consent import keys, ledger
from bonaface.consent.canonical import canonical
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import SAME_WITHIN, distance, hash_portrait, hash_seen
from bonaface.consent.records import (
    BASES,
    ConsentRecord,
    Terms,
    grant,
    load_record,
    revoke,
    save_record,
    verify,
)
from bonaface.core import Picture
from bonaface.errors import (
    ConsentDenied,
    ConsentError,
    ConsentInvalid,
    ConsentMissing,
    KeysError,
    UnwritableMedia,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
UNTIL = date(2027, 12, 31)
pytestmark = pytest.mark.usefixtures("home")


def paint(seed: int, size: tuple[int, int] = (240, 200)) -> Picture:
    """A random picture with the spectrum of photos, 1/f: no face is needed to tell them apart."""
    noise = np.random.default_rng(seed).normal(size=(*size, 3))
    down, along = np.fft.fftfreq(size[0]), np.fft.fftfreq(size[1])
    frequency = np.hypot(down[:, None], along[None, :])[..., None] + 1 / max(size)
    shaped = np.fft.ifft2(np.fft.fft2(noise, axes=(0, 1)) / frequency, axes=(0, 1)).real
    scaled = (shaped - shaped.min()) / np.ptp(shaped) * 255
    return Picture(0, scaled.astype(np.uint8))


def saved(picture: Picture, kind: str, quality: int = 75) -> Picture:
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, kind, quality=quality)
    return opened(file)


def opened(file: io.BytesIO | Path) -> Picture:
    with Image.open(file) as image:
        return Picture(0, np.asarray(image.convert("RGB")).copy())


def agree(picture: Picture, basis: str = "self", *purposes: str) -> ConsentRecord:
    portrait = hash_portrait(picture.pixels.tobytes(), picture)
    return grant(portrait, Terms("Ada", basis, purposes or ("training-video",), UNTIL), NOW)


@pytest.fixture
def portrait() -> Picture:
    return paint(1)


@pytest.fixture
def record(portrait: Picture) -> ConsentRecord:
    return agree(portrait)


@pytest.mark.parametrize("basis", BASES)
def test_a_yes_opens_the_gate(portrait: Picture, basis: str) -> None:
    record = agree(portrait, basis)
    leave = permit(record, portrait, "training-video", NOW)
    leave.check(NOW)
    assert leave.record_id == record.record_id
    assert leave.digest == record.digest
    assert leave.covers(portrait)
    assert not leave.covers(paint(2))
    assert leave.expires == datetime(2028, 1, 1, tzinfo=UTC)


def test_no_record_no_face(portrait: Picture) -> None:
    with pytest.raises(ConsentMissing, match="bonaface consent grant"):
        permit(None, portrait, None, NOW)


def test_it_survives_the_disk(record: ConsentRecord, tmp_path: Path) -> None:
    path = tmp_path / "ada.consent.json"
    save_record(record, path)
    assert load_record(path) == record
    verify(load_record(path))
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    ("when", "passes"),
    [
        (datetime(2026, 11, 21, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 22, 0, 0, tzinfo=UTC), True),
        (datetime(2027, 12, 31, 23, 59, tzinfo=UTC), True),
        (datetime(2028, 1, 1, tzinfo=UTC), False),
    ],
)
def test_it_holds_from_its_first_day_to_its_last(
    record: ConsentRecord, portrait: Picture, when: datetime, passes: bool
) -> None:
    if passes:
        permit(record, portrait, None, when)
        return
    with pytest.raises(ConsentDenied, match=r"2026-11-22|2027-12-31"):
        permit(record, portrait, None, when)


def test_a_permit_ends_with_the_consent(record: ConsentRecord, portrait: Picture) -> None:
    leave = permit(record, portrait, None, NOW)
    with pytest.raises(ConsentDenied, match="ended on 2027-12-31"):
        leave.check(datetime(2028, 1, 1, tzinfo=UTC))
    with pytest.raises(ConsentDenied, match="begins on 2026-11-22"):  # a clock that was set back
        leave.check(datetime(2026, 11, 21, tzinfo=UTC))


def test_revoking_stops_a_permit_that_was_given(record: ConsentRecord, portrait: Picture) -> None:
    leave = permit(record, portrait, None, NOW)
    revoke(record, NOW)
    revoke(record, NOW)
    with pytest.raises(ConsentDenied, match="revoked"):
        leave.check(NOW)
    with pytest.raises(ConsentDenied, match="revoked"):
        permit(record, portrait, None, NOW)


def test_another_purpose_is_refused(record: ConsentRecord, portrait: Picture) -> None:
    with pytest.raises(ConsentDenied, match="for training-video, not for advertising"):
        permit(record, portrait, "advertising", NOW)


def test_of_several_purposes_one_is_to_be_named(portrait: Picture) -> None:
    record = agree(portrait, "self", "lesson", "greeting")
    with pytest.raises(ConsentDenied, match="several purposes: greeting, lesson"):
        permit(record, portrait, None, NOW)
    assert permit(record, portrait, "lesson", NOW).purpose == "lesson"


def test_another_portrait_is_refused(record: ConsentRecord) -> None:
    with pytest.raises(ConsentDenied, match="another portrait"):
        permit(record, paint(2), None, NOW)


COPIES: dict[str, Callable[[Picture], Picture]] = {
    "jpeg 30": lambda picture: saved(picture, "JPEG", 30),
    "webp": lambda picture: saved(picture, "WEBP"),
    "half": lambda picture: Picture(0, picture.pixels[::2, ::2].copy()),
    "cropped": lambda picture: Picture(0, picture.pixels[3:-3, 2:-2].copy()),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_of_the_portrait_passes(record: ConsentRecord, portrait: Picture, copy: str) -> None:
    permit(record, COPIES[copy](portrait), None, NOW)


@pytest.mark.media
def test_portraits_are_told_apart_and_copies_are_not(media: Path) -> None:
    pictures = [opened(path) for path in sorted((media / "portraits").glob("*"))]
    hashes = [hash_seen(picture) for picture in pictures]
    for seen, picture in zip(hashes, pictures, strict=True):
        half = Picture(0, np.asarray(Image.fromarray(picture.pixels).reduce(2)).copy())
        for copy in (saved(picture, "JPEG", 30), saved(picture, "WEBP"), half):
            assert distance(seen, copy) <= SAME_WITHIN
    # A twentieth of the pairs of different portraits: all of them take minutes.
    pairs = list(permutations(range(len(pictures)), 2))[::20]
    assert min(distance(hashes[i], pictures[j]) for i, j in pairs) > SAME_WITHIN


FORGERIES: dict[str, Callable[[dict[str, object]], None]] = {
    "a later end": lambda whole: whole.update(valid_until="2099-12-31"),
    "a purpose more": lambda whole: whole.update(purposes=["advertising", "training-video"]),
    "another basis": lambda whole: whole.update(basis="fictional"),
    "other words": lambda whole: whole.update(notice={"language": "en", "text": "Anything."}),
    "another id": lambda whole: whole.update(record_id="00000000-0000-4000-8000-000000000000"),
    "no signature": lambda whole: whole.update(signatures={"controller": ""}),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_an_altered_record_is_refused(
    record: ConsentRecord, portrait: Picture, tmp_path: Path, forgery: str
) -> None:
    path = tmp_path / "record.json"
    save_record(record, path)
    whole = json.loads(path.read_text())
    FORGERIES[forgery](whole)
    path.write_text(json.dumps(whole))
    with pytest.raises(ConsentInvalid, match="altered"):
        permit(load_record(path), portrait, None, NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        "\x00\xff",
        "[" * 100_000,
        '{"schema": "bonaface-consent/2"}',
        '{"record_id": 1}',
        "x" * (2 << 20),
    ],
    ids=["empty", "object", "list", "null", "bytes", "deep", "later schema", "types", "huge"],
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ConsentInvalid):
        load_record(path)


@pytest.mark.parametrize(
    "field", [("schema", "bonaface-consent/3"), ("extra", True), ("purposes", "training-video")]
)
def test_fields_of_another_schema_are_refused(
    record: ConsentRecord, tmp_path: Path, field: tuple[str, object]
) -> None:
    path = tmp_path / "record.json"
    save_record(record, path)
    path.write_text(json.dumps(json.loads(path.read_text()) | {field[0]: field[1]}))
    with pytest.raises(ConsentInvalid, match="this version"):
        load_record(path)


def test_a_missing_record_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConsentMissing, match="no consent record"):
        load_record(tmp_path / "none.json")


def test_a_record_from_elsewhere_is_refused(
    record: ConsentRecord, portrait: Picture, home: Path
) -> None:
    (home / "keys" / keys.FILE).unlink()
    with pytest.raises(ConsentInvalid, match="not trusted here"):
        permit(record, portrait, None, NOW)
    keys.private_key()
    with pytest.raises(ConsentInvalid, match="not trusted here"):
        permit(record, portrait, None, NOW)


def test_losing_the_ledger_denies(record: ConsentRecord, portrait: Picture, home: Path) -> None:
    leave = permit(record, portrait, None, NOW)
    for note in (home / "consent").glob("*"):
        note.unlink()
    with pytest.raises(ConsentInvalid, match="no note"):
        leave.check(NOW)
    with pytest.raises(ConsentInvalid, match="no note"):
        permit(record, portrait, None, NOW)


def test_the_ledger_knows_only_what_it_signed(record: ConsentRecord, home: Path) -> None:
    def status(digest: str = record.digest, now: datetime = NOW) -> str:
        return ledger.status(record.record_id, digest, now)

    assert status() == "active"
    assert status(now=datetime(2028, 1, 1, tzinfo=UTC)) == "expired"
    assert status(digest="0" * 64) == "unknown"
    assert ledger.status("../../etc/passwd", record.digest, NOW) == "unknown"
    note = next((home / "consent").glob("*.granted.json"))
    note.write_text(note.read_text().replace("2027-12-31", "2099-12-31"))
    assert status() == "unknown"


def test_the_ledger_names_nobody(record: ConsentRecord, home: Path) -> None:
    revoke(record, NOW)
    kept = b"".join(path.read_bytes() for path in (home / "consent").glob("*"))
    assert b"Ada" not in kept
    assert record.portrait.seen.encode() not in kept


def test_only_the_policy_makes_a_permit(record: ConsentRecord, portrait: Picture) -> None:
    with pytest.raises(ConsentDenied, match="nowhere else"):
        Permit("id", "digest", "portrait", "any", NOW, NOW + timedelta(days=9), ("live",))
    leave = permit(record, portrait, None, NOW)
    with pytest.raises((ConsentDenied, ValueError)):
        dataclasses.replace(leave, expires=NOW + timedelta(days=9999))
    with pytest.raises(dataclasses.FrozenInstanceError):
        leave.expires = NOW  # type: ignore[misc]


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (Terms("", "self", ("a",), UNTIL), "subject"),
        (Terms("x" * 201, "self", ("a",), UNTIL), "subject"),
        (Terms("A\x1b[2Jda", "self", ("a",), UNTIL), "subject"),
        (Terms("Ada", "friend", ("a",), UNTIL), "Use one of: self"),
        (Terms("Ada", "self", (), UNTIL), "1 to 16"),
        (Terms("Ada", "self", ("Training Video",), UNTIL), "slug"),
        (Terms("Ada", "self", ("a",), date(2026, 11, 21)), "--until"),
        (Terms("Ada", "self", ("a",), UNTIL, date(2028, 1, 1)), "--until"),
    ],
)
def test_senseless_terms_are_refused(portrait: Picture, terms: Terms, told: str) -> None:
    with pytest.raises(ConsentError, match=told):
        grant(hash_portrait(b"", portrait), terms, NOW)


def test_the_digest_is_salted(portrait: Picture) -> None:
    assert agree(portrait).digest != agree(portrait).digest


def test_canonical_json_is_one_way_only() -> None:
    written = canonical({"b": [1, "é"], "a": {"d": None, "c": True}})
    assert written == '{"a":{"c":true,"d":null},"b":[1,"é"]}'.encode()
    with pytest.raises(ValueError, match="floats"):
        canonical({"a": [1.5]})


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_keys_are_private(record: ConsentRecord, home: Path) -> None:
    files = [path for path in home.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)
    assert all(path.parent.stat().st_mode & 0o777 == 0o700 for path in files)
    (home / "keys" / keys.FILE).chmod(0o644)
    with pytest.raises(KeysError, match="chmod 600"):
        verify(record)


def test_a_broken_key_says_what_to_do(home: Path) -> None:
    keys.private_key()
    (home / "keys" / keys.FILE).write_bytes(b"-----BEGIN PRIVATE KEY-----\nnonsense\n")
    with pytest.raises(KeysError, match="Bring it back"):
        keys.private_key()


def test_a_home_that_cannot_be_written_says_so(home: Path) -> None:
    home.write_text("a file where a folder should be")
    with pytest.raises(KeysError, match="BONAFACE_HOME"):
        keys.private_key()


def test_a_record_that_cannot_be_written_says_so(record: ConsentRecord, tmp_path: Path) -> None:
    with pytest.raises(UnwritableMedia, match="No such file"):
        save_record(record, tmp_path / "nowhere" / "record.json")


def test_first_use_by_many_at_once_makes_one_key(home: Path) -> None:
    code = (
        "from datetime import UTC, datetime\n"
        "from bonaface.consent import keys\n"
        "from bonaface.marks.signers.keys import signing_keys\n"
        "print(keys.public_bytes(keys.private_key()).hex(),"
        " hash(signing_keys(datetime.now(UTC)).chain))"
    )
    environment = os.environ | {"BONAFACE_HOME": str(home), "PYTHONHASHSEED": "0"}
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment)
        for _ in range(4)
    ]
    answers = {process.communicate(timeout=120)[0] for process in started}
    assert all(process.returncode == 0 for process in started)
    assert len(answers) == 1
    assert sorted(path.name for path in (home / "keys").iterdir()) == [
        "authority.pem",
        "consent.pem",
        "signer.pem",
    ]


def test_a_yes_for_one_context_is_none_for_the_other(home: Path, portrait: Picture) -> None:
    assert home
    seen = hash_portrait(b"photo", portrait)
    for contexts, other in ((("live",), "recorded"), (("recorded",), "live")):
        terms = Terms("Ada", "self", ("lesson",), UNTIL, contexts=contexts)
        record = grant(seen, terms, NOW)
        assert f"never {other}" in record.notice
        leave = permit(record, portrait, None, NOW)
        leave.require(contexts[0])
        with pytest.raises(ConsentDenied, match=f"not {other}"):
            leave.require(other)
    nowhere = Terms("Ada", "self", ("lesson",), UNTIL, contexts=("tv",))
    with pytest.raises(ConsentError, match="where"):
        grant(seen, nowhere, NOW)
