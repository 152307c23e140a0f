"""Fit how much each inspector counts: `python training/fusion/settle.py [--table FINDINGS.jsonl]`.

Reads what collect.py wrote and writes models/fusion.json. Rows of part "fit" set everything; those
of part "judge" can only take the say away again: no inspector decides that raises more alarms on
genuine sources which it never saw than ALARMS. Each family of forgery is also held out: the weight
of the others is judged on it, and the family that is found least says what an answer is worth.
Inspectors with too few rows stay as they were, not fitted: they are shown and decide nothing.
"""

import argparse
import json
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bonaface.forensics.fusion import UNKNOWN, to_logit
from bonaface.forensics.scores import auc, cllr, interval, threshold, wilson

ROOT = Path(__file__).parents[2]
FEWEST_REALS, FEWEST_FAKES = 100, 30  # sources, below which nothing is fitted
LOWEST = UNKNOWN  # no inspector decides below this
ALARMS = 0.01  # of genuine sources that were never seen, at most, for whoever decides
RIDGE = 1.0  # keeps weights small where there is little to go by
Rows = list[dict[str, Any]]
Floats: TypeAlias = NDArray[np.float64]
Said: TypeAlias = tuple[Floats, Floats, list[str]]  # scores, log odds, groups


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
    mine = [row for row in rows if row["part"] == "fit"]
    real, fake = (_said(name, mine, fake=fake) for fake in (False, True))
    if len(set(real[2])) < FEWEST_REALS or len(set(fake[2])) < FEWEST_FAKES:
        return None
    families = {
        method: said
        for method in sorted({row["method"] for row in mine if row["fake"]})
        if len((said := _said(name, mine, fake=True, method=method))[0]) >= FEWEST_FAKES
    }
    told = {method: _held_out(method, families, real) for method in families}
    worth = max(0.0, 2 * min(one["auc_95"][0] for one in told.values()) - 1) if told else 0.0
    limit = max(LOWEST, float(np.nextafter(threshold(real[0]), 1)))
    new = _said(name, [row for row in rows if row["part"] == "judge"], fake=False)[0]
    known, unknown = (_alarms(scores, limit) for scores in (real[0], new))
    shown = unknown["of"] >= FEWEST_REALS and unknown["count"] <= ALARMS * unknown["of"]
    may = worth > 0 and limit < 1 and shown
    return {
        "weight": round(weigh(real[1], fake[1]), 3),
        "information": round(worth, 3),
        "decides": round(limit, 4) if may else None,
        "fitted": {
            "reals": len(real[0]),
            "real_sources": len(set(real[2])),
            "fakes": len(fake[0]),
            "families": {method: len(said[0]) for method, said in families.items()},
            "limit": round(limit, 4),
            "alarms": known,
            "alarms_on_new_sources": unknown,
            "found": round(float((fake[0] >= limit).mean()), 3),
            "held_out": told,
        },
    }


def _held_out(method: str, families: dict[str, Said], real: Said) -> dict[str, Any]:
    """How a family fares that had no part in the weight; NaN-free: Cllr only where others were."""
    said = families[method]
    low, high = interval(auc, real[0], said[0], (real[2], said[2]))
    figures: dict[str, Any] = {
        "auc": round(auc(real[0], said[0]), 3),
        "auc_95": [round(low, 3), round(high, 3)],
    }
    others = [one[1] for name, one in families.items() if name != method]
    if others:
        weight = weigh(real[1], np.concatenate(others))
        chances = 1 / (1 + np.exp(-weight * np.concatenate([real[1], said[1]])))
        truth = np.arange(len(chances)) >= len(real[1])
        figures |= {"weight": round(weight, 3), "cllr": round(cllr(chances, truth), 3)}
    return figures


def _alarms(scores: Floats, limit: float) -> dict[str, Any]:
    """Genuine files that reach the limit."""
    count = int((scores >= limit).sum())
    share = wilson(count, len(scores))
    return {"count": count, "of": len(scores), "95": [round(end, 4) for end in share]}


def _said(name: str, rows: Rows, *, fake: bool, method: str | None = None) -> Said:
    """Scores, log odds times quality, and groups; of one family, or of all."""
    found = [
        (one["score"], to_logit(one["score"]) * one["quality"], row["group"])
        for row in rows
        if row["fake"] is fake and _speaks(name, row) and method in {None, row["method"]}
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
    parser.add_argument("--only", nargs="*", help="fit these inspectors, and leave all others")
    wanted = parser.parse_args()
    rows = [json.loads(line) for line in wanted.table.read_text("utf-8").splitlines() if line]
    latest = {(row["path"], row["condition"]): row for row in rows}
    known = json.loads((ROOT / "models" / "fusion.json").read_text("utf-8"))
    table = fit(list(latest.values()), known)
    if wanted.only is not None:
        kept = {name: one for name, one in known["inspectors"].items() if name not in wanted.only}
        table["inspectors"] |= kept
    wanted.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    for name, entry in table["inspectors"].items():
        print(
            f"{name:<18}{json.dumps(entry.get('fitted')) if entry.get('fitted') else 'not fitted'}"
        )


if __name__ == "__main__":
    main()
