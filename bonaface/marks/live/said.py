"""What the manifest of a live track says: the same as that of a file, and which stream it is.

While the face is shown it is the statement of any film of ours. Once the consent has ended, the
stream shows a drawn card; its manifest says that no model made it, and that the consent ended.
"""

from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

from bonaface.marks.credentials.manifest import (
    CONSENT_LABEL,
    SOURCE_TYPES,
    Statement,
    write_manifest,
)
from bonaface.marks.live import cbor

STREAM_LABEL: Final = "org.bonaface.stream"
Shown: TypeAlias = Literal["face", "card"]
_ACTIONS, _DISCLOSURE, _MADE = "c2pa.actions.v2", "c2pa.ai-disclosure", "c2pa.created"


@dataclass(frozen=True, slots=True)
class Said:
    """What is said about one track of one stream. `stream` is random, and both tracks share it."""

    statement: Statement
    stream: str
    track: str  # "picture" or "sound"


def write_assertions(
    said: Said, shown: Shown, follows: str | None
) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """The claim generator, and each assertion with its label; `follows` names the manifest before.

    The portrait is no ingredient of a live manifest.
    """
    whole = write_manifest(replace(said.statement, portrait=None))
    stated = [(one["label"], _dated(one["data"])) for one in whole["assertions"]]
    if shown == "card":
        stated = [_as_card(label, data) for label, data in stated if label != _DISCLOSURE]
    stream = {"stream": said.stream, "track": said.track, "follows": follows}
    return whole["claim_generator_info"][0], _numbered([*stated, (STREAM_LABEL, stream)])


def _as_card(label: str, data: dict[str, Any]) -> tuple[str, Any]:
    if label == CONSENT_LABEL:
        return label, data | {"state": "ended"}
    if label != _ACTIONS:
        return label, data
    drawn = {"digitalSourceType": SOURCE_TYPES + "algorithmicMedia"}
    actions = [one | drawn if one["action"] == _MADE else one for one in data["actions"]]
    return label, data | {"actions": actions}


def _dated(data: dict[str, Any]) -> dict[str, Any]:
    """Times of actions are tagged in CBOR, and plain text in JSON."""
    if "actions" not in data:
        return data
    actions = [one | {"when": cbor.Tagged(cbor.WHEN, one["when"])} for one in data["actions"]]
    return data | {"actions": actions}


def _numbered(stated: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Labels that come again get a number (C2PA 2.3, section 6.4)."""
    seen: dict[str, int] = {}
    named = []
    for label, data in stated:
        count = seen[label] = seen.get(label, -1) + 1
        named.append((f"{label}__{count}" if count else label, data))
    return named
