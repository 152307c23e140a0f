"""Rows and lines of the benches of detectors; the figures are those of forensics/scores.

Scores are higher for forgeries. Intervals are percentiles of 400 bootstrap samples over groups (one
person or source), so that twenty pictures of one person do not count as twenty.
"""

from collections.abc import Sequence
from typing import Any

from bonaface.forensics.scores import (
    Floats,
    auc,
    calibration_error,
    eer,
    found_at,
    interval,
    wilson,
)

__all__ = ["auc", "calibration_error", "eer", "found_at", "interval", "line", "row", "wilson"]


def row(
    real: Floats, fake: Floats, groups: tuple[Sequence[str], Sequence[str]] | None = None
) -> dict[str, Any]:
    """All figures of one set."""
    return {
        "reals": len(real),
        "fakes": len(fake),
        "auc": auc(real, fake),
        "auc_95": interval(auc, real, fake, groups),
        "eer": eer(real, fake),
        "found_at_1": found_at(real, fake),
    }


def line(name: str, said: dict[str, Any]) -> str:
    """One line of a table."""
    low, high = said["auc_95"]
    return (
        f"{name:<34}{said['fakes']:>5}f{said['reals']:>6}r  AUC {said['auc']:.3f} "
        f"[{low:.2f}, {high:.2f}]  EER {said['eer']:.3f}  at 1 % {said['found_at_1']:.2f}"
    )
