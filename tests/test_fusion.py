"""Who was fitted decides, who was not is shown; and the fit finds what was put into its table."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "training" / "fusion"))
from settle import fit, weigh

from bonaface.core import Finding
from bonaface.forensics import fusion

FITTED: dict[str, Any] = {
    "weight": 0.8,
    "information": 0.6,
    "decides": 0.95,
    "fitted": {"reals": 1},
}
TABLE = {
    "version": 1,
    "bias": 0.0,
    "ignorance": 0.3,
    "clean": 0.5,
    "inspectors": {
        "one": {**FITTED, "sense": "face"},
        "twin": {**FITTED, "sense": "face"},
        "ear": {**FITTED, "sense": "voice"},
        "new": {**FITTED, "sense": "face", "fitted": None},
    },
}


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fusion, "_table", lambda: TABLE)


def said(name: str, score: float | None, quality: float = 1.0) -> Finding:
    return Finding(0, 0, name, score, "It was seen.", whole=True, quality=quality)


def width(*findings: Finding) -> float:
    low, high = fusion.fuse(findings).interval
    return high - low


def test_who_was_not_fitted_decides_nothing() -> None:
    fused = fusion.fuse((said("new", 0.999), said("unheard", 0.999)))
    assert fused.probability is None
    assert not fused.forged
    assert not fused.clean
    assert fusion.fuse((said("one", 0.999),)).forged


def test_twins_count_once_and_ignorance_is_wide() -> None:
    alone, both = (said("one", 0.7),), (said("one", 0.7), said("twin", 0.7))
    assert fusion.fuse(both).probability == fusion.fuse(alone).probability
    assert width(*both) == width(*alone)
    assert width(said("one", 0.5), said("ear", 0.5)) < width(said("one", 0.5))
    assert width(said("one", 0.5, 0.2)) > width(said("one", 0.5))
    assert width(said("one", None)) == 1


def rows(shift: float, reals: int = 300, fakes: int = 60) -> list[dict[str, Any]]:
    random = np.random.default_rng(0)
    table = []
    for fake, count in ((False, reals), (True, fakes)):
        for i in range(count):
            logit = random.normal(shift if fake else -shift, 1.5)
            one = {"inspector": "one", "score": float(1 / (1 + np.exp(-logit))), "quality": 1.0}
            row = {"part": "fit", "fake": fake, "method": "swap" if fake else "", "group": str(i)}
            table.append({**row, "findings": [one]})
    return table


def judging(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "part": "judge"} for row in known]


def test_the_fit_keeps_false_alarms_to_one_percent() -> None:
    known = rows(2.0)
    entry = fit(known + judging(known), TABLE)["inspectors"]["one"]
    assert entry["decides"] >= 0.9
    assert entry["fitted"]["alarms"]["count"] <= 3
    assert entry["fitted"]["held_out"]["swap"]["auc"] > 0.9
    assert 0 < entry["weight"] <= 1
    json.dumps(entry)


def test_alarms_on_new_sources_take_the_say_away() -> None:
    loud = [{**row, "fake": False} for row in judging(rows(2.0))]
    assert fit(rows(2.0) + loud, TABLE)["inspectors"]["one"]["decides"] is None


def test_a_coin_gets_no_say() -> None:
    known = rows(0.0)
    entry = fit(known + judging(known), TABLE)["inspectors"]["one"]
    assert entry["decides"] is None
    assert entry["information"] == 0
    assert abs(entry["weight"]) < 0.2


def test_too_few_rows_fit_nothing_and_those_that_judge_are_not_read() -> None:
    assert fit(rows(2.0, reals=50), TABLE)["inspectors"]["one"]["fitted"] is None
    assert fit(judging(rows(2.0)), TABLE)["inspectors"]["one"]["fitted"] is None


def test_weights_never_strengthen_a_score() -> None:
    assert weigh(np.full(200, -0.1), np.full(200, 0.1)) <= 1
    assert weigh(np.full(200, 1.0), np.full(200, -1.0)) == 0
