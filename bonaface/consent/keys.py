"""The Ed25519 key with which this installation vouches for consent records (RFC 8032)."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bonaface import vault
from bonaface.config import settings
from bonaface.errors import KeysError

FILE = "consent.pem"


def private_key() -> Ed25519PrivateKey:
    """Open this installation's key, made on first use. Raises KeysError."""
    return _opened(vault.keep(settings().home / "keys" / FILE, _make))


def own_public() -> bytes | None:
    """Answer the public half, 32 bytes, or None where no key was made yet. Raises KeysError."""
    path = settings().home / "keys" / FILE
    return public_bytes(_opened(vault.read_private(path))) if path.exists() else None


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """Take the public half of a key: 32 bytes."""
    return key.public_key().public_bytes_raw()


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether the signature over the message is that key's."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _make() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _opened(pem: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise _unusable() from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable()
    return key


def _unusable() -> KeysError:
    path = settings().home / "keys" / FILE
    return KeysError(
        f"{path} holds no Ed25519 key.",
        "Bring it back from a copy; without it, move it away and grant all consents again.",
    )
