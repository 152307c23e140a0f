"""What a C2PA manifest store says, in plain terms: made by a model or not, how, by whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from bonaface.marks.credentials.ancestry import Ancestor, read_ancestors
from bonaface.marks.credentials.maker import UNSAID, Maker, read_maker
from bonaface.marks.credentials.manifest import CONSENT_LABEL
from bonaface.marks.credentials.store import (
    TRUST,
    TRUSTED,
    actions,
    active,
    at,
    by_model,
    codes,
    data,
    deltas,
    listed,
    signer_of,
    text,
)

Stamp: TypeAlias = Literal["trusted", "valid", "none"]
UNTRUSTED, ENDED = "signingCredential.untrusted", "signingCredential.expired"
INGREDIENT = "ingredient"  # not a code of C2PA: any of an ingredient's
CONTENT_CHANGED = frozenset(
    {
        "assertion.dataHash.mismatch",
        "assertion.bmffHash.mismatch",
        "assertion.boxesHash.mismatch",
        "assertion.collectionHash.mismatch",
    }
)
CHANGED = CONTENT_CHANGED | {
    INGREDIENT,
    "assertion.hashedURI.mismatch",
    "assertion.missing",
    "claimSignature.mismatch",
}
_SENTENCES = {
    INGREDIENT: "The credentials of what it was made from were changed after it was signed.",
    "assertion.dataHash.mismatch": "The file was changed after it was signed.",
    "assertion.bmffHash.mismatch": "The file was changed after it was signed.",
    "assertion.boxesHash.mismatch": "The file was changed after it was signed.",
    "assertion.collectionHash.mismatch": "The file was changed after it was signed.",
    "assertion.hashedURI.mismatch": "A statement in the credentials was changed after signing.",
    "assertion.missing": "A statement was taken out of the credentials.",
    "claimSignature.mismatch": "The signature does not fit the credentials.",
    "signingCredential.untrusted": "The signer is not known to this installation.",
    "signingCredential.expired": "The signer's certificate has ended, and no time-stamp shows that "
    "it was signed before that.",
    "signingCredential.invalid": "The signer's certificate is not fit for signing.",
}


@dataclass(frozen=True, slots=True)
class ConsentReference:
    """The consent record that a file names."""

    record_id: str
    digest: str  # salted hash of the record, hex


@dataclass(frozen=True, slots=True)
class Claims:
    """What is said, by whoever signed. None or empty where nothing is."""

    ai: bool | None = None  # True: made or changed by a model; False: by a camera only
    issuer: str | None = None  # organisation in the signer's certificate
    consent: ConsentReference | None = None
    signed_at: str | None = None  # ISO 8601: by a time-stamp, else by the signer's own clock
    stamp: Stamp = "none"  # whether a time-stamp says when, by an authority trusted here or not
    actions: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()  # algorithm and id of each soft binding
    ancestors: tuple[Ancestor, ...] = ()  # what went into it, and what that says of itself
    maker: Maker = UNSAID


NOTHING = Claims()


def failures(results: object) -> list[str]:
    """List the failure codes of the active manifest; what is wrong with an ingredient comes after.

    An ingredient that did not hold when it went in is no failure: the manifest says so itself. Nor
    is one whose signer is not trusted.
    """
    below = set(deltas(results, "failure")) - TRUST
    own = at(results, "activeManifest")
    found = codes(own, "failure") + [INGREDIENT] * bool(below)
    found += [UNTRUSTED] * (UNTRUSTED in codes(own, "success"))  # see `store`: another list's
    # c2pa-rs does not look whether an ended certificate would have been trusted
    return [code for code in found if code != UNTRUSTED or ENDED not in found]


def without_content(results: dict[str, Any]) -> dict[str, Any]:
    """The same results but for whether a content fits its hash."""
    own = at(results, "activeManifest") or {}
    kept = [
        one for one in listed(at(own, "failure")) if text(at(one, "code")) not in CONTENT_CHANGED
    ]
    return {**results, "activeManifest": {**own, "failure": kept}}


def is_trusted(results: object) -> bool:
    """Tell whether the signer of the active manifest is trusted: C2PA 2.4, section 14.3.6."""
    return TRUSTED in codes(at(results, "activeManifest"), "success")


def sentence(code: str) -> str:
    """Say a failure code in plain words."""
    return _SENTENCES.get(code, f"The credentials do not hold ({code}).")


def read_claims(store: object) -> Claims:
    """Read the active manifest of a store, as `Reader.json()` gives it."""
    manifest, results = active(store), at(store, "validation_results", "activeManifest")
    done = list(actions(manifest))
    first = next((text(at(action, "when")) for action in done), "")
    return Claims(
        ai=by_model(store, manifest),
        issuer=signer_of(manifest),
        consent=_consent(manifest),
        signed_at=text(at(manifest, "signature_info", "time")) or first or None,
        stamp=_stamp(codes(results, "success")),
        actions=tuple(text(at(action, "action")) for action in done),
        marks=tuple(_marks(manifest)),
        ancestors=tuple(read_ancestors(store, manifest)),
        maker=read_maker(manifest),
    )


def _stamp(found: list[str]) -> Stamp:
    if "timeStamp.validated" not in found:
        return "none"
    return "trusted" if "timeStamp.trusted" in found else "valid"


def _consent(manifest: object) -> ConsentReference | None:
    for found in data(manifest, CONSENT_LABEL):
        record, digest = text(at(found, "record")), text(at(found, "digest"))
        if record and digest:
            return ConsentReference(record, digest)
    return None


def _marks(manifest: object) -> Iterator[tuple[str, str]]:
    for found in data(manifest, "c2pa.soft-binding"):
        for block in listed(at(found, "blocks")):
            yield text(at(found, "alg")), text(at(block, "value"))
