"""Read the beginning of a live track: who signed it, what it says, which keys may go on for it."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bonaface.marks.credentials.files import Credentials, read_credentials
from bonaface.marks.credentials.manifest import CONSENT_LABEL
from bonaface.marks.live import cbor, cose
from bonaface.marks.live.beginning import ASSERTIONS, SIGNATURE
from bonaface.marks.live.boxes import Box, is_store, walk
from bonaface.marks.live.fragment import read_scale
from bonaface.marks.live.jumbf import Superbox, read_superbox
from bonaface.marks.live.said import STREAM_LABEL
from bonaface.marks.live.session_key import LABEL, KnownKey, read_session_key

_PURPOSE_AT = 20  # bytes into the body of the box: after the UUID, version and flags
_MANIFEST = b"manifest\0"


@dataclass(frozen=True, slots=True)
class KnownBeginning:
    """What a beginning says. `keys` is empty where the credentials do not hold."""

    credentials: Credentials
    manifest: str = ""
    keys: Mapping[bytes, KnownKey] | None = None
    stream: str | None = None
    track: str | None = None
    scale: int | None = None  # ticks a second
    consent_ended: bool = False  # as the signer says
    trouble: str | None = None  # a sentence


def read_beginning(data: bytes) -> KnownBeginning:
    """Read an initialization segment. Whatever is wrong with it is answered, never raised."""
    credentials = _check(data)
    if credentials.state not in {"trusted", "valid"}:
        why = " ".join((*credentials.problems, *credentials.limits))
        return KnownBeginning(credentials, trouble=why or "It carries no credentials.")
    try:
        return _read(data, credentials)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        return KnownBeginning(credentials, trouble=f"Its session keys cannot be used: {error}.")


def _check(data: bytes) -> Credentials:
    with tempfile.TemporaryDirectory(prefix="bonaface-") as folder:
        path = Path(folder) / "begin.mp4"
        path.write_bytes(data)
        return read_credentials(path)


def _read(data: bytes, credentials: Credentials) -> KnownBeginning:
    manifest = _active(data)
    stated = manifest.find(ASSERTIONS)
    certificate = _certificate(manifest)
    keys = [read_session_key(one, certificate) for one in _said(stated, LABEL)["keys"]]
    labels = {part.label for part in stated.parts}
    stream = _said(stated, STREAM_LABEL) if STREAM_LABEL in labels else {}
    consent = _said(stated, CONSENT_LABEL) if CONSENT_LABEL in labels else {}
    return KnownBeginning(
        credentials,
        manifest.label,
        {key.kid: key for key in keys},
        stream.get("stream"),
        stream.get("track"),
        read_scale(data),
        consent_ended=consent.get("state") == "ended",
    )


def _active(data: bytes) -> Superbox:
    """The last manifest of the store is the active one (C2PA 2.3, section 15.5)."""
    stores = [one for one in walk(data) if is_store(one)]
    if len(stores) != 1:
        raise ValueError("there is not one manifest store")
    body = bytes(stores[0].body[_PURPOSE_AT:])
    if not body.startswith(_MANIFEST):
        raise ValueError("a manifest store of an unknown purpose")
    store = next(walk(body[len(_MANIFEST) + 8 :]))
    manifests = read_superbox(Box(store.kind, 0, store.data)).parts
    if not manifests:
        raise ValueError("the manifest store is empty")
    return manifests[-1]


def _certificate(manifest: Superbox) -> bytes:
    signed = cose.read_sign1(cbor.read(manifest.find(SIGNATURE).cbor or b""))
    chain = signed.headers.get(cose.X5CHAIN, signed.loose.get(cose.X5CHAIN))
    first = chain[0] if isinstance(chain, list) and chain else chain
    if not isinstance(first, bytes):
        raise ValueError("the signature names no certificate")  # noqa: TRY004 it is data
    return first


def _said(stated: Superbox, label: str) -> Mapping[str, Any]:
    said = cbor.read(stated.find(label).cbor or b"")
    if not isinstance(said, dict):
        raise ValueError(f"{label} is no map")  # noqa: TRY004 it is data
    return said
