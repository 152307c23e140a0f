"""A signing key in hardware: a token, card or HSM that speaks PKCS #11 (OASIS, version 2.40).

The key never leaves it. Each signature opens a session of its own, so a token that is taken out is
noticed at the next file and one that is put in again is found.
"""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from bonaface.config import Token
from bonaface.errors import KeysError
from bonaface.marks.signers.signer import Key, hash_for

_ONE_AT_A_TIME = threading.Lock()  # a login holds for the whole process


def open_key(token: Token) -> Key:
    """Find the key that the settings name. Raises KeysError: each way to fail has a sentence."""
    public = _public(token)
    digest = hash_for(public).name

    def sign(data: bytes) -> bytes:
        from pkcs11 import Mechanism, ObjectClass  # noqa: PLC0415  optional

        with _session(token) as session:
            private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=token.key)
            # ECDSA over a digest is what every token can; hashing inside not.
            return bytes(
                private.sign(hashlib.new(digest, data).digest(), mechanism=Mechanism.ECDSA)
            )

    return Key(public, sign)


def _public(token: Token) -> ec.EllipticCurvePublicKey:
    with _session(token) as session:
        from pkcs11 import KeyType, ObjectClass  # noqa: PLC0415
        from pkcs11.util.ec import encode_ec_public_key  # noqa: PLC0415

        found = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=token.key)
        if found.key_type == KeyType.EC:
            public = load_der_public_key(encode_ec_public_key(found))
            if isinstance(public, ec.EllipticCurvePublicKey):
                return public
    raise KeysError(
        f"The key {token.key!r} is not for elliptic curves.", "Make one on P-256 or P-384."
    )


@contextmanager
def _session(token: Token) -> Iterator[Any]:
    """Open the token; whatever it refuses becomes one sentence."""
    _require_all(token)
    try:
        import pkcs11  # noqa: PLC0415
    except ImportError as error:
        raise KeysError(
            "A key in hardware needs python-pkcs11.", "Run: pip install 'bonaface[hardware]'"
        ) from error
    with _ONE_AT_A_TIME:
        try:
            found = pkcs11.lib(token.module).get_token(token_label=token.label)
            with found.open(user_pin=token.pin) as session:
                yield session
        except pkcs11.PKCS11Error as error:
            with suppress(pkcs11.PKCS11Error):
                pkcs11.lib(token.module).reinitialize()  # else some find no token that comes back
            raise _refused(token, error) from error


def _require_all(token: Token) -> None:
    parts = {"MODULE": token.module, "TOKEN": token.label, "KEY": token.key, "PIN": token.pin}
    lacking = ", ".join(f"BONAFACE_PKCS11_{name}" for name, value in parts.items() if not value)
    if lacking:
        raise KeysError(f"For a key in hardware {lacking} must be set too.")


def _refused(token: Token, error: Exception) -> KeysError:
    name = type(error).__name__
    if name in {"NoSuchToken", "TokenNotPresent", "TokenNotRecognised", "DeviceRemoved"}:
        return KeysError(f"There is no token {token.label!r}.", "Put it in, or set its label.")
    if name in {"PinIncorrect", "PinInvalid", "PinLenRange"}:
        return KeysError(
            f"The token {token.label!r} refuses the PIN.",
            "Set BONAFACE_PKCS11_PIN; a few wrong ones lock the token.",
        )
    if name == "PinLocked":
        return KeysError(f"The token {token.label!r} is locked.", "Unlock it with its own tool.")
    if name in {"NoSuchKey", "MultipleObjectsReturned"}:
        return KeysError(f"The token {token.label!r} has no single key {token.key!r}.")
    if "loading" in str(error):
        return KeysError(f"{token.module} is no PKCS #11 library that can be loaded.")
    return KeysError(
        f"The token {token.label!r} failed ({name}).", "Is it in, and does its own tool find it?"
    )
