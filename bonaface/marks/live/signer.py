"""The signer of this installation for what c2pa-python cannot sign: manifests with session keys."""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from bonaface.errors import CredentialsError
from bonaface.marks import keys
from bonaface.marks.live.cose import sign_es256


@dataclass(frozen=True, slots=True)
class ManifestSigner:
    """A key on P-256 and its certificates as DER, its own first."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    chain: tuple[bytes, ...]

    def sign(self, message: bytes) -> bytes:
        """Sign as COSE wants it: 64 bytes."""
        return sign_es256(self.key, message)


def open_signer(now: datetime) -> ManifestSigner:
    """Open this installation's signer. Raises KeysError, or CredentialsError for other keys."""
    signing = keys.signing_keys(now)
    key = load_pem_private_key(signing.key, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CredentialsError("Live credentials are signed with a key on P-256; this is another.")
    chain = x509.load_pem_x509_certificates(signing.chain)
    return ManifestSigner(key, tuple(one.public_bytes(Encoding.DER) for one in chain))
