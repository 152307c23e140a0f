"""An audit as JSON and as a table, and what a kept audit must hold for the program to pass."""

import json
from math import isnan
from typing import Any, Final

from bonaface.errors import WeightsError
from bonaface.fairness.audit import LIMIT, Audit, Division, Result
from bonaface.fairness.rates import ENOUGH, Gap, Rate
from bonaface.fairness.subjects import hash_model

NOT_SHOWN: Final = "too few faces to show it"


def to_json(audit: Audit) -> str:
    """One object: counts, intervals, the day and hashes of the models; nothing about anybody."""
    said = {
        "made": f"{audit.made:%Y-%m-%d}",
        "limit": LIMIT,
        "photos": audit.photos,
        "unread": audit.unread,
        "toned": audit.toned,
        "limits": list(audit.limits),
        "subjects": [_result(result) for result in audit.results],
    }
    return json.dumps(said, indent=1, ensure_ascii=False)


def _result(result: Result) -> dict[str, Any]:
    drift = result.drift
    return {
        "name": result.subject.name,
        "harm": result.subject.harm,
        "alarm_from": result.subject.limit,
        "models": result.subject.hashes(),
        "divisions": [_division(division) for division in result.divisions],
        "recoloured": None
        if drift is None
        else {
            "faces": drift.faces,
            "median_range": round(drift.median, 4),
            "largest_range": round(drift.largest, 4),
            "answers_turned": drift.turned,
        },
    }


def _division(division: Division) -> dict[str, Any]:
    return {
        "attribute": division.attribute,
        "groups": [_rate(rate) for rate in division.rates],
        "gaps": [_gap(gap) for gap in division.gaps],
        "worst": None
        if division.worst is None
        else {"group": division.worst[0], **_gap(division.worst[1]), "name": "fpr_above_others"},
    }


def _rate(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {
        "group": rate.group,
        "reals": rate.reals,
        "alarms": rate.alarms,
        "fpr": None if isnan(rate.fpr) else round(rate.fpr, 4),
        "fpr_95": [round(low, 4), round(high, 4)],
        "one_percent_claimable": rate.claimable,
        "fakes": rate.fakes,
        "found": rate.found,
        "unjudged_reals": rate.unjudged,
    }


def _gap(gap: Gap) -> dict[str, Any]:
    low, high = round(gap.low, 4), round(gap.high, 4)
    return {"name": gap.name, "value": round(gap.value, 4), "interval_95": [low, high]}


def standing(gap: Gap, limit: float = LIMIT) -> str:
    """Say whether a group is wronged more often than the limit allows: yes, no, or not shown."""
    if gap.low > limit:
        return "over the limit"
    return "within the limit" if gap.high <= limit else NOT_SHOWN


def is_fair(audit: Audit) -> bool:
    """Whether no gap is shown to be over the limit."""
    worst = (one.worst for result in audit.results for one in result.divisions)
    return all(one is None or standing(one[1]) != "over the limit" for one in worst)


def find_faults(kept: dict[str, Any], here: dict[str, dict[str, str]]) -> list[str]:
    """What is wrong with a kept audit: sentences; `here` is each subject's models and hashes.

    A gap is over the limit when its whole interval lies above it. Groups that are too small to
    show anything do not fail; the record says of each whether it is.
    """
    faults, known = [], {subject["name"]: subject for subject in kept["subjects"]}
    for name, models in here.items():
        if name not in known:
            faults.append(f"{name} was never audited. Run “python bench/fairness.py”.")
        elif known[name]["models"] != models:
            faults.append(f"{name} has changed since its audit. Run “python bench/fairness.py”.")
    for name, subject in known.items():
        for division in subject["divisions"]:
            worst = division["worst"]
            if worst and worst["interval_95"][0] > kept["limit"]:
                faults.append(
                    f"{name}: {worst['group']} are wronged {worst['value']:.1%} more often than "
                    f"others, and {kept['limit']:.0%} is the limit."
                )
    return faults


def hash_here(names: dict[str, tuple[str, ...]]) -> dict[str, dict[str, str]]:
    """Hashes of the models of each subject that are here."""
    said: dict[str, dict[str, str]] = {}
    for subject, models in names.items():
        try:
            said[subject] = {model: hash_model(model) for model in models}
        except WeightsError:
            continue  # what is not here cannot wrong anybody
    return said


def to_table(audit: Audit) -> str:
    """Write for people at a terminal."""
    read = f"{audit.photos} photos, {audit.unread} could not be read"
    lines = [f"{read}; skin tone estimated in {audit.toned}."]
    for result in audit.results:
        lines += ["", f"{result.subject.name}: how often {result.subject.harm}"]
        for division in result.divisions:
            lines.append(f"  {division.attribute}")
            lines += [_line(rate) for rate in division.rates]
            lines += _notes(division)
        if (drift := result.drift) is not None:
            lines.append(
                f"  recoloured: {drift.faces} faces in 7 tones; the score moves by "
                f"{drift.median:.3f} (median), {drift.largest:.3f} at most; "
                f"{drift.turned} answers turn"
            )
    lines += ["", f"* fewer than {ENOUGH} genuine faces: 1 % cannot be claimed of them."]
    return "\n".join([*lines, *audit.limits])


def _line(rate: Rate) -> str:
    if not rate.reals:
        return f"    {rate.group:<28}nobody was judged"
    low, high = rate.interval
    star = " " if rate.claimable else "*"
    found = f"   found {rate.found} of {rate.fakes} forged" if rate.fakes else ""
    return (
        f"    {rate.group:<28}{rate.alarms:>5} of {rate.reals:>5}{star} {rate.fpr:>6.1%} "
        f"({low:.1%} to {high:.1%}){found}"
    )


def _notes(division: Division) -> list[str]:
    lines = [
        f"    {gap.name:<28}{gap.value:.3f} ({gap.low:.3f} to {gap.high:.3f})"
        for gap in division.gaps
    ]
    if division.worst is not None:
        group, gap = division.worst
        lines.append(
            f"    worst: {group}, {gap.value:+.1%} ({gap.low:+.1%} to {gap.high:+.1%}): "
            f"{standing(gap)}"
        )
    return lines
