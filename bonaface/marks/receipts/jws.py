"""Signed texts in the compact form of JSON Web Signatures (RFC 7515), ES256 only (RFC 7518, 3.4).

Any JOSE library reads them, and so does the WebCrypto of every browser.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bonaface.consent.canonical import canonical
from bonaface.marks.signers.signer import Key

LONGEST = 65_536  # characters; what a data channel carries
_SIDE = 32  # bytes of each half of a signature, and of each coordinate of a key
_ALGORITHM = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class Jws:
    """A signed text taken apart. Nothing in it is true before `holds` says so."""

    header: dict[str, Any]
    payload: bytes
    signed: bytes  # what the signature is over
    signature: bytes

    def holds(self, key: ec.EllipticCurvePublicKey) -> bool:
        """Tell whether this key made the signature."""
        if len(self.signature) != 2 * _SIDE:
            return False
        r, s = (int.from_bytes(half) for half in (self.signature[:_SIDE], self.signature[_SIDE:]))
        try:
            key.verify(encode_dss_signature(r, s), self.signed, _ALGORITHM)
        except InvalidSignature:
            return False
        return True


def sign(key: Key, header: dict[str, Any], payload: dict[str, Any]) -> str:
    """Sign a payload with a key on P-256; `alg` is added to the header. Raises KeysError."""
    head, body = (to_text(canonical(part)) for part in (header | {"alg": "ES256"}, payload))
    signed = f"{head}.{body}"
    return f"{signed}.{to_text(key.sign(signed.encode()))}"


def take_apart(text: str) -> Jws:
    """Read a signed text without believing it. Raises ValueError for what is none."""
    if len(text) > LONGEST or not text.isascii():
        raise ValueError("too long, or not ASCII")
    head, body, signature = text.split(".")
    header = json.loads(from_text(head))
    if not isinstance(header, dict) or header.get("alg") != "ES256":
        raise ValueError("not ES256")
    return Jws(header, from_text(body), f"{head}.{body}".encode(), from_text(signature))


def digest(text: str) -> str:
    """Name a signed text: half of its SHA-256, base64url."""
    return to_text(hashlib.sha256(text.encode()).digest()[:16])


def to_text(data: bytes) -> str:
    """Write bytes as base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Read base64url without padding, written in the one way there is. Raises ValueError."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except binascii.Error as cause:
        raise ValueError("no base64url") from cause
    if to_text(data) != text:
        raise ValueError("base64url written in another way")
    return data


def to_jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Write a public key as RFC 7518, section 6.2, has it."""
    numbers = key.public_numbers()
    x, y = (to_text(side.to_bytes(_SIDE)) for side in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def from_jwk(jwk: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    """Read a public key. Raises ValueError, KeyError or TypeError for what is none."""
    if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
        raise ValueError("not on P-256")
    x, y = (int.from_bytes(from_text(jwk[side])) for side in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
