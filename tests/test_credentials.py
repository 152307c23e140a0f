"""Credentials: signed, read back, broken, stripped, forged."""

import io
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from c2pa import Builder, C2paSignerInfo, Reader, Signer
from PIL import Image
from unsigned import MIMES, allow, build, consent, photo, recorded, spoil, write, write_video

from bonaface.consent.policy import Permit
from bonaface.consent.records import ConsentRecord, revoke
from bonaface.errors import (
    ConsentDenied,
    ConsentMissing,
    CredentialsError,
    KeysError,
    Unmarked,
    UnreadableMedia,
    UnwritableMedia,
)
from bonaface.marks.credentials import files as credentials
from bonaface.marks.credentials import trust
from bonaface.marks.credentials.claims import read_claims
from bonaface.marks.credentials.container import sniff
from bonaface.marks.credentials.files import Credentials, Statement, read_credentials, sign_media
from bonaface.marks.credentials.manifest import SOURCE_TYPES
from bonaface.marks.signers import keys

NOW = datetime.now(UTC)
PICTURE_ID, SOUND_ID = "00112233445566ff", "0123abcd"
pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def record() -> ConsentRecord:
    return consent(NOW)


@pytest.fixture
def leave(record: ConsentRecord) -> Permit:
    return allow(record, NOW)


@pytest.fixture
def statement(leave: Permit) -> Statement:
    return Statement(NOW, leave, photo(), PICTURE_ID, SOUND_ID)


@pytest.fixture
def signed(statement: Statement, tmp_path: Path) -> Callable[[str], Path]:
    def sign(name: str) -> Path:
        path = tmp_path / f"signed-{name}"
        sign_media(write(tmp_path / name), path, MIMES[name], statement)
        return path

    return sign


@pytest.mark.parametrize("name", MIMES)
def test_what_is_signed_reads_back(
    signed: Callable[[str], Path], leave: Permit, tmp_path: Path, name: str
) -> None:
    path = signed(name)
    found = read_credentials(path)
    assert found.state == "trusted"
    assert found.problems == found.limits == ()
    said = found.said
    assert said.ai is True
    assert said.issuer == keys.ORGANISATION
    assert said.consent is not None
    assert (said.consent.record_id, said.consent.digest) == (leave.record_id, leave.digest)
    assert said.signed_at == NOW.isoformat(timespec="seconds")
    assert said.actions == ("c2pa.created", "c2pa.watermarked.bound", "c2pa.watermarked.bound")
    assert dict(said.marks) == {
        "org.bonaface.picture.1": PICTURE_ID,
        "org.bonaface.sound.1": SOUND_ID,
    }
    assert path.stat().st_size - (tmp_path / name).stat().st_size < 8_000  # no thumbnail
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("name", MIMES)
def test_one_changed_byte_is_noticed(signed: Callable[[str], Path], name: str) -> None:
    path = signed(name)
    spoil(path)
    found = read_credentials(path)
    assert (found.state, found.altered) == ("invalid", True)
    assert "changed after it was signed" in found.problems[0]


def test_a_changed_statement_is_noticed(signed: Callable[[str], Path], leave: Permit) -> None:
    path = signed("still.jpg")
    data = path.read_bytes()
    assert data.count(leave.record_id.encode()) == 1
    path.write_bytes(data.replace(leave.record_id.encode(), b"0" * len(leave.record_id)))
    found = read_credentials(path)
    assert (found.state, found.altered) == ("invalid", True)


def test_saving_again_strips_them(signed: Callable[[str], Path], tmp_path: Path) -> None:
    again = tmp_path / "again.jpg"
    with Image.open(signed("still.jpg")) as image:
        image.save(again)
    assert read_credentials(again) == Credentials("none")


def test_credentials_do_not_move_to_another_picture(
    signed: Callable[[str], Path], tmp_path: Path
) -> None:
    data = signed("still.jpg").read_bytes()
    start, end = data.index(b"\xff\xeb"), data.index(b"\xff\xdb")  # APP11, first table
    other = photo(9)
    path = tmp_path / "other.jpg"
    path.write_bytes(other[:20] + data[start:end] + other[20:])
    found = read_credentials(path)
    assert (found.state, found.altered) == ("invalid", True)


