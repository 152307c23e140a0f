"""What other tools made, marked here: what is stated of it, and what its original said."""

import json
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from c2pa import Builder, C2paSignerInfo, Context, Reader, Settings, Signer
from unsigned import MIMES, allow, build, consent, photo, recorded, write

from bonaface.consent.policy import Permit
from bonaface.forensics.origin.evidence import Evidence, inspect_origin
from bonaface.marks.credentials import trust
from bonaface.marks.credentials.ancestry import Ancestor
from bonaface.marks.credentials.files import Statement, read_credentials, sign_media
from bonaface.marks.credentials.manifest import SOURCE_TYPES, write_manifest
from bonaface.marks.signers import keys

NOW = datetime.now(UTC)
ID = "00112233445566ff"
WHOLE = SOURCE_TYPES + "trainedAlgorithmicMedia"
PARTLY = SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia"
pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def stranger(home: Path, tmp_path: Path) -> keys.SigningKeys:
    signing = keys.signing_keys(NOW)
    (tmp_path / "stranger.pem").write_bytes(signing.root)
    shutil.rmtree(home / "keys")
    return signing


@pytest.fixture
def shot(stranger: keys.SigningKeys, tmp_path: Path) -> Path:
    """A photo by a stranger's camera."""
    path = tmp_path / "shot.jpg"
    path.write_bytes(build(recorded("digitalCapture"), stranger, photo()))
    return path


@pytest.fixture
def leave() -> Permit:
    return allow(consent(NOW), NOW)


def mark(parent: Path, origin: Literal["ai", "composite"] = "composite", **more: Any) -> Path:
    """Sign a copy of a picture as if it had been marked."""
    output = parent.parent / "marked.jpg"
    plain = parent.parent / "plain.jpg"
    plain.write_bytes(photo())
    statement = Statement(NOW, None, None, ID, origin=origin, parent=parent, **more)
    sign_media(plain, output, "image/jpeg", statement)
    return output


def look(path: Path, kind: str = "image/jpeg") -> tuple[Any, Any]:
    """Answer the active manifest and the results, as c2pa's own reader gives them."""
    chosen = {"verify": {"verify_trust": True}, "trust": trust.trust_settings()}
    with (
        Context(settings=Settings.from_dict(chosen)) as context,
        path.open("rb") as file,
        Reader(kind, file, context=context) as reader,
    ):
        store = json.loads(reader.json())
        return store["manifests"][store["active_manifest"]], reader.get_validation_results()


def actions(manifest: Any) -> list[Any]:
    found: list[Any] = manifest["assertions"][0]["data"]["actions"]
    return found


def codes(results: Any) -> Iterator[tuple[str, str]]:
    for kind in ("informational", "failure"):
        yield from ((kind, entry["code"]) for entry in results["activeManifest"][kind])
    for delta in results.get("ingredientDeltas", []):
        for kind in ("informational", "failure"):
            yield from ((kind, entry["code"]) for entry in delta["validationDeltas"][kind])


@pytest.mark.parametrize(("origin", "source"), [("ai", WHOLE), ("composite", PARTLY)])
def test_the_original_is_the_parent_and_its_kind_is_stated(
    tmp_path: Path, origin: Literal["ai", "composite"], source: str
) -> None:
    manifest, results = look(mark(write(tmp_path / "original.png"), origin))
    [parent] = manifest["ingredients"]
    assert (parent["relationship"], parent["digital_source_type"]) == ("parentOf", source)
    opened, text, marked = actions(manifest)
    assert (opened["action"], opened["digitalSourceType"]) == ("c2pa.opened", source)
    assert len(opened["parameters"]["ingredients"]) == 1
    assert (text["action"], marked["action"]) == ("c2pa.addedText", "c2pa.watermarked.bound")
    # no revocation is asked for, and the original had no credentials: nothing else is odd
    assert set(codes(results)) == {
        ("informational", "signingCredential.ocsp.skipped"),
        ("informational", "ingredient.unknownProvenance"),
    }


