"""Keys in hardware, by a function, and certificates of other authorities: used, and refused."""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from authorities import DAY, EMAIL, Authority, Wish, below, certify, root
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hosting import hosted, run
from softhsm import PIN, TOKEN, configure, find_library, make_token
from unsigned import write

from bonaface import cli
from bonaface.config import settings
from bonaface.errors import BonafaceError, KeysError
from bonaface.marks.credentials import trust
from bonaface.marks.credentials.files import Credentials, Statement, read_credentials, sign_media
from bonaface.marks.signers import chain, keys, signing
from bonaface.marks.signers.borrowed import Borrowed
from bonaface.marks.signers.signer import Key, Signer, local_key

NOW = datetime.now(UTC)
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
STATEMENT = Statement(NOW, None, None, None, "0123abcd")
pytestmark = pytest.mark.usefixtures("home")


def sign(folder: Path) -> Credentials:
    path = folder / "signed.wav"
    sign_media(write(folder / "sound.wav"), path, "audio/wav", STATEMENT)
    return read_credentials(path)


def is_good(public: ec.EllipticCurvePublicKey, raw: bytes, data: bytes) -> None:
    half = len(raw) // 2
    numbers = (int.from_bytes(raw[:half]), int.from_bytes(raw[half:]))
    kind = hashes.SHA256() if public.curve.name == "secp256r1" else hashes.SHA384()
    public.verify(encode_dss_signature(*numbers), data, ec.ECDSA(kind))


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_a_local_key_signs_as_cose_wants(curve: ec.EllipticCurve) -> None:
    key = local_key(ec.generate_private_key(curve))
    is_good(key.public, key.sign(b"words"), b"words")
    assert len(key.sign(b"words")) == curve.key_size // 4
    assert "PRIVATE" not in repr(key)


def test_other_curves_are_refused() -> None:
    with pytest.raises(KeysError, match="P-256"):
        local_key(ec.generate_private_key(ec.SECP521R1()))


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_a_function_can_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, curve: ec.EllipticCurve
) -> None:
    """The one seam: a key is a function and its public half."""
    asked: list[bytes] = []
    inner = local_key(ec.generate_private_key(curve))

    def answer(data: bytes) -> bytes:
        asked.append(data)
        return inner.sign(data)

    signer = keys.certified(Key(inner.public, answer), NOW)
    monkeypatch.setattr("bonaface.marks.credentials.files.open_signer", lambda _: signer)
    found = sign(tmp_path)
    assert (found.state, len(asked)) == ("trusted", 1)


@pytest.mark.parametrize("fault", ["raises", "another key", "rubbish"])
def test_a_function_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    inner, other = (local_key(ec.generate_private_key(ec.SECP256R1())) for _ in range(2))

    def answer(data: bytes) -> bytes:
        if fault == "raises":
            raise KeysError("The safe is shut.")
        return b"rubbish" if fault == "rubbish" else other.sign(data)

    signer = keys.certified(Key(inner.public, answer), NOW)
    monkeypatch.setattr("bonaface.marks.credentials.files.open_signer", lambda _: signer)
    why = "safe is shut" if fault == "raises" else "did not hold|signature"
    with pytest.raises(BonafaceError, match=why):
        sign(tmp_path)
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["sound.wav"]


def test_a_borrowed_key_is_not_shown() -> None:
    key = Borrowed(local_key(ec.generate_private_key(ec.SECP256R1())))
    assert key.key_size == 256
    for show in (key.private_bytes, key.private_numbers, key.exchange):
        with pytest.raises(TypeError):
            show()


# Certificates of other authorities


@pytest.fixture(scope="module")
def studio() -> Authority:
    return root("Studio root")


def ask(organisation: str = "Studio") -> x509.CertificateSigningRequest:
    return x509.load_pem_x509_csr(chain.request(organisation, signing.open_token()))


def pem(certificate: x509.Certificate | Authority) -> bytes:
    found = certificate.certificate if isinstance(certificate, Authority) else certificate
    return found.public_bytes(Encoding.PEM)


def install(folder: Path, *certificates: x509.Certificate | Authority) -> Signer:
    path = folder / "chain.pem"
    path.write_bytes(b"".join(pem(one) for one in certificates))
    return chain.install(path, signing.open_token(), NOW)


def test_a_certificate_of_another_authority_signs(tmp_path: Path, studio: Authority) -> None:
    request = ask()
    assert request.is_signature_valid
    assert "Studio" in request.subject.rfc4514_string()
    between = root_below(studio)
    leaf = certify(request.public_key(), Wish(), between, None)
    signer = install(tmp_path, leaf, between, studio)
    assert len(signer.chain) == 2  # the root is left out
    found = sign(tmp_path)
    assert (found.state, found.said.issuer) == ("trusted", "Studio")
    assert not (tmp_path / "home" / "keys" / keys.SIGNER_FILE).exists()


def root_below(above: Authority) -> Authority:
    return below(above, Wish("Between", authority=True))


