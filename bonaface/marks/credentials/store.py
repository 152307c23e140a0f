"""Finding one's way in a C2PA manifest store, as c2pa's reader writes it as JSON.

Everything here comes from a file of a stranger. Whatever is missing or of the wrong shape counts as
not said.
"""

from collections.abc import Iterator
from typing import Any, Final

TRUSTED = "signingCredential.trusted"
TSA_LIST: Final = "tsa"  # the list of who may say when
TRUST = frozenset({"signingCredential.untrusted", "signingCredential.expired"})  # not of damage
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


def active(store: object) -> object:
    """Answer the manifest that speaks for the file."""
    return at(store, "manifests", text(at(store, "active_manifest")))


def actions(manifest: object) -> Iterator[object]:
    """List what was done."""
    for label in ("c2pa.actions", "c2pa.actions.v2"):
        for found in data(manifest, label):
            yield from listed(at(found, "actions"))


def by_model(store: object, manifest: object, depth: int = 0) -> bool | None:
    """Tell whether a model made or changed it (True), a camera only (False), or nothing is said.

    Asks the manifest, and those of the parts and parents it was made of.
    """
    sources = {_source(action) for action in actions(manifest)}
    ingredients = [one for one in listed(at(manifest, "ingredients")) if _goes_in(one)]
    sources |= {text(at(one, "digital_source_type")).rpartition("/")[2] for one in ingredients}
    if sources & _BY_MODEL or any(data(manifest, "c2pa.ai-disclosure")):
        return True
    below = [] if depth >= _DEEPEST else ingredients
    answers = {by_model(store, _manifest_of(store, one), depth + 1) for one in below}
    if True in answers:
        return True
    return False if sources & _BY_CAMERA or False in answers else None


def signer_of(manifest: object) -> str | None:
    """Answer the organisation in the signer's certificate."""
    return text(at(manifest, "signature_info", "issuer")) or None


def codes(results: object, kind: str) -> list[str]:
    """List the codes of one manifest's results: success, informational or failure."""
    return [_code(entry) for entry in listed(at(results, kind))]


def deltas(results: object, kind: str, label: str = "") -> list[str]:
    """List the codes in which ingredients are found otherwise now than when they went in."""
    return [
        _code(entry)
        for delta in listed(at(results, "ingredientDeltas"))
        for entry in listed(at(delta, "validationDeltas", kind))
        if label in text(at(entry, "url"))
    ]


def data(manifest: object, label: str) -> Iterator[object]:
    """List the contents of all assertions of a label."""
    for assertion in listed(at(manifest, "assertions")):
        if text(at(assertion, "label")).split("__")[0] == label:
            yield at(assertion, "data")


def at(value: object, *path: str) -> Any:
    """Go down a path of names; None where it does not lead on."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def listed(value: object) -> list[object]:
    """Take a list for what it is, and anything else for none."""
    return value if isinstance(value, list) else []


def text(value: object) -> str:
    """Take some of a text, without what a terminal would obey; anything else for none."""
    found = value if isinstance(value, str) else ""
    return "".join(letter for letter in found[:_LONGEST] if letter.isprintable())


def _code(entry: object) -> str:
    """Take a code; that of trust only where the list was one of makers.

    c2pa-rs 0.91 keeps a list of each kind and looks in all: whoever may say when would be trusted
    to say what.
    """
    code = text(at(entry, "code"))
    elsewhere = f"[{TSA_LIST}]" in text(at(entry, "explanation"))
    return "signingCredential.untrusted" if code == TRUSTED and elsewhere else code


def _goes_in(ingredient: object) -> bool:
    return at(ingredient, "relationship") in {"parentOf", "componentOf"}


def _manifest_of(store: object, ingredient: object) -> object:
    return at(store, "manifests", text(at(ingredient, "active_manifest")))


def _source(action: object) -> str:
    return text(at(action, "digitalSourceType")).rpartition("/")[2]