def test_nobody_is_named(record: ConsentRecord, leave: Permit, tmp_path: Path) -> None:
    note = Image.Exif()
    note[0x013B] = "Secret Person"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>%s</x:xmpmeta>" % (
        b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        b"xmlns:xmpMM='http://ns.adobe.com/xap/1.0/mm/' xmpMM:InstanceID='xmp.iid:FROMCAMERA'/>"
        b"</rdf:RDF>"
    )
    statement = Statement(NOW, leave, photo(exif=note, xmp=xmp), PICTURE_ID)
    path = tmp_path / "signed.png"
    sign_media(write(tmp_path / "ada-lovelace.png"), path, "image/png", statement)
    data = path.read_bytes().lower()
    # None is short: three letters in either case are found in the noise of pixels now and then.
    secrets = (b"Lovelace", b"Secret Person", b"FROMCAMERA", record.portrait.sha256.encode())
    assert all(secret.lower() not in data for secret in secrets)


def test_credentials_of_the_portrait_are_kept(
    signed: Callable[[str], Path], leave: Permit, tmp_path: Path
) -> None:
    statement = Statement(NOW, leave, signed("still.jpg").read_bytes(), PICTURE_ID)
    path = tmp_path / "out.png"
    sign_media(write(tmp_path / "in.png"), path, "image/png", statement)
    with path.open("rb") as file, Reader("image/png", file) as reader:
        assert len(json.loads(reader.json())["manifests"]) == 2
    assert read_credentials(path).state == "trusted"


@pytest.mark.parametrize("name", ["video.mp4", "still.jpg"])
def test_no_face_is_signed_without_a_permit(tmp_path: Path, name: str) -> None:
    path = tmp_path / "out"
    with pytest.raises(ConsentMissing):
        sign_media(write(tmp_path / name), path, MIMES[name], Statement(NOW, None, None, "aa"))
    assert not path.exists()


def test_no_face_is_signed_once_consent_is_revoked(
    record: ConsentRecord, statement: Statement, tmp_path: Path
) -> None:
    revoke(record, NOW)
    with pytest.raises(ConsentDenied, match="revoked"):
        sign_media(write(tmp_path / "still.jpg"), tmp_path / "out", "image/jpeg", statement)
    assert not (tmp_path / "out").exists()


def test_nothing_unmarked_is_signed(leave: Permit, tmp_path: Path) -> None:
    still, sound = write(tmp_path / "still.jpg"), write(tmp_path / "sound.wav")
    with pytest.raises(Unmarked):
        sign_media(still, tmp_path / "out", "image/jpeg", Statement(NOW, leave))
    with pytest.raises(Unmarked):
        sign_media(sound, tmp_path / "out", "audio/wav", Statement(NOW, None))


def test_a_voice_alone_needs_no_permit(tmp_path: Path) -> None:
    statement = Statement(NOW, None, None, None, SOUND_ID)
    sign_media(write(tmp_path / "sound.wav"), tmp_path / "out.wav", "audio/wav", statement)
    found = read_credentials(tmp_path / "out.wav")
    assert (found.state, found.said.ai, found.said.consent) == ("trusted", True, None)


@pytest.mark.parametrize("origin", ["ai", "composite"])
def test_what_other_tools_made_needs_no_permit_but_a_mark(
    tmp_path: Path, origin: Literal["ai", "composite"]
) -> None:
    path, output = write(tmp_path / "still.png"), tmp_path / "out.png"
    with pytest.raises(Unmarked):
        sign_media(path, output, "image/png", Statement(NOW, None, origin=origin, parent=path))
    statement = Statement(NOW, None, None, PICTURE_ID, origin=origin, parent=path)
    store = sign_media(path, output, "image/png", statement)
    assert store in output.read_bytes()
    found = read_credentials(output)
    assert (found.state, found.said.ai, found.said.consent) == ("trusted", True, None)
    assert found.said.actions == ("c2pa.opened", "c2pa.addedText", "c2pa.watermarked.bound")


def test_signing_what_is_broken_leaves_nothing(statement: Statement, tmp_path: Path) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff" + bytes(100))
    with pytest.raises(CredentialsError):
        sign_media(path, tmp_path / "out.jpg", "image/jpeg", statement)
    with pytest.raises(CredentialsError):
        sign_media(path, tmp_path / "out.jpg", "video/x-matroska", statement)
    with pytest.raises(UnwritableMedia):
        sign_media(path, tmp_path / "nowhere" / "out.jpg", "image/jpeg", statement)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["broken.jpg"]


