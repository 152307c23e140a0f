"""Which of a classifier's labels mean forged, told by their words."""

import re
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bonaface.errors import DetectorRefused

FORGED: Final = {
    *("fake", "fakes", "deepfake", "deepfakes", "forged", "forgery", "manipulated", "tampered"),
    *("synthetic", "synthesized", "ai", "aigenerated", "generated", "artificial", "swapped"),
    *("faceswap", "spoof", "gan", "diffusion"),
}
GENUINE: Final = {
    *("real", "reals", "realism", "genuine", "authentic", "original", "pristine", "human"),
    *("natural", "bonafide"),
}
TURNED: Final = {"not", "non", "no", "un", "without", "anti"}
MOST: Final = 64  # labels


def read_labels(config: dict[str, Any]) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """The labels in the order of the model's answers, and which of them mean forged.

    Raises DetectorRefused where that cannot be told.
    """
    named = config.get("id2label")
    if not isinstance(named, dict) or not 2 <= len(named) <= MOST:
        raise DetectorRefused("Its config.json names no labels (id2label).")
    labels = [named.get(str(i)) for i in range(len(named))]
    if not all(isinstance(label, str) for label in labels):
        raise DetectorRefused("The labels of its config.json are not numbered from 0.")
    words = [str(label)[:80] for label in labels]
    forged = [_means_forged(label) for label in words]
    if None in forged or len(set(forged)) < 2:
        raise DetectorRefused(
            f"Which of its labels mean forged cannot be told: {', '.join(words)}.",
            "Take a detector whose labels are words such as “fake” and “real”.",
        )
    return tuple(words), np.array(forged, bool)


def _means_forged(label: str) -> bool | None:
    """What a label means; None where its words say nothing, or both."""
    apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", label)
    words = set(re.findall(r"[a-z]+", apart.lower()))
    forged, genuine = bool(words & FORGED), bool(words & GENUINE)
    if forged == genuine or words & TURNED:
        return None
    return forged