def test_what_a_camera_recorded_was_changed_since(shot: Path) -> None:
    path = mark(shot)
    manifest, results = look(path)
    assert "digital_source_type" not in manifest["ingredients"][0]
    opened, edited = actions(manifest)[:2]
    assert "digitalSourceType" not in opened
    assert (edited["action"], edited["digitalSourceType"]) == ("c2pa.edited", PARTLY)
    assert {kind for kind, _ in codes(results)} == {"informational"}
    found = read_credentials(path)
    assert (found.state, found.said.ai) == ("trusted", True)
    assert found.said.ancestors == (
        Ancestor("parent", "valid", ai=False, issuer=keys.ORGANISATION, maker="Camera"),
    )


def test_what_another_tool_made_is_not_changed_by_marking(
    stranger: keys.SigningKeys, tmp_path: Path
) -> None:
    made = tmp_path / "made.jpg"
    made.write_bytes(build(recorded("trainedAlgorithmicMedia"), stranger, photo()))
    path = mark(made, "ai")
    names = [action["action"] for action in actions(look(path)[0])]
    assert names == ["c2pa.opened", "c2pa.addedText", "c2pa.watermarked.bound"]
    assert read_credentials(path).said.ancestors[0].ai is True


def test_whom_one_trusts_is_asked_anew(shot: Path, tmp_path: Path) -> None:
    path = mark(shot)
    fact = trust.trust(tmp_path / "stranger.pem")
    assert read_credentials(path).said.ancestors[0].state == "trusted"
    later = mark(shot)
    fact.path.unlink()
    found = read_credentials(later)
    assert (found.state, found.said.ancestors[0].state) == ("trusted", "valid")


def test_an_original_that_was_changed_is_told(shot: Path) -> None:
    data = bytearray(shot.read_bytes())
    data[-400] ^= 1
    shot.write_bytes(data)
    found = read_credentials(mark(shot))
    assert (found.state, found.said.ancestors[0].state) == ("trusted", "invalid")


def test_the_report_says_what_the_original_said(shot: Path) -> None:
    credentials = read_credentials(mark(shot))
    finding = inspect_origin(Evidence(credentials))[0]
    assert "say that AI made or changed this" in finding.reason
    assert "It was made from a file with credentials of its own (written by Camera)" in (
        finding.reason
    )
    assert "say that a camera recorded it" in finding.reason


def test_credentials_of_the_original_cannot_be_changed_inside(shot: Path) -> None:
    path = mark(shot)
    data = path.read_bytes()
    assert data.count(b"digitalCapture") == 1  # in the camera's manifest, inside ours
    path.write_bytes(data.replace(b"digitalCapture", b"digitalCaptuRe"))
    found = read_credentials(path)
    assert (found.state, found.altered) == ("invalid", True)


def test_parts_are_kept_with_their_credentials(shot: Path, leave: Permit) -> None:
    path = shot.parent / "film.jpg"
    plain = write(shot.parent / "plain.jpg")
    statement = Statement(NOW, leave, photo(), ID, parts=(shot, plain))
    sign_media(plain, path, "image/jpeg", statement)
    manifest, results = look(path)
    assert [one["relationship"] for one in manifest["ingredients"]] == [
        "inputTo",
        "componentOf",
        "componentOf",
    ]
    names = [action["action"] for action in actions(manifest)]
    assert names == ["c2pa.created", "c2pa.placed", "c2pa.watermarked.bound"]
    assert len(actions(manifest)[1]["parameters"]["ingredients"]) == 2
    assert {kind for kind, _ in codes(results)} == {"informational"}
    ancestors = read_credentials(path).said.ancestors
    assert [(one.role, one.state) for one in ancestors] == [
        ("input", "none"),
        ("part", "valid"),
        ("part", "none"),
    ]


