"""Files of runs: what people.py, made.py and twins.py write and measure.py reads."""

from pathlib import Path
from typing import Any

import numpy as np

from bonaface.forensics.spoof.runs import SIZE, Floats


def write_runs(path: Path, runs: list[Floats], names: dict[str, list[str]]) -> None:
    """Write runs (n, SIZE) as int16, and names of what belongs to each."""
    whole = np.zeros((len(runs), SIZE), np.int16)
    for i, run in enumerate(runs):
        whole[i] = np.clip(run * 32767, -32767, 32767)
    arrays: dict[str, Any] = {key: np.array(said) for key, said in names.items()}
    np.savez(path, **arrays, runs=whole)
