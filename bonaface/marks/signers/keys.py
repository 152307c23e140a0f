"""The certificates with which this installation signs what it makes: a small authority of its own.

Made on first use: a root and under it a signer, both ECDSA on P-256. A signer's key is used for a
year, then destroyed and made anew. Its certificate lasts as long as the root's (twenty years):
without a time-stamp, for which a server would have to be asked, a validator takes an ended
certificate for a broken one, and all that was signed with it would turn invalid.

The signer's certificate follows the C2PA 2.4 specification, section 14.5.1: digitalSignature alone,
and the extended use emailProtection, which every validator accepts. Nobody else trusts the root
until they are given its certificate: `bonaface keys export`.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bonaface import vault
from bonaface.config import settings
from bonaface.consent import keys as consent_keys
from bonaface.errors import KeysError
from bonaface.marks.signers.signer import Key, Signer, local_key, private_pem

ROOT_FILE, SIGNER_FILE, TOKEN_FILE = "authority.pem", "signer.pem", "token.pem"
ORGANISATION = "Bonaface installation"
_ROOT_LASTS, _SIGNER_IN_USE = timedelta(days=7305), timedelta(days=365)
_CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key and the certificate that belongs to it."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """What a C2PA signature needs, as PEM."""

    key: bytes = field(repr=False)  # private
    chain: bytes  # the signer's certificate, then the root's
    root: bytes
    until: datetime  # when the key is made anew


@dataclass(frozen=True, slots=True)
class KeyFact:
    """One key of this installation, as told to people. No secret is in it."""

    name: str
    path: Path
    fingerprint: str  # SHA-256 of the certificate or the public key, hex
    until: datetime | None  # when it is made anew (signer) or ends (authority); None for never


def signing_keys(now: datetime) -> SigningKeys:
    """Open the signer, made on first use and made anew after a year. Raises KeysError."""
    root = _root(now)
    return _joined(root, _signer(root, now))


def own_signer(now: datetime) -> Signer:
    """Open the same, as something that signs. Raises KeysError."""
    pair = _signer(_root(now), now)
    return Signer(local_key(pair.key), (pair.certificate,))


def certified(key: Key, now: datetime) -> Signer:
    """Vouch for a key that lies elsewhere; its certificate is made once. Raises KeysError."""
    root, path = _root(now), folder() / TOKEN_FILE
    certificate = _certificate(vault.keep(path, lambda: _certify(root, key, now)), path)
    if certificate.public_key() != key.public or certificate.issuer != root.certificate.subject:
        vault.replace_private(path, _certify(root, key, now))
        certificate = _certificate(vault.read_private(path), path)
    return Signer(key, (certificate,))


def renew(now: datetime) -> SigningKeys:
    """Make a new signer under the same root; what the old one signed stays trusted."""
    root = _root(now)
    return _joined(root, _renewed(root, now))


def root_certificate() -> bytes | None:
    """Answer the root's certificate as PEM, or None where no key was made yet."""
    path = folder() / ROOT_FILE
    if not path.exists():
        return None
    return _opened(vault.read_private(path), path).certificate.public_bytes(Encoding.PEM)


def export_root(path: Path, now: datetime) -> None:
    """Write the root's certificate, for others who want to trust this installation."""
    vault.write_whole(path, signing_keys(now).root)


def describe_keys() -> Iterator[KeyFact]:
    """Tell which keys there are, without making any. Raises KeysError if one is unusable."""
    for name, file in (("authority", ROOT_FILE), ("signer", SIGNER_FILE)):
        path = folder() / file
        if path.exists():
            pair = _opened(vault.read_private(path), path)
            until = pair.certificate.not_valid_after_utc
            if file == SIGNER_FILE:
                until = _in_use_until(pair)
            yield KeyFact(name, path, pair.certificate.fingerprint(hashes.SHA256()).hex(), until)
    path = folder() / TOKEN_FILE
    if path.exists():
        certificate = _certificate(vault.read_private(path), path)
        fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
        yield KeyFact("token", path, fingerprint, certificate.not_valid_after_utc)
    public = consent_keys.own_public()
    if public is not None:
        hasher = hashes.Hash(hashes.SHA256())
        hasher.update(public)
        path = folder() / consent_keys.FILE
        yield KeyFact("consent", path, hasher.finalize().hex(), None)


def folder() -> Path:
    """Where the keys lie."""
    return settings().home / "keys"


def _root(now: datetime) -> Pair:
    path = folder() / ROOT_FILE
    root = _opened(vault.keep(path, lambda: _pem(_make_root(now))), path)
    if root.certificate.not_valid_after_utc <= now:
        raise KeysError("The local authority has ended.", f"Move {path} away to start a new one.")
    return root


def _signer(root: Pair, now: datetime) -> Pair:
    path = folder() / SIGNER_FILE
    signer = _opened(vault.keep(path, lambda: _pem(_make_signer(root, now))), path)
    if _in_use_until(signer) <= now or signer.certificate.issuer != root.certificate.subject:
        return _renewed(root, now)
    return signer


def _renewed(root: Pair, now: datetime) -> Pair:
    signer = _make_signer(root, now)
    vault.replace_private(folder() / SIGNER_FILE, _pem(signer))
    return signer


def _make_root(now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Bonaface root {secrets.token_hex(4)}")
    draft = _draft(key.public_key(), name, name, (now - _CLOCKS_DIFFER, now + _ROOT_LASTS))
    draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    draft = draft.add_extension(_usage(authority=True), critical=True)
    return Pair(key, draft.sign(key, hashes.SHA256()))


def _make_signer(root: Pair, now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    return Pair(key, _issue(root, key.public_key(), now))


def _certify(root: Pair, key: Key, now: datetime) -> bytes:
    return _issue(root, key.public, now).public_bytes(Encoding.PEM)


def _issue(root: Pair, public: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    subject = _name(f"Bonaface signer {secrets.token_hex(4)}")
    lasts = (now - _CLOCKS_DIFFER, root.certificate.not_valid_after_utc)
    draft = _draft(public, subject, root.certificate.subject, lasts)
    draft = draft.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    draft = draft.add_extension(_usage(authority=False), critical=True)
    draft = draft.add_extension(purpose, critical=False)
    draft = draft.add_extension(authority, critical=False)
    return draft.sign(root.key, hashes.SHA256())


def _draft(
    public: ec.EllipticCurvePublicKey,
    subject: x509.Name,
    issuer: x509.Name,
    lasts: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(lasts[0].astimezone(UTC))
        .not_valid_after(lasts[1].astimezone(UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _pem(pair: Pair) -> bytes:
    """Key and certificate in one file, so that they can only change together."""
    return private_pem(pair.key) + pair.certificate.public_bytes(Encoding.PEM)


def _joined(root: Pair, signer: Pair) -> SigningKeys:
    top = root.certificate.public_bytes(Encoding.PEM)
    return SigningKeys(
        key=private_pem(signer.key),
        chain=signer.certificate.public_bytes(Encoding.PEM) + top,
        root=top,
        until=_in_use_until(signer),
    )


def _in_use_until(signer: Pair) -> datetime:
    return signer.certificate.not_valid_before_utc + _SIGNER_IN_USE


def _opened(pem: bytes, path: Path) -> Pair:
    try:
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise _unusable(path) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _unusable(path)
    return Pair(key, certificate)


def _certificate(pem: bytes, path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise _unusable(path) from error


def _unusable(path: Path) -> KeysError:
    return KeysError(
        f"{path} holds no usable key and certificate.",
        "Bring it back from a copy, or move it away to have a new one made.",
    )
