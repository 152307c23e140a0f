"""Certificate authorities and a time-stamp authority for tests, made on the spot."""

import hashlib
import http.server
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

DAY = timedelta(days=1)
EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION


@dataclass(frozen=True)
class Authority:
    """A root or what is below it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    above: "Authority | None" = None

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def private(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def save(self, path: Path) -> Path:
        path.write_bytes(self.pem)
        return path


@dataclass(frozen=True)
class Wish:
    """What a certificate is to say."""

    name: str = "Studio"
    uses: tuple[ObjectIdentifier, ...] = (EMAIL,)
    start: datetime = datetime.now(UTC) - DAY
    end: datetime = datetime.now(UTC) + 365 * DAY
    authority: bool = False
    signs: bool = True


def usage(*, digital: bool, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital, False, False, False, False, authority, authority, False, False
    )  # fmt: skip


def certify(public: Any, wish: Wish, above: Authority | None, key: Any) -> x509.Certificate:
    """Make a certificate, signed by `above` or by its own `key`."""
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, wish.name)])
    issuer = name if above is None else above.certificate.subject
    signer = key if above is None else above.key
    draft = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(wish.start)
        .not_valid_after(wish.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.BasicConstraints(wish.authority, None), critical=True)
        .add_extension(
            usage(digital=wish.signs and not wish.authority, authority=wish.authority),
            critical=True,
        )
    )
    if wish.uses and not wish.authority:
        stamps = ExtendedKeyUsageOID.TIME_STAMPING in wish.uses
        draft = draft.add_extension(x509.ExtendedKeyUsage(list(wish.uses)), critical=stamps)
    if above is not None:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.key.public_key())
        draft = draft.add_extension(identifier, critical=False)
    return draft.sign(signer, hashes.SHA256())


def root(name: str = "Root", **more: Any) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    wish = Wish(name, authority=True, **{"end": datetime.now(UTC) + 3650 * DAY, **more})
    return Authority(key, certify(key.public_key(), wish, None, key))


def below(above: Authority, wish: Wish) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    return Authority(key, certify(key.public_key(), wish, above, key), above)


class Stamps:
    """A time-stamp authority (RFC 3161) with a clock of its own."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.root = root("Time root", start=datetime.now(UTC) - 900 * DAY)
        uses = (ExtendedKeyUsageOID.TIME_STAMPING,)
        start = datetime.now(UTC) - 800 * DAY
        self.signer = below(self.root, Wish("Time", uses, start=start))
        self.clock = clock

    def answer(self, request: bytes) -> bytes:
        """Answer a request; the digest is stamped as it is given."""
        from asn1crypto import tsp  # noqa: PLC0415  optional

        asked = tsp.TimeStampReq.load(request)
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.2.3.4.1",
                "message_imprint": asked["message_imprint"],
                "serial_number": secrets.randbits(63),
                "gen_time": self.clock().replace(microsecond=0),
                "nonce": asked["nonce"],
            }
        )
        granted = {"status": {"status": "granted"}, "time_stamp_token": self._token(info)}
        return bytes(tsp.TimeStampResp(granted).dump())

    def _token(self, info: Any) -> Any:
        from asn1crypto import algos, cms, core  # noqa: PLC0415
        from asn1crypto import x509 as asn1  # noqa: PLC0415

        content = info.dump()
        der = self.signer.certificate.public_bytes(Encoding.DER)
        mine, top = (
            asn1.Certificate.load(one.certificate.public_bytes(Encoding.DER))
            for one in (self.signer, self.root)
        )
        attributes = cms.CMSAttributes(
            [
                {"type": "content_type", "values": ["tst_info"]},
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
                {
                    "type": "signing_certificate_v2",
                    "values": [{"certs": [{"cert_hash": hashlib.sha256(der).digest()}]}],
                },
            ]
        )
        sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
        signature = self.signer.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        signer = {
            "version": "v1",
            "sid": {
                "issuer_and_serial_number": {
                    "issuer": mine.issuer,
                    "serial_number": mine.serial_number,
                }
            },
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": signature,
        }
        signed = {
            "version": "v3",
            "digest_algorithms": [sha256],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(content),
            },
            "certificates": [mine, top],
            "signer_infos": [signer],
        }
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})


@contextmanager
def serve(answer: Callable[[bytes], bytes | int | Iterator[bytes]]) -> Iterator[str]:
    """Answer posts on the loopback: bytes as a time-stamp reply, at once or as they come.

    A number is a status.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_POST(self) -> None:
            body = answer(self.rfile.read(int(self.headers["content-length"])))
            if isinstance(body, int):
                self.send_error(body)
                return
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            parts = iter((body,)) if isinstance(body, bytes) else body
            if isinstance(body, bytes):
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):  # who asked has hung up
                for part in parts:
                    self.wfile.write(part)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stamp"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
