"""The signer of this installation for what c2pa-python cannot sign: manifests with session keys."""

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.serialization import Encoding

from bonaface.errors import CredentialsError
from bonaface.marks.signers import signing
from bonaface.marks.signers.signer import Key


@dataclass(frozen=True, slots=True)
class ManifestSigner:
    """A key on P-256 and its certificates as DER, its own first."""

    key: Key
    chain: tuple[bytes, ...]

    def sign(self, message: bytes) -> bytes:
        """Sign as COSE wants it: 64 bytes. Raises KeysError."""
        return self.key.sign(message)


def open_signer(now: datetime) -> ManifestSigner:
    """Open the signer that the settings choose; CredentialsError for keys of other curves.

    Raises KeysError too.
    """
    signer = signing.open_signer(now)
    if signer.algorithm != "es256":
        raise CredentialsError("Live credentials are signed with a key on P-256; this is another.")
    return ManifestSigner(signer.key, tuple(one.public_bytes(Encoding.DER) for one in signer.chain))
