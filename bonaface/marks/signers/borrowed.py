"""A key that lies elsewhere, in the shape in which `cryptography` wants to sign with it."""

from typing import NoReturn, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from bonaface.marks.signers.signer import Key


class Borrowed(ec.EllipticCurvePrivateKey):
    """Signs through `key`; everything that would show the private half is refused."""

    def __init__(self, key: Key) -> None:
        self._key = key

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Answer the public half."""
        return self._key.public

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve of the key."""
        return self._key.public.curve

    @property
    def key_size(self) -> int:
        """Bits of the key."""
        return self.curve.key_size

    def sign(self, data: object, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Sign with the hash that goes with the curve, whatever is named; as DER."""
        del signature_algorithm  # `hash_for` the same key named it
        raw = self._key.sign(bytes(data))  # type: ignore[call-overload]
        half = len(raw) // 2
        return encode_dss_signature(*(int.from_bytes(part) for part in (raw[:half], raw[half:])))

    def exchange(self, *_: object) -> NoReturn:
        """Refuse."""
        raise TypeError("This key only signs.")

    def private_numbers(self) -> NoReturn:
        """Refuse."""
        raise TypeError("This key is not shown.")

    def private_bytes(self, *_: object) -> NoReturn:
        """Refuse."""
        raise TypeError("This key is not shown.")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self
