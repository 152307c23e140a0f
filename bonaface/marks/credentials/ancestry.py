"""What went into a file, by its credentials: originals, parts, and what their own credentials say.

Whether an original was intact is what the signer of the file found when it went in: the original
itself is not here. That its credentials are there, and signed, is checked anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bonaface.marks.credentials.store import (
    TRUST,
    TRUSTED,
    at,
    by_model,
    codes,
    deltas,
    listed,
    signer_of,
    text,
)

Role: TypeAlias = Literal["parent", "part", "input"]
State: TypeAlias = Literal["trusted", "valid", "invalid", "none"]
_ROLES: dict[str, Role] = {"parentOf": "parent", "componentOf": "part", "inputTo": "input"}
_LEADS: dict[Role, str] = {
    "parent": "It was made from a file",
    "part": "A part of it is from a file",
    "input": "A model was given a file",
}
_STATES: dict[State, str] = {
    "trusted": "intact, signed by {name}, who is trusted here",
    "valid": "intact, signed by {name}, who is unknown here",
    "invalid": "signed by {name}, and did not hold when it went in",
    "none": "",
}


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One ingredient, and what its own credentials say."""

    role: Role
    state: State
    ai: bool | None = None
    issuer: str | None = None  # organisation in its signer's certificate
    maker: str | None = None  # the program or device that wrote its credentials


def read_ancestors(store: object, manifest: object) -> Iterator[Ancestor]:
    """List the ingredients of a manifest, those of its ingredients left out."""
    for ingredient in listed(at(manifest, "ingredients")):
        role = _ROLES.get(text(at(ingredient, "relationship")))
        if role is not None:
            yield _ancestor(store, ingredient, role)


def describe(ancestor: Ancestor) -> str:
    """Say it in a sentence."""
    lead = _LEADS[ancestor.role]
    if ancestor.state == "none":
        return f"{lead} without credentials."
    name = f"“{ancestor.issuer}”" if ancestor.issuer else "somebody without a name"
    state = _STATES[ancestor.state].format(name=name)
    by = f" (written by {ancestor.maker})" if ancestor.maker else ""
    return f"{lead} with credentials of its own{by}, {state}. They {_said(ancestor.ai)}."


def _said(ai: bool | None) -> str:
    if ai is None:
        return "do not say how it was made"
    return "say that AI made or changed it" if ai else "say that a camera recorded it"


def _ancestor(store: object, ingredient: object, role: Role) -> Ancestor:
    manifest = at(store, "manifests", text(at(ingredient, "active_manifest")))
    if manifest is None:
        return Ancestor(role, "none")
    makers = listed(at(manifest, "claim_generator_info"))
    return Ancestor(
        role,
        _state(store, ingredient),
        by_model(store, manifest),
        signer_of(manifest),
        text(at(makers[0], "name")) or None if makers else None,
    )


def _state(store: object, ingredient: object) -> State:
    """Take what was found when it went in, and what is found now, as far as it differs."""
    then = at(ingredient, "validation_results", "activeManifest")
    label = text(at(ingredient, "active_manifest"))
    results = at(store, "validation_results")
    failed, failed_now = codes(then, "failure"), deltas(results, "failure", label)
    if {*failed, *failed_now} - TRUST:
        return "invalid"
    known = {*codes(then, "success"), *deltas(results, "success", label)}
    return "trusted" if TRUSTED in known and not failed_now else "valid"
