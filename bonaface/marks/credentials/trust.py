"""Who is trusted: authorities of signers, and of time-stamps, two lists apart.

C2PA 2.4, section 14.4, wants them apart: who may say when is not thereby trusted to say what. Both
hold what this installation's owner chose: `bonaface keys trust`, and the PEM files that
BONAFACE_TRUST and BONAFACE_TSA_TRUST name, such as the lists of C2PA.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from bonaface import vault
from bonaface.config import settings
from bonaface.errors import KeysError
from bonaface.marks.credentials.store import TSA_LIST
from bonaface.marks.signers import chain, keys
from bonaface.marks.signers.keys import KeyFact

Kind: TypeAlias = Literal["manifest", "tsa"]  # as c2pa-rs names them
FOLDERS: dict[Kind, str] = {"manifest": "trust", "tsa": "trust-time"}
# What a signer's certificate must be for, one of them: claimSigning of C2PA, emailProtection,
# documentSigning (2.4, section 14.4.1).
USES = "1.3.6.1.4.1.62558.2.1\n1.3.6.1.5.5.7.3.4\n1.3.6.1.5.5.7.3.36\n"
_TIME_STAMPING = "1.3.6.1.5.5.7.3.8\n"
_LARGEST = 16 << 20  # bytes of a list


def trust(path: Path, kind: Kind = "manifest") -> KeyFact:
    """Trust what is signed, or stamped, under the authority in a PEM file. Raises KeysError."""
    certificate = _authority(path)
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    kept = settings().home / FOLDERS[kind] / f"{fingerprint}.pem"
    vault.create_private(kept, certificate.public_bytes(Encoding.PEM))
    return KeyFact("trusted", kept, fingerprint, certificate.not_valid_after_utc)


def anchors(kind: Kind = "manifest") -> str:
    """Gather the certificates that are trusted, as PEM. Raises KeysError for an unusable list."""
    own = keys.root_certificate() if kind == "manifest" else None
    parts = [] if own is None else [own]
    if kind == "manifest" and (installed := chain.anchor()):
        parts.append(installed)
    parts += [path.read_bytes() for path in sorted(_kept(kind))]
    parts += _listed(settings().trust if kind == "manifest" else settings().tsa_trust)
    return b"".join(parts).decode("ascii", "replace")


def trust_settings() -> dict[str, Any]:
    """Describe all that is trusted in the way c2pa-rs takes it. Raises KeysError."""
    kinds: tuple[tuple[Kind, str], ...] = (("manifest", USES), (TSA_LIST, _TIME_STAMPING))
    lists = [
        {"trust_anchors": found, "trust_kind": kind, "trust_uri": kind, "trust_config": uses}
        for kind, uses in kinds
        if (found := anchors(kind))
    ]
    return {"anchors": lists, "trust_config": USES}  # the first list that fits is the one named


def describe() -> Iterator[KeyFact]:
    """Tell whom this installation trusts besides itself."""
    names: dict[Kind, str] = {"manifest": "trusted", "tsa": "time"}
    for kind, name in names.items():
        for path in sorted(_kept(kind)):
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
            yield KeyFact(name, path, path.stem, certificate.not_valid_after_utc)


def _kept(kind: Kind) -> Iterator[Path]:
    return (settings().home / FOLDERS[kind]).glob("*.pem")


def _authority(path: Path) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (OSError, ValueError, x509.ExtensionNotFound) as error:
        raise KeysError(f"{path} holds no certificate of an authority, as PEM.") from error
    if not authority:
        raise KeysError(f"{path} holds the certificate of a signer, not of an authority.")
    return certificate


def _listed(path: Path | None) -> Iterator[bytes]:
    """Read a list, or every list in a folder. A list that cannot be used is told, not skipped."""
    if path is None:
        return
    try:
        files = sorted(path.glob("*.pem")) if path.is_dir() else [path]
        for file in files:
            if file.stat().st_size > _LARGEST:
                raise KeysError(f"The trust list {file} is larger than 16 MB.")
            yield _checked(file.read_bytes(), file)
    except OSError as error:
        raise KeysError(
            f"The trust list {path} could not be read: {error.strerror}.",
            "Set BONAFACE_TRUST and BONAFACE_TSA_TRUST to a PEM file or a folder, or to nothing.",
        ) from error


def _checked(pem: bytes, path: Path) -> bytes:
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise KeysError(f"The trust list {path} holds no certificates, as PEM.") from error
    return b"".join(one.public_bytes(Encoding.PEM) for one in found)