def test_who_lacks_the_root_does_not_trust_it(tmp_path: Path, studio: Authority) -> None:
    install(tmp_path, certify(ask().public_key(), Wish(), studio, None), studio)
    assert sign(tmp_path).state == "trusted"
    (tmp_path / "home" / "keys" / chain.INSTALLED_FILE).unlink()
    assert read_credentials(tmp_path / "signed.wav").state == "valid"
    trust.trust(studio.save(tmp_path / "studio.pem"))
    assert read_credentials(tmp_path / "signed.wav").state == "trusted"


def test_asking_twice_asks_for_the_same_key() -> None:
    assert ask().public_key() == ask("Other").public_key()


WRONG: dict[str, tuple[Wish, str]] = {
    "ended": (Wish(start=NOW - 9 * DAY, end=NOW - DAY), "not now"),
    "not yet": (Wish(start=NOW + DAY), "not now"),
    "an authority's": (Wish(authority=True), "authority's"),
    "no use": (Wish(uses=()), "extendedKeyUsage"),
    "another use": (Wish(uses=(ExtendedKeyUsageOID.SERVER_AUTH,)), "no signing of content"),
    "any use": (Wish(uses=(EMAIL, ANY)), "no signing of content"),
    "no signing": (Wish(signs=False), "digitalSignature"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_a_validator_would_refuse_is_not_installed(
    tmp_path: Path, studio: Authority, name: str
) -> None:
    wish, why = WRONG[name]
    leaf = certify(ask().public_key(), wish, studio, None)
    with pytest.raises(KeysError, match=why):
        install(tmp_path, leaf, studio)
    assert sign(tmp_path).said.issuer == keys.ORGANISATION


def test_a_chain_must_be_whole_and_in_order(tmp_path: Path, studio: Authority) -> None:
    leaf = certify(ask().public_key(), Wish(), studio, None)
    with pytest.raises(KeysError, match="Only one certificate"):
        install(tmp_path, leaf)
    with pytest.raises(KeysError, match="authority's"):
        install(tmp_path, studio, leaf)
    with pytest.raises(KeysError, match="was not issued by"):
        install(tmp_path, leaf, root("Studio root"))
    with pytest.raises(KeysError, match="holds no certificates"):
        chain.install(write(tmp_path / "sound.wav"), None, NOW)
    with pytest.raises(KeysError, match="could not be read"):
        chain.install(tmp_path / "none.pem", None, NOW)


def test_a_certificate_for_another_key_is_refused(tmp_path: Path, studio: Authority) -> None:
    other = below(studio, Wish())
    with pytest.raises(KeysError, match="not for the key that was asked for"):
        install(tmp_path, other, studio)
    ask()
    with pytest.raises(KeysError, match="not for the key that was asked for"):
        install(tmp_path, other, studio)


def test_a_swapped_certificate_does_not_sign(tmp_path: Path, studio: Authority) -> None:
    install(tmp_path, certify(ask().public_key(), Wish(), studio, None), studio)
    path = tmp_path / "home" / "keys" / chain.INSTALLED_FILE
    private = path.read_bytes().split(b"-----BEGIN CERTIFICATE")[0]
    path.write_bytes(private + below(studio, Wish()).pem + studio.pem)
    with pytest.raises(KeysError, match="another key"):
        sign(tmp_path)
    path.write_bytes(below(studio, Wish()).pem + studio.pem)
    with pytest.raises(KeysError, match="key in hardware"):
        sign(tmp_path)
    path.write_bytes(private + b"rubbish")
    with pytest.raises(KeysError, match="holds no certificates"):
        sign(tmp_path)


@pytest.mark.parametrize(("days", "told"), [(31, False), (29, True), (0.5, True)])
def test_an_end_is_told_in_time_and_once(
    tmp_path: Path,
    studio: Authority,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    days: float,
    told: bool,
) -> None:
    signing._tell_once.cache_clear()
    wish = Wish(end=NOW + timedelta(days=days))
    install(tmp_path, certify(ask().public_key(), wish, studio, None), studio)
    sign(tmp_path)
    sign(tmp_path)
    assert caplog.text.count("certificate ends on") == told
    assert bool(signing.warnings(NOW)) == told
    assert cli.main(["keys", "list"]) == 0
    shown = capsys.readouterr()
    assert "installed" in shown.out
    assert ("certificate ends on" in shown.err) == told


def test_an_ended_certificate_does_not_sign(tmp_path: Path, studio: Authority) -> None:
    wish = Wish(end=NOW + timedelta(days=1))
    install(tmp_path, certify(ask().public_key(), wish, studio, None), studio)
    with pytest.raises(KeysError, match="bonaface keys request"):
        signing.open_signer(NOW + timedelta(days=2))
    assert "nothing can be signed" in signing.warnings(NOW + timedelta(days=2))[0]


def test_the_commands_go_hand_in_hand(
    tmp_path: Path, studio: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    request, answer = tmp_path / "csr.pem", tmp_path / "chain.pem"
    assert cli.main(["keys", "request", "-o", str(request), "--organisation", "Studio"]) == 0
    public = x509.load_pem_x509_csr(request.read_bytes()).public_key()
    leaf = certify(public, Wish(), studio, None)
    answer.write_bytes(pem(leaf) + studio.pem)
    assert cli.main(["keys", "install", str(answer)]) == 0
    assert "Signing as O=Studio" in capsys.readouterr().err
    assert sign(tmp_path).said.issuer == "Studio"


# Hardware


@pytest.fixture(scope="module")
def library() -> str:
    pytest.importorskip("pkcs11", reason="pip install python-pkcs11")
    found = find_library()
    if found is None:
        pytest.skip("no SoftHSM here; on Debian: make tools")
    return found


@pytest.fixture(scope="module")
def token(library: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder in which the token lies."""
    folder = tmp_path_factory.mktemp("token")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configure(folder)))
        make_token(library)
        yield folder


@pytest.fixture
def choose(library: str, token: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the settings to the token, in all but what is given."""
    assert (token / "tokens").is_dir()

    def choose(**other: str) -> None:
        chosen = {"MODULE": library, "TOKEN": TOKEN, "KEY": "signer", "PIN": PIN, **other}
        for name, value in chosen.items():
            monkeypatch.setenv(f"BONAFACE_PKCS11_{name}", value)
        settings.cache_clear()

    return choose


@pytest.mark.parametrize("label", ["signer", "large"])
def test_a_key_in_hardware_signs(tmp_path: Path, choose: Callable[..., None], label: str) -> None:
    choose(KEY=label)
    assert sign(tmp_path).state == "trusted"
    assert sign(tmp_path).state == "trusted"
    signer = signing.open_signer(NOW)
    assert signer.algorithm == ("es256" if label == "signer" else "es384")
    assert signer.key.private is None
    assert [fact.name for fact in keys.describe_keys()] == ["authority", "token"]
    assert not (tmp_path / "home" / "keys" / keys.SIGNER_FILE).exists()
    assert PIN not in repr(settings())


def test_another_authority_vouches_for_a_key_in_hardware(
    tmp_path: Path, studio: Authority, choose: Callable[..., None]
) -> None:
    choose()
    request = ask()
    assert request.is_signature_valid
    install(tmp_path, certify(request.public_key(), Wish(), studio, None), studio)
    found = sign(tmp_path)
    assert (found.state, found.said.issuer) == ("trusted", "Studio")
    installed = tmp_path / "home" / "keys" / chain.INSTALLED_FILE
    assert b"PRIVATE" not in installed.read_bytes()
    with pytest.raises(KeysError, match="not for the key on the token"):
        install(tmp_path, below(studio, Wish()), studio)
    choose(KEY="large")
    with pytest.raises(KeysError, match="another key"):
        sign(tmp_path)


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"TOKEN": "other"}, "no token 'other'"),
        ({"PIN": "1357"}, "refuses the PIN"),
        ({"KEY": "other"}, "no single key 'other'"),
        ({"KEY": "rsa"}, "no single key|not for elliptic curves"),
        ({"MODULE": "/nowhere.so"}, "no PKCS #11 library"),
        ({"MODULE": __file__}, "no PKCS #11 library"),
        ({"PIN": ""}, "BONAFACE_PKCS11_PIN must be set"),
        ({"KEY": "", "TOKEN": ""}, "BONAFACE_PKCS11_TOKEN, BONAFACE_PKCS11_KEY must be set"),
    ],
)
def test_each_refusal_of_hardware_has_a_sentence(
    tmp_path: Path, choose: Callable[..., None], setting: dict[str, str], why: str
) -> None:
    choose(**setting)
    with pytest.raises(KeysError, match=why):
        sign(tmp_path)
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["sound.wav"]


