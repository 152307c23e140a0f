"""Session keys (C2PA 2.3, section 18.25): short-lived keys that sign segments in another's name."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ed25519

from bonaface.marks.live import cbor, cose
from bonaface.marks.live.cose import ALGORITHM, EDDSA, Public

LABEL: Final = "c2pa.session-keys"
LASTS: Final = timedelta(hours=1)
USED: Final = timedelta(minutes=50)  # then another takes over, while late players still check it
CLOCKS_DIFFER: Final = timedelta(seconds=30)  # a viewer's clock may be behind
_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A key that signs segments from sequence number `first` on, between two moments."""

    private: ed25519.Ed25519PrivateKey = field(repr=False)
    kid: bytes
    first: int
    begins: datetime

    @property
    def retires(self) -> datetime:
        """When another is to take over."""
        return self.begins + USED

    def state(self, certificate: bytes) -> dict[str, Any]:
        """The session-key map: signed with this key, it names the certificate it works for."""
        message = cbor.write(certificate)
        binding = cose.sign1({ALGORITHM: EDDSA}, {}, message, self.private.sign)
        return {
            "key": cose.write_public(self.private.public_key(), self.kid),
            "minSequenceNumber": self.first,
            "createdAt": cbor.Tagged(cbor.WHEN, f"{self.begins:%Y-%m-%dT%H:%M:%SZ}"),
            "validityPeriod": int(LASTS.total_seconds()),
            "signerBinding": cose.detached(binding),
        }


def make_session_key(first: int, now: datetime) -> SessionKey:
    """Make a key that is good for an hour."""
    begins = now.astimezone(UTC).replace(microsecond=0) - CLOCKS_DIFFER
    return SessionKey(
        ed25519.Ed25519PrivateKey.generate(), secrets.token_bytes(_ID_BYTES), first, begins
    )


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A session key as a beginning states it: public, and bound to the signer."""

    public: Public
    kid: bytes
    first: int
    begins: datetime
    ends: datetime


def read_session_key(stated: Mapping[str, Any], certificate: bytes) -> KnownKey:
    """Read a session-key map and check what binds it to the signer. Raises ValueError.

    The text of section 18.25.2 can be read in two ways, and signers do both: the certificate
    itself is signed, or the certificate as a CBOR byte string.
    """
    match stated:
        case {
            "key": key,
            "minSequenceNumber": int() as first,
            "createdAt": cbor.Tagged(cbor.WHEN, str() as created),
            "validityPeriod": int() as seconds,
            "signerBinding": binding,
        }:
            pass
        case _:
            raise ValueError("a session key lacks a field")
    public, kid = cose.read_public(key)
    signed = cose.read_sign1(binding)
    if not any(signed.verifies(public, form) for form in (cbor.write(certificate), certificate)):
        raise ValueError("a session key is not bound to the signer")
    begins = datetime.fromisoformat(created).astimezone(UTC)
    if not 0 < seconds <= LASTS.total_seconds():
        raise ValueError("a session key lasts longer than an hour")
    return KnownKey(public, kid, first, begins, begins + timedelta(seconds=seconds))
