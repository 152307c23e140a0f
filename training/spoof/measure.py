"""Measure runs: `python training/spoof/measure.py RUNS.npz OUT.npz [--most N] [--sound NPY]`.

Each run is measured as it is and through two lines (lines.py); a twin goes through the lines of its
original. Through the named codecs, and under noise, where it only judges.
"""

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np
from lines import NAMED, Way, draw_line, lay_noise
from people_fold import FIRST, learnt

from bonaface.forensics.spoof.measures import measure_run
from bonaface.forensics.spoof.runs import LEVEL, Floats

LINES: Final = 2
NOISE: Final = (20.0, 0.5)  # dB below, slope: one floor for people and machines


def level(run: Floats) -> Floats:
    """Bring to LEVEL."""
    size = float(np.sqrt(np.square(run).mean())) + 1e-9
    return (run * np.float32(LEVEL / size)).astype(np.float32)


def main() -> None:
    """Measure them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, default=FIRST, help="runs of a group and family")
    parser.add_argument("--sound", type=Path, help="keep what was heard, int16 (rows, SIZE)")
    options = parser.parse_args()
    with np.load(options.runs) as file:
        runs, groups = file["runs"], file["group"].tolist()
        families = file["family"].tolist() if "family" in file else ["people"] * len(runs)
        of = [int(i) for i in file["of"]] if "of" in file else list(range(len(runs)))
    people = options.runs.stem.startswith(("people", "twins"))
    table: dict[str, list[object]] = {k: [] for k in ("measures", "family", "group", "of", "line")}
    heard: list[Any] = []
    keys = list(zip(families, groups, strict=True))
    for i, run in enumerate(runs):
        if keys[:i].count(keys[i]) >= options.most:
            continue
        start = level(run / np.float32(32767))
        ways: dict[str, Way] = {"as it is": lambda s: s}
        if not people or not learnt(groups[i]):
            ways |= NAMED | {"noise": lay_noise(*NOISE, i)}
        if not people or learnt(groups[i]):
            seed = of[i] if people else 100_000 + i
            ways |= {f"line {k}": draw_line(seed * LINES + k) for k in range(LINES)}
        for name, way in ways.items():
            sent = level(way(start))
            table["measures"].append(measure_run(sent).astype(np.float16))
            if options.sound:
                heard.append(np.clip(sent * 32767, -32767, 32767).astype(np.int16))
            table["line"].append(name)
            for key, said in (("family", families[i]), ("group", groups[i]), ("of", of[i])):
                table[key].append(said)
    arrays: dict[str, Any] = {key: np.array(said) for key, said in table.items()}
    np.savez(options.out, **arrays)
    if options.sound:
        np.save(options.sound, np.stack(heard))
    print(f"{options.out.stem}: {len(table['of'])} rows", flush=True)


if __name__ == "__main__":
    main()
