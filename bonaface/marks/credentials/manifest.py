"""What is stated about a file that bonaface made or marked, in the words of C2PA 2.4 and CAWG 1.1.

No personal data: ids are random, the consent record is named by its id and a salted hash, the
portrait is an ingredient without name, thumbnail or hash. Credentials that ingredients carry
are kept. The file's own name is left out, since it may be somebody's.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

from bonaface import __version__
from bonaface.consent.policy import Permit
from bonaface.errors import ConsentMissing, Unmarked

NAME = "Bonaface"
SPEC = "2.4.0"  # of C2PA
CONSENT_LABEL, DISCLOSURE_LABEL = "org.bonaface.consent", "c2pa.ai-disclosure"
INGREDIENT_LABEL = "c2pa.ingredient"  # c2pa-rs puts the version to it
PICTURE_ALGORITHM = "org.bonaface.picture.1"
SOUND_ALGORITHM = "org.bonaface.sound.1"
SEEN_ALGORITHM = "org.bonaface.seen.1"  # fingerprints, see seen.py
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PORTRAIT_ID, PARENT_ID, PART_ID = "portrait", "parent", "part"
# made: by Bonaface. ai, composite: by other tools, wholly or in part by a model, as its owner says.
Origin: TypeAlias = Literal["made", "ai", "composite"]
_SOURCES: dict[Origin, str] = {
    "made": "trainedAlgorithmicMedia",
    "ai": "trainedAlgorithmicMedia",
    "composite": "compositeWithTrainedAlgorithmicMedia",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What the credentials of one file say. Mark ids are hex; None where there is no such mark."""

    made_at: datetime
    permit: Permit | None  # None only for sound: nothing that shows a face is signed without
    portrait: bytes | None = None  # the photo's file: an ingredient
    picture_mark: str | None = None
    sound_mark: str | None = None
    origin: Origin = "made"
    parent: Path | None = None  # the file that this was before it was marked: an ingredient
    parts: tuple[Path, ...] = ()  # files that are seen or heard in it: ingredients
    seen: tuple[str, ...] = ()  # fingerprints of its pictures, hex

    @property
    def marks(self) -> tuple[tuple[str, str], ...]:
        """Algorithm and id of each hidden mark."""
        both = ((PICTURE_ALGORITHM, self.picture_mark), (SOUND_ALGORITHM, self.sound_mark))
        return tuple((algorithm, mark) for algorithm, mark in both if mark is not None)


def require_leave(statement: Statement, mime: str) -> None:
    """Refuse to vouch for a face without a permit that holds now, or for anything unmarked.

    What other tools made shows whom it shows; that it is marked asks for no permit. Raises
    ConsentMissing, ConsentDenied or Unmarked.
    """
    if mime.startswith("audio/"):
        if statement.sound_mark is None:
            raise Unmarked("This sound carries no mark, so it is not signed.")
    elif statement.permit is None and statement.origin == "made":
        raise ConsentMissing("Nothing that shows a face is signed without a permit.")
    elif statement.picture_mark is None:
        raise Unmarked("These pictures carry no mark, so they are not signed.")
    if statement.permit is not None:
        statement.permit.check(datetime.now(UTC))


def write_manifest(statement: Statement, told: bool | None = None) -> dict[str, Any]:
    """Write the manifest definition that c2pa-rs takes.

    `told` is what the parent's own credentials say: True for AI, False for anything else, None
    where it carries none. The ingredients are added with their files.
    """
    actions = _actions(statement, told)
    bindings = [*_bindings(statement), *_fingerprints(statement)]
    assertions = [actions, *bindings, _disclosure(statement), _mining()]
    if statement.permit is not None:
        assertions.append(_consent(statement.permit))
    return {
        "claim_version": 2,
        "claim_generator_info": [{"name": NAME, "version": __version__, "specVersion": SPEC}],
        "assertions": [one | {"created": _is_own(one, statement)} for one in assertions],
    }


def _is_own(assertion: dict[str, Any], statement: Statement) -> bool:
    """Tell the signer's own word from what was gathered: C2PA 2.4, section 10.2.2.

    That a file of others is by AI is its owner's word.
    """
    return statement.origin == "made" or assertion["label"] != DISCLOSURE_LABEL


