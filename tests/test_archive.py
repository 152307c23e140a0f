"""Durable credentials: kept when signing, found again in a copy that lost them."""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from films import MARK_ID, pour, read_marks, reel
from PIL import Image
from scenes import speak_scene
from unsigned import allow, consent, photo, pixels, write

from bonaface.check import check
from bonaface.cli import main
from bonaface.config import settings
from bonaface.consent import ledger
from bonaface.consent.policy import Permit, permit
from bonaface.consent.portrait import hash_portrait
from bonaface.consent.records import ConsentRecord, Terms, grant, revoke
from bonaface.core import SECOND, Picture, Sound
from bonaface.errors import ConsentDenied, CredentialsError, KeysError
from bonaface.forensics.origin.evidence import Evidence, Mark
from bonaface.forensics.origin.recovery import HERE, Sights, Trace, trace
from bonaface.forensics.report.report import Report, make_report, name_layers, to_json, to_text
from bonaface.forensics.verdict import judge
from bonaface.log import store
from bonaface.log.audit import audit
from bonaface.log.entry import Content
from bonaface.marks.archive import archive, jumbf
from bonaface.marks.archive.seen import WHOLE, Corners, compare, fingerprint, glance
from bonaface.marks.credentials import trust
from bonaface.marks.credentials.files import Credentials, Statement, read_store, sign_media
from bonaface.marks.picture.geometry import Place
from bonaface.marks.picture.mark import PictureMark
from bonaface.marks.reading_key import SOUND_ID_BITS, sound_id, write_id
from bonaface.marks.signers import keys
from bonaface.marks.sound.mark import SoundMark
from bonaface.media.broadcast.recording import Recording
from bonaface.media.fingerprints import fingerprint_file
from bonaface.media.video import Video

NOW = datetime.now(UTC)
PICTURE_ID, SOUND_ID = "00112233445566ff", "445566ff"
MACHINE, USER = "analytical-engine-7", "a.a.k.noel-byron"


def square(first: float, last: float) -> Corners:
    return ((first, first), (last, first), (last, last), (first, last))


