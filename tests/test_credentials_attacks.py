"""What is done to signed files: cut short, emptied, edited, signed by another name."""

import shutil
import wave
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from unsigned import MIMES, allow, consent, photo, write

from bonaface.errors import CredentialsError
from bonaface.marks.credentials.files import Statement, read_credentials, sign_media
from bonaface.marks.signers import keys

NOW = datetime.now(UTC)
pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def signed(tmp_path: Path) -> Callable[[str], Path]:
    statement = Statement(NOW, allow(consent(NOW), NOW), photo(), "00112233445566ff", "0123abcd")

    def sign(name: str) -> Path:
        path = tmp_path / f"signed-{name}"
        sign_media(write(tmp_path / name), path, MIMES[name], statement)
        return path

    return sign


@pytest.mark.parametrize("name", MIMES)
@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_file_that_was_cut_short(signed: Callable[[str], Path], name: str, kept: float) -> None:
    path = signed(name)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    found = read_credentials(path)
    assert found.state in {"invalid", "none"}
    assert found.state == "none" or found.problems


@pytest.mark.parametrize("name", ["still.jpg", "still.png", "video.mp4", "sound.wav"])
def test_a_byte_of_the_signature(signed: Callable[[str], Path], name: str) -> None:
    path = signed(name)
    data = bytearray(path.read_bytes())
    data[signature(data)] ^= 1
    path.write_bytes(data)
    found = read_credentials(path)
    assert (found.state, found.altered) == ("invalid", True)
    assert "does not fit" in " ".join(found.problems)


def signature(data: bytearray) -> int:
    """Find the 64 bytes of a COSE_Sign1 (RFC 9052, section 4.2) that come last in its array."""
    box = data.rindex(b"c2pa.signature\0")
    return data.index(b"\xf6\x58\x40", box) + 3 + 20  # no payload, then a string of 64 bytes


def test_a_swapped_certificate(signed: Callable[[str], Path]) -> None:
    """Another signer's name over the same statement: the signature does not fit it."""
    path = signed("still.png")
    mine = der(keys.signing_keys(NOW).chain)
    keys.renew(NOW)
    other = der(keys.signing_keys(NOW).chain)
    while len(other) != len(mine):
        keys.renew(NOW)
        other = der(keys.signing_keys(NOW).chain)
    data = path.read_bytes()
    assert data.count(mine) == 1
    path.write_bytes(data.replace(mine, other))
    found = read_credentials(path)
    assert found.state == "invalid"
    assert "does not fit" in " ".join(found.problems)


def der(chain: bytes) -> bytes:
    return x509.load_pem_x509_certificate(chain).public_bytes(Encoding.DER)


def test_somebody_who_signs_again_under_their_own_name(
    signed: Callable[[str], Path], home: Path
) -> None:
    path = signed("sound.wav")
    shutil.rmtree(home / "keys")
    sign_media(path, path, "audio/wav", Statement(NOW, None, None, None, "ffffffff"))
    forged = read_credentials(path)
    assert dict(forged.said.marks) == {"org.bonaface.sound.1": "ffffffff"}
    assert forged.state == "trusted"
    shutil.rmtree(home / "keys")
    assert read_credentials(path).state == "valid"


def test_films_and_sounds_of_nothing(tmp_path: Path) -> None:
    sound, film = tmp_path / "empty.wav", tmp_path / "empty.mp4"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.start_encoding()
    for path, mime in ((sound, "audio/wav"), (film, "video/mp4")):
        statement = Statement(NOW, None, None, "00", "00", origin="ai", parent=path)
        sign_media(path, path, mime, statement)
        assert read_credentials(path).state == "trusted"


@pytest.mark.parametrize("name", MIMES)
def test_a_kind_that_is_none(tmp_path: Path, name: str) -> None:
    """What is said to be of another kind than it is is not signed."""
    other = "still.png" if name != "still.png" else "sound.wav"
    path = write(tmp_path / other)
    statement = Statement(NOW, None, None, "00", "00", origin="ai")
    with pytest.raises(CredentialsError):
        sign_media(path, tmp_path / "out", MIMES[name], statement)
    assert not (tmp_path / "out").exists()
