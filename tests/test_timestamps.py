"""Time-stamps: had from an authority on the loopback, trusted or not, late, refused, rubbish."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path

import pytest
from authorities import Authority, Stamps, Wish, below, root, serve
from unsigned import allow, consent, write

from bonaface.config import settings
from bonaface.errors import CredentialsError, KeysError, SettingsError
from bonaface.marks.credentials import relay, trust
from bonaface.marks.credentials.files import Statement, read_credentials, sign_media
from bonaface.marks.signers import chain, signing
from bonaface.media.broadcast.recording import Recording

pytest.importorskip("asn1crypto", reason="pip install asn1crypto")
pytestmark = pytest.mark.usefixtures("home")
NOW = datetime.now(UTC)
STATEMENT = Statement(NOW, None, None, None, "0123abcd")


@pytest.fixture(scope="module")
def stamps() -> Stamps:
    return Stamps()


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    def choose(**chosen: str) -> None:
        for name, value in chosen.items():
            monkeypatch.setenv(f"BONAFACE_{name}", value)
        settings.cache_clear()

    yield choose
    settings.cache_clear()


def sign(folder: Path) -> Path:
    path = folder / "signed.wav"
    sign_media(write(folder / "sound.wav"), path, "audio/wav", STATEMENT)
    return path


def test_a_time_stamp_says_when(
    tmp_path: Path, stamps: Stamps, choose: Callable[..., None]
) -> None:
    trust.trust(stamps.root.save(tmp_path / "time.pem"), "tsa")
    with serve(stamps.answer) as address:
        choose(TSA=address)
        found = read_credentials(sign(tmp_path))
    assert (found.state, found.said.stamp) == ("trusted", "trusted")
    assert found.said.signed_at is not None
    assert abs(datetime.fromisoformat(found.said.signed_at) - NOW) < timedelta(minutes=10)


def test_who_may_say_when_is_not_trusted_to_say_what(tmp_path: Path, stamps: Stamps) -> None:
    trust.trust(stamps.root.save(tmp_path / "time.pem"), "tsa")
    assert stamps.root.pem.decode() in trust.anchors("tsa")
    assert stamps.root.pem.decode() not in trust.anchors("manifest")


def test_an_authority_that_is_unknown_here_may_be_known_elsewhere(
    tmp_path: Path,
    stamps: Stamps,
    choose: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serve(stamps.answer) as address:
        choose(TSA=address)
        found = read_credentials(sign(tmp_path))
    assert (found.state, found.said.stamp) == ("trusted", "valid")
    assert "not trusted here" in caplog.text


OPENSSL = """[tsa]
default_tsa = here
[here]
serial = {0}/serial
signer_cert = {0}/signer.pem
signer_key = {0}/key.pem
certs = {0}/root.pem
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
signer_digest = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def test_stamps_of_openssl_are_taken(
    tmp_path: Path, stamps: Stamps, choose: Callable[..., None]
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here")
    folder = tmp_path / "authority"
    folder.mkdir()
    stamps.signer.save(folder / "signer.pem")
    stamps.root.save(folder / "root.pem")
    (folder / "key.pem").write_bytes(stamps.signer.private)
    (folder / "serial").write_text("01")
    (folder / "openssl.cnf").write_text(OPENSSL.format(folder))

    def answer(request: bytes) -> bytes:
        (folder / "request.tsq").write_bytes(request)
        command = ["openssl", "ts", "-reply", "-config", "openssl.cnf", "-queryfile", "request.tsq"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
        return done.stdout

    trust.trust(folder / "root.pem", "tsa")
    with serve(answer) as address:
        choose(TSA=address)
        found = read_credentials(sign(tmp_path))
    assert (found.state, found.said.stamp) == ("trusted", "trusted")


def trickle() -> Iterator[bytes]:
    """Never quite stop."""
    for part in repeat(b"."):
        time.sleep(0.05)
        yield part


REFUSALS: dict[str, tuple[Callable[[bytes], bytes | int | Iterator[bytes]], str]] = {
    "endless": (lambda _: repeat(bytes(1000)), "more than 65,536 bytes"),
    "trickling": (lambda _: trickle(), "did not answer in time"),
    "status": (lambda _: 503, "answered with the status 503"),
    "rubbish": (lambda _: b"no", "no time-stamp that holds"),
    "empty": (lambda _: b"", "no time-stamp that holds"),
}


@pytest.mark.parametrize("name", [*REFUSALS, "absent", "other"])
def test_without_a_time_stamp_it_is_signed_and_said(
    tmp_path: Path,
    stamps: Stamps,
    choose: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    trust.trust(stamps.root.save(tmp_path / "time.pem"), "tsa")
    other: list[bytes] = []
    monkeypatch.setattr(relay, "WHOLE", 0.4)

    def again(request: bytes) -> bytes:
        """Stamp the first request for ever: what is stamped is another signature."""
        other.append(request)
        return stamps.answer(other[0])

    answer, why = REFUSALS.get(name, (again, "no time-stamp that holds"))
    with serve(answer) as address:
        choose(TSA="http://127.0.0.1:9/" if name == "absent" else address)
        if name == "other":
            sign(tmp_path)
            caplog.clear()
        path = sign(tmp_path)
        assert read_credentials(path).state == "trusted"
        assert read_credentials(path).said.stamp == "none"
        why = "is not there, or hung up" if name == "absent" else why
        assert why in caplog.text
        path.unlink()
        choose(TSA_REQUIRED="1")
        with pytest.raises(CredentialsError, match="Nothing was signed"):
            sign(tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_file()) == [
        "sound.wav",
        "time.pem",
    ]


def test_a_broken_file_is_not_the_authoritys_fault(
    tmp_path: Path, stamps: Stamps, choose: Callable[..., None]
) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(b"RIFF")
    with serve(stamps.answer) as address:
        choose(TSA=address, TSA_REQUIRED="1")
        with pytest.raises(CredentialsError, match="could not be made"):
            sign_media(path, tmp_path / "out.wav", "audio/wav", STATEMENT)


@pytest.mark.parametrize(
    "address", ["stamp.example", "ftp://stamp.example", "http://", "http://x:y"]
)
def test_an_address_that_is_none_says_so(
    tmp_path: Path, choose: Callable[..., None], address: str
) -> None:
    choose(TSA=address)
    with pytest.raises(SettingsError, match="BONAFACE_TSA"):
        sign(tmp_path)


def test_what_cannot_be_signed_is_not_recorded(tmp_path: Path, choose: Callable[..., None]) -> None:
    """An hour's work is not begun where its end is known."""
    statement = replace(STATEMENT, permit=allow(consent(NOW), NOW), picture_mark="00")
    path = tmp_path / "recording.mp4"
    choose(TSA="stamp.example")
    with pytest.raises(SettingsError, match="BONAFACE_TSA"):
        Recording(path, statement)
    choose(TSA="", PKCS11_MODULE="/nowhere.so")
    with pytest.raises(KeysError, match="must be set"):
        Recording(path, statement)
    assert not list(tmp_path.glob("*.mp4"))


def test_offline_nobody_is_asked(
    tmp_path: Path, choose: Callable[..., None], caplog: pytest.LogCaptureFixture
) -> None:
    choose(TSA="http://stamp.example/", OFFLINE="1")
    assert read_credentials(sign(tmp_path)).state == "trusted"
    assert "BONAFACE_OFFLINE" in caplog.text


def test_reading_asks_nobody(tmp_path: Path, stamps: Stamps, choose: Callable[..., None]) -> None:
    asked: list[bytes] = []

    def answer(request: bytes) -> bytes:
        asked.append(request)
        return stamps.answer(request)

    with serve(answer) as address:
        choose(TSA=address)
        path = sign(tmp_path)
        asked.clear()
        read_credentials(path)
    assert asked == []


def ending(home: Path, end: datetime) -> Authority:
    """Install a signer whose certificate ends soon."""
    authority = root("Studio root")
    signer = below(authority, Wish("Studio", end=end))
    path = home / "keys" / chain.REQUESTED_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(signer.private)
    path.chmod(0o600)
    pem = home.parent / "chain.pem"
    pem.write_bytes(signer.pem + authority.pem)
    chain.install(pem, None, datetime.now(UTC))
    return signer


@pytest.mark.slow  # a certificate must end, by the clock of the machine
def test_what_was_stamped_outlives_its_signers_certificate(
    home: Path,
    tmp_path: Path,
    stamps: Stamps,
    choose: Callable[..., None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    trust.trust(stamps.root.save(tmp_path / "time.pem"), "tsa")
    signing._tell_once.cache_clear()
    end = (datetime.now(UTC) + timedelta(seconds=4)).replace(microsecond=0)
    ending(home, end)
    plain = sign(tmp_path).rename(tmp_path / "plain.wav")
    with serve(stamps.answer) as address:
        choose(TSA=address)
        stamped = sign(tmp_path)
    assert "ends on" in caplog.text
    assert [read_credentials(path).state for path in (plain, stamped)] == ["trusted", "trusted"]
    while datetime.now(UTC) <= end + timedelta(seconds=1):
        time.sleep(0.05)
    assert read_credentials(stamped).state == "trusted"
    found = read_credentials(plain)
    assert found.state == "valid"
    assert "has ended" in found.problems[0]
    with pytest.raises(KeysError, match="ended on"):
        sign(tmp_path)
