"""Who signs: a key, wherever it lies, and the certificates that say whose it is.

`Key` is the one seam: whatever can answer a signature for some bytes can sign, be it a file, a
token in a socket or a service behind a function.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bonaface.errors import KeysError

# RFC 9053, section 2.1, and C2PA 2.4, section 13.2.1: the curve goes with one hash.
Hash: TypeAlias = hashes.SHA256 | hashes.SHA384
_HASHES: dict[str, tuple[str, Hash]] = {
    "secp256r1": ("es256", hashes.SHA256()),
    "secp384r1": ("es384", hashes.SHA384()),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A private key that answers signatures, and is not shown."""

    public: ec.EllipticCurvePublicKey
    sign: Callable[[bytes], bytes]  # r and s, big-endian, joined; raises KeysError
    # The private half as PEM, where it lies in memory anyway: c2pa reserves 10 kB a file for the
    # signature of a function, and half a kilobyte for its own.
    private: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key and its certificate, then those of the authorities above, the root left out."""

    key: Key
    chain: tuple[x509.Certificate, ...]

    @property
    def algorithm(self) -> str:
        """The name of C2PA: es256 or es384."""
        return algorithm(self.key.public)

    @property
    def until(self) -> datetime:
        """When the first of the certificates ends."""
        return min(certificate.not_valid_after_utc for certificate in self.chain)

    @property
    def pem(self) -> bytes:
        """The certificates as PEM, the signer's first."""
        return b"".join(one.public_bytes(Encoding.PEM) for one in self.chain)


def algorithm(public: ec.EllipticCurvePublicKey) -> str:
    """Name the algorithm that goes with a key. Raises KeysError for other curves."""
    return _named(public)[0]


def hash_for(public: ec.EllipticCurvePublicKey) -> Hash:
    """Answer the hash that goes with a key. Raises KeysError for other curves."""
    return _named(public)[1]


def local_key(private: ec.EllipticCurvePrivateKey) -> Key:
    """Sign with a key that is in memory."""
    public = private.public_key()
    kind, size = ec.ECDSA(hash_for(public)), (public.curve.key_size + 7) // 8

    def sign(data: bytes) -> bytes:
        numbers = decode_dss_signature(private.sign(data, kind))
        return b"".join(number.to_bytes(size, "big") for number in numbers)

    return Key(public, sign, private_pem(private))


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Write a private key as PEM (PKCS #8), not encrypted: for private files."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _named(public: ec.EllipticCurvePublicKey) -> tuple[str, Hash]:
    try:
        return _HASHES[public.curve.name]
    except KeyError as error:
        raise KeysError(
            f"A key on the curve {public.curve.name} cannot sign here.", "Use P-256 or P-384."
        ) from error
