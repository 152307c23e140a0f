"""Fit how much each inspector counts: `python training/fusion/settle.py [--table FINDINGS.jsonl]`.

Reads what collect.py wrote, the rows of part "fit" only, and writes models/fusion.json. Inspectors
with too few rows stay as they were, not fitted: they are shown and decide nothing.
"""

import argparse
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bonaface.forensics.fusion import to_logit
from bonaface.forensics.scores import auc, interval, threshold, wilson

ROOT = Path(__file__).parents[2]
FEWEST_REALS, FEWEST_FAKES = 100, 30  # sources, below which nothing is fitted
LOWEST = 0.9  # no inspector decides below this
RIDGE = 1.0  # keeps weights small where there is little to go by
Rows = list[dict[str, Any]]
Floats = NDArray[np.float64]


def fit(rows: Rows, table: dict[str, Any]) -> dict[str, Any]:
    """The table with what the rows support; inspectors without enough rows lose their say."""
    entries = {}
    for name, entry in table["inspectors"].items():
        if entry["sense"] == "person":
            entries[name] = entry  # bench/reference.py measures these on enrolled people
            continue
        found = _fit_one(name, rows)
        entries[name] = (
            {**entry, "decides": None, "fitted": None} if found is None else entry | found
        )
    return {**table, "version": table["version"] + 1, "inspectors": entries}


def _fit_one(name: str, rows: Rows) -> dict[str, Any] | None:
    """Weight, information and threshold of one inspector; None where there is too little."""
    real, fake = (_said(name, rows, fake=fake) for fake in (False, True))
    if len(set(real[2])) < FEWEST_REALS or len(set(fake[2])) < FEWEST_FAKES:
        return None
    groups = (real[2], fake[2])
    low, high = interval(auc, real[0], fake[0], groups)
    limit = max(LOWEST, float(np.nextafter(threshold(real[0]), 1)))
    alarms = int((real[0] >= limit).sum())
    worth = max(0.0, 2 * low - 1)  # nothing where it may be no better than a coin
    decides = round(limit, 4) if worth > 0 and limit < 1 else None
    return {
        "weight": round(weigh(real[1], fake[1]), 3),
        "information": round(worth, 3),
        "decides": decides,
        "fitted": {
            "reals": len(real[0]),
            "real_sources": len(set(real[2])),
            "fakes": len(fake[0]),
            "families": _families(name, rows),
            "auc": round(auc(real[0], fake[0]), 3),
            "auc_95": [round(low, 3), round(high, 3)],
            "alarms": alarms,
            "alarms_95": [round(share, 4) for share in wilson(alarms, len(real[0]))],
            "found": round(float((fake[0] >= limit).mean()), 3),
        },
    }


def _said(name: str, rows: Rows, *, fake: bool) -> tuple[Floats, Floats, list[str]]:
    """Scores, log odds times quality, and groups."""
    found = [
        (one["score"], to_logit(one["score"]) * one["quality"], row["group"])
        for row in rows
        if row["part"] == "fit" and row["fake"] is fake and _speaks(name, row)
        for one in row["findings"]
        if one["inspector"] == name and one["score"] is not None
    ]
    scores, odds, groups = zip(*found, strict=True) if found else ((), (), ())
    return np.array(scores, float), np.array(odds, float), list(groups)


def _speaks(name: str, row: dict[str, Any]) -> bool:
    """Whether a row says anything of this inspector: each family concerns one sense only."""
    if not row["fake"]:
        return True
    dubbed = row["method"].startswith("another's sound")
    return dubbed if name == "lipsync" else not dubbed


def _families(name: str, rows: Rows) -> dict[str, int]:
    told = (row["method"] for row in rows if row["part"] == "fit" and row["fake"])
    counted = Counter(told)
    return {
        method: n for method, n in counted.items() if _speaks(name, {"fake": 1, "method": method})
    }


def weigh(real: Floats, fake: Floats) -> float:
    """Slope of a logistic curve through even chances; both classes weigh alike; 0 to 1.

    At most 1, since a score is calibrated already and may be made weaker here, never stronger.
    """
    x = np.concatenate([real, fake])
    y = np.concatenate([np.zeros(len(real)), np.ones(len(fake))])
    w = np.concatenate([np.full(len(real), 0.5 / len(real)), np.full(len(fake), 0.5 / len(fake))])
    w, slope = w * len(x), 0.0
    for _ in range(50):  # Newton's method
        chance = 1 / (1 + np.exp(-slope * x))
        step = (w * x * (y - chance)).sum() - RIDGE * slope
        slope += float(step / ((w * x * x * chance * (1 - chance)).sum() + RIDGE))
    return float(np.clip(slope, 0.0, 1.0))


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, default=Path("/tmp/fusion/findings.jsonl"))  # noqa: S108
    parser.add_argument("--out", type=Path, default=ROOT / "models" / "fusion.json")
    wanted = parser.parse_args()
    rows = [json.loads(line) for line in wanted.table.read_text("utf-8").splitlines() if line]
    latest = {(row["path"], row["condition"]): row for row in rows}
    known = json.loads((ROOT / "models" / "fusion.json").read_text("utf-8"))
    table = fit(list(latest.values()), known)
    wanted.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    for name, entry in table["inspectors"].items():
        print(
            f"{name:<18}{json.dumps(entry.get('fitted')) if entry.get('fitted') else 'not fitted'}"
        )


if __name__ == "__main__":
    main()
