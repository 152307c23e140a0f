"""What is stated about a file that bonaface made, in the words of C2PA 2.4 and CAWG 1.1.

No personal data: ids are random, the consent record is named by its id and a salted hash, the
portrait is an ingredient without name, thumbnail or hash. Credentials that the photo itself
carries are kept. The file's own name is left out, since it may be somebody's.
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
CONSENT_LABEL = "org.bonaface.consent"
PICTURE_ALGORITHM = "org.bonaface.picture.1"
SOUND_ALGORITHM = "org.bonaface.sound.1"
SEEN_ALGORITHM = "org.bonaface.seen.1"  # fingerprints, see seen.py
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
PORTRAIT_ID, PARENT_ID = "portrait", "parent"
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


def write_manifest(statement: Statement) -> dict[str, Any]:
    """Write the manifest definition that c2pa-rs takes."""
    bindings = [*_bindings(statement), *_fingerprints(statement)]
    assertions = [_actions(statement), *bindings, _disclosure(), _mining()]
    if statement.permit is not None:
        assertions.append(_consent(statement.permit))
    return {
        "claim_version": 2,
        "claim_generator_info": [{"name": NAME, "version": __version__}],
        "assertions": assertions,
    }


def portrait_ingredient() -> dict[str, str]:
    """Describe the portrait; its id is ours, for the one in its XMP may be known elsewhere."""
    own_id = f"xmp:iid:{uuid.uuid4()}"
    return {
        "title": "portrait",
        "relationship": "inputTo",
        "label": PORTRAIT_ID,
        "instance_id": own_id,
    }


def parent_ingredient() -> dict[str, str]:
    """Describe the file that was marked; its name may be somebody's, so it is left out."""
    own_id = f"xmp:iid:{uuid.uuid4()}"
    return {
        "title": "parent",
        "relationship": "parentOf",
        "label": PARENT_ID,
        "instance_id": own_id,
    }


def _actions(statement: Statement) -> dict[str, Any]:
    """C2PA 2.4, section 18.15: made from nothing by a trained model, or opened; then marked."""
    when = statement.made_at.astimezone(UTC).isoformat(timespec="seconds")
    agent = {"name": NAME, "version": __version__}
    source = SOURCE_TYPES + _SOURCES[statement.origin]
    first: dict[str, Any] = {"action": "c2pa.created", "digitalSourceType": source}
    if statement.parent is not None:
        first["action"] = "c2pa.opened"
        first["parameters"] = {"ingredientIds": [PARENT_ID]}
    elif statement.portrait is not None:
        first["parameters"] = {"ingredientIds": [PORTRAIT_ID]}
    marked = {"action": "c2pa.watermarked.bound"}
    actions = [
        {**action, "when": when, "softwareAgent": agent}
        for action in (first, *(marked for _ in _bindings(statement)))
    ]
    return {"label": "c2pa.actions.v2", "data": {"actions": actions, "allActionsIncluded": True}}


def _bindings(statement: Statement) -> list[dict[str, Any]]:
    """C2PA 2.4, section 18.10: how to find this manifest again once it was stripped."""
    return [_binding(algorithm, mark) for algorithm, mark in statement.marks]


def _fingerprints(statement: Statement) -> list[dict[str, Any]]:
    """By which a mark that was copied into another film is told from its own."""
    return [_binding(SEEN_ALGORITHM, *statement.seen)] if statement.seen else []


def _binding(algorithm: str, *values: str) -> dict[str, Any]:
    blocks = [{"scope": {}, "value": value} for value in values]
    return {"label": "c2pa.soft-binding", "data": {"alg": algorithm, "blocks": blocks}}


def _disclosure() -> dict[str, Any]:
    """C2PA 2.4, AI disclosure: a person gave photo and words, nobody approved the result."""
    return {
        "label": "c2pa.ai-disclosure",
        "data": {
            "modelType": "c2pa.types.model",
            "modelName": NAME,
            "modelIdentifier": f"bonaface:{__version__}",
            "contentProfile": {"humanOversightLevel": "prompt_guided"},
        },
    }


def _mining() -> dict[str, Any]:
    """CAWG training and data mining 1.1. Inference stays open: detectors should look at this."""
    entries = ("cawg.ai_training", "cawg.ai_generative_training", "cawg.data_mining")
    refused = {entry: {"use": "notAllowed"} for entry in entries}
    return {"label": "cawg.training-mining", "data": {"entries": refused}}


def _consent(permit: Permit) -> dict[str, Any]:
    data = {"record": permit.record_id, "digest": permit.digest, "alg": "sha256"}
    return {"label": CONSENT_LABEL, "data": data}