def test_a_token_that_is_taken_out_is_noticed(
    tmp_path: Path, token: Path, choose: Callable[..., None]
) -> None:
    choose()
    signer = signing.open_signer(NOW)
    signer.key.sign(b"words")
    away = (token / "tokens").rename(token / "away")
    try:
        with pytest.raises(KeysError, match="token 'studio'"):
            signer.key.sign(b"words")
        with pytest.raises(KeysError, match="token 'studio'"):
            sign(tmp_path)
    finally:
        away.rename(token / "tokens")
    is_good(signer.key.public, signer.key.sign(b"words"), b"words")


def test_without_its_library_hardware_says_what_to_install(
    tmp_path: Path, choose: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    choose()
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    with pytest.raises(KeysError, match="pip install"):
        sign(tmp_path)


def test_many_threads_share_a_token(choose: Callable[..., None]) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    choose()
    key = signing.open_signer(NOW).key
    with ThreadPoolExecutor(8) as pool:
        for raw in pool.map(key.sign, [b"words"] * 32):
            is_good(key.public, raw, b"words")


def test_a_server_tells_that_an_end_is_near(tmp_path: Path, studio: Authority) -> None:
    wish = Wish(end=NOW + timedelta(days=9))
    install(tmp_path, certify(ask().public_key(), wish, studio, None), studio)

    async def work() -> None:
        async with hosted() as here:
            said = (await here.client.get("/healthz")).json()
            assert said["ready"]
            assert "certificate ends on" in " ".join(said["missing"])

    run(work())
