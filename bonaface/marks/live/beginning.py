"""Sign the beginning of a track: its initialization segment (C2PA 2.3, sections 11.1 and A.5)."""

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any, Final

from bonaface.marks.live import cbor, cose
from bonaface.marks.live.boxes import C2PA, box, hash_boxes, skip_in_beginning, walk
from bonaface.marks.live.cose import ALGORITHM, ES256, X5CHAIN, Sign
from bonaface.marks.live.jumbf import content, superbox
from bonaface.marks.live.signer import ManifestSigner

HASH_LABEL: Final = "c2pa.hash.bmff.v3"
ASSERTIONS, CLAIM, SIGNATURE = "c2pa.assertions", "c2pa.claim.v2", "c2pa.signature"
EXCLUSIONS: Final = (
    {"xpath": "/uuid", "data": [{"offset": 8, "value": C2PA}]},
    {"xpath": "/ftyp"},
    {"xpath": "/mfra"},
)
_NO_HASH, _NO_SIGNATURE = bytes(32), bytes(64)


def sign_beginning(
    begin: bytes,
    generator: dict[str, Any],
    stated: Sequence[tuple[str, Any]],
    signer: ManifestSigner,
) -> tuple[bytes, str]:
    """Put a signed manifest behind the first box, ftyp; answers the manifest's name as well."""
    name = f"urn:c2pa:{uuid.uuid4()}"

    def store(hashed: bytes, sign: Sign) -> bytes:
        hard = {"exclusions": EXCLUSIONS, "alg": "sha256", "hash": hashed, "name": "jumbf manifest"}
        made = _manifest(name, generator, [(HASH_LABEL, hard), *stated], (signer.chain, sign))
        return _boxed(superbox(b"c2pa", "c2pa", made))

    length = len(store(_NO_HASH, lambda _: _NO_SIGNATURE))
    hashed = hash_boxes(begin, skip_in_beginning, moved=length)
    cut = len(next(walk(begin)).data)
    return begin[:cut] + store(hashed, signer.sign) + begin[cut:], name


def _manifest(
    name: str,
    generator: dict[str, Any],
    stated: Sequence[tuple[str, Any]],
    signing: tuple[tuple[bytes, ...], Sign],
) -> bytes:
    boxes = [(label, content(label, cbor.write(data))) for label, data in stated]
    claim = cbor.write(
        {
            "instanceID": f"xmp:iid:{uuid.uuid4()}",
            "claim_generator_info": generator,
            "signature": f"self#jumbf=/c2pa/{name}/{SIGNATURE}",
            "created_assertions": [_reference(label, made) for label, made in boxes],
            "alg": "sha256",
        }
    )
    signature = _signature(claim, *signing)
    return superbox(
        b"c2ma",
        name,
        superbox(b"c2as", ASSERTIONS, *(made for _, made in boxes)),
        content(CLAIM, claim, b"c2cl"),
        content(SIGNATURE, signature, b"c2cs"),
    )


def _reference(label: str, made: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(made[8:]).digest()  # without length and kind
    return {"url": f"self#jumbf={ASSERTIONS}/{label}", "hash": digest}


def _signature(claim: bytes, chain: tuple[bytes, ...], sign: Sign) -> bytes:
    """The claim is signed and lies beside (C2PA 2.3, section 13.2)."""
    headers = {ALGORITHM: ES256, X5CHAIN: chain}
    return cbor.write(cose.detached(cose.sign1(headers, {}, claim, sign)))


def _boxed(store: bytes) -> bytes:
    """A manifest store in a box of C2PA's own (section A.5.1): version, purpose, no Merkle box."""
    return box(b"uuid", C2PA, bytes(4), b"manifest\0", bytes(8), store)
