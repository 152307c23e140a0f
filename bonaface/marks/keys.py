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
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bonaface import vault
from bonaface.config import settings
from bonaface.consent import keys as consent_keys
from bonaface.errors import KeysError

ROOT_FILE, SIGNER_FILE = "authority.pem", "signer.pem"
TRUST_FOLDER = "trust"
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
    path = _folder() / SIGNER_FILE
    signer = _opened(vault.keep(path, lambda: _pem(_make_signer(root, now))), path)
    if _in_use_until(signer) <= now or signer.certificate.issuer != root.certificate.subject:
        return renew(now)
    return _joined(root, signer)


def renew(now: datetime) -> SigningKeys:
    """Make a new signer under the same root; what the old one signed stays trusted."""
    root = _root(now)
    signer = _make_signer(root, now)
    vault.replace_private(_folder() / SIGNER_FILE, _pem(signer))
    return _joined(root, signer)


def root_certificate() -> bytes | None:
    """Answer the root's certificate as PEM, or None where no key was made yet."""
    path = _folder() / ROOT_FILE
    if not path.exists():
        return None
    return _opened(vault.read_private(path), path).certificate.public_bytes(Encoding.PEM)


def export_root(path: Path, now: datetime) -> None:
    """Write the root's certificate, for others who want to trust this installation."""
    vault.write_whole(path, signing_keys(now).root)


def trust(path: Path) -> KeyFact:
    """Trust what others sign under the authority in a PEM file. Raises KeysError."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise KeysError(f"{path} holds no certificate of an authority, as PEM.") from error
    if not authority:
        raise KeysError(f"{path} holds the certificate of a signer, not of an authority.")
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    kept = _trusted() / f"{fingerprint}.pem"
    vault.create_private(kept, certificate.public_bytes(Encoding.PEM))
    return KeyFact("trusted", kept, fingerprint, certificate.not_valid_after_utc)


def trust_anchors() -> str:
    """Gather the certificates that are trusted here, as PEM: the own root's, and those given."""
    own = root_certificate()
    parts = [] if own is None else [own]
    parts += [path.read_bytes() for path in sorted(_trusted().glob("*.pem"))]
    return b"".join(parts).decode("ascii", "replace")


def describe_keys() -> Iterator[KeyFact]:
    """Tell which keys there are, without making any. Raises KeysError if one is unusable."""
    for name, file in (("authority", ROOT_FILE), ("signer", SIGNER_FILE)):
        path = _folder() / file
        if path.exists():
            pair = _opened(vault.read_private(path), path)
            until = pair.certificate.not_valid_after_utc
            if file == SIGNER_FILE:
                until = _in_use_until(pair)
            yield KeyFact(name, path, pair.certificate.fingerprint(hashes.SHA256()).hex(), until)
    public = consent_keys.own_public()
    if public is not None:
        hasher = hashes.Hash(hashes.SHA256())
        hasher.update(public)
        path = _folder() / consent_keys.FILE
        yield KeyFact("consent", path, hasher.finalize().hex(), None)


def _folder() -> Path:
    return settings().home / "keys"


def _trusted() -> Path:
    return settings().home / TRUST_FOLDER


def _root(now: datetime) -> Pair:
    path = _folder() / ROOT_FILE
    root = _opened(vault.keep(path, lambda: _pem(_make_root(now))), path)
    if root.certificate.not_valid_after_utc <= now:
        raise KeysError("The local authority has ended.", f"Move {path} away to start a new one.")
    return root


def _make_root(now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Bonaface root {secrets.token_hex(4)}")
    draft = _draft(key, name, name, (now - _CLOCKS_DIFFER, now + _ROOT_LASTS))
    draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    draft = draft.add_extension(_usage(authority=True), critical=True)
    return Pair(key, draft.sign(key, hashes.SHA256()))


def _make_signer(root: Pair, now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    subject = _name(f"Bonaface signer {secrets.token_hex(4)}")
    lasts = (now - _CLOCKS_DIFFER, root.certificate.not_valid_after_utc)
    draft = _draft(key, subject, root.certificate.subject, lasts)
    draft = draft.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    draft = draft.add_extension(_usage(authority=False), critical=True)
    draft = draft.add_extension(purpose, critical=False)
    draft = draft.add_extension(authority, critical=False)
    return Pair(key, draft.sign(root.key, hashes.SHA256()))


def _draft(
    key: ec.EllipticCurvePrivateKey,
    subject: x509.Name,
    issuer: x509.Name,
    lasts: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    public = key.public_key()
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
    return _private(pair.key) + pair.certificate.public_bytes(Encoding.PEM)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _joined(root: Pair, signer: Pair) -> SigningKeys:
    top = root.certificate.public_bytes(Encoding.PEM)
    return SigningKeys(
        key=_private(signer.key),
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


def _unusable(path: Path) -> KeysError:
    return KeysError(
        f"{path} holds no usable key and certificate.",
        "Bring it back from a copy, or move it away to have a new one made.",
    )
