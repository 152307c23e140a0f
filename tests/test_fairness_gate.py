"""The gate: no detector goes out whose false alarms differ too much between groups.

models/fairness.json holds what bench/fairness.py measured. A model that changed since has to be
audited again: the file names the model's bytes.
"""

import json
from pathlib import Path

from bonaface import weights
from bonaface.fairness.subjects import list_subjects

RECORD = json.loads((Path(__file__).parents[1] / "models" / "fairness.json").read_text("utf-8"))


def test_the_worst_gap_is_within_the_limit() -> None:
    for name, subject in RECORD["subjects"].items():
        assert subject["answers"] >= 300, name
        assert subject["worst"] <= RECORD["limit"], name
        for gaps in subject["gaps"].values():
            assert gaps["worst"] <= subject["worst"]


def test_all_that_can_be_audited_was() -> None:
    assert {subject.name for subject in list_subjects()} == set(RECORD["subjects"])


def test_the_audited_models_are_those_that_go_out() -> None:
    models = [one["model"] for one in RECORD["subjects"].values() if "model" in one]
    assert models
    for model in models:
        found = weights.digest(weights.trained(model["file"]))
        assert found == model["sha256"], "audit it again: python bench/fairness.py"