def ingredients(statement: Statement, told: bool | None = None) -> dict[str, dict[str, str]]:
    """Describe what the file was made of, by label.

    The ids are ours: those in an XMP may be known elsewhere.
    """
    found = {PORTRAIT_ID: "inputTo"} if statement.portrait is not None else {}
    if statement.parent is not None:
        found[PARENT_ID] = "parentOf"
    found |= dict.fromkeys(_part_labels(statement), "componentOf")
    described = {
        label: {
            "title": label,
            "relationship": relationship,
            "label": label,
            "instance_id": f"xmp:iid:{uuid.uuid4()}",
        }
        for label, relationship in found.items()
    }
    if statement.parent is not None and told is None:
        # C2PA 2.4, section 18.16.6: where it does not say so itself, in a manifest of its own
        described[PARENT_ID]["digital_source_type"] = _source(statement)
    return described


def part_files(statement: Statement) -> dict[str, Path]:
    """Answer the files of the parts, by label."""
    return dict(zip(_part_labels(statement), statement.parts, strict=True))


def _part_labels(statement: Statement) -> list[str]:
    return [f"{PART_ID}-{index + 1}" for index in range(len(statement.parts))]


def _actions(statement: Statement, told: bool | None) -> dict[str, Any]:
    """C2PA 2.4, section 18.15: made from nothing by a trained model, or opened; then marked."""
    actions = _made(statement) if statement.parent is None else _opened(statement, told)
    if statement.parts:
        placed = {"ingredientIds": _part_labels(statement)}
        actions.append({"action": "c2pa.placed", "parameters": placed})
    actions += [{"action": "c2pa.watermarked.bound"} for _ in _bindings(statement)]
    common = {
        "when": statement.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "softwareAgent": {"name": NAME, "version": __version__},
    }
    data = {
        "actions": [action | common for action in actions],
        # what was done to a file between its opening and ours is not listed: it is encoded anew
        "allActionsIncluded": statement.parent is None,
    }
    return {"label": "c2pa.actions.v2", "data": data}


def _made(statement: Statement) -> list[dict[str, Any]]:
    created: dict[str, Any] = {"action": "c2pa.created", "digitalSourceType": _source(statement)}
    if statement.portrait is not None:
        created["parameters"] = {"ingredientIds": [PORTRAIT_ID]}
    return [created]


def _opened(statement: Statement, told: bool | None) -> list[dict[str, Any]]:
    """Say that it is by AI where that belongs.

    That is the file, or, where its own credentials say otherwise, what was done to it since.
    """
    opened: dict[str, Any] = {
        "action": "c2pa.opened",
        "parameters": {"ingredientIds": [PARENT_ID]},
    }
    actions = [opened]
    if told is False:
        actions.append({"action": "c2pa.edited", "digitalSourceType": _source(statement)})
    else:
        opened["digitalSourceType"] = _source(statement)
    if statement.picture_mark is not None:
        actions.append({"action": "c2pa.addedText", "description": "A label: AI."})
    return actions


def _source(statement: Statement) -> str:
    return SOURCE_TYPES + _SOURCES[statement.origin]


def _bindings(statement: Statement) -> list[dict[str, Any]]:
    """C2PA 2.4, section 18.10: how to find this manifest again once it was stripped."""
    return [_binding(algorithm, mark) for algorithm, mark in statement.marks]


def _fingerprints(statement: Statement) -> list[dict[str, Any]]:
    """By which a mark that was copied into another film is told from its own."""
    return [_binding(SEEN_ALGORITHM, *statement.seen)] if statement.seen else []


def _binding(algorithm: str, *values: str) -> dict[str, Any]:
    blocks = [{"scope": {}, "value": value} for value in values]
    return {"label": "c2pa.soft-binding", "data": {"alg": algorithm, "blocks": blocks}}


def _disclosure(statement: Statement) -> dict[str, Any]:
    """C2PA 2.4, section 18.28: a person gave photo and words, nobody approved the result.

    Which model made what other tools made is not known here.
    """
    data: dict[str, Any] = {"modelType": "c2pa.types.model"}
    if statement.origin == "made":
        data["modelName"] = NAME
        data["modelIdentifier"] = f"pkg:generic/bonaface@{__version__}"
        data["contentProfile"] = {"humanOversightLevel": "prompt_guided"}
    return {"label": DISCLOSURE_LABEL, "data": data}


def _mining() -> dict[str, Any]:
    """CAWG training and data mining 1.1. Inference stays open: detectors should look at this."""
    entries = ("cawg.ai_training", "cawg.ai_generative_training", "cawg.data_mining")
    refused = {entry: {"use": "notAllowed"} for entry in entries}
    return {"label": "cawg.training-mining", "data": {"entries": refused}}


def _consent(permit: Permit) -> dict[str, Any]:
    data = {"record": permit.record_id, "digest": permit.digest, "alg": "sha256"}
    return {"label": CONSENT_LABEL, "data": data}
