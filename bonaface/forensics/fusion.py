"""Several inspectors, one answer: how likely a forgery is, and how far that can be trusted.

A logistic regression over what the inspectors answered, as log odds weighted by the quality of the
material (models/fusion.json, made by training/fusion). Inspectors of one sense (face, voice, both)
look at the same thing, so only the one that weighs most in a sense counts. The interval is wide
where little was seen, and narrows with each sense that was judged.
"""

import json
from dataclasses import dataclass
from functools import cache
from math import exp, log, sqrt
from typing import Any, Final

from bonaface import weights
from bonaface.core import Finding

SURE: Final = 4.6  # log odds of .99: no inspector may say more
UNKNOWN: Final = 0.97  # where nothing was fitted: what an audit takes for an alarm
WIDTH: Final = 1.96  # standard errors of a 95 % interval


@dataclass(frozen=True, slots=True)
class Fused:
    """What follows from all inspectors together."""

    probability: float | None  # None: nothing that counts was judged
    interval: tuple[float, float] = (0.0, 1.0)  # 95 %
    suspects: tuple[Finding, ...] = ()  # that speak for a forgery by themselves
    senses: tuple[str, ...] = ()  # that were judged: "face", "voice", "both", "person"

    @property
    def forged(self) -> bool:
        """Whether forgery is what to say: at most one in a hundred genuine files gets there."""
        return bool(self.suspects)

    @property
    def clean(self) -> bool:
        """Whether face and voice were both judged, and nothing speaks for a forgery."""
        both = {"face", "voice"} <= set(self.senses)
        return both and not self.suspects and self.interval[1] < _table()["clean"]


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads(weights.trained("fusion.json").read_text("utf-8"))
    return table


def fuse(findings: tuple[Finding, ...]) -> Fused:
    """Weigh the sums (`whole`) of all inspectors; who cannot tell leaves the interval wide."""
    table = _table()
    said: dict[str, tuple[float, float]] = {}  # sense: weighted log odds, information
    suspects = []
    for finding in findings:
        entry = table["inspectors"].get(finding.inspector)
        if not finding.whole or finding.score is None or not _counts(entry):
            continue  # who was not fitted is shown, and decides nothing
        pull = entry["weight"] * finding.quality * to_logit(finding.score)
        if not entry.get("clears", True):
            pull = max(0.0, pull)  # what it does not see, it does not clear
        sense, worth = entry["sense"], entry["information"] * finding.quality
        if sense not in said or abs(pull) > abs(said[sense][0]):
            said[sense] = (pull, worth)
        if entry["decides"] is not None and finding.score >= entry["decides"]:
            suspects.append(finding)
    if not said:
        return Fused(None)
    middle = table["bias"] + sum(pull for pull, _ in said.values())
    spread = WIDTH / sqrt(table["ignorance"] + sum(worth for _, worth in said.values()))
    interval = (_share(middle - spread), _share(middle + spread))
    ordered = sorted(suspects, key=lambda one: -(one.score or 0.0))
    return Fused(_share(middle), interval, tuple(ordered), tuple(sorted(said)))


def _counts(entry: dict[str, Any] | None) -> bool:
    """Whether how much an inspector weighs was fitted; the enrolled person's are by their bench."""
    return entry is not None and (entry["sense"] == "person" or bool(entry.get("fitted")))


def decides(inspector: str) -> float:
    """The score from which an inspector speaks for a forgery; UNKNOWN for one not in the table."""
    found = _table()["inspectors"].get(inspector, {}).get("decides")
    return UNKNOWN if found is None else float(found)


def to_logit(score: float) -> float:
    """Log odds of a chance, at most SURE either way."""
    share = min(max(score, 1e-6), 1 - 1e-6)
    return min(max(log(share / (1 - share)), -SURE), SURE)


def _share(logit: float) -> float:
    return 1 / (1 + exp(-logit))
