"""A certificate from another authority: asked for with a request (PKCS #10), installed, watched.

Whoever has an authority of their own, or buys a certificate, signs under that name instead of this
installation's own. The request is for a key made here, or for the one in hardware.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from bonaface import vault
from bonaface.errors import KeysError
from bonaface.marks.signers import keys
from bonaface.marks.signers.borrowed import Borrowed
from bonaface.marks.signers.signer import Key, Signer, hash_for, local_key, private_pem

REQUESTED_FILE, INSTALLED_FILE = "requested.pem", "installed.pem"
SOON = timedelta(days=30)  # from here on an end is told
CLAIM_SIGNING = ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
USES = (CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING)


def request(organisation: str, token: Key | None) -> bytes:
    """Write a certificate request as PEM, for the key in hardware or one made here once."""
    key = token or local_key(_requested())
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation)])
    draft = x509.CertificateSigningRequestBuilder().subject_name(name)
    return draft.sign(Borrowed(key), hash_for(key.public)).public_bytes(Encoding.PEM)


def install(path: Path, token: Key | None, now: datetime) -> Signer:
    """Sign with a certificate from now on: the signer's first, then those of its authorities.

    Raises KeysError with what is wrong: another key, another use, ended, out of order.
    """
    certificates = _read(path)
    require_fit(certificates, now)
    own = None if token else _requested_for(certificates[0])
    if token is not None and certificates[0].public_key() != token.public:
        raise KeysError("The certificate is not for the key on the token.")
    head = b"" if own is None else private_pem(own)
    pem = head + b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
    vault.replace_private(keys.folder() / INSTALLED_FILE, pem)
    key = token or local_key(_requested())
    return Signer(key, _below_root(certificates))


def installed(token: Key | None) -> Signer | None:
    """Open what was installed; None where nothing was. Raises KeysError if key and it part."""
    path = keys.folder() / INSTALLED_FILE
    if not path.exists():
        return None
    pem = vault.read_private(path)
    certificates = _certificates(pem, path)
    private = _private_in(pem, path)
    if token is None and private is None:
        raise KeysError(
            "The installed certificate is for a key in hardware, which no setting names.",
            f"Set BONAFACE_PKCS11_MODULE and the like, or move {path} away.",
        )
    key = token or (local_key(private) if private else None)
    if key is None or certificates[0].public_key() != key.public:
        raise KeysError(
            "The installed certificate is for another key than the one in use.",
            f"Ask for a new one (bonaface keys request), or move {path} away.",
        )
    return Signer(key, _below_root(certificates))


def anchor() -> bytes | None:
    """Answer the topmost certificate that was installed, as PEM; None where nothing was."""
    path = keys.folder() / INSTALLED_FILE
    if not path.exists():
        return None
    return _certificates(vault.read_private(path), path)[-1].public_bytes(Encoding.PEM)


def describe() -> Iterator[keys.KeyFact]:
    """Tell what was installed."""
    path = keys.folder() / INSTALLED_FILE
    if path.exists():
        leaf = _certificates(vault.read_private(path), path)[0]
        fingerprint = leaf.fingerprint(hashes.SHA256()).hex()
        yield keys.KeyFact("installed", path, fingerprint, leaf.not_valid_after_utc)


def require_fit(certificates: tuple[x509.Certificate, ...], now: datetime) -> None:
    """Refuse what a validator would refuse: C2PA 2.4, section 14.5.1. Raises KeysError."""
    if len(certificates) < 2:
        raise KeysError(
            "Only one certificate is given.", "Add those of the authorities above it, to the root."
        )
    leaf = certificates[0]
    for one in certificates:
        if not one.not_valid_before_utc <= now < one.not_valid_after_utc:
            raise KeysError(
                f"The certificate of {_called(one)} holds from {one.not_valid_before_utc:%Y-%m-%d} "
                f"to {one.not_valid_after_utc:%Y-%m-%d}: not now."
            )
    if _is_authority(leaf):
        raise KeysError("The first certificate is an authority's.", "Put the signer's first.")
    _require_use(leaf)
    _require_order(certificates)


def _require_use(leaf: x509.Certificate) -> None:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        uses = set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
        leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound as error:
        raise KeysError(
            f"The signer's certificate lacks the extension {error.oid._name}.",  # noqa: SLF001  no other name
            "Ask its authority for keyUsage, extendedKeyUsage and authorityKeyIdentifier.",
        ) from error
    if not usage.digital_signature or usage.key_cert_sign:
        raise KeysError("The certificate's keyUsage must be digitalSignature.")
    if not uses.intersection(USES) or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in uses:
        raise KeysError(
            "The certificate's extendedKeyUsage allows no signing of content.",
            "It must name emailProtection, documentSigning or C2PA's claimSigning, and not any.",
        )


def _require_order(certificates: tuple[x509.Certificate, ...]) -> None:
    for below, above in pairwise(certificates):
        try:
            below.verify_directly_issued_by(above)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise KeysError(
                f"The certificate of {_called(below)} was not issued by {_called(above)}, which "
                "comes after it.",
                "Put the signer's first, and after each the one that issued it.",
            ) from error
        if not _is_authority(above):
            raise KeysError(f"{_called(above)} is no authority.")


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _called(certificate: x509.Certificate) -> str:
    return f"“{certificate.subject.rfc4514_string()}”"


def _below_root(certificates: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    """C2PA 2.4, section 14.5: the root is left out, who checks has it."""
    return tuple(one for one in certificates if one.subject != one.issuer)


def _requested() -> ec.EllipticCurvePrivateKey:
    path = keys.folder() / REQUESTED_FILE
    private = _private_in(vault.keep(path, _make), path)
    if private is None:
        raise KeysError(f"{path} holds no usable key.", "Move it away to have a new one made.")
    return private


def _requested_for(leaf: x509.Certificate) -> ec.EllipticCurvePrivateKey:
    path = keys.folder() / REQUESTED_FILE
    private = _private_in(vault.read_private(path), path) if path.exists() else None
    if private is None or private.public_key() != leaf.public_key():
        raise KeysError(
            "The certificate is not for the key that was asked for here.",
            "Have the request of `bonaface keys request` signed.",
        )
    return private


def _make() -> bytes:
    return private_pem(ec.generate_private_key(ec.SECP256R1()))


def _private_in(pem: bytes, path: Path) -> ec.EllipticCurvePrivateKey | None:
    if b"PRIVATE KEY" not in pem:
        return None
    try:
        key = load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise KeysError(f"{path} holds no usable key.") from error
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _read(path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return _certificates(path.read_bytes(), path)
    except OSError as error:
        raise KeysError(f"{path} could not be read: {error.strerror}.") from error


def _certificates(pem: bytes, path: Path) -> tuple[x509.Certificate, ...]:
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as error:
        raise KeysError(f"{path} holds no certificates, as PEM.") from error