@pytest.mark.parametrize("data", [b"\x1aE\xdf\xa3" + bytes(300), b"OggS" + bytes(50), b""])
def test_an_original_of_any_kind_is_named(tmp_path: Path, data: bytes) -> None:
    original = tmp_path / "original"
    original.write_bytes(data)
    path = mark(original, "ai")
    assert look(path)[0]["ingredients"][0]["relationship"] == "parentOf"
    assert read_credentials(path).state == "trusted"


@pytest.mark.parametrize("name", MIMES)
def test_every_kind_can_be_marked(tmp_path: Path, name: str) -> None:
    original = write(tmp_path / name)
    path = tmp_path / f"marked-{name}"
    statement = Statement(NOW, None, None, ID, ID[:8], origin="composite", parent=original)
    sign_media(original, path, MIMES[name], statement)
    assert read_credentials(path).state == "trusted"
    assert {kind for kind, _ in codes(look(path, MIMES[name])[1])} == {"informational"}


def test_an_original_that_names_a_server_is_not_asked_for(
    stranger: keys.SigningKeys, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest.c2pa"
        builder = Builder(recorded("digitalCapture"))
        builder.set_no_embed()
        builder.set_remote_url(address)
        original = tmp_path / "remote.jpg"
        info = C2paSignerInfo(b"es256", stranger.chain, stranger.key, None)
        plain = write(tmp_path / "plain.jpg")
        with (
            Signer.from_info(info) as signer,
            plain.open("rb") as source,
            original.open("w+b") as out,
        ):
            builder.sign(signer, "image/jpeg", source, out)
        found = read_credentials(mark(original))
        assert (found.state, found.said.ancestors[0].state) == ("trusted", "none")
        with pytest.raises(TimeoutError):
            server.accept()


def test_nobody_is_named_by_the_original(tmp_path: Path) -> None:
    path = mark(write(tmp_path / "ada-lovelace.png"))
    assert b"lovelace" not in path.read_bytes().lower()


@pytest.mark.parametrize("origin", ["made", "ai"])
def test_the_signer_stands_by_what_is_theirs(
    tmp_path: Path, leave: Permit, origin: Literal["made", "ai"]
) -> None:
    """C2PA 2.4, section 10.2.2: who says that a file of theirs is by AI is its owner."""
    path = write(tmp_path / "still.jpg")
    parent = path if origin == "ai" else None
    statement = Statement(NOW, leave, photo(), ID, origin=origin, parent=parent)
    sign_media(path, path, "image/jpeg", statement)
    with path.open("rb") as file, Reader("image/jpeg", file) as reader:
        store = json.loads(reader.detailed_json())
    claim = store["manifests"][store["active_manifest"]]["claim"]
    assert claim["claim_generator_info"]["specVersion"] == "2.4.0"
    gathered = [one["url"].rpartition("/")[2] for one in claim.get("gathered_assertions", [])]
    assert gathered == (["c2pa.ai-disclosure"] if origin == "ai" else [])
    created = {one["url"].rpartition("/")[2] for one in claim["created_assertions"]}
    assert created >= {"c2pa.actions.v2", "c2pa.ingredient.v3", "c2pa.soft-binding"}


def test_the_disclosures_are_of_the_standards_shape(leave: Permit) -> None:
    """C2PA 2.4, AI disclosure; CAWG 1.1, training and data mining."""
    for statement in (
        Statement(NOW, leave, photo(), ID),
        Statement(NOW, None, None, ID, origin="ai", parent=Path("any")),
    ):
        said = {one["label"]: one["data"] for one in write_manifest(statement)["assertions"]}
        disclosed = said["c2pa.ai-disclosure"]
        assert disclosed["modelType"] == "c2pa.types.model"
        fields = {"modelType", "modelName", "modelIdentifier", "contentProfile"}
        assert set(disclosed) <= fields
        assert ("modelName" in disclosed) == (statement.origin == "made")
        entries = said["cawg.training-mining"]["entries"]
        assert {use["use"] for use in entries.values()} == {"notAllowed"}
        assert "cawg.ai_inference" not in entries
