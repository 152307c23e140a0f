"""Whom this installation trusts: what was given to it, and lists that the settings name."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from authorities import EMAIL, Authority, Wish, below, root
from cryptography.x509.oid import ObjectIdentifier
from unsigned import build, photo, recorded

from bonaface import cli
from bonaface.config import settings
from bonaface.errors import KeysError
from bonaface.marks.credentials import trust
from bonaface.marks.credentials.files import read_credentials
from bonaface.marks.signers import chain

NOW = datetime.now(UTC)
pytestmark = pytest.mark.usefixtures("home")


@dataclass(frozen=True)
class Stranger:
    """A maker under an authority of their own, as PEM."""

    authority: Authority
    signer: Authority

    @property
    def key(self) -> bytes:
        return self.signer.private

    @property
    def chain(self) -> bytes:
        return self.signer.pem


def stranger(use: ObjectIdentifier = EMAIL) -> Stranger:
    authority = root("Camera maker")
    return Stranger(authority, below(authority, Wish("Camera", (use,))))


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Path], None]:
    def choose(name: str, path: Path) -> None:
        monkeypatch.setenv(f"BONAFACE_{name}", str(path))
        settings.cache_clear()

    return choose


def shot(folder: Path, maker: Stranger) -> Path:
    path = folder / "shot.jpg"
    path.write_bytes(build(recorded("digitalCapture"), maker, photo()))
    return path


@pytest.mark.parametrize("shape", ["file", "folder", "bundle"])
def test_a_list_of_the_settings_is_trusted(
    tmp_path: Path, choose: Callable[[str, Path], None], shape: str
) -> None:
    maker = stranger()
    path = shot(tmp_path, maker)
    assert read_credentials(path).state == "valid"
    folder = tmp_path / "lists"
    folder.mkdir()
    listed = folder / "c2pa.pem"
    others = root("Other").pem if shape == "bundle" else b""
    listed.write_bytes(b"# a comment\n" + others + maker.authority.pem)
    choose("TRUST", folder if shape == "folder" else listed)
    assert read_credentials(path).state == "trusted"


def test_a_list_for_time_stamps_is_not_one_for_makers(
    tmp_path: Path, choose: Callable[[str, Path], None]
) -> None:
    maker = stranger()
    path = shot(tmp_path, maker)
    choose("TSA_TRUST", maker.authority.save(tmp_path / "list.pem"))
    found = read_credentials(path)
    assert found.state == "valid"
    assert "not known" in found.problems[0]
    trust.trust(tmp_path / "list.pem", "tsa")
    assert read_credentials(path).state == "valid"


@pytest.mark.parametrize("use", chain.USES)
def test_certificates_for_each_use_of_the_standard_are_trusted(
    tmp_path: Path, use: ObjectIdentifier
) -> None:
    maker = stranger(use)
    trust.trust(maker.authority.save(tmp_path / "maker.pem"))
    path = tmp_path / "shot.jpg"
    path.write_bytes(build(recorded("digitalCapture"), maker, photo(), use.dotted_string))
    assert read_credentials(path).state == "trusted"


@pytest.mark.parametrize(
    ("data", "why"),
    [(None, "could not be read"), (b"", "no certificates"), (b"-----BEGIN", "no certificates")],
)
def test_a_list_that_cannot_be_used_is_told(
    tmp_path: Path, choose: Callable[[str, Path], None], data: bytes | None, why: str
) -> None:
    path = shot(tmp_path, stranger())
    listed = tmp_path / "list.pem"
    if data is not None:
        listed.write_bytes(data)
    choose("TRUST", listed)
    with pytest.raises(KeysError, match=why):
        read_credentials(path)


def test_an_empty_folder_trusts_nobody(tmp_path: Path, choose: Callable[[str, Path], None]) -> None:
    (tmp_path / "lists").mkdir()
    choose("TRUST", tmp_path / "lists")
    assert trust.anchors() == ""
    assert read_credentials(shot(tmp_path, stranger())).state == "valid"


def test_the_command_trusts_makers_and_clocks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maker, clock = root("Maker"), root("Clock")
    assert cli.main(["keys", "trust", str(maker.save(tmp_path / "maker.pem"))]) == 0
    assert cli.main(["keys", "trust", "--time", str(clock.save(tmp_path / "clock.pem"))]) == 0
    assert cli.main(["keys", "show"]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines()] == ["trusted", "time"]
    assert clock.pem.decode() in trust.anchors("tsa")
    assert maker.pem.decode() in trust.anchors("manifest")