@pytest.mark.parametrize("layout", ["faststart", "frag_keyframe+empty_moov"])
def test_large_videos_are_hashed_in_leaves_where_that_holds(
    statement: Statement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    monkeypatch.setattr(credentials, "_LARGE", 0)
    monkeypatch.setattr(credentials, "_LEAF", 1)  # kB
    path = tmp_path / "video.mp4"
    write_video(path, {"movflags": layout})
    signed = tmp_path / "signed.mp4"
    sign_media(path, signed, "video/mp4", statement)
    assert read_credentials(signed).state == "trusted"
    grown = signed.stat().st_size - path.stat().st_size
    assert (grown > 6_500) == (layout == "faststart")  # leaves take room
    spoil(signed)
    assert read_credentials(signed).state == "invalid"


def test_what_does_not_read_back_is_not_left(
    statement: Statement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "still.jpg")
    monkeypatch.setattr(trust, "anchors", lambda _: "")
    with pytest.raises(CredentialsError, match="read back"):
        sign_media(path, tmp_path / "out.jpg", "image/jpeg", statement)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["still.jpg"]


def test_signing_a_file_in_its_own_place(statement: Statement, tmp_path: Path) -> None:
    path = write(tmp_path / "still.jpg")
    sign_media(path, path, "image/jpeg", statement)
    assert read_credentials(path).state == "trusted"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x04\x00\x00\x00WAVE",
        b"\x00\x00\x00\x18ftypisom" + bytes(16),
        bytes(4096),
    ],
)
def test_broken_files_carry_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file.mp4"
    path.write_bytes(data)
    assert read_credentials(path).state == "none"


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMedia):
        read_credentials(tmp_path / "none.mp4")


def test_what_cannot_carry_credentials_is_a_limit(tmp_path: Path) -> None:
    path = tmp_path / "video.mkv"
    path.write_bytes(b"\x1aE\xdf\xa3" + bytes(100))
    assert "carries no credentials" in read_credentials(path).limits[0]


@pytest.mark.parametrize("name", ["video.mp4", "still.jpg", "still.png", "sound.wav"])
def test_random_damage_never_passes_nor_crashes(signed: Callable[[str], Path], name: str) -> None:
    path = signed(name)
    whole = path.read_bytes()
    generator = np.random.default_rng(7)
    for _ in range(60):
        data = bytearray(whole[: generator.integers(20, len(whole))])
        for place in generator.integers(0, len(data), 5):
            data[place] = generator.integers(0, 256)
        path.write_bytes(data)
        found = read_credentials(path)
        assert found.state in {"none", "invalid"}


@pytest.fixture
def stranger(home: Path, tmp_path: Path) -> keys.SigningKeys:
    """The keys of another installation; its authority is left at tmp_path/stranger.pem."""
    signing = keys.signing_keys(NOW)
    (tmp_path / "stranger.pem").write_bytes(signing.root)
    shutil.rmtree(home / "keys")
    return signing


def test_a_stranger_is_valid_until_trusted(stranger: keys.SigningKeys, tmp_path: Path) -> None:
    path = tmp_path / "shot.jpg"
    path.write_bytes(build(recorded("digitalCapture"), stranger, photo()))
    for _ in range(2):
        found = read_credentials(path)
        assert (found.state, found.said.ai) == ("valid", False)
        assert "not known" in found.problems[0]
        keys.signing_keys(NOW)  # an authority of one's own changes nothing
    trust.trust(tmp_path / "stranger.pem")
    trust.trust(tmp_path / "stranger.pem")
    assert read_credentials(path).state == "trusted"


def test_only_an_authority_can_be_trusted(stranger: keys.SigningKeys, tmp_path: Path) -> None:
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(stranger.chain)
    with pytest.raises(KeysError, match="of a signer"):
        trust.trust(leaf)
    with pytest.raises(KeysError, match="holds no certificate"):
        trust.trust(tmp_path / "none.pem")


def test_an_edited_photo_with_a_made_part_counts_as_made(stranger: keys.SigningKeys) -> None:
    action = {"action": "c2pa.edited", "digitalSourceType": SOURCE_TYPES + "compositeSynthetic"}
    manifest = recorded("digitalCapture")
    manifest["assertions"][0]["data"]["actions"].append(action)
    signed = build(manifest, stranger, photo())
    with Reader("image/jpeg", io.BytesIO(signed)) as reader:
        assert read_claims(json.loads(reader.json())).ai is True


