"""One labelled file."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled file, in one condition."""

    path: str  # as in the manifest, or of a forgery made here
    file: Path
    part: str  # "fit" or "judge"
    fake: bool
    method: str  # the family of forgery; "" for genuine
    group: str  # person or source
    condition: str = "original"