def look_at(seed: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return glance(pixels(seed))


def make(path: Path, leave: Permit | None = None, seed: int | None = None, **more: Any) -> bytes:
    """Sign a small picture; answers its manifest store."""
    seen = () if seed is None else fingerprint([look_at(seed)])
    statement = Statement(NOW, leave, None, PICTURE_ID, SOUND_ID, seen=seen, **more)
    return sign_media(write(path.with_name("raw.png")), path, "image/png", statement)


@pytest.fixture
def record(home: Path) -> ConsentRecord:  # noqa: ARG001
    return consent(NOW)


@pytest.fixture
def leave(record: ConsentRecord) -> Permit:
    return allow(record, NOW)


def test_signing_keeps_the_manifest(leave: Permit, tmp_path: Path) -> None:
    kept = make(tmp_path / "a.png", leave)
    (entry,) = archive.find(PICTURE_ID)
    assert archive.find(SOUND_ID.upper()) == (entry,)
    assert entry.content is not None
    assert entry.content.body == kept
    assert entry.content.manifest == jumbf.name_of(kept)
    assert (entry.content.record, entry.content.digest) == (leave.record_id, leave.digest)
    assert audit().problems == ()


def spoil_log() -> None:
    store.append("session", Content(), ())
    store.log_path().write_bytes(b"this was a log once")


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise KeysError("The log could not be used: database or disk is full.", "Make room.")

    monkeypatch.setattr(store, "append", refuse)


@pytest.mark.parametrize("how", ["damaged", "full"])
def test_what_cannot_be_kept_is_not_made(
    how: str, leave: Permit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tmp_path / "folder" / "a.png"
    made.parent.mkdir()
    sources = Statement(NOW, None, sound_mark=SOUND_ID)
    if how == "full":
        fill_disk(monkeypatch)
    else:
        spoil_log()
    with pytest.raises((KeysError, ConsentDenied), match=r"log .*(damaged|could not be used)"):
        make(made, leave)
    with pytest.raises(KeysError):
        sign_media(write(tmp_path / "a.wav"), made.with_suffix(".wav"), "audio/wav", sources)
    assert [path.name for path in made.parent.iterdir()] == ["raw.png"]


def test_what_is_no_manifest_store_is_not_kept(leave: Permit) -> None:
    with pytest.raises(CredentialsError, match="cannot be kept"):
        archive.keep(b"rubbish", Statement(NOW, leave, None, PICTURE_ID, SOUND_ID))
    assert archive.find(PICTURE_ID) == ()


def test_a_store_is_judged_apart_from_its_file(leave: Permit, tmp_path: Path) -> None:
    kept = make(tmp_path / "a.png", leave)
    assert read_store(kept).state == "trusted"
    shutil.rmtree(settings().home / "keys")
    assert read_store(kept).state == "valid"
    changed = kept.replace(PICTURE_ID.encode(), b"f" * 16)
    assert (read_store(changed).state, read_store(changed).altered) == ("invalid", True)
    assert read_store(b"").state == read_store(kept[:900]).state == "none"


def follow(glances: tuple[Any, ...] = (), mark: str | None = PICTURE_ID) -> Trace:
    return trace(mark, None, Sights(glances), NOW)


@pytest.mark.parametrize(("seed", "likeness"), [(1, "same"), (2, "other"), (None, "unknown")])
def test_a_copied_mark_is_told(
    seed: int | None, likeness: str, leave: Permit, tmp_path: Path
) -> None:
    make(tmp_path / "a.png", leave, seed=1)
    found = follow(() if seed is None else (look_at(seed),)).recovered
    assert found is not None
    assert found.comparison.likeness == likeness
    assert found.fits == (likeness != "other")
    evidence = Evidence(
        Credentials("none"), picture=Mark(True, PICTURE_ID, 20.0), trace=Trace(found)
    )
    verdict, said = judge(evidence), fields(evidence)
    assert verdict.word == "made-by-ai"
    assert said["recovered"] is found.fits
    assert said["recovery"]["likeness"] == likeness
    assert ("copied from there" in " ".join(verdict.reasons)) == (likeness == "other")
    assert any("can be written by others" in one for one in verdict.limits) == (likeness != "same")


def fields(evidence: Evidence) -> dict[str, Any]:
    report = make_report("a.png", "0" * 64, "image", evidence)
    assert to_text(report)
    found: dict[str, Any] = json.loads(to_json(report))["credentials"]
    return found


def test_of_several_the_one_that_fits_is_taken(leave: Permit, tmp_path: Path) -> None:
    first = make(tmp_path / "a.png", leave, seed=1)
    make(tmp_path / "b.png", leave, seed=2)
    found = follow((look_at(1),)).recovered
    assert found is not None
    assert found.manifest == jumbf.name_of(first)


def test_the_consent_of_what_was_recovered(
    record: ConsentRecord, leave: Permit, tmp_path: Path
) -> None:
    make(tmp_path / "a.png", leave)

    def said(when: datetime = NOW) -> str:
        found = trace(PICTURE_ID, None, Sights(), when).recovered
        assert found is not None
        return found.consent

    assert said() == "active"
    assert said(datetime(2100, 1, 1, tzinfo=UTC)) == "expired"
    revoke(record, NOW)
    assert said() == "revoked"
    shutil.rmtree(settings().home / "consent")
    assert said() == "unknown"


def test_a_revocation_outlives_its_note(record: ConsentRecord, leave: Permit) -> None:
    revoke(record, NOW)
    revoke(record, NOW)
    next((settings().home / "consent").glob("*.revoked.json")).unlink()
    assert ledger.status(record.record_id, record.digest, NOW) == "revoked"
    with pytest.raises(ConsentDenied, match="revoked"):
        leave.check(NOW)
    assert store.last_number() == 1


def test_a_log_that_cannot_be_read_denies(record: ConsentRecord, leave: Permit) -> None:
    spoil_log()
    with pytest.raises(ConsentDenied, match="cannot be read"):
        leave.check(NOW)
    assert ledger.status(record.record_id, record.digest, NOW) == "unknown"
    assert "was not asked" in follow().limits[0]


def test_a_session_and_an_erased_manifest_leave_a_trace(leave: Permit, tmp_path: Path) -> None:
    archive.note_session(int(PICTURE_ID, 16), leave)
    found = follow()
    assert found.recovered is None
    assert found.logged is not None
    assert (found.logged.kind, found.logged.consent) == ("session", "active")
    evidence = Evidence(Credentials("none"), picture=Mark(True, PICTURE_ID, 9.0), trace=found)
    assert any("a live session that began here" in one for one in judge(evidence).reasons)
    make(tmp_path / "a.png", leave)
    store.erase((1, 2))
    found = follow()
    assert (found.recovered, found.logged and found.logged.erased) == (None, True)
    evidence = replace(evidence, trace=found)
    assert any("it was erased" in one for one in judge(evidence).reasons)
    assert fields(evidence)["log"]["erased"] is True
    assert "log entry: found" in name_layers(evidence)


def test_marks_that_are_too_short_to_tell_are_named(leave: Permit) -> None:
    for first in (1, 2):
        archive.note_session(int(f"{first:08x}{SOUND_ID}", 16), leave)
    found = trace(None, SOUND_ID, Sights(), NOW)
    assert "2 entries of the log share this short mark." in found.limits


@pytest.mark.parametrize(
    ("corners", "cut"),
    [
        (WHOLE, (slice(None), slice(None))),
        (((1, 0), (0, 0), (0, 1), (1, 1)), (slice(None), slice(None, None, -1))),
        (((0, 0), (8 / 7, 0), (8 / 7, 1), (0, 1)), (slice(None), slice(0, 168))),
        (square(-1 / 14, 15 / 14), (slice(12, 180), slice(12, 180))),
    ],
)
def test_fingerprints_follow_crops_and_mirrors(corners: Corners, cut: tuple[slice, slice]) -> None:
    kept = fingerprint([look_at(1)])
    shown = np.ascontiguousarray(pixels(1)[cut])
    dull = (shown * 0.7 + 20).astype(np.uint8)
    for one in (shown, dull):
        found = compare(kept, [glance(one)], corners)
        assert found.likeness == "same", found
    other = glance(np.ascontiguousarray(pixels(2)[cut]))
    assert compare(kept, [other], corners).likeness == "other"


def test_fingerprints_follow_a_picture_in_a_picture() -> None:
    frame = pixels(7)
    frame[20:116, 60:156] = pixels(1)[::2, ::2]
    corners = tuple((x / 192, y / 192) for x, y in ((60, 20), (156, 20), (156, 116), (60, 116)))
    assert compare(fingerprint([look_at(1)]), [glance(frame)], corners).likeness == "same"
    assert compare(fingerprint([look_at(1)]), [glance(frame)]).likeness == "other"


def test_a_place_has_such_corners() -> None:
    assert Place().corners == WHOLE


def test_fingerprints_are_few_and_make_sense_or_are_passed_over() -> None:
    assert len(fingerprint([look_at(1)] * 20)) == 1
    assert len(fingerprint(look_at(seed) for seed in range(40))) == 12
    grey = glance(np.full((64, 64, 3), 128, np.uint8))
    assert fingerprint([grey]) == ()
    assert all(len(one) < 120 for one in fingerprint([look_at(3)]))
    for rubbish in ("", "zz", "00", "ff" * 53, "é" * 106, "00" * 53):
        assert compare([rubbish], [look_at(1)]).likeness in {"unknown", "other"}
    assert compare([], [look_at(1)]).likeness == "unknown"
    assert compare(fingerprint([look_at(1)]), []).likeness == "unknown"


def test_the_layers_are_said_in_one_sentence() -> None:
    evidence = Evidence(Credentials("none"), picture=Mark(found=True), sound=None)
    said = name_layers(evidence)
    assert "picture mark: found; sound mark: none; credentials: none; log entry: none." in said
    assert said.count(".") == 1
    assert "credentials: in the file" in name_layers(Evidence(Credentials("trusted")))


# What follows makes a film and copies of it, once.


@dataclass(frozen=True)
class Films:
    """A home in which a film was made, the film, and what became of it."""

    home: Path
    record: ConsentRecord
    made: Path
    copy: Path  # scaled, cut and encoded again
    moved: Path  # the mark of the film in another one
    names: tuple[str, ...]  # of people, files and machines, which nothing may hold


def describe_ada() -> tuple[bytes, ConsentRecord, tuple[str, ...]]:
    """A portrait and a consent that are full of names."""
    exif = Image.Exif()
    exif[0x013B], exif[0x9C9D] = "Margaret Carpenter", "Ockham Park"  # artist, author
    exif[0x010F], exif[0xA431] = "Voigtländer & Sohn", "SERIAL-18400707"
    portrait = photo(exif=exif.tobytes())
    terms = Terms(
        subject="Augusta Ada King",
        basis="self",
        purposes=("lesson",),
        valid_until=date(2099, 12, 31),
        controller="Charles Babbage, 1 Dorset Street",
    )
    record = grant(hash_portrait(portrait, Picture(0, pixels())), terms, NOW)
    names = ("Augusta", "Babbage", "Dorset Street", "Carpenter", "Ockham", "18400707", "Voigtl")
    return portrait, record, (*names, "countess-of-lovelace", MACHINE, USER)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Films]:
    folder = tmp_path_factory.mktemp("countess-of-lovelace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BONAFACE_HOME", str(folder / "home"))
        for name in ("USER", "LOGNAME", "USERNAME"):
            patch.setenv(name, USER)
        patch.setenv("HOSTNAME", MACHINE)
        patch.setattr(socket, "gethostname", lambda: MACHINE)
        patch.setattr(platform, "node", lambda: MACHINE)
        settings.cache_clear()
        portrait, record, names = describe_ada()
        leave = permit(record, Picture(0, pixels()), None, NOW)
        archive.note_session(MARK_ID, leave)
        made = folder / "countess-of-lovelace.mp4"
        ids = (write_id(MARK_ID), write_id(sound_id(MARK_ID), SOUND_ID_BITS))
        recording = Recording(made, Statement(NOW, leave, portrait, *ids))
        pour(recording, reel())
        recording.end()
        assert recording.wait(30)
        yield Films(
            folder / "home",
            record,
            made,
            copied(made, folder / "copy.mp4"),
            moved(folder / "moved.mp4"),
            names,
        )
    settings.cache_clear()


def copied(source: Path, target: Path) -> Path:
    """Four seconds from the middle, cropped and scaled: what ffmpeg makes of a film."""
    cut = ["-ss", "1", "-t", "4", "-i", str(source), "-vf", "crop=iw*0.94:ih,scale=224:224"]
    work = ["ffmpeg", "-v", "error", "-y", *cut, "-crf", "26", "-c:a", "aac", str(target)]
    subprocess.run(work, check=True)
    return target


def moved(path: Path) -> Path:
    """Another film in which somebody wrote the same mark."""
    see, hear = PictureMark(MARK_ID), SoundMark(MARK_ID)
    scene = np.asarray(Image.fromarray(pixels(5)).resize((256, 256)))
    with Video(path, (256, 256), Fraction(25), 48_000) as video:
        for index in range(100):
            shifted = np.roll(scene, index % 7, axis=1).copy()
            for picture in see.push(Picture(index * SECOND // 25, shifted)):
                video.show(picture)
        samples = speak_scene(4).samples
        for sound in (*hear.push(Sound(0, samples, 48_000)), *hear.flush()):
            video.hear(sound)
    return path


pictured = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not here")


@pytest.fixture
def at_home(films: Films, monkeypatch: pytest.MonkeyPatch) -> Iterator[Films]:
    """Where the films were made."""
    monkeypatch.setenv("BONAFACE_HOME", str(films.home))
    settings.cache_clear()
    yield films
    settings.cache_clear()


@pytest.mark.slow
@pictured
def test_a_copy_gets_its_credentials_back(
    at_home: Films, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = check(at_home.made)
    assert whole.evidence.credentials.state == "trusted"
    assert whole.evidence.recovered is None, "nothing was lost"
    assert whole.evidence.trace.logged is not None
    assert main(["check", str(at_home.copy), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["verdict"] == "made-by-ai"
    credentials = said["credentials"]
    assert (credentials["state"], credentials["recovered"]) == ("none", True)
    assert (credentials["ai"], credentials["consent"]) == (True, "active")
    assert credentials["from"] == HERE
    assert credentials["recovery"]["state"] == "trusted"
    assert credentials["recovery"]["likeness"] == "same"
    assert any("the mark led to" in one for one in said["reasons"])
    page = to_text(check(at_home.copy))
    assert "credentials: recovered" in " ".join(page.split())


@pytest.mark.slow
@pictured
def test_a_mark_in_another_film_is_told(at_home: Films) -> None:
    report = check(at_home.moved)
    found = report.evidence.trace.recovered
    assert found is not None
    assert (found.comparison.likeness, report.evidence.recovered) == ("other", None)
    assert report.verdict.word == "made-by-ai"
    assert json.loads(to_json(report))["credentials"]["recovered"] is False
    assert any("the mark was copied from there" in one for one in report.verdict.reasons)


@pytest.mark.slow
@pictured
def test_another_installation_asks_the_server(
    films: Films, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = shutil.copytree(films.home, tmp_path / "theirs")
    nothing = check(films.copy)
    assert (nothing.evidence.recovered, nothing.evidence.trace.logged) == (None, None)
    with serving(theirs) as address:
        assert said(check(films.copy, (address,))) == ("valid", address, "unknown")
        root = tmp_path / "root.pem"
        monkeypatch.setenv("BONAFACE_HOME", str(theirs))
        settings.cache_clear()
        keys.export_root(root, NOW)
        revoke(films.record, NOW)
        monkeypatch.setenv("BONAFACE_HOME", str(home))
        monkeypatch.setenv("BONAFACE_RESOLVERS", f"http://127.0.0.1:9, {address}")
        settings.cache_clear()
        trust.trust(root)
        trusted = check(films.copy, settings().resolvers)
        assert said(trusted) == ("trusted", address, "revoked")
        assert any(f"revoked, as {address} says" in one for one in trusted.verdict.reasons)
        assert any("could not be reached" in one for one in trusted.verdict.limits)
    down = check(films.copy, (address,))
    assert down.evidence.recovered is None
    assert down.verdict.word == nothing.verdict.word == "made-by-ai"
    assert any("in vain" in one for one in down.verdict.limits)


def said(report: Report) -> tuple[str, str, str]:
    found = report.evidence.recovered
    assert found is not None
    assert found.comparison.likeness == "same"
    return found.credentials.state, found.source, report.evidence.consent


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The real server, in a process of its own; gives its address."""
    work = [sys.executable, "-m", "bonaface", "serve", "--port", "0"]
    environment = os.environ | {"BONAFACE_HOME": str(home), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(work, stdout=subprocess.PIPE, text=True, env=environment) as child:
        try:
            assert child.stdout is not None
            told = next(line for line in child.stdout if line.startswith("http://"))
            yield told.strip().rstrip("/")
        finally:
            child.kill()


@pytest.mark.slow
@pictured
def test_no_mark_names_anybody(at_home: Films) -> None:
    """Reads the picture mark, the sound mark, the manifest, and the log as it lies on the disk."""
    picture, sound = read_marks(at_home.made)
    assert (picture.mark_id, sound.mark_id) == (MARK_ID, sound_id(MARK_ID)), "a number is all"
    entries = archive.find(write_id(MARK_ID))
    assert {entry.kind for entry in entries} == {"session", "manifest"}
    assert all(uuid.UUID(e.content.record).version == 4 for e in entries if e.content)
    manifest = next(e.content for e in entries if e.content and e.content.body)
    assert uuid.UUID(manifest.manifest.removeprefix("urn:c2pa:")).version == 4
    assert len(fingerprint_file(at_home.made)) <= 3
    file = at_home.made.read_bytes()
    log = b"".join(path.read_bytes() for path in at_home.home.glob("log.db*"))
    assert jumbf.find_in_mp4(file) == manifest.body
    assert manifest.manifest.encode() in log
    for name in at_home.names:
        for data in (file, log, manifest.body):
            for coded in (name.encode(), name.encode("utf-16-le"), name.lower().encode()):
                assert coded not in data, name
    assert at_home.record.portrait.sha256.encode() not in log + file
    assert bytes.fromhex(at_home.record.portrait.sha256) not in log + file
