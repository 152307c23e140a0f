"""COSE_Sign1 (RFC 9052, section 4.2) with ES256 and EdDSA, and public keys as COSE_Key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bonaface.marks.live import cbor

ES256, EDDSA = -7, -8
ALGORITHM, KID, X5CHAIN = 1, 4, 33  # header labels
_KEY_KIND, _KEY_ID, _KEY_ALGORITHM, _CURVE, _X = 1, 2, 3, -1, -2
_OKP, _ED25519 = 1, 6
_HALF: Final = 32  # bytes of r, and of s

Sign: TypeAlias = Callable[[bytes], bytes]
Public: TypeAlias = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Signed:
    """A COSE_Sign1 that was read; nothing in it is checked yet."""

    protected: bytes
    headers: Mapping[Any, Any]  # the protected ones
    loose: Mapping[Any, Any]  # the unprotected ones
    payload: bytes | None  # None: it lies elsewhere
    signature: bytes

    def verifies(self, public: Public, payload: bytes | None = None) -> bool:
        """Whether this key signed it, with the algorithm that belongs to the key."""
        message = self.payload if payload is None else payload
        wanted = EDDSA if isinstance(public, ed25519.Ed25519PublicKey) else ES256
        if message is None or self.headers.get(ALGORITHM) != wanted:
            return False
        try:
            _verify(public, self.signature, _structure(self.protected, message))
        except (InvalidSignature, ValueError):
            return False
        return True


def sign1(
    headers: Mapping[Any, Any], loose: Mapping[Any, Any], payload: bytes, sign: Sign
) -> cbor.Tagged:
    """Sign a payload and carry it along."""
    protected = cbor.write(headers)
    signature = sign(_structure(protected, payload))
    return cbor.Tagged(cbor.SIGN1, [protected, loose, payload, signature])


def detached(signed: cbor.Tagged) -> cbor.Tagged:
    """The same without its payload, which lies elsewhere."""
    protected, loose, _, signature = signed.value
    return cbor.Tagged(cbor.SIGN1, [protected, loose, None, signature])


def read_sign1(value: object) -> Signed:
    """Take a decoded COSE_Sign1 apart. Raises ValueError."""
    whole = value.value if isinstance(value, cbor.Tagged) and value.tag == cbor.SIGN1 else value
    match whole:
        case [bytes() as protected, dict() as loose, bytes() | None as payload, bytes() as sig]:
            headers = cbor.read(protected)
            if isinstance(headers, dict):
                return Signed(protected, headers, loose, payload, sig)
    raise ValueError("this is no COSE_Sign1")


def write_public(public: ed25519.Ed25519PublicKey, kid: bytes) -> dict[int, Any]:
    """A COSE_Key (RFC 9053, section 7.2)."""
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {_KEY_KIND: _OKP, _KEY_ID: kid, _KEY_ALGORITHM: EDDSA, _CURVE: _ED25519, _X: raw}


def read_public(value: object) -> tuple[Public, bytes]:
    """The key and its id out of a COSE_Key. Raises ValueError."""
    match value:
        case {1: 1, 2: bytes() as kid, -1: 6, -2: bytes() as x}:
            return ed25519.Ed25519PublicKey.from_public_bytes(x), kid
        case {1: 2, 2: bytes() as kid, -1: 1, -2: bytes() as x, -3: bytes() as y}:
            numbers = int.from_bytes(x, "big"), int.from_bytes(y, "big")
            return ec.EllipticCurvePublicNumbers(*numbers, ec.SECP256R1()).public_key(), kid
    raise ValueError("a session key of a kind that is not known here")


def _structure(protected: bytes, payload: bytes) -> bytes:
    return cbor.write(["Signature1", protected, b"", payload])


def _verify(public: Public, signature: bytes, message: bytes) -> None:
    if isinstance(public, ed25519.Ed25519PublicKey):
        public.verify(signature, message)
        return
    if len(signature) != 2 * _HALF:
        raise InvalidSignature
    r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    public.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
