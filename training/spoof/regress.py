"""Weigh what was measured: `python training/spoof/regress.py TABLES [--each] [--out NPZ]`.

TABLES is a folder of what measure.py wrote. A logistic regression learns from people that may be
learnt from, their twins and machine voices; groups and families count alike, and a twin shall lie
above its own original. With `--each` every family is left out once and judged by what never heard
it, against people of whom nothing was learnt.
"""

import argparse
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from people_fold import learnt, strip
from scipy.optimize import minimize
from scores import line, row
from sources import find_fold

PEOPLE: Final = "people"
PLAIN: Final = "as it is"
MADE: Final = ("espeak", "hibari", "clustergen", "piper", "kokoro", "hts", "diphone")
CODECS: Final = (PLAIN, "Opus 16", "MP3 48", "mu-law", "noise")
RIDGE: Final = 1.0  # of half the squared slopes, where measures have a spread of 1
FAR: Final = 5.0
Floats = NDArray[np.float64]
Truth = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows of measures, and what each is of."""

    measures: Floats
    family: NDArray[np.str_]
    group: NDArray[np.str_]
    of: NDArray[np.int64]
    line: NDArray[np.str_]

    def keep(self, which: Truth) -> "Table":
        """Only those rows."""
        return Table(*(getattr(self, field.name)[which] for field in fields(self)))


def read_tables(folder: Path) -> Table:
    """All tables of a folder as one."""
    files = [np.load(path) for path in sorted(folder.glob("*.npz"))]
    parts = {f.name: np.concatenate([file[f.name] for file in files]) for f in fields(Table)}
    parts["measures"] = parts["measures"].astype(np.float64)
    return Table(**parts)


def judges(table: Table) -> Truth:
    """Which rows are of people (or twins of people) of whom nothing is learnt."""
    free = np.array([learnt(group) for group in table.group])
    kept: Truth = ~free & ~np.isin(table.family, MADE)
    return kept


def teaches(table: Table) -> Truth:
    """Which rows may be learnt from."""
    drawn = np.char.startswith(table.line, "line") | (table.line == PLAIN)
    kept: Truth = ~judges(table) & drawn
    return kept


def balance(table: Table) -> Floats:
    """A weight for each row: half for people, half for machines; families, then groups alike."""
    weights = np.zeros(len(table.group))
    for family in np.unique(table.family):
        rows = table.family == family
        for group in np.unique(table.group[rows]):
            part = rows & (table.group == group)
            weights[part] = 1 / np.sqrt(part.sum())
        weights[rows] /= weights[rows].sum()
    machines = table.family != PEOPLE
    weights[machines] /= weights[machines].sum()
    return weights / 2


def pair(table: Table) -> NDArray[np.int64]:
    """Rows (pairs, 2) of an original and its twin through the same line."""
    keys = [(int(of), str(name)) for of, name in zip(table.of, table.line, strict=True)]
    real = {keys[i]: i for i in np.flatnonzero(table.family == PEOPLE).tolist()}
    twins = np.flatnonzero(~np.isin(table.family, (PEOPLE, *MADE))).tolist()
    return np.array([(real[keys[i]], i) for i in twins if keys[i] in real]).reshape(-1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """What odds.py holds, not yet calibrated."""

    middle: Floats
    spread: Floats
    slopes: Floats
    start: float

    def judge(self, table: Table) -> Floats:
        """Values (n,): higher is more like a machine's."""
        seen = np.clip((table.measures - self.middle) / self.spread, -FAR, FAR)
        values: Floats = seen @ self.slopes + self.start
        return values


def teach(table: Table) -> Line:
    """Learn from a table."""
    middle, spread = table.measures.mean(0), table.measures.std(0) + 1e-3
    seen = np.clip((table.measures - middle) / spread, -FAR, FAR)
    sign = np.where(table.family == PEOPLE, -1.0, 1.0)
    shares, pairs = balance(table), pair(table)
    apart = seen[pairs[:, 1]] - seen[pairs[:, 0]] if len(pairs) else np.zeros((1, seen.shape[1]))

    def loss(weights: Floats) -> tuple[float, Floats]:
        slopes, start = weights[:-1], weights[-1]
        margin = sign * (seen @ slopes + start)
        gap = apart @ slopes
        total = shares @ np.logaddexp(0, -margin) + 0.25 * np.logaddexp(0, -gap).mean()
        pull = -shares * sign / (1 + np.exp(margin))
        lift = -0.25 / len(gap) / (1 + np.exp(gap))
        slope = seen.T @ pull + apart.T @ lift + RIDGE * slopes
        return float(total + RIDGE / 2 * slopes @ slopes), np.append(slope, pull.sum())

    found = minimize(loss, np.zeros(seen.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return Line(middle, spread, found[:-1], float(found[-1]))


def show_family(table: Table, family: str, values: Floats) -> None:
    """Print a line for a family against people, as it is and through codecs; values are (rows,)."""
    for name in CODECS:
        here = table.line == name
        fake = here & (table.family == family) & (judges(table) | np.isin(table.family, MADE))
        real = here & (table.family == PEOPLE) & judges(table)
        groups = table.group[real].tolist(), table.group[fake].tolist()
        print(line(f"{family}, {name}", row(values[real], values[fake], groups)), flush=True)


def leave_out(table: Table) -> None:
    """Print the lines of each family, left out."""
    for family in [str(name) for name in np.unique(table.family) if name != PEOPLE]:
        said = teach(table.keep(teaches(table) & (table.family != family)))
        show_family(table, family, said.judge(table))


def calibrate(table: Table) -> tuple[float, float, float]:
    """Slope and shift of log odds, by people of fold 1 and families, each left out of a teaching.

    And the chance that one in a hundred rows of these people is given.
    """
    second = np.array([find_fold(strip(group)) == 1 for group in table.group])
    second &= teaches(table) & ~np.isin(table.family, MADE)
    people = table.family == PEOPLE
    real, fake = [], []
    for family in [name for name in np.unique(table.family) if name != PEOPLE]:
        said = teach(table.keep(teaches(table) & ~second & (table.family != family)))
        real.append(said.judge(table.keep(second & people)))
        fake.append(said.judge(table.keep(teaches(table) & (table.family == family))))
    lows, highs = np.concatenate(real), np.concatenate(fake)

    def loss(two: Floats) -> float:
        low, high = two[0] * lows + two[1], two[0] * highs + two[1]
        return float(np.logaddexp(0, low).mean() + np.logaddexp(0, -high).mean())

    slope, shift = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x.tolist()
    limit = float(np.quantile(lows, 0.99))
    print(f"slope {slope:.2f}, shift {shift:.2f}; 99 % of {len(lows)} rows under {limit:.2f}")
    return slope, shift, float(1 / (1 + np.exp(-slope * limit - shift)))


def main() -> None:
    """Learn."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("tables", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    table = read_tables(options.tables)
    print({str(f): int((table.family == f).sum()) for f in np.unique(table.family)})
    if options.each:
        leave_out(table)
    if options.out:
        said = teach(table.keep(teaches(table)))
        slope, shift, suspect = calibrate(table)
        arrays: dict[str, Any] = {f.name: np.float32(getattr(said, f.name)) for f in fields(said)}
        np.savez(options.out, **arrays, slope=slope, shift=shift, suspect=suspect)


if __name__ == "__main__":
    main()
