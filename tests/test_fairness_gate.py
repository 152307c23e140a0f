"""The gate: nothing goes out that wrongly accuses or refuses some groups more than others.

models/fairness.json holds what bench/fairness.py measured. Where others are let in more often in
one group, that is no refusal; it does not stop a release, and docs/fairness.md has to say it. A
model that changed since has to be audited again: the file names the model's bytes.
"""

import json
from pathlib import Path

from bonaface import weights
from bonaface.fairness.matches import MATCHES
from bonaface.fairness.subjects import list_subjects

ROOT = Path(__file__).parents[1]
RECORD = json.loads((ROOT / "models" / "fairness.json").read_text("utf-8"))


def over_limit() -> set[str]:
    subjects = RECORD["subjects"].items()
    limit = RECORD["limit"]
    return {name for name, one in subjects if one.get("beyond", one["worst"]) > limit}


def test_nobody_is_wrongly_refused_more_than_others() -> None:
    """All but those whose gap is written down where a reader meets it."""
    assert over_limit() <= set(RECORD["over"])
    told = (ROOT / "docs" / "fairness.md").read_text("utf-8")
    for name in RECORD["over"]:
        assert name in MATCHES, f"{name} wrongly refuses people: it may not go out"
        assert f"**{name}**" in told


def test_the_record_is_consistent() -> None:
    for name, subject in RECORD["subjects"].items():
        assert subject["answers"] >= 90, name
        assert (subject["answers"] < 300) == (name in RECORD["few"]), name
        for gaps in subject["gaps"].values():
            assert gaps["worst"] <= subject["worst"]


def test_all_that_can_be_audited_was() -> None:
    audited = {subject.name for subject in list_subjects()} | set(MATCHES)
    assert audited == set(RECORD["subjects"])


def test_the_audited_models_are_those_that_go_out() -> None:
    models = [one["model"] for one in RECORD["subjects"].values() if "model" in one]
    assert models
    for model in models:
        found = weights.digest(weights.trained(model["file"]))
        assert found == model["sha256"], "audit it again: python bench/fairness.py"
