"""What a C2PA manifest store says, in plain terms: made by a model or not, how, by whom.

Everything here comes from a file of a stranger. Whatever is missing or of the wrong shape counts as
not said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bonaface.marks.manifest import CONSENT_LABEL

SIGNER_UNKNOWN = frozenset({"signingCredential.untrusted", "signingCredential.expired"})
CONTENT_CHANGED = frozenset(
    {
        "assertion.dataHash.mismatch",
        "assertion.bmffHash.mismatch",
        "assertion.boxesHash.mismatch",
        "assertion.collectionHash.mismatch",
    }
)
CHANGED = CONTENT_CHANGED | {
    "assertion.hashedURI.mismatch",
    "assertion.missing",
    "claimSignature.mismatch",
}
# The last word of the IPTC digital source types, and of C2PA's own (2.4, section 18.15).
_BY_MODEL = {
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    "trainedAlgorithmicData",
}
_BY_CAMERA = {"digitalCapture", "computationalCapture"}
_LONGEST = 200  # characters of a stranger's text that are passed on
_DEEPEST = 8  # ingredients of ingredients
_SENTENCES = {
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
    signed_at: str | None = None  # ISO 8601, by the signer's own clock
    actions: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()  # algorithm and id of each soft binding


NOTHING = Claims()


def failures(results: object) -> list[str]:
    """List the failure codes of the active manifest."""
    found = _at(results, "activeManifest", "failure")
    return [_text(_at(entry, "code")) for entry in _list(found)]


def without_content(results: object) -> tuple[str, dict[str, Any]]:
    """Leave out whether a content fits its hash: the state that is left, and the failures.

    Trusted where the signer is known and nothing else fails, in the parts neither.
    """
    codes = [code for code in failures(results) if code not in CONTENT_CHANGED]
    parts = _list(_at(results, "ingredientDeltas"))
    broken = any(_list(_at(part, "validationDeltas", "failure")) for part in parts)
    passed = [
        _text(_at(entry, "code")) for entry in _list(_at(results, "activeManifest", "success"))
    ]
    whole = not codes and not broken and "signingCredential.trusted" in passed
    left = {"activeManifest": {"failure": [{"code": code} for code in codes]}}
    return "Trusted" if whole else "Invalid", left


def sentence(code: str) -> str:
    """Say a failure code in plain words."""
    return _SENTENCES.get(code, f"The credentials do not hold ({code}).")


def read_claims(store: object) -> Claims:
    """Read the active manifest of a store, as `Reader.json()` gives it."""
    manifest = _active(store)
    actions = list(_actions(manifest))
    created = next((_text(_at(action, "when")) for action in actions), "")
    return Claims(
        ai=_by_model(store, manifest, 0),
        issuer=_text(_at(manifest, "signature_info", "issuer")) or None,
        consent=_consent(manifest),
        signed_at=_text(_at(manifest, "signature_info", "time")) or created or None,
        actions=tuple(_text(_at(action, "action")) for action in actions),
        marks=tuple(_marks(manifest)),
    )


def _by_model(store: object, manifest: object, depth: int) -> bool | None:
    """Ask the manifest, and those of the parts and parents it was made of."""
    sources = {_source(action) for action in _actions(manifest)}
    if sources & _BY_MODEL or any(_data(manifest, "c2pa.ai-disclosure")):
        return True
    answers = {_by_model(store, part, depth + 1) for part in _parts(store, manifest, depth)}
    if True in answers:
        return True
    return False if sources & _BY_CAMERA or False in answers else None


def _parts(store: object, manifest: object, depth: int) -> Iterator[object]:
    if depth >= _DEEPEST:
        return
    for ingredient in _list(_at(manifest, "ingredients")):
        if _at(ingredient, "relationship") in {"parentOf", "componentOf"}:
            yield _at(store, "manifests", _text(_at(ingredient, "active_manifest")))


def _active(store: object) -> object:
    return _at(store, "manifests", _text(_at(store, "active_manifest")))


def _actions(manifest: object) -> Iterator[object]:
    for label in ("c2pa.actions", "c2pa.actions.v2"):
        for data in _data(manifest, label):
            yield from _list(_at(data, "actions"))


def _source(action: object) -> str:
    return _text(_at(action, "digitalSourceType")).rpartition("/")[2]


def _consent(manifest: object) -> ConsentReference | None:
    for data in _data(manifest, CONSENT_LABEL):
        record, digest = _text(_at(data, "record")), _text(_at(data, "digest"))
        if record and digest:
            return ConsentReference(record, digest)
    return None


def _marks(manifest: object) -> Iterator[tuple[str, str]]:
    for data in _data(manifest, "c2pa.soft-binding"):
        for block in _list(_at(data, "blocks")):
            yield _text(_at(data, "alg")), _text(_at(block, "value"))


def _data(manifest: object, label: str) -> Iterator[object]:
    for assertion in _list(_at(manifest, "assertions")):
        if _text(_at(assertion, "label")).split("__")[0] == label:
            yield _at(assertion, "data")


def _at(value: object, *path: str) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return "".join(letter for letter in text[:_LONGEST] if letter.isprintable())
