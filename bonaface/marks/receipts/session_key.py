"""The key that signs one live session's receipts, and the statement that vouches for it.

The installation's signer (`marks/signers`) says for which session, which consent and how long,
never longer than an hour, so what a stolen session key can do ends soon. The statement carries the
signer's certificate and the root's (x5c of RFC 7515); who knows the root's fingerprint needs
nothing else.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from bonaface.errors import ReceiptRefused
from bonaface.marks.receipts import jws
from bonaface.marks.receipts.receipt import KEY_TYPE, VERSION, Consent, require_count, require_text
from bonaface.marks.signers import keys, signing
from bonaface.marks.signers.signer import Key, Signer, local_key

LASTS = 3600  # s that a key is good for, at most
_CLOCKS_DIFFER = 300  # s that a receiver's clock may be behind
_FOREIGN = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Authority:
    """Who vouches for session keys: a signer on P-256, and the root that issued its certificate."""

    signer: Signer
    root: x509.Certificate

    @property
    def print(self) -> str:
        """The root's fingerprint: what those who check trust."""
        return fingerprint(self.root)


@dataclass(frozen=True, slots=True)
class Naming:
    """Whom a session's receipts speak of."""

    session: str  # a random tag
    consent: Consent
    mark: str  # the id of the hidden marks, hex


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A session's private key, and the statement about it."""

    id: str
    key: Key
    until: datetime
    statement: str


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A session's public key, vouched for."""

    id: str
    key: ec.EllipticCurvePublicKey
    naming: Naming
    begins: int  # s since 1970
    until: int
    signer: str  # SHA-256 of the signer's certificate, hex
    root: str


def open_authority(now: datetime) -> Authority:
    """Open this installation's own; its signer is the key in hardware where there is one.

    A certificate that others issued is left aside: those who check know our root, not theirs.
    Raises KeysError.
    """
    token = signing.open_token()
    signer = keys.certified(token, now) if token else keys.own_signer(now)
    if signer.algorithm != "es256":
        signer = keys.own_signer(now)
    return Authority(signer, x509.load_pem_x509_certificate(keys.signing_keys(now).root))


def make_session_key(authority: Authority, naming: Naming, now: datetime) -> OwnKey:
    """Make a key, and have the installation's signer vouch for it for an hour."""
    key = local_key(ec.generate_private_key(ec.SECP256R1()))
    name = jws.to_text(secrets.token_bytes(8))
    begins = int(now.timestamp())
    payload = {
        "v": VERSION,
        "session": naming.session,
        "kid": name,
        "key": jws.to_jwk(key.public),
        "from": begins,
        "until": begins + LASTS,
        "consent": {"record": naming.consent.record, "digest": naming.consent.digest},
        "mark": naming.mark,
    }
    chain = [
        base64.b64encode(one.public_bytes(Encoding.DER)).decode()
        for one in (authority.signer.chain[0], authority.root)
    ]
    statement = jws.sign(authority.signer.key, {"typ": KEY_TYPE, "x5c": chain}, payload)
    until = datetime.fromtimestamp(begins, UTC) + timedelta(seconds=LASTS)
    return OwnKey(name, key, until, statement)


def read_session_key(text: jws.Jws, root: str, now: float) -> SessionKey:
    """Check a statement against a root's fingerprint (SHA-256, hex) at a time, s since 1970.

    Raises ReceiptRefused.
    """
    signer, top = _read_chain(text.header)
    if fingerprint(top) != root:
        raise ReceiptRefused("root", "The key was vouched for under another authority.")
    if not _leads(top, signer, now):
        raise ReceiptRefused("chain", "The signer's certificate does not hold.")
    public = signer.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or not text.holds(public):
        raise ReceiptRefused("signature", "The session key's statement is not the signer's.")
    found = _read_statement(text.payload, fingerprint(signer), root)
    if not 0 < found.until - found.begins <= LASTS:
        raise ReceiptRefused("ended", "The session key is meant to last longer than an hour.")
    if not found.begins - _CLOCKS_DIFFER <= now < found.until:
        raise ReceiptRefused("ended", "The session key has ended, or has not begun.")
    return found


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, hex."""
    return certificate.fingerprint(SHA256()).hex()


def _read_chain(header: dict[str, Any]) -> tuple[x509.Certificate, x509.Certificate]:
    try:
        signer, top = header["x5c"]
        return tuple(  # type: ignore[return-value]
            x509.load_der_x509_certificate(base64.b64decode(one, validate=True))
            for one in (signer, top)
        )
    except _FOREIGN as cause:
        raise ReceiptRefused("garbled", "The statement names no two certificates.") from cause


def _leads(top: x509.Certificate, signer: x509.Certificate, now: float) -> bool:
    """Tell whether `top` issued `signer`, and both hold now."""
    moment = datetime.fromtimestamp(now, UTC)
    in_time = all(
        one.not_valid_before_utc <= moment <= one.not_valid_after_utc for one in (top, signer)
    )
    try:
        signer.verify_directly_issued_by(top)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return in_time


def _read_statement(payload: bytes, signer: str, root: str) -> SessionKey:
    try:
        whole = json.loads(payload)
        version = whole["v"]
        if version == VERSION:
            consent = Consent(
                *(require_text(whole["consent"][one]) for one in ("record", "digest"))
            )
            session = require_text(whole["session"])
            return SessionKey(
                id=require_text(whole["kid"]),
                key=jws.from_jwk(whole["key"]),
                naming=Naming(session, consent, require_text(whole["mark"])),
                begins=require_count(whole["from"]),
                until=require_count(whole["until"]),
                signer=signer,
                root=root,
            )
    except _FOREIGN as cause:
        raise ReceiptRefused("garbled", "The session key's statement is garbled.") from cause
    raise ReceiptRefused("version", f"The statement is of version {version}.", "Use a newer page.")