def test_nothing_is_fetched(stranger: keys.SigningKeys, tmp_path: Path) -> None:
    """A manifest that lies on a server stays there: nobody knocks at its door."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"
        info = C2paSignerInfo(b"es256", stranger.chain, stranger.key, None)
        target = io.BytesIO()
        builder = Builder(recorded("digitalCapture"))
        builder.set_no_embed()
        builder.set_remote_url(address)
        with Signer.from_info(info) as signer:
            builder.sign(signer, "image/jpeg", io.BytesIO(photo()), target)
        path = tmp_path / "remote.jpg"
        path.write_bytes(target.getvalue())
        found = read_credentials(path)
        assert found.state == "none"
        assert "not fetched" in found.limits[0]
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("junk", [None, 1, [], {}, {"active_manifest": 3}, {"manifests": []}])
def test_claims_of_any_shape_are_read(junk: object) -> None:
    assert read_claims(junk).ai is None
    odd = {"assertions": junk, "signature_info": junk, "ingredients": [junk]}
    assert read_claims({"active_manifest": "a", "manifests": {"a": odd}}).actions == ()


def test_ingredients_in_a_circle_end() -> None:
    part = {"relationship": "parentOf", "active_manifest": "a"}
    store = {"active_manifest": "a", "manifests": {"a": {"ingredients": [part]}}}
    assert read_claims(store).ai is None


def test_the_signer_is_made_anew_after_a_year(signed: Callable[[str], Path]) -> None:
    first = keys.signing_keys(NOW)
    assert keys.signing_keys(NOW + timedelta(days=364)) == first
    path = signed("still.jpg")
    second = keys.signing_keys(NOW + timedelta(days=366))
    assert second.chain != first.chain
    assert second.root == first.root
    assert read_credentials(path).state == "trusted"
    assert {fact.name for fact in keys.describe_keys()} == {"authority", "signer", "consent"}


def test_the_authority_can_be_exported(tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    keys.export_root(path, NOW)
    assert b"PRIVATE" not in path.read_bytes()
    assert trust.trust(path).name == "trusted"


def test_no_keys_are_made_by_looking(home: Path) -> None:
    assert list(keys.describe_keys()) == []
    assert keys.root_certificate() is None
    assert not home.exists()


def test_kinds_are_told_by_content() -> None:
    assert sniff(photo()) == "image/jpeg"
    assert sniff(b"\x00\x00\x00\x1cftypM4A \x00") == "audio/mp4"
    assert sniff(b"\xff\xfb\x90\x00") == "audio/mpeg"
    assert sniff(b"OggS") is None


@pytest.mark.parametrize("name", ["video.mp4", "still.jpg", "still.png"])
def test_a_second_validator_agrees(signed: Callable[[str], Path], name: str) -> None:
    path = signed(name)
    assert ask_another(path) == "Trusted match 0"
    spoil(path)
    assert ask_another(path).startswith("Invalid mismatch")


def test_a_second_validator_agrees_on_what_was_kept(
    signed: Callable[[str], Path], tmp_path: Path
) -> None:
    original, path = signed("still.jpg"), tmp_path / "marked.png"
    statement = Statement(NOW, None, None, PICTURE_ID, origin="composite", parent=original)
    sign_media(write(tmp_path / "still.png"), path, "image/png", statement)
    assert ask_another(path) == "Trusted match 0"


def ask_another(path: Path) -> str:
    """Ask `encypher-c2pa` for state, binding and the number of failures.

    It shares no code with c2pa-rs; install it to run this. It stays offline.
    """
    pytest.importorskip("encypher_c2pa", reason="pip install encypher-c2pa")
    root = keys.root_certificate()
    assert root is not None
    code = (
        "import sys, encypher_c2pa as other\n"
        "found = other.verify(sys.argv[1], trust_pem=sys.argv[2], no_default_trust=True,"
        " telemetry=False, online=False)\n"
        "failed = len(found['validation_results'].get('failure', []))\n"
        "print(found['validation_state'], found['hard_binding'], failed)"
    )
    command = [sys.executable, "-c", code, str(path), root.decode()]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
